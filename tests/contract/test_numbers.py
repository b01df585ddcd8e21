"""Numbers from the server: disjoint for every incarnation, the same for the same question."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app.services import station
from tests.support.office import OTHER_AGENCY, Bare, Office, running_office
from tests.support.postgres import new_database, postgres

OFFLINE_RECEPTIONS = 60


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres(tmp_path_factory.mktemp("pg")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    database = request.param
    if database == "postgresql":
        database = new_database(request.getfixturevalue("cluster"))
    with running_office(tmp_path / "office", database=database) as running:
        yield running


@pytest.fixture
def sqlite_office(tmp_path: Path) -> Iterator[Office]:
    with running_office(tmp_path / "office") as running:
        yield running


def _lease(bare: Bare, key: str = "", **more: Any) -> list[tuple[int, int]]:
    message = {"key": key or str(uuid4()), "incarnation": str(bare.store)}
    message |= {"day": bare.office.clock().date().isoformat()} | more
    answer = bare.post("/v1/codes/lease", message)
    assert answer.status == 200, answer
    return [(r["first"], r["last"]) for r in answer.json["ranges"]]


def _plan(bare: Bare, incarnation: str = "") -> list[dict[str, Any]]:
    answer = bare.post("/v1/codes/plan", {"incarnation": incarnation or str(bare.store)})
    assert answer.status == 200, answer
    ranges: list[dict[str, Any]] = answer.json["ranges"]
    return ranges


def offline_receptions(office: Office, each: int) -> list[str]:
    """Let two stations receive without a line, then sync both; return the codes given out."""
    stations = [office.station(), office.station()]
    codes: list[str] = []
    for i in range(each):
        codes.extend(counter.receive(f"Người {i}").code for counter in stations)
    for counter in stations:
        counter.sync()
    for counter in stations:
        assert counter.sync().proven
        assert station.status(counter.desk, "").to_look_at == 0
        counter.close()
    return codes


def test_two_stations_without_a_line_give_out_different_final_codes(office: Office) -> None:
    codes = offline_receptions(office, OFFLINE_RECEPTIONS)

    assert len(set(codes)) == 2 * OFFLINE_RECEPTIONS
    assert not [code for code in codes if code.startswith("T-")]
    assert office.codes() == sorted(codes)


def test_the_ranges_of_twelve_incarnations_do_not_touch_and_the_next_gets_none(
    sqlite_office: Office,
) -> None:
    stations = [sqlite_office.bare() for _ in range(12)]
    spans = sorted((r["first"], r["last"]) for bare in stations for r in bare.ranges)

    assert len(spans) == 12
    assert all(last < first for (_, last), (first, _) in itertools.pairwise(spans))
    assert spans[0][0] >= 5000
    assert spans[-1][1] <= 9999
    late = sqlite_office.bare()
    assert late.ranges == []
    assert _plan(late) == []
    assert sqlite_office.bare(OTHER_AGENCY).ranges  # another agency has numbers of its own


def test_a_station_without_a_range_still_receives_and_is_never_stuck(
    sqlite_office: Office,
) -> None:
    for _ in range(12):
        sqlite_office.bare()
    counter = sqlite_office.station()
    receptions = [counter.receive() for _ in range(7)]

    assert [r.provisional for r in receptions] == [False] * 5 + [True] * 2
    done = counter.sync()
    assert (done.waiting, done.quarantined) == (0, 0)
    assert "số" in done.notice
    counter.close()


def test_a_plan_is_prolonged_with_the_same_numbers_and_ends_when_nobody_asks(
    sqlite_office: Office,
) -> None:
    bare = sqlite_office.bare()
    [first] = _plan(bare)
    sqlite_office.clock.move(days=30)
    [later] = _plan(bare)
    assert (later["first"], later["last"]) == (first["first"], first["last"])
    assert later["to_day"] > first["to_day"]

    others = [sqlite_office.bare() for _ in range(11)]
    assert sqlite_office.bare().ranges == []
    sqlite_office.clock.move(days=60)
    fresh = sqlite_office.bare()  # dead plans have ended: their numbers return
    assert fresh.ranges
    [again] = _plan(bare)
    live = [fresh.ranges[0], again]
    assert live[0]["first"] > live[1]["last"] or live[1]["first"] > live[0]["last"]
    assert len(others) == 11


def test_the_same_lease_key_gets_the_same_block(office: Office) -> None:
    bare = office.bare()
    key = str(uuid4())

    first = _lease(bare, key)

    assert _lease(bare, key) == first
    assert _lease(bare) != first
    assert first == [(1, 5)]


def test_a_key_of_another_incarnation_gets_another_block(office: Office) -> None:
    one, two = office.bare(), office.bare()
    key = str(uuid4())

    assert _lease(one, key) != _lease(two, key)


def test_stations_that_ask_at_once_get_different_blocks(office: Office) -> None:
    stations = [office.bare() for _ in range(4)]
    found: list[tuple[int, int]] = []

    def ask(bare: Bare) -> None:
        for _ in range(5):
            found.extend(_lease(bare))

    threads = [threading.Thread(target=ask, args=(bare,)) for bare in stations]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == len(set(found)) == 20


def test_leases_end_below_five_thousand(sqlite_office: Office) -> None:
    bare = sqlite_office.bare()
    [(_, last)] = _lease(bare)
    assert last == 5
    sqlite_office.change("UPDATE number_range SET last = 4994 WHERE kind = 'lease'")

    assert _lease(bare) == [(4995, 4999)]
    assert _lease(bare) == []


@pytest.mark.parametrize("day", ["2026-11-18", "2026-11-22", "9999-12-31", "0001-01-01"])
def test_no_lease_is_given_for_other_days(sqlite_office: Office, day: str) -> None:
    bare = sqlite_office.bare()
    message = {"key": str(uuid4()), "incarnation": str(bare.store), "day": day}

    answer = bare.post("/v1/codes/lease", message)

    assert (answer.status, answer.problem["type"]) == (422, "other-day")


def test_an_incarnation_of_another_station_gets_nothing(sqlite_office: Office) -> None:
    one, two = sqlite_office.bare(), sqlite_office.bare()
    message = {"key": str(uuid4()), "incarnation": str(one.store), "day": "2026-11-20"}

    assert two.post("/v1/codes/lease", message).status == 403
    assert two.post("/v1/codes/plan", {"incarnation": str(one.store)}).status == 403


def test_a_lost_lease_answer_wastes_no_number(
    sqlite_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    import app.sync.http as http

    counter = sqlite_office.station()
    for _ in range(4):
        counter.receive()
    original = http.Connection.ask

    def lossy(self: http.Connection, method: str, target: str, *rest: Any) -> http.Reply:
        reply = original(self, method, target, *rest)
        if target == "/v1/codes/lease":
            raise http.ServerUnreachable("cut")
        return reply

    monkeypatch.setattr(http.Connection, "ask", lossy)
    for _ in range(3):
        with pytest.raises(http.ServerUnreachable):
            counter.sync()
    monkeypatch.undo()
    counter.sync()

    leases = counter.values("SELECT first FROM number_range WHERE kind = 'lease' ORDER BY first")
    assert leases == [1, 6]
    counter.close()
