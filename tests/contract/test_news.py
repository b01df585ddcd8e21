"""Waiting for news, the first fill, and proofs that name what differs."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app.domain import wire
from app.models.base import EventRow
from app.services import station
from app.sync import digest, pull
from app.sync.http import Connection, Download, ServerRefused, ServerUnreachable, unpacked
from server.services import snapshots
from tests.support.office import OTHER_AGENCY, Bare, Counter, Office, running_office

# ---- long poll ----------------------------------------------------------------------------------


def test_who_waits_is_woken_by_what_another_did(office: Office) -> None:
    one, two = office.station(), office.station()
    came: list[tuple[int, float]] = []

    def wait() -> None:
        engine = two.opened.engine()
        started = time.monotonic()
        came.append((engine.wait_for_news(20), time.monotonic() - started))
        engine.close()

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.5)
    assert not came
    one.receive()
    one.sync()
    waiting.join(25)
    [(count, seconds)] = came
    assert count == 1
    assert seconds < 19  # it did not wait until the end
    for counter in (one, two):
        counter.close()


def test_waiting_in_vain_ends_in_time_and_says_nothing_came(office: Office) -> None:
    bare = office.bare()
    started = time.monotonic()
    head, entries = wire.read_pull(bare.ask("GET", "/v1/pull?after=0&wait=0.4").body)
    assert (head.count, entries) == (0, [])
    assert time.monotonic() - started >= 0.4


def test_what_is_there_already_is_answered_at_once(office: Office) -> None:
    bare = office.bare()
    bare.push([bare.reception()])
    started = time.monotonic()
    head, _ = wire.read_pull(bare.ask("GET", "/v1/pull?after=0&wait=30").body)
    assert head.count == 1
    assert time.monotonic() - started < 25


def test_many_wait_without_a_thread_each(office: Office) -> None:
    stations = [office.bare() for _ in range(3)]
    threads = [
        threading.Thread(target=stations[i % 3].ask, args=("GET", "/v1/pull?after=0&wait=6"))
        for i in range(60)  # more than the server has threads
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    writer = office.bare(OTHER_AGENCY)
    assert writer.push([writer.reception()]).status == 200
    assert any(thread.is_alive() for thread in threads)
    mine = stations[0]
    mine.push([mine.reception()])
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)


def test_another_process_that_appends_is_noticed(office: Office) -> None:
    bare = office.bare()
    bare.push([bare.reception()])
    answers: list[Any] = []
    waiting = threading.Thread(
        target=lambda: answers.append(bare.ask("GET", "/v1/pull?after=1&wait=15"))
    )
    waiting.start()
    time.sleep(0.3)
    with running_server(office) as port:
        elsewhere = Bare.enrolled(office)
        office_port, office.port = office.port, port
        elsewhere.push([elsewhere.reception()])
        office.port = office_port
        waiting.join(20)
    head, _ = wire.read_pull(answers[0].body)
    assert head.count == 1


def running_server(office: Office) -> Any:
    from tests.support.office import served

    return served(office.settings, lambda: office.clock())


@pytest.mark.parametrize("query", ["wait=-1", "wait=61", "wait=x", "wait=nan", "stream=H24.16"])
def test_a_wait_or_stream_that_cannot_be_is_refused(office: Office, query: str) -> None:
    answer = office.bare().ask("GET", f"/v1/pull?after=0&{query}")
    assert answer.status in (404, 422)
    assert answer.problem["type"] in ("not-found", "unprocessable")


# ---- first fill ---------------------------------------------------------------------------------


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(snapshots, "PART_ENTRIES", 40)
    monkeypatch.setattr("app.sync.fill._NOT_WORTH", 10)
    return 40


def filled(office: Office, count: int) -> Bare:
    bare = office.bare()
    for _ in range(0, count, 50):
        assert bare.push([bare.reception() for _ in range(50)]).status == 200
    return bare


def test_a_new_station_is_filled_in_parts_and_proven(office: Office, small_parts: int) -> None:
    filled(office, 150)
    steps: list[tuple[int, int]] = []
    counter = office.station()  # syncs once
    engine = counter.opened.engine()
    engine.close()
    assert counter.value("SELECT count(*) FROM dossier") == 150
    assert counter.fact("cursor:H24.15") == "150"
    assert station.status(counter.desk, "").is_green

    other = office.station()
    other.change("UPDATE event SET stream = NULL, seq = NULL")
    other.change("DELETE FROM stream_day")
    other.change("UPDATE fact SET value = '0' WHERE key = 'cursor:H24.15'")
    from app.sync.fill import Filling

    connection = other.connect()
    Filling(other.desk.store, lambda done, of: steps.append((done, of))).run(connection, 150)
    connection.close()
    assert steps == [(1, 3), (2, 3), (3, 3)]
    assert other.sync().proven
    for each in (counter, other):
        each.close()


class Torn(Connection):
    """A line that breaks after some bytes of each download."""

    def __init__(self, counter: Counter, after: int) -> None:
        opened = counter.opened
        super().__init__(opened.settings, opened.station.id, opened.desk.store.sign, counter.clock)
        self.after = after
        self.asked: list[str] = []

    def download(self, begun: Download) -> bytes:
        """Keep what came before the break."""
        self.asked.append(f"{begun.target}+{len(begun.kept)}")
        kept = len(begun.kept)
        whole = super().download(begun)
        if len(whole) > kept + self.after:
            del begun.kept[kept + self.after :]
            raise ServerUnreachable("cut")
        return whole


def test_a_part_goes_on_at_the_byte_where_it_broke(office: Office, small_parts: int) -> None:
    filled(office, 100)
    counter = office.station()
    line = Torn(counter, after=700)
    begun = Download("/v1/snapshot/0")
    for _ in range(100):
        try:
            data = line.download(begun)
        except ServerUnreachable:
            continue
        break
    head, entries = wire.read_pull(unpacked(data))
    assert (head.after, head.upto, len(entries)) == (0, 40, 40)
    assert len(line.asked) > 2
    assert line.asked[1] == "/v1/snapshot/0+700"
    counter.close()


def test_a_server_put_back_answers_with_no_part_of_the_lost_stream(
    office: Office, small_parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = filled(office, 50)
    before = bare.ask("GET", "/v1/snapshot/0").body
    office.change("UPDATE event SET hash = :h WHERE seq = 40", h=bytes(32))
    after = bare.ask("GET", "/v1/snapshot/0").body
    assert len(list((office.settings.blobs / "snapshots" / "H24.15").iterdir())) == 2
    assert before == after  # the same events here, packed anew


@pytest.mark.parametrize("number", ["1", "-1", str(2**60), "x"])
def test_a_part_that_is_not_whole_is_not_there(
    office: Office, small_parts: int, number: str
) -> None:
    bare = filled(office, 50)
    assert bare.ask("GET", f"/v1/snapshot/{number}").status in (404, 422)


def test_parts_are_for_stations_of_the_agency_alone(office: Office, small_parts: int) -> None:
    filled(office, 50)
    assert office.bare(OTHER_AGENCY).ask("GET", "/v1/snapshot/0").status == 404
    assert office.ask("GET", "/v1/snapshot/0").status == 401


# ---- an old program -----------------------------------------------------------------------------


def test_a_program_too_old_to_pull_may_still_push(tmp_path: Path) -> None:
    with running_office(tmp_path / "office") as office:
        counter = office.station()
        reception = counter.receive()
        object.__setattr__(office.settings, "oldest_pull", 2)
        with pytest.raises(ServerRefused) as caught:
            counter.sync()
        assert (caught.value.status, caught.value.type) == (426, "upgrade")
        assert "Cập nhật chương trình" in caught.value.advice
        assert office.codes() == [reception.code]
        assert station.status(counter.desk, "").waiting == 0
        assert not station.status(counter.desk, "").is_green
        counter.close()


# ---- proofs -------------------------------------------------------------------------------------


def several(office: Office) -> tuple[Counter, Counter]:
    one, two = office.station(), office.station()
    for i in range(9):
        one.receive(f"Người {i}")
    one.sync()
    two.sync()
    return one, two


def test_the_first_event_that_differs_is_named_on_both_sides_and_mended(office: Office) -> None:
    one, two = several(office)
    two.change("UPDATE event SET body = X'7B7D' WHERE seq = 6")
    two.change("DELETE FROM fact WHERE key = 'counted_on'")
    differing = two.value("SELECT n FROM event WHERE seq = 6")

    connection = two.connect()
    assert not digest.prove(two.desk.store, connection, two.desk.now())
    connection.close()

    assert two.fact("difference") == f"vị trí 6: sự kiện {differing} của kho {one.incarnation}"
    assert two.fact("cursor:H24.15") == "5"  # only from there on is it pulled again
    with office.database.reading() as session:
        from server.models.base import StationRow

        row = session.get(StationRow, ("H24.15", two.opened.station.id))
        assert f"vị trí 6: sự kiện {differing} của kho {one.incarnation}" in row.difference
    assert two.sync().proven
    assert two.fact("difference") == ""
    assert station.status(two.desk, "").is_green
    for counter in (one, two):
        counter.close()


def test_an_own_event_that_vanished_or_changed_is_fetched_back(office: Office) -> None:
    one, two = several(office)
    one.change("DELETE FROM event WHERE seq = 3")
    one.change("UPDATE event SET body = X'7B7D' WHERE seq = 7")
    one.change("DELETE FROM fact WHERE key = 'counted_on'")
    for _ in range(4):
        done = one.sync()
    assert done.proven
    with one.database.reading() as session:
        rows = session.query(EventRow).order_by(EventRow.n).all()
        assert [row.n for row in rows] == list(range(1, 10))
        from app.models import events

        assert all(events.to_event(row).hash == row.hash for row in rows)
    for counter in (one, two):
        counter.close()


def test_a_damaged_server_does_not_spoil_a_good_station(office: Office) -> None:
    one, two = several(office)
    good = two.values("SELECT body FROM event ORDER BY seq")
    office.change("UPDATE event SET body = :b WHERE seq = 4", b=b"{}")
    two.change("UPDATE fact SET value = '0' WHERE key = 'cursor:H24.15'")
    two.change("UPDATE event SET stream = NULL, seq = NULL")
    two.change("DELETE FROM stream_day")
    two.sync()

    assert two.values("SELECT body FROM event ORDER BY seq") == good
    for counter in (one, two):
        counter.close()


def test_a_digest_between_two_places_rolls_only_those(office: Office) -> None:
    bare = office.bare()
    sent = [bare.reception() for _ in range(5)]
    bare.push(sent)
    answer = bare.ask("GET", "/v1/digest?after=1&upto=3").json
    rolled = wire.roll(wire.roll("", sent[1].hash), sent[2].hash)
    assert (answer["count"], answer["hash"], answer["days"]) == (2, rolled, {})


def test_a_proof_is_noted_and_an_unreadable_one_refused(office: Office) -> None:
    counter = office.station()
    counter.receive()
    assert counter.sync().proven
    with office.database.reading() as session:
        from server.models.base import StationRow

        assert session.get(StationRow, ("H24.15", counter.opened.station.id)).proven_at
    bare = office.bare()
    assert bare.post("/v1/proofs", {"stream": "H24.15"}).status == 400
    assert bare.post("/v1/proofs", {"stream": "x", "upto": 1, "store": str(uuid4())}).status == 204
    counter.close()


def test_an_unused_cursor_is_not_moved_by_a_late_answer(office: Office) -> None:
    one, two = several(office)
    connection = two.connect()
    reply = connection.get("/v1/pull?after=0")
    head, entries = pull.read(reply.content)
    assert pull.keep_page(two.desk.store, head, entries) == 0
    connection.close()
    assert two.sync().proven
    for counter in (one, two):
        counter.close()
