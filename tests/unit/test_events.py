import dataclasses
import datetime as dt
import hashlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import bodies, events
from app.domain.events import (
    KINDS,
    BrokenChain,
    Event,
    Kind,
    UnreadableEvent,
    check_envelope,
    envelope_hash,
    genesis,
    moment,
    read_body,
    verify_chain,
    write_body,
)
from app.domain.papers import GivenPaper, TakenBecause
from tests.unit.builders import (
    DOSSIER,
    OTHER_STORE,
    SHA,
    STORE,
    VIETNAM,
    chain,
    event,
    received,
    values_of,
)

ACTS = [
    ("dossier.received", received()),
    ("note.added", bodies.NoteAdded(text="Đã gọi điện")),
    ("fee.paid", bodies.FeePaid(amount=15_000, method="cash")),
    ("result.recorded", bodies.ResultRecorded(name="Giấy xác nhận")),
]

wire_events = st.builds(
    Event,
    store=st.uuids(),
    n=st.integers(1, 2**53),
    prev=st.binary(min_size=32, max_size=32),
    dossier=st.none() | st.uuids(),
    base=st.integers(0, 2**53),
    kind=st.sampled_from(sorted(KINDS)) | st.text(max_size=10),
    v=st.integers(1, 9),
    at=st.text(max_size=30),
    actor=st.text(max_size=20),
    body=st.binary(max_size=60),
)


@pytest.mark.parametrize("kind", sorted(KINDS))
@settings(max_examples=15)
@given(data=st.data())
def test_a_body_of_any_kind_is_read_back_as_it_was_written(kind, data):
    body = data.draw(values_of(KINDS[kind].body))

    raw = write_body(body)

    assert read_body(kind, KINDS[kind].v, raw) == body
    assert write_body(read_body(kind, KINDS[kind].v, raw)) == raw


@pytest.mark.parametrize("kind", sorted(KINDS))
@settings(max_examples=15)
@given(data=st.data())
def test_fields_of_a_later_program_are_passed_over(kind, data):
    body = data.draw(values_of(KINDS[kind].body))
    fields = msgspec.json.decode(write_body(body))

    raw = msgspec.json.encode(fields | {"from_the_future": [{"a": 1}]})

    assert read_body(kind, KINDS[kind].v, raw) == body


@pytest.mark.parametrize("kind", sorted(KINDS))
@settings(max_examples=15)
@given(raw=st.binary(max_size=80) | st.sampled_from([b"", b"null", b"[]", b'"x"', b"1", b"{"]))
def test_bytes_that_are_no_body_are_named_unreadable(kind, raw):
    try:
        read_body(kind, 1, raw)
    except UnreadableEvent:
        return
    assert isinstance(msgspec.json.decode(raw), dict)


def test_a_small_body_leaves_out_what_goes_without_saying():
    assert write_body(bodies.FeePaid(amount=0, method="cash")) == b'{"amount":0,"method":"cash"}'
    assert write_body(bodies.ShiftOpened()) == b"{}"
    assert write_body(bodies.NoteAdded(text="Đ")) == '{"text":"Đ"}'.encode()


def test_what_was_emptied_on_purpose_is_not_taken_for_unchanged():
    body = bodies.Corrected(receipt_version=2, reason="nhầm", papers=(), copies=(), fields={})

    read = read_body("dossier.corrected", 1, write_body(body))

    assert (read.papers, read.copies, read.fields) == ((), (), {})
    assert (read.summary, read.submitter) == (None, None)


def test_a_required_list_that_is_empty_is_still_written():
    assert write_body(bodies.PapersAdded(papers=())) == b'{"papers":[]}'


def test_the_reason_for_a_paper_survives():
    given = GivenPaper(key="can-cuoc", original=1, taken_because=TakenBecause.OFFLINE)

    read = read_body("papers.added", 1, write_body(bodies.PapersAdded(papers=(given,))))

    assert read.papers == (given,)


