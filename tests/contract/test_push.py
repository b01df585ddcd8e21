"""Pushing: repeated, halved, doubled, lost or forged, the server's log stays what it should be."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.domain import sealing, wire
from app.domain.bodies import NoteAdded
from app.models import events, projection
from app.services import lookup, scanning, station
from app.sync import push
from app.sync.http import Connection, Reply, ServerRefused, ServerUnreachable
from tests.support.office import (
    BICH,
    OTHER_AGENCY,
    Bare,
    Counter,
    Office,
    picture,
    running_office,
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with running_office(folder, database=request.param) as running:
        yield running


@pytest.fixture
def bare(office: Office) -> Bare:
    return office.bare()


@pytest.fixture
def counter(office: Office) -> Iterator[Counter]:
    counter = office.station()
    yield counter
    counter.close()


class LossyConnection(Connection):
    """A line on which chosen answers get lost after the server has acted."""

    def __init__(self, counter: Counter, lost: set[int]) -> None:
        opened = counter.opened
        super().__init__(opened.settings, opened.station.id, opened.desk.store.sign, counter.clock)
        self.calls = 0
        self._lost = lost

    def ask(self, *arguments: Any, **more: Any) -> Reply:
        """Send, and perhaps lose what comes back."""
        reply = super().ask(*arguments, **more)
        self.calls += 1
        if self.calls in self._lost:
            raise ServerUnreachable("cut")
        return reply


def _mine(office: Office, store: UUID) -> list[tuple[Any, ...]]:
    return [row for row in office.log() if row[1] == store.hex]


def _quarantined(answer: Any) -> dict[int, str]:
    assert answer.status == 200, answer
    return {entry["n"]: entry["reason"] for entry in answer.json["quarantined"]}


# ---- again, in parts, without an answer ----------------------------------------------------------


def test_the_same_events_twice_change_nothing(office: Office, bare: Bare) -> None:
    sent = [bare.reception() for _ in range(5)]
    first = bare.push(sent)
    log = office.log()

    again = bare.push(sent)

    assert first.json["have"] == again.json["have"] == 5
    assert first.json["cursor"] == again.json["cursor"]
    assert office.log() == log


@pytest.mark.parametrize("packing", ["zstd", "none"])
def test_halves_that_overlap_make_the_same_log_as_one_push(
    office: Office, bare: Bare, packing: str
) -> None:
    sent = [bare.reception() for _ in range(6)]
    for part in (sent[:4], sent[2:5], sent[3:], sent, sent[:1]):
        assert bare.push(part, packing=packing).status == 200

    rows = _mine(office, bare.store)
    assert [row[2] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [bytes(row[4]) for row in rows] == [event.hash for event in sent]
    seqs = [row[0] for row in rows]
    assert seqs == list(range(seqs[0], seqs[0] + 6))


def test_lost_answers_change_nothing_of_what_the_server_holds(
    office: Office, counter: Counter
) -> None:
    for i in range(7):
        counter.receive(f"Người {i}")
    connection = LossyConnection(counter, lost={1, 2, 3})
    for _ in range(3):
        with pytest.raises(ServerUnreachable):
            push.push_all(counter.desk.store, [connection])
    assert len(_mine(office, counter.incarnation)) == 7
    once = office.log()

    done = push.push_all(counter.desk.store, [connection])
    connection.close()

    assert done.count == 7
    assert office.log() == once
    assert station.status(counter.desk, "").waiting == 0


def test_a_gap_is_answered_with_what_is_there(office: Office, bare: Bare) -> None:
    sent = [bare.reception() for _ in range(6)]
    bare.push(sent[:2])

    answer = bare.push(sent[4:])

    assert (answer.status, answer.json["have"]) == (200, 2)
    assert len(_mine(office, bare.store)) == 2
    assert bare.push(sent[2:]).json["have"] == 6


def test_events_are_sent_in_batches_that_fit(office: Office, counter: Counter) -> None:
    reception = counter.receive()
    with counter.desk.store.acting() as session:
        for i in range(450):
            body = NoteAdded(text=f"{i} " + picture(i)[:300].hex())
            act = events.Act("note.added", body, BICH.user, counter.desk.now(), reception.dossier)
            projection.record(session, act)

    done = counter.sync()

    assert done.pushed == 451
    assert done.proven
    assert len(_mine(office, counter.incarnation)) == 451


# ---- what is not authentic -----------------------------------------------------------------------


def test_a_forked_chain_is_refused_in_words_a_clerk_can_act_on(office: Office, bare: Bare) -> None:
    sent = [bare.reception() for _ in range(3)]
    bare.push(sent)
    before = office.log()
    n, head = bare.n, bare.head
    bare.n, bare.head = 1, sent[0].hash
    clone = [bare.reception(), bare.reception()]
    bare.n, bare.head = n, head

    answer = bare.push(clone)

    assert (answer.status, answer.problem["type"]) == (409, "forked")
    assert "bản sao" in answer.problem["detail"]
    bare.n, bare.head = 3, clone[-1].hash
    assert bare.push([bare.reception()]).status == 409
    assert office.log() == before


def test_a_cloned_store_stops_at_its_first_contact(office: Office, counter: Counter) -> None:
    counter.receive("Máy gốc")
    counter.close()
    copy = counter.profile.store.read_bytes()
    counter.reopen()
    counter.sync()
    counter.close()
    import shutil

    shutil.rmtree(counter.profile.journal)
    for path in counter.root.glob("store.db*"):
        path.unlink()
    counter.profile.store.write_bytes(copy)
    counter.reopen()
    counter.change("UPDATE event SET actor = 'khac', hash = zeroblob(32)")
    with pytest.raises(ServerRefused) as caught:
        counter.sync()
    assert caught.value.type == "cloned"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ({"signature": "00" * 64}, 400),
        ({"head": "00" * 32}, 400),
        ({"prev": "00" * 32}, 400),
        ({"store": str(uuid4())}, 400),
        ({"protocol": 2}, 400),
        ({"first": 2}, 400),
        ({"count": 2}, 400),
        ({"count": 0}, 400),
        ({"count": 201}, 400),
        ({"signature": "zz"}, 400),
    ],
)
def test_a_first_line_that_does_not_hold_is_refused(
    office: Office, bare: Bare, head: dict[str, Any], status: int
) -> None:
    before = office.log()

    answer = bare.push([bare.reception()], **head)

    assert answer.status == status, answer
    assert answer.problem["title"]
    assert office.log() == before


def test_somebody_elses_store_is_refused(office: Office, bare: Bare) -> None:
    other = office.bare()
    event = other.reception()
    signature = sealing.sign(bare.signing, wire.signed_bytes(other.store, 1, event.hash)).hex()

    assert bare.push([event], signature=signature).status == 403
    assert _mine(office, other.store) == []


def test_a_changed_body_does_not_pass_under_the_old_signature(office: Office, bare: Bare) -> None:
    event = bare.reception()
    lines = b"\n".join(
        [
            json.dumps(
                {
                    "protocol": 1, "store": str(bare.store), "first": 1, "count": 1,
                    "prev": event.prev.hex(), "head": event.hash.hex(),
                    "signature": sealing.sign(
                        bare.signing, wire.signed_bytes(bare.store, 1, event.hash)
                    ).hex(),
                }
            ).encode(),
            json.dumps(
                {"n": 1, "kind": event.kind, "v": 1, "at": event.at, "actor": event.actor,
                 "dossier": str(event.dossier)}
            ).encode(),
            event.body.replace(b"Tay", b"Toi"),
        ]
    )  # fmt: skip

    assert bare.push_bytes(lines).status == 400
    assert _mine(office, bare.store) == []


# ---- quarantine ----------------------------------------------------------------------------------


def _wrong_ones(bare: Bare) -> dict[str, tuple[str, dict[str, Any]]]:
    """Receptions that are authentic and do not count, by a word of the server's reason."""
    day = bare.office.clock()
    return {
        "tập sự": ("dossier.received", bare.received(practice=True)),
        "cơ quan": ("dossier.received", bare.received(agency=OTHER_AGENCY)),
        "danh mục": ("dossier.received", bare.received(catalogue=99)),
        "không khớp": ("dossier.received", bare.received(code="H24.15-261119-7000")),
        "không đúng dạng": ("dossier.received", bare.received(code="số 1")),
        "không có thật": ("dossier.received", bare.received(due_at="9999-12-31T23:59:59-12:00")),
        "không đọc được": ("dossier.received", bare.received(received_at=f"{day:%Y-%m-%d}")),
        "unknown kind": ("dossier.teleported", {}),
    }


