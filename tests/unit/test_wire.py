import dataclasses
import datetime as dt
import hashlib
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import bodies, wire
from app.domain.events import MAX_BODY_BYTES, Event, verify_chain
from app.domain.wire import PullHead, PushHead, StreamEvent, UnreadableMessage
from tests.unit.builders import DOSSIER, OTHER_STORE, STORE, chain, received, values_of

ACTS = [
    ("dossier.received", received()),
    ("note.added", bodies.NoteAdded(text="Đã gọi điện — hẹn chiều")),
    ("fee.paid", bodies.FeePaid(amount=15_000, method="cash")),
]


def push_of(events: list[Event]) -> tuple[PushHead, bytes]:
    head = PushHead(
        protocol=wire.PROTOCOL,
        store=events[0].store,
        first=events[0].n,
        count=len(events),
        prev=events[0].prev.hex(),
        head=events[-1].hash.hex(),
        signature="ab" * 64,
    )
    return head, wire.write_push(head, events)


HEAD, PUSH = push_of(chain(ACTS))
LINES = PUSH.split(b"\n")[:-1]


def with_line(number: int, line: bytes, of: list[bytes] = LINES) -> bytes:
    lines = list(of)
    lines[number - 1] = line
    return b"\n".join(lines) + b"\n"


def with_value(number: int, of: list[bytes] = LINES, **values: object) -> bytes:
    """The message with other values in one of its JSON lines."""
    fields = msgspec.json.decode(of[number - 1])
    return with_line(number, msgspec.json.encode(fields | values), of)


def with_raw(number: int, name: str, raw: bytes) -> bytes:
    """The message with one value written as `raw`, JSON or not."""
    return with_value(number, **{name: "@@@"}).replace(b'"@@@"', raw)


bodies_on_the_wire = st.binary(max_size=100).map(lambda raw: raw.replace(b"\n", b" "))
runs_of_events = st.lists(
    st.fixed_dictionaries(
        {
            "dossier": st.none() | st.uuids(),
            "base": st.integers(0, 2**53),
            "kind": st.text(max_size=20),
            "v": st.integers(0, 99),
            "at": st.text(max_size=30),
            "actor": st.text(max_size=30),
            "body": bodies_on_the_wire,
        }
    ),
    min_size=1,
    max_size=6,
)


def chained(rows: list[dict[str, object]], first: int, store: UUID = STORE) -> list[Event]:
    events: list[Event] = []
    head = bytes(range(32))
    for n, row in enumerate(rows, start=first):
        events.append(Event(store=store, n=n, prev=head, **row))
        head = events[-1].hash
    return events


@given(runs_of_events, st.integers(1, 2**50), st.uuids())
def test_a_push_is_read_as_it_was_written_byte_for_byte(rows, first, store):
    events = chained(rows, first, store)
    head, data = push_of(events)

    read_head, read = wire.read_push(data)

    assert (read_head, read) == (head, events)
    assert wire.write_push(read_head, read) == data
    assert verify_chain(read, n=first - 1, head=events[0].prev) == bytes.fromhex(head.head)


def test_a_push_of_real_events_says_nothing_twice():
    head, events = wire.read_push(PUSH)

    assert (head, events) == (HEAD, chain(ACTS))
    assert PUSH.count(str(STORE).encode()) == 1
    assert msgspec.json.decode(LINES[1]) == {
        "n": 1,
        "kind": "dossier.received",
        "v": 1,
        "at": "2026-11-20T10:00:00+07:00",
        "actor": "canbo1",
        "dossier": str(DOSSIER),
    }


def test_the_last_line_end_may_be_missing():
    assert wire.read_push(PUSH[:-1]) == wire.read_push(PUSH)


def test_a_field_of_a_later_program_is_passed_over():
    assert wire.read_push(with_value(2, future=[1])) == wire.read_push(PUSH)
    assert wire.read_push(with_value(1, future={"a": 1})) == wire.read_push(PUSH)


