"""Pulling and proving: every station sees the same, and green means that it was shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from app.domain import wire
from app.domain.bodies import NoteAdded
from app.models import events, projection
from app.services import corrections, lookup, scanning, station
from app.services.corrections import Correction
from app.sync import digest
from app.sync.http import ServerUnreachable
from server.models.database import ServerDatabase
from tests.support.office import (
    BICH,
    OTHER_AGENCY,
    Counter,
    Office,
    picture,
    running_office,
)


@pytest.fixture
def sqlite_office(tmp_path: Path) -> Iterator[Office]:
    with running_office(tmp_path / "office") as running:
        yield running


def _days(counter: Counter) -> dict[str, tuple[int, str]]:
    with counter.database.reading() as session:
        return digest.own_days(session, counter.opened.station.agency)


def test_a_second_station_sees_the_firsts_dossiers_in_the_same_state(office: Office) -> None:
    one, two = office.station(), office.station()
    receptions = [one.receive(name) for name in ("Lê Thị Một", "Lê Thị Hai", "Lê Thị Ba")]
    corrections.correct(
        one.desk, BICH, receptions[0].dossier, Correction(reason="sai", summary="mới")
    )
    corrections.undo(one.desk, BICH, receptions[1].dossier, "nhầm")
    one.sync()

    assert two.sync().pulled == 5
    for reception in receptions:
        assert two.fold(reception.dossier) == one.fold(reception.dossier)
    assert lookup.find(two.desk, "le ba").lines[0].code == receptions[2].code
    assert [line.code for line in lookup.newest(two.desk).lines] == [
        reception.code for reception in reversed(receptions)
    ]
    assert _days(one) == _days(two)

    corrections.undo(two.desk, BICH, receptions[2].dossier, "máy hai hoàn tác")
    two.sync()
    assert one.sync().pulled == 1
    assert one.fold(receptions[2].dossier).voided
    for counter in (one, two):
        assert counter.sync().proven
        assert station.status(counter.desk, "").is_green
        counter.close()


def test_many_pages_of_a_stream_are_pulled_to_the_end(office: Office) -> None:
    one, two = office.station(), office.station()
    reception = one.receive()
    with one.desk.store.acting() as session:
        for i in range(450):
            act = events.Act(
                "note.added", NoteAdded(text=str(i)), BICH.user, one.desk.now(), reception.dossier
            )
            projection.record(session, act)
    one.sync()

    assert two.sync().pulled == 451
    assert two.sync().proven
    assert _days(one) == _days(two)
    one.close()
    two.close()


def test_stations_of_another_agency_see_nothing(office: Office) -> None:
    one, stranger = office.station(), office.station(OTHER_AGENCY)
    reception = one.receive()
    one.sync()

    assert stranger.sync().pulled == 0
    with pytest.raises(lookup.NoSuchDossier):
        lookup.by_code(stranger.desk, reception.code)
    connection = stranger.connect()
    for target in (
        "/v1/digest?upto=9&stream=H24.15",
        f"/v1/stores/{one.incarnation}/events?after=0",
    ):
        with pytest.raises(Exception, match="không"):
            connection.get(target)
    connection.close()
    one.close()
    stranger.close()


def test_it_is_green_only_when_everything_is_there_and_equal(sqlite_office: Office) -> None:
    one, two = sqlite_office.station(), sqlite_office.station()
    one.receive()
    assert not station.status(one.desk, "").is_green
    one.sync()
    assert station.status(one.desk, "").is_green

    reception = one.receive()
    assert not station.status(one.desk, "").is_green
    one.sync()
    page = scanning.keep_image(one.desk, picture(1), paper="ban-chinh", position=1, device="file")
    scanning.attach_page(one.desk, BICH, reception.dossier, page)
    assert not one.sync(with_pages=False).pages
    assert not station.status(one.desk, "").is_green
    one.sync()
    assert station.status(one.desk, "").is_green
    one.clock.move(minutes=11)
    assert not station.status(one.desk, "").is_green  # nobody has heard of the server since
    one.clock.move(minutes=-11)
    one.close()
    two.close()


@pytest.mark.parametrize("how", ["deleted", "body", "actor", "seq"])
def test_a_pulled_row_that_somebody_touched_is_noticed_the_next_day_and_healed(
    sqlite_office: Office, how: str
) -> None:
    one, two = sqlite_office.station(), sqlite_office.station()
    receptions = [one.receive(f"Người {i}") for i in range(3)]
    one.sync()
    two.sync()
    victim = "FROM event WHERE seq = 2"
    if how == "deleted":
        two.change(f"DELETE {victim}")
    elif how == "body":
        two.change(
            "UPDATE event SET body = CAST(replace(CAST(body AS TEXT), 'i 1', 'i 9') AS BLOB)"
            " WHERE seq = 2"
        )
    elif how == "actor":
        two.change("UPDATE event SET actor = 'khac' WHERE seq = 2")
    else:
        two.change("UPDATE event SET seq = 77 WHERE seq = 2")

    sqlite_office.clock.move(days=1)
    two.sync()
    assert two.sync().proven

    assert [two.fold(r.dossier) for r in receptions] == [one.fold(r.dossier) for r in receptions]
    with two.database.reading() as session:
        assert digest.counted_days(session, "H24.15") == digest.own_days(session, "H24.15")
    assert two.values("SELECT seq FROM event WHERE seq IS NOT NULL ORDER BY seq") == [1, 2, 3]
    one.close()
    two.close()


def test_an_own_row_that_somebody_deleted_is_missed_within_a_day_and_fetched_back(
    sqlite_office: Office,
) -> None:
    one = sqlite_office.station()
    for _ in range(3):
        one.receive()
    one.sync()
    one.change("DELETE FROM event WHERE n = 2")

    sqlite_office.clock.move(days=1)
    assert one.sync().proven
    assert one.values("SELECT n FROM event ORDER BY n") == [1, 2, 3]
    assert station.status(one.desk, "").is_green
    one.close()


def _copy_database(office: Office, target: Path) -> None:
    with office.database.reading() as session:
        raw = session.connection().connection.driver_connection
        assert raw is not None
        raw.rollback()
        raw.execute("VACUUM INTO ?", (str(target),))


def _put_back(office: Office, copy: Path) -> None:
    """Put a server back to an older copy of its database, as after its disk died."""
    import sqlite3

    path = Path(office.url.removeprefix("sqlite:///"))
    source, target = sqlite3.connect(copy), sqlite3.connect(path)
    source.backup(target)
    source.close()
    target.close()
    assert isinstance(office.database, ServerDatabase)


@pytest.mark.parametrize("acts_after", [0, 2])
def test_a_server_put_back_to_an_older_copy_gets_everything_again(
    sqlite_office: Office, tmp_path: Path, acts_after: int
) -> None:
    office = sqlite_office
    one, two = office.station(), office.station()
    codes = [one.receive("Trước").code, two.receive("Trước").code]
    one.sync()
    two.sync()
    _copy_database(office, tmp_path / "old.db")
    reception = one.receive("Sau")
    codes += [reception.code, two.receive("Sau").code]
    page = scanning.keep_image(one.desk, picture(2), paper="ban-chinh", position=1, device="file")
    scanning.attach_page(one.desk, BICH, reception.dossier, page)
    for counter in (one, two, one):
        counter.sync()
    assert office.codes() == sorted(codes)

    _put_back(office, tmp_path / "old.db")
    assert len(office.codes()) == 2
    codes += [one.receive("Sau nữa").code for _ in range(acts_after)]
    for counter in (one, two, one, two, one):
        counter.sync()

    assert office.codes() == sorted(codes)
    assert one.sync().proven
    assert two.sync().proven
    assert _days(one) == _days(two)
    with office.database.reading() as session:
        from server.models.base import PageRow

        assert all(row.stored_at is not None for row in session.query(PageRow))
    one.close()
    two.close()


def test_a_station_that_comes_back_after_months_is_served(sqlite_office: Office) -> None:
    one = sqlite_office.station()
    before = one.receive("Trước khi tắt máy")
    sqlite_office.clock.move(days=120)

    done = one.sync()

    assert (done.waiting, done.quarantined) == (0, 0)
    after = one.receive("Sau bốn tháng")
    assert not after.provisional
    one.sync()
    assert {before.code, after.code} <= set(sqlite_office.codes())
    one.close()


def test_a_line_that_breaks_anywhere_leaves_a_station_that_goes_on(
    sqlite_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    import app.sync.http as http

    one, two = sqlite_office.station(), sqlite_office.station()
    for i in range(3):
        one.receive(f"Người {i}")
    one.sync()
    reception = two.receive("Máy hai")
    page = scanning.keep_image(two.desk, picture(3), paper="ban-chinh", position=1, device="file")
    scanning.attach_page(two.desk, BICH, reception.dossier, page)
    original = http.Connection.ask
    calls = 0

    def breaking(self: http.Connection, *arguments: object, **more: object) -> http.Reply:
        nonlocal calls
        reply = original(self, *arguments, **more)  # type: ignore[arg-type]
        calls += 1
        if calls == stop_at:
            raise ServerUnreachable("cut")
        return reply

    monkeypatch.setattr(http.Connection, "ask", breaking)
    for stop_at in range(1, 14):  # noqa: B007 - the broken line reads it
        calls = 0
        try:
            two.sync()
        except ServerUnreachable:
            continue
    stop_at = 0
    assert two.sync().proven
    monkeypatch.undo()
    assert one.sync().proven
    assert _days(one) == _days(two)
    assert len(sqlite_office.codes()) == 4
    one.close()
    two.close()


def test_an_unknown_store_and_foreign_cursor_are_answered_plainly(office: Office) -> None:
    bare = office.bare()

    assert bare.ask("GET", f"/v1/stores/{uuid4()}/events?after=0").status == 404
    far = bare.ask("GET", "/v1/pull?after=999999")
    head, entries = wire.read_pull(far.body)
    assert (far.status, head.more, entries) == (200, False, [])
    assert bare.ask("GET", "/v1/digest?upto=999999").json["count"] == 0
    assert bare.ask("GET", "/v1/digest?upto=1&stream=H24.16").status == 404