def test_what_does_not_count_is_kept_named_and_holds_nothing_up(office: Office, bare: Bare) -> None:
    sent, reasons = [], []
    for word, (kind, body) in _wrong_ones(bare).items():
        sent.append(bare.event(kind, body, uuid4()))
        reasons.append(word)
    good = bare.reception()
    sent.append(good)

    answer = bare.push(sent)

    found = _quarantined(answer)
    assert answer.json["have"] == len(sent)
    assert sorted(found) == list(range(1, len(sent)))
    for n, word in enumerate(reasons, 1):
        assert word in found[n], (word, found[n])
    assert office.bodies(bare.store) == [event.body for event in sent]
    assert json.loads(good.body)["code"] in office.codes()
    assert _quarantined(bare.push(sent)) == found  # the same words again


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b"[]", b"null", b'{"code":1}', b"\xff\xfe", b"{" * 5000, b'"\\ud800"'],
)
def test_an_unreadable_body_is_kept_byte_for_byte(office: Office, bare: Bare, body: bytes) -> None:
    sent = [bare.event("dossier.received", body, uuid4()), bare.reception()]

    answer = bare.push(sent)

    assert list(_quarantined(answer)) == [1]
    assert office.bodies(bare.store)[0] == body
    restored = bare.ask("GET", f"/v1/stores/{bare.store}/events?after=0")
    _, entries = wire.read_pull(restored.body)
    assert [entry.event for entry in entries] == sent