HOSTILE_PUSHES = {
    "nothing": b"",
    "an empty line": b"\n",
    "no JSON": b"hello\n",
    "a head alone": LINES[0] + b"\n",
    "a line too few": b"\n".join(LINES[:-1]) + b"\n",
    "a line too many": PUSH + b"{}\n",
    "an empty line at the end": PUSH + b"\n",
    "cut in the middle": PUSH[: len(PUSH) // 2],
    "another protocol": with_value(1, protocol=2),
    "count too small": with_value(1, count=2),
    "count too large": with_value(1, count=4),
    "count zero": with_value(1, count=0),
    "count beyond a batch": with_value(1, count=201),
    "first zero": with_value(1, first=0),
    "first moved": with_value(1, first=2),
    "first huge": with_value(1, first=2**60),
    "first without end": with_raw(1, "first", b"9" * 400),
    "first longer than Python reads": with_raw(1, "first", b"9" * 5000),
    "a fraction": with_value(1, first=1.5),
    "a word for a number": with_value(1, first="1"),
    "events out of order": b"\n".join([LINES[0], *LINES[3:5], *LINES[1:3], *LINES[5:]]) + b"\n",
    "an event twice": with_line(4, LINES[1]),
    "n missing": with_raw(2, "n", b"null"),
    "n negative": with_value(2, n=-1),
    "v huge": with_value(2, v=2**60),
    "v without end": with_raw(2, "v", b"9" * 400),
    "base huge": with_value(2, base=2**62),
    "base negative": with_value(2, base=-1),
    "base in exponents": with_raw(2, "base", b"1e999"),
    "a store that is no UUID": with_value(1, store="x"),
    "a dossier that is no UUID": with_value(2, dossier="x"),
    "a hash in capitals": with_value(1, prev="A" * 64),
    "a short hash": with_value(1, prev="a" * 63),
    "a hash with a line end": with_value(1, prev="a" * 64 + "\n"),
    "a head that is no hash": with_value(1, head="zz" * 32),
    "a signature too long": with_value(1, signature="ab" * 65),
    "a signature with a line end": with_value(1, signature="ab" * 64 + "\n"),
    "not UTF-8": with_raw(2, "actor", b'"\xff\xfe"'),
    "half a surrogate pair": with_raw(2, "actor", rb'"\ud800"'),
    "the other half": with_raw(2, "kind", rb'"\udc00"'),
    "a bare NUL": with_raw(2, "actor", b'"\x00"'),
    "NUL bytes only": b"\x00" * 100,
    "a deep list": with_raw(2, "actor", b"[" * 100_000),
    "a deep object": with_line(1, b'{"a":' * 100_000),
    "a list for a head": with_line(1, b"[]"),
    "null for an envelope": with_line(2, b"null"),
    "a body too large": with_line(3, b"x" * (MAX_BODY_BYTES + 1)),
    "Windows line ends in the head": PUSH.replace(b"\n", b"\r\n", 1).replace(b"{", b"\r", 1),
}


@pytest.mark.parametrize("data", HOSTILE_PUSHES.values(), ids=HOSTILE_PUSHES.keys())
def test_a_push_that_breaks_the_protocol_is_refused(data):
    with pytest.raises(UnreadableMessage):
        wire.read_push(data)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (with_line(1, b"{"), "line 1:"),
        (with_line(4, b"{"), "line 4:"),
        (with_value(4, n=9), "line 4: event 9 out of order"),
        (with_line(5, b"x" * (MAX_BODY_BYTES + 1)), "line 5: body"),
        (with_value(1, count=4), "4 events announced, 6 lines follow"),
        (with_value(1, protocol=2), "protocol 2"),
    ],
)
def test_a_refusal_says_where(data, place):
    with pytest.raises(UnreadableMessage, match=place):
        wire.read_push(data)