RECEIVED = msgspec.to_builtins(received())


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("dossier.received", RECEIVED | {"code": "x" * 81}),
        ("dossier.received", RECEIVED | {"summary": "x" * 501}),
        ("dossier.received", RECEIVED | {"submitter": {"name": "x" * 501}}),
        ("dossier.received", RECEIVED | {"submitter": {"name": "x", "kind": 5}}),
        ("dossier.received", RECEIVED | {"submitter": {"name": "x", "kind": 0}}),
        ("dossier.received", RECEIVED | {"received_at": "2026-11-20T10:00:00"}),
        ("dossier.received", RECEIVED | {"received_at": "2026-11-20"}),
        ("dossier.received", RECEIVED | {"counted_from": "20/11/2026"}),
        ("dossier.received", RECEIVED | {"channel": 4}),
        ("dossier.received", RECEIVED | {"return_via": 2}),
        ("dossier.received", RECEIVED | {"relation": "neighbour"}),
        ("dossier.received", RECEIVED | {"sets": -1}),
        ("dossier.received", RECEIVED | {"sets": 100_001}),
        ("dossier.received", RECEIVED | {"catalogue": 2**60}),
        ("dossier.received", RECEIVED | {"number": -1}),
        ("dossier.received", RECEIVED | {"fields": {"a": 1}}),
        ("dossier.received", RECEIVED | {"fee": {"amount": 1.5}}),
        ("dossier.received", {k: v for k, v in RECEIVED.items() if k != "code"}),
        ("dossier.corrected", {"receipt_version": 1, "reason": "x"}),
        ("dossier.corrected", {"receipt_version": 1001, "reason": "x"}),
        ("fee.paid", {"amount": -1, "method": "cash"}),
        ("fee.paid", {"amount": 10**12 + 1, "method": "cash"}),
        ("fee.paid", {"amount": "1", "method": "cash"}),
        ("fee.paid", {"amount": True, "method": "cash"}),
        ("fee.paid", {"amount": 1, "method": "barter"}),
        ("note.added", {"text": "x" * 5001}),
        ("note.added", {"text": None}),
        ("page.removed", {"page": "x"}),
        ("document.printed", {"form": "01", "outcome": "printed", "sha256": SHA.upper()}),
        ("document.printed", {"form": "01", "outcome": "printed", "sha256": SHA[:-1]}),
        ("document.printed", {"form": "01", "outcome": "printed", "sha256": SHA + "\n"}),
        ("document.printed", {"form": "01", "outcome": "perhaps", "sha256": SHA}),
        ("result.returned", {"recipient": {"name": "x"}, "satisfaction": 4}),
    ],
)  # fmt: skip
def test_a_body_beyond_its_limits_is_unreadable(kind, fields):
    with pytest.raises(UnreadableEvent, match=kind):
        read_body(kind, 1, msgspec.json.encode(fields))


@pytest.mark.parametrize(
    "attached",
    [{"size": 0}, {"size": 64 * 1024 * 1024 + 1}, {"mime": "text/html"}, {"sha256": "../etc"}],
)
def test_a_page_that_no_scanner_makes_is_unreadable(attached):
    good = {"page": str(DOSSIER), "sha256": SHA, "size": 1, "mime": "image/png", "paper": "a"}

    assert read_body("page.attached", 1, msgspec.json.encode(good)).size == 1
    with pytest.raises(UnreadableEvent):
        read_body("page.attached", 1, msgspec.json.encode(good | attached))


def test_limits_are_inclusive():
    body = msgspec.json.encode({"amount": 10**12, "method": "cash", "reference": "x" * 500})

    assert read_body("fee.paid", 1, body).amount == 10**12


def test_a_body_has_at_most_a_quarter_of_a_megabyte():
    start, end = b'{"text":"', b'"}'

    def padded(size: int) -> bytes:
        return b'{"pad":"' + b"x" * (size - 8 - 12) + b'","text":""}'

    assert len(padded(events.MAX_BODY_BYTES)) == 256 * 1024
    assert read_body("note.added", 1, padded(events.MAX_BODY_BYTES)).text == ""
    with pytest.raises(UnreadableEvent, match="larger"):
        read_body("note.added", 1, padded(events.MAX_BODY_BYTES + 1))
    with pytest.raises(UnreadableEvent, match="body of note"):
        read_body("note.added", 1, start + b"\xff" + end)


@pytest.mark.parametrize(
    ("kind", "v", "words"),
    [("dossier.eaten", 1, "unknown kind"), ("note.added", 2, "version 2"), ("note.added", 0, "0")],
)
def test_an_unknown_kind_or_version_is_named(kind, v, words):
    with pytest.raises(UnreadableEvent, match=words):
        read_body(kind, v, b'{"text":"x"}')


def test_a_body_nested_too_deeply_is_unreadable():
    with pytest.raises(UnreadableEvent):
        read_body("note.added", 1, b'{"x":' * 100_000)


def test_an_old_body_is_brought_to_todays_shape_step_by_step(monkeypatch):
    steps = (
        lambda old: {"words": old["t"]},
        lambda old: {"text": old["words"].strip()},
    )
    monkeypatch.setitem(
        KINDS, "note.added", Kind("note.added", 3, bodies.NoteAdded, upcasters=steps)
    )

    assert read_body("note.added", 1, b'{"t":" a "}').text == "a"
    assert read_body("note.added", 2, b'{"words":" b "}').text == "b"
    assert read_body("note.added", 3, b'{"text":"c"}').text == "c"
    with pytest.raises(UnreadableEvent):
        read_body("note.added", 1, b"[")
    with pytest.raises(UnreadableEvent):
        read_body("note.added", 4, b"{}")