def test_fields_of_a_newer_program_survive_byte_for_byte(office: Office, bare: Bare) -> None:
    body = json.dumps(
        bare.received() | {"hạng": {"mới": [1, 2.50, "ỹ"]}}, ensure_ascii=False, indent=None
    ).encode()
    event = bare.event("dossier.received", body, uuid4())

    assert _quarantined(bare.push([event])) == {}

    other = office.bare()
    reply = other.ask("GET", f"/v1/pull?after={_mine(office, bare.store)[0][0] - 1}")
    _, entries = wire.read_pull(reply.body)
    assert entries[0].event == event
    assert entries[0].event.body == body


def test_a_number_taken_by_another_dossier_is_refused_and_what_follows_waits_behind_it(
    office: Office, bare: Bare
) -> None:
    taken = bare.reception()
    bare.push([taken])
    code = json.loads(taken.body)["code"]
    late, free = uuid4(), uuid4()
    sent = [
        bare.reception(late, code=code),
        bare.event("note.added", {"text": "của hồ sơ bị giữ"}, late),
        bare.reception(free),
        bare.event("note.added", {"text": "của hồ sơ khác"}, free),
    ]

    found = _quarantined(bare.push(sent))

    assert sorted(found) == [2, 3]
    assert code in found[2]
    assert office.codes().count(code) == 1


def test_two_receptions_with_one_number_in_one_push_do_not_both_count(
    office: Office, bare: Bare
) -> None:
    first = bare.reception()
    code = json.loads(first.body)["code"]

    assert list(_quarantined(bare.push([first, bare.reception(code=code)]))) == [2]
    assert office.codes().count(code) == 1


def test_a_second_reception_of_one_dossier_uses_up_no_number(office: Office, bare: Bare) -> None:
    dossier = uuid4()
    first, again = bare.reception(dossier), bare.reception(dossier)
    code = json.loads(again.body)["code"]

    assert list(_quarantined(bare.push([first, again]))) == [2]
    assert _quarantined(bare.push([bare.reception(code=code)])) == {}


def test_a_corrected_code_is_reserved_like_any_other(office: Office, bare: Bare) -> None:
    one, two = uuid4(), uuid4()
    first, second = bare.reception(one), bare.reception(two)
    codes = [json.loads(event.body)["code"] for event in (first, second)]
    fresh = bare.received()["code"]

    def corrected(dossier: UUID, code: str) -> Any:
        body = {"code": code, "check": "A", "number": 1, "reason": "trùng"}
        return bare.event("code.corrected", body, dossier)

    sent = [
        first,
        second,
        corrected(one, codes[1]),  # taken
        corrected(one, fresh),
        corrected(one, codes[0]),  # its own former one
        corrected(one, fresh),
        corrected(two, fresh),  # taken by the first now
        corrected(two, "H24.15-261120-\0"),
        bare.reception(code=fresh),
    ]
    found = _quarantined(bare.push(sent))

    assert sorted(found) == [3, 7, 8, 9]
    assert office.codes().count(fresh) == 1