def test_a_body_of_the_largest_size_passes_whatever_it_says():
    _, events = wire.read_push(with_line(3, b"\xff" * MAX_BODY_BYTES))

    assert events[0].body == b"\xff" * MAX_BODY_BYTES


def test_a_batch_of_two_hundred_passes():
    events = chain([("note.added", bodies.NoteAdded(text="x"))] * wire.MAX_BATCH_EVENTS)

    assert wire.read_push(push_of(events)[1])[1] == events


@settings(max_examples=150)
@given(st.binary(max_size=200) | st.lists(st.binary(max_size=40)).map(b"\n".join))
def test_any_bytes_are_refused_and_never_break_a_reader(data):
    for read in (wire.read_push, wire.read_pull):
        with pytest.raises(UnreadableMessage):
            read(data)


places = st.integers(0, 10**6)
scars = st.sampled_from([b"", b"\x00", b"\n", b'"', b"{", b"}", b"\xff", b"-", b"9" * 30, b"null"])


def scarred(data: bytes, wounds: list[tuple[int, int, bytes]]) -> bytes:
    for place, length, scar in wounds:
        at = place % (len(data) + 1)
        data = data[:at] + scar + data[at + length :]
    return data


@settings(max_examples=300)
@given(st.lists(st.tuples(places, st.integers(0, 3), scars), min_size=1, max_size=4))
def test_a_damaged_message_is_read_or_refused(wounds):
    for read, data in ((wire.read_push, PUSH), (wire.read_pull, PULL)):
        try:
            read(scarred(data, wounds))
        except UnreadableMessage:
            continue


def pull_of(entries: list[StreamEvent]) -> tuple[PullHead, bytes]:
    head = PullHead(
        protocol=wire.PROTOCOL,
        stream="H24.15",
        after=6,
        upto=6 + len(entries),
        count=len(entries),
        more=False,
        server_time="2026-11-20T03:00:00Z",
    )
    return head, wire.write_pull(head, entries)


def entry(seq: int, event: Event, *, is_echo: bool = False) -> StreamEvent:
    return StreamEvent(
        seq=seq,
        recorded_at="2026-11-20T03:00:00Z",
        store=event.store,
        n=event.n,
        event=None if is_echo else event,
    )


ENTRIES = [entry(7 + i, event, is_echo=i == 1) for i, event in enumerate(chain(ACTS))]
PULL = pull_of(ENTRIES)[1]
PULL_LINES = PULL.split(b"\n")[:-1]


@given(runs_of_events, st.lists(st.booleans(), min_size=6, max_size=6), st.uuids())
def test_a_pull_is_read_as_it_was_written_byte_for_byte(rows, echoes, store):
    entries = [
        entry(i, event, is_echo=is_echo)
        for i, (event, is_echo) in enumerate(zip(chained(rows, 3, store), echoes, strict=False))
    ]
    head, data = pull_of(entries)

    read = wire.read_pull(data)

    assert read == (head, entries)
    assert wire.write_pull(*read) == data


def test_an_echo_brings_no_body_and_says_whose_it_is():
    _, entries = wire.read_pull(PULL)

    assert entries == ENTRIES
    assert (entries[1].event, entries[1].store, entries[1].n) == (None, STORE, 2)
    assert len(PULL_LINES) == 1 + 2 + 1 + 2


def test_an_empty_page_is_a_head_alone():
    head, data = pull_of([])

    assert wire.read_pull(data) == (head, [])