def test_kinds_are_named_by_their_own_name_and_audit_is_marked():
    assert all(name == kind.name for name, kind in KINDS.items())
    assert all(len(kind.upcasters) == kind.v - 1 for kind in KINDS.values())
    audit = {name for name, kind in KINDS.items() if kind.is_audit}
    assert audit == {"dossier.viewed", "id.revealed", "data.exported"}
    of_station = {name for name, kind in KINDS.items() if not kind.of_dossier}
    assert of_station == {"shift.opened", "shift.closed", "day.closed", "data.exported"}


def test_a_chain_follows_from_its_beginning():
    made = chain(ACTS)

    assert verify_chain(made, n=0, head=genesis(STORE)) == made[-1].hash
    assert verify_chain(made[2:], n=2, head=made[1].hash) == made[-1].hash
    assert verify_chain([], n=4, head=made[-1].hash) == made[-1].hash


@pytest.mark.parametrize(
    ("kept", "broken_at"),
    [([1, 2, 3], 1), ([0, 2, 3], 2), ([0, 1, 3], 3), ([1, 0, 2, 3], 1), ([0, 1, 1, 2, 3], 3)],
)
def test_a_lost_swapped_or_doubled_event_is_noticed(kept, broken_at):
    made = chain(ACTS)

    with pytest.raises(BrokenChain) as broken:
        verify_chain([made[i] for i in kept], n=0, head=genesis(STORE))

    assert broken.value.n == broken_at


def test_an_event_under_a_wrong_number_does_not_follow_though_its_hash_does():
    made = chain(ACTS)

    with pytest.raises(BrokenChain):
        verify_chain(made[1:], n=0, head=made[0].hash)


def test_a_chain_of_another_store_does_not_fit():
    with pytest.raises(BrokenChain):
        verify_chain(chain(ACTS), n=0, head=genesis(OTHER_STORE))
    assert genesis(STORE) == hashlib.sha256(b"qmc-store-1\n" + STORE.bytes).digest()


CHANGES = {
    "store": OTHER_STORE,
    "n": 9,
    "prev": bytes(32),
    "dossier": OTHER_STORE,
    "base": 9,
    "kind": "note.changed",
    "v": 2,
    "at": "2026-11-20T10:00:01+07:00",
    "actor": "canbo2",
    "body": b'{"text":"x"}',
}


@pytest.mark.parametrize("field", CHANGES)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_any_changed_field_breaks_the_chain_after_it(field, place):
    made = chain(ACTS)
    made[place] = dataclasses.replace(made[place], **{field: CHANGES[field]})

    with pytest.raises(BrokenChain):
        verify_chain(made, n=0, head=genesis(STORE))


def test_every_field_of_an_event_is_covered_by_its_hash():
    assert set(CHANGES) == {field.name for field in dataclasses.fields(Event) if field.compare}


@given(wire_events, wire_events, st.sampled_from(sorted(CHANGES)))
def test_two_events_that_differ_in_one_field_have_different_hashes(one, other, field):
    changed = dataclasses.replace(one, **{field: getattr(other, field)})

    assert (changed.hash == one.hash) is (changed == one)


def test_an_erased_body_leaves_a_chain_that_still_verifies():
    made = chain(ACTS)
    digest = hashlib.sha256(made[1].body).digest()
    erased = dataclasses.replace(made[1], body=b"")

    assert envelope_hash(erased, digest) == made[1].hash == made[2].prev
    assert erased.hash != made[1].hash


def test_the_hash_is_that_of_the_documented_lines():
    made = event("note.added", b"{}", dossier=None, base=7)
    lines = [
        "qmc-event-1", str(STORE), "1", genesis(STORE).hex(), "-", "7", "note.added", "1",
        "2026-11-20T10:00:00+07:00", "canbo1", hashlib.sha256(b"{}").hexdigest(),
    ]  # fmt: skip

    assert made.hash == hashlib.sha256("\n".join(lines).encode()).digest()


def test_an_envelope_in_order_passes():
    check_envelope(event("note.added", b"{}"))
    check_envelope(event("shift.opened", b"{}", dossier=None))
    check_envelope(event("kind.of.tomorrow", b"{}", dossier=None, actor="x" * 64))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dossier": None}, "names no dossier"),
        ({"actor": ""}, "actor"),
        ({"actor": "x" * 65}, "actor"),
        ({"actor": "a\nb"}, "actor"),
        ({"at": "2026-11-20T10:00:00"}, "offset"),
        ({"at": "hôm qua"}, "offset"),
        ({"at": ""}, "offset"),
    ],
)
def test_an_envelope_out_of_order_is_refused(changes, words):
    with pytest.raises(UnreadableEvent, match=words):
        check_envelope(event("note.added", b"{}", **changes))


def test_a_moment_has_an_offset():
    assert moment("2026-11-20T10:00:00+07:00") == dt.datetime(2026, 11, 20, 10, tzinfo=VIETNAM)
    assert moment("2026-11-20T03:00:00Z") == dt.datetime(2026, 11, 20, 10, tzinfo=VIETNAM)
    assert moment("2026-11-20T10:00:00") is None
    assert moment("2026-13-20T10:00:00+07:00") is None