def test_a_provisional_code_is_replaced_and_both_are_known(office: Office, bare: Bare) -> None:
    dossier = uuid4()
    provisional = bare.received(code=f"T-{dossier.hex[:6]}-1", provisional=True, number=0)
    final = bare.received()["code"]
    sent = [
        bare.event("dossier.received", provisional, dossier),
        bare.event("dossier.received", provisional, uuid4()),  # the same provisional code
        bare.event(
            "code.corrected", {"code": final, "check": "A", "number": 1, "reason": "x"}, dossier
        ),
    ]

    assert list(_quarantined(bare.push(sent))) == [2]
    assert final in office.codes()
    page = office.ask("GET", f"/hs/{provisional['code'].upper()}?m=ABCDEFGH")
    assert page.status in (200, 404)


def test_a_mended_reception_is_judged_like_a_fresh_one(office: Office, bare: Bare) -> None:
    taken = bare.reception()
    code = json.loads(taken.body)["code"]
    dossier = uuid4()

    def mended(body: dict[str, Any]) -> Any:
        return bare.event(
            "event.mended",
            {"store": str(bare.store), "n": 2, "kind": "dossier.received", "v": 1,
             "body": json.dumps(body)},
            dossier,
        )  # fmt: skip

    sent = [
        taken,
        bare.reception(dossier, code=code),
        mended(bare.received(code=code)),
        mended(bare.received(agency=OTHER_AGENCY)),
        mended(bare.received(practice=True)),
        mended(bare.received()),
        bare.event("note.added", {"text": "geht weiter"}, dossier),
    ]

    assert sorted(_quarantined(bare.push(sent))) == [2, 3, 4, 5]
    assert office.codes().count(code) == 1


def test_a_page_belongs_to_one_dossier(office: Office, bare: Bare) -> None:
    one, two = uuid4(), uuid4()
    page = {"page": str(uuid4()), "sha256": "ab" * 32, "size": 10, "mime": "image/png"}
    page |= {"paper": "ban-chinh"}
    sent = [
        bare.reception(one),
        bare.reception(two),
        bare.event("page.attached", page, one),
        bare.event("page.attached", page, two),
        bare.event("page.removed", {"page": page["page"]}, one),
        bare.event("page.attached", page, one),
        bare.event("note.added", {"text": "geht weiter"}, two),
    ]

    assert sorted(_quarantined(bare.push(sent))) == [4, 6]


def test_a_station_shows_the_servers_words_and_says_which_dossier(
    office: Office, counter: Counter
) -> None:
    good = counter.receive("Nguyễn Thị Được")
    bad = counter.receive("Nguyễn Thị Bị Giữ")
    page = scanning.keep_image(
        counter.desk, picture(70), paper="ban-chinh", position=1, device="file"
    )
    scanning.attach_page(counter.desk, BICH, bad.dossier, page)
    parts = bad.code.split("-")
    office.change(
        "INSERT INTO dossier_number (agency, day, number, dossier)"
        " VALUES (:a, :d, :n, :x)",
        a=parts[0], d=office.clock().date().isoformat() if "sqlite" in office.url
        else office.clock().date(), n=int(parts[2]),
        x=uuid4().hex if "sqlite" in office.url else uuid4(),
    )  # fmt: skip

    done = counter.sync()

    assert (done.quarantined, done.waiting) == (2, 0)
    shown = lookup.show(counter.desk, bad.dossier)
    assert str(shown.sync) == "quarantined"
    assert bad.code in shown.timeline[0].refusal
    refused = station.refused_events(counter.desk)
    assert {r.dossier_code for r in refused} == {bad.code}
    status = station.status(counter.desk, "")
    assert status.to_look_at == 1
    assert not status.is_green
    lines = {line.code: str(line.sync) for line in lookup.newest(counter.desk).lines}
    assert lines[bad.code] == "quarantined"
    assert lines[good.code] == "stored"
    # the others go on, their pages too
    other = scanning.keep_image(
        counter.desk, picture(71), paper="ban-chinh", position=1, device="file"
    )
    scanning.attach_page(counter.desk, BICH, good.dossier, other)
    assert counter.sync().pages == 1
    assert station.status(counter.desk, "").to_look_at == 1