HOSTILE_PULLS = {
    "nothing": b"",
    "cut after the head": PULL_LINES[0] + b"\n",
    "cut before a body": b"\n".join(PULL_LINES[:-1]) + b"\n",
    "more than announced": PULL + b"{}\n",
    "count too small": with_value(1, PULL_LINES, count=2),
    "count too large": with_value(1, PULL_LINES, count=4),
    "count negative": with_value(1, PULL_LINES, count=-1),
    "count huge": with_value(1, PULL_LINES, count=2**62),
    "upto huge": with_value(1, PULL_LINES, upto=2**62),
    "no store": with_value(2, PULL_LINES, store=None),
    "no hash": with_value(2, PULL_LINES, prev=""),
    "a hash that is none": with_value(2, PULL_LINES, prev="zz" * 32),
    "a hash of blanks": with_value(2, PULL_LINES, prev=" " * 64),
    "a short hash": with_value(2, PULL_LINES, prev="ab" * 31),
    "seq huge": with_value(2, PULL_LINES, seq=2**62),
    "an echo that is no truth value": with_value(2, PULL_LINES, echo="yes"),
    "an echo that was none": with_value(4, PULL_LINES, echo=False),
    "deep": with_line(2, b"[" * 100_000, PULL_LINES),
    "not UTF-8": with_line(2, PULL_LINES[1].replace(b"canbo1", b"\xff"), PULL_LINES),
}


@pytest.mark.parametrize("data", HOSTILE_PULLS.values(), ids=HOSTILE_PULLS.keys())
def test_a_pull_that_breaks_the_protocol_is_refused(data):
    with pytest.raises(UnreadableMessage):
        wire.read_pull(data)


MESSAGES = [
    wire.PushAnswer, wire.EnrolRequest, wire.EnrolAnswer, wire.TokenRequest, wire.TokenAnswer,
    wire.LeaseRequest, wire.PlanRequest, wire.NumbersAnswer, wire.Digest, wire.SignedCatalogue,
    wire.Problem,
]  # fmt: skip


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)
@settings(max_examples=15)
@given(data=st.data())
def test_every_other_message_survives_its_journey(kind, data):
    message = data.draw(values_of(kind))

    assert msgspec.json.decode(msgspec.json.encode(message), type=kind) == message


def test_what_is_signed_is_fixed_to_the_byte():
    head = bytes(range(32))

    assert wire.signed_bytes(STORE, 258, head) == (
        b"qmc-push-1\n" + STORE.bytes + b"\0\0\0\0\0\0\1\2" + head
    )
    assert wire.request_bytes("GET", "/v1/pull?after=3", "2026-11-20T03:00:00+00:00", b"x") == (
        b"qmc-request-1\nGET\n/v1/pull?after=3\n2026-11-20T03:00:00+00:00\n"
        + hashlib.sha256(b"x").hexdigest().encode()
    )
    assert wire.catalogue_bytes('{"a":"đ"}') == 'qmc-catalogue-1\n{"a":"đ"}'.encode()


REQUEST = {
    "method": "GET",
    "target": "/v1/pull?after=3",
    "at": dt.datetime(2026, 11, 20, tzinfo=dt.UTC).isoformat(),
    "body": b"body",
}


@pytest.mark.parametrize(
    "change", [{"method": "POST"}, {"target": "/v1/pull?after=4"}, {"at": "x"}, {"body": b""}]
)
def test_a_request_signature_covers_all_of_the_request(change):
    assert wire.request_bytes(**REQUEST) != wire.request_bytes(**(REQUEST | change))


def test_a_batch_signature_covers_store_number_and_head():
    signed = wire.signed_bytes(STORE, 1, bytes(32))

    assert signed != wire.signed_bytes(OTHER_STORE, 1, bytes(32))
    assert signed != wire.signed_bytes(STORE, 2, bytes(32))
    assert signed != wire.signed_bytes(STORE, 1, b"\1" * 32)


def test_the_rolling_hash_depends_on_every_event_and_their_order():
    one, two = (event.hash for event in chain(ACTS)[:2])

    assert wire.roll("", one) == hashlib.sha256(bytes(32) + one).hexdigest()
    there = wire.roll(wire.roll("", one), two)
    assert there == hashlib.sha256(bytes.fromhex(wire.roll("", one)) + two).hexdigest()
    assert there != wire.roll(wire.roll("", two), one)


def test_the_policy_without_a_word_is_two_weeks_offline():
    assert dataclasses.astuple(wire.Policy()) == (14, 90, 12, 32 * 1024)