def test_audit_events_are_kept_and_enter_no_stream(office: Office, bare: Bare) -> None:
    dossier = uuid4()
    before = bare.push([bare.reception(dossier)]).json["cursor"]

    answer = bare.push(
        [bare.event("dossier.viewed", {}, dossier), bare.event("data.exported", {"what": "x"})]
    )

    assert answer.json["cursor"] == before
    assert [row[0] for row in _mine(office, bare.store)].count(None) == 2


@pytest.mark.parametrize(
    "envelope",
    [
        {"actor": ""},
        {"actor": "a\nb"},
        {"at": "hôm qua"},
        {"at": "2026-11-20T09:00:00"},
        {"v": 2},
    ],
)
def test_a_strange_envelope_is_quarantined(
    office: Office, bare: Bare, envelope: dict[str, Any]
) -> None:
    sent = [bare.event("dossier.received", bare.received(), uuid4(), **envelope)]
    sent.append(bare.reception())

    assert list(_quarantined(bare.push(sent))) == [1]


@pytest.mark.parametrize(
    "envelope",
    [{"actor": "x" * 65}, {"actor": "a\0b"}, {"at": "2" * 41}, {"v": -1}, {"base": 2**64}],
)
def test_an_envelope_that_cannot_be_kept_is_refused_whole(
    office: Office, bare: Bare, envelope: dict[str, Any]
) -> None:
    before = office.log()
    answer = bare.push([bare.event("dossier.received", bare.received(), uuid4(), **envelope)])

    assert answer.status == 400
    assert answer.problem["type"] == "unreadable"
    assert office.log() == before


def test_a_reception_under_an_unknown_procedure_is_set_aside(bare: Bare) -> None:
    event = bare.reception(procedure="9.999999")

    answer = bare.push([event])

    assert answer.status == 200
    assert [q["n"] for q in answer.json["quarantined"]] == [event.n]
    assert "9.999999" in answer.json["quarantined"][0]["reason"]


def test_a_push_that_overtook_another_waits_for_it_and_is_not_sent_again(tmp_path: Path) -> None:
    with running_office(tmp_path / "office", gap_wait_s=20) as office:
        bare = office.bare()
        first, second = [bare.reception() for _ in range(3)], [bare.reception() for _ in range(3)]
        answers: list[Any] = []
        early = threading.Thread(target=lambda: answers.append(bare.push(second)))
        early.start()
        time.sleep(0.6)
        assert not answers
        assert bare.push(first).json["have"] == 3
        early.join(15)
        assert answers[0].json["have"] == 6


def test_a_push_whose_forerunner_never_comes_is_told_what_is_there(office: Office) -> None:
    bare = office.bare()
    bare.reception()
    late = [bare.reception()]
    assert bare.push(late).json["have"] == 0


def test_two_lines_send_everything_once_and_in_order(office: Office, counter: Counter) -> None:
    codes = [counter.receive(f"Người {i}").code for i in range(120)]
    lines = [counter.connect(), counter.connect()]
    done = push.push_all(counter.desk.store, lines)
    for line in lines:
        line.close()
    assert (done.count, done.quarantined) == (120, 0)
    assert set(codes) <= set(office.codes())
    assert [row[2] for row in _mine(office, counter.incarnation)] == list(range(1, 121))


class HeldConnection(LossyConnection):
    """A line whose first answer comes late, or never."""

    def __init__(self, counter: Counter, go_on: threading.Event, *, is_lost: bool = False) -> None:
        super().__init__(counter, lost={1} if is_lost else set())
        self._go_on = go_on

    def ask(self, *arguments: Any, **more: Any) -> Reply:
        """Send; keep the first answer back."""
        is_first = self.calls == 0
        try:
            return super().ask(*arguments, **more)
        finally:
            if is_first:
                assert self._go_on.wait(30)


def _notes(counter: Counter, count: int) -> None:
    reception = counter.receive()
    with counter.desk.store.acting() as session:
        for i in range(count):
            text = f"{i} " + picture(i)[:150].hex()
            act = events.Act(
                "note.added", NoteAdded(text=text), BICH.user, counter.desk.now(), reception.dossier
            )
            projection.record(session, act)


def _until_the_server_has(office: Office, store: UUID, count: int) -> None:
    deadline = time.monotonic() + 30
    while len(_mine(office, store)) < count:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_answer_that_comes_late_does_not_hold_up_the_other_line(
    office: Office, counter: Counter
) -> None:
    _notes(counter, 300)
    go_on = threading.Event()
    lines = [counter.connect(), HeldConnection(counter, go_on)]  # the last line sends first
    found: list[push.Pushed] = []
    pushing = threading.Thread(
        target=lambda: found.append(push.push_all(counter.desk.store, lines))
    )
    pushing.start()
    _until_the_server_has(office, counter.incarnation, 150)  # far more than the first two batches
    assert station.status(counter.desk, "").waiting == 301  # answers are noted in order
    go_on.set()
    pushing.join(30)
    for line in lines:
        line.close()
    assert found == [push.Pushed(301, 0)]


def test_what_was_set_aside_is_heard_again_when_its_answer_was_lost(
    office: Office, counter: Counter
) -> None:
    with counter.desk.store.acting() as session:
        body = NoteAdded(text="hồ sơ không có")
        act = events.Act("note.added", body, BICH.user, counter.desk.now(), uuid4())
        events.add_row(session, events.next_event(session, act))
    _notes(counter, 300)
    go_on = threading.Event()
    lines = [counter.connect(), HeldConnection(counter, go_on, is_lost=True)]
    go_on.set()
    with pytest.raises(ServerUnreachable):
        push.push_all(counter.desk.store, lines)
    done = push.push_all(counter.desk.store, lines)
    for line in lines:
        line.close()
    assert done.quarantined == 1
    assert station.status(counter.desk, "").waiting == 0


def test_a_server_that_takes_less_at_once_is_sent_less(office: Office, counter: Counter) -> None:
    _notes(counter, 450)
    line = LossyConnection(counter, lost=set())
    sizes: list[int] = []
    post = line.post_packed

    def noting(target: str, data: bytes, kind: Any) -> Any:
        sizes.append(len(data))
        return post(target, data, kind)

    line.post_packed = noting  # type: ignore[method-assign]
    with counter.database.writing() as session:
        events.set_fact(session, "push_bytes", str(16 * 1024))
    assert push.push_all(counter.desk.store, [line]) == push.Pushed(451, 0)
    assert max(sizes) <= 16 * 1024
    counter.sync()
    assert counter.fact("push_bytes") == str(wire.MAX_PACKED_BYTES)
    line.close()


def test_a_small_event_goes_on_every_line_and_one_lost_answer_costs_nothing(
    office: Office, counter: Counter
) -> None:
    counter.receive()
    counter.sync()
    reception = counter.receive()
    counter.sync()
    with counter.desk.store.acting() as session:
        act = events.Act(
            "note.added", NoteAdded(text="a"), BICH.user, counter.desk.now(), reception.dossier
        )
        projection.record(session, act)
    lost, heard = LossyConnection(counter, lost={1}), LossyConnection(counter, lost=set())

    done = push.push_all(counter.desk.store, [lost, heard])

    assert done == push.Pushed(1, 0)
    for line in (lost, heard):
        line.close()
    assert (lost.calls, heard.calls) == (1, 1)
    assert len(_mine(office, counter.incarnation)) == 3


def test_a_small_event_that_every_line_lost_is_sent_again(counter: Counter) -> None:
    counter.receive()
    lines = [LossyConnection(counter, lost={1}), LossyConnection(counter, lost={1})]
    with pytest.raises(ServerUnreachable):
        push.push_all(counter.desk.store, lines)
    done = push.push_all(counter.desk.store, lines)
    for line in lines:
        line.close()
    assert done == push.Pushed(1, 0)


def test_a_batch_grows_on_a_quick_line_and_shrinks_on_a_slow_one() -> None:
    pace = push._Pace()
    begun = pace.limit
    for _ in range(10):
        pace.learn(pace.limit, 0.2)
    assert pace.limit == wire.MAX_PACKED_BYTES
    assert not pace.is_slow
    for _ in range(10):
        pace.learn(pace.limit, 9.0)
    assert pace.limit == push._LEAST_BYTES < begun
    assert pace.is_slow
