"""Numbers from the server: disjoint for every incarnation, the same for the same question."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app.services import corrections, station
from server.services import numbers, restored
from tests.support.office import BICH, OTHER_AGENCY, Bare, Office, running_office

OFFLINE_RECEPTIONS = 60


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


EVERY_RANGE = 10 + 10  # of 400 numbers, and the reserve in pieces of 100


def test_the_ranges_of_all_incarnations_do_not_touch_and_the_next_gets_none(
    sqlite_office: Office,
) -> None:
    stations = [sqlite_office.bare() for _ in range(EVERY_RANGE)]
    spans = sorted((r["first"], r["last"]) for bare in stations for r in bare.ranges)

    assert [last - first + 1 for first, last in spans] == [400] * 10 + [100] * 10
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
    for _ in range(EVERY_RANGE):
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

    others = [sqlite_office.bare() for _ in range(EVERY_RANGE - 1)]
    assert sqlite_office.bare().ranges == []
    sqlite_office.clock.move(days=60)
    fresh = sqlite_office.bare()  # dead plans have ended: their numbers return
    assert fresh.ranges
    [again] = _plan(bare)
    live = [fresh.ranges[0], again]
    assert live[0]["first"] > live[1]["last"] or live[1]["first"] > live[0]["last"]
    assert len(others) == EVERY_RANGE - 1


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


# ---- sizes, the reserve, and a server that was put back ------------------------------------------


def test_an_agency_may_have_larger_ranges(sqlite_office: Office) -> None:
    sqlite_office.change("UPDATE agency SET range_size = 1500 WHERE agency = 'H24.15'")
    spans = [(r["first"], r["last"]) for _ in range(3) for r in sqlite_office.bare().ranges]
    assert spans == [(5000, 6499), (6500, 7999), (9000, 9099)]


def test_who_runs_low_gets_some_of_the_reserve(office: Office) -> None:
    office.change("UPDATE agency SET range_size = 10 WHERE agency = 'H24.15'")
    counter = office.station()
    codes = [counter.receive(f"Người {i}").code for i in range(5 + 8)]  # a lease, four fifths
    assert not [code for code in codes if code.startswith("T-")]
    done = counter.sync()
    assert done.notice == ""
    stock = station.status(counter.desk, "")
    assert stock.standing == 2 + 100
    more = [counter.receive(f"Thêm {i}").code for i in range(40)]
    assert not [code for code in more if code.startswith("T-")]
    assert len(set(codes + more)) == 53
    counter.sync()
    assert office.codes() == sorted(codes + more)
    counter.close()


def _server_forgets_numbers(office: Office) -> None:
    """What a server knows of numbers after it was put back to the day before."""
    office.change("DELETE FROM number_range")


def test_a_server_put_back_learns_from_the_stations_what_it_gave_them(office: Office) -> None:
    one = office.station()
    held = one.values("SELECT first FROM number_range WHERE kind = 'range'")
    _server_forgets_numbers(office)
    one.change("DELETE FROM fact WHERE key = 'plan_renewed_on'")
    one.sync()

    assert one.values("SELECT first FROM number_range WHERE kind = 'range'") == held
    two = office.station()
    assert two.values("SELECT first FROM number_range WHERE kind = 'range'") != held
    for counter in (one, two):
        counter.close()


def test_numbers_that_somebody_else_has_by_now_are_used_no_more(office: Office) -> None:
    one = office.station()
    _server_forgets_numbers(office)
    two = office.station()  # is given the same numbers, for nobody has told the server yet
    assert two.receive().code  # uses its lease
    one.change("DELETE FROM fact WHERE key = 'plan_renewed_on'")
    one.change("DELETE FROM number_range WHERE kind = 'lease'")
    one.sync()
    first = [one.receive(f"Một {i}").code for i in range(9)]
    second = [two.receive(f"Hai {i}").code for i in range(9)]
    assert not set(first) & set(second)
    for counter in (one, two):
        assert counter.sync().quarantined == 0
        counter.close()


def test_leases_after_a_restore_skip_what_may_stand_on_paper(office: Office) -> None:
    bare = office.bare()
    given = [_lease(bare)[0] for _ in range(3)]
    _server_forgets_numbers(office)
    with office.database.writing() as session:
        assert restored.keep_numbers(session, office.clock(), office.clock(), 1) == 2
    assert given
    assert _lease(bare) == []  # until tomorrow the standing ranges serve


def test_a_lease_never_gives_a_number_that_a_dossier_has(office: Office) -> None:
    counter = office.station()
    code = counter.receive().code
    counter.sync()
    _server_forgets_numbers(office)
    [again] = _lease(office.bare())
    assert again[0] > int(code[-4:])
    counter.close()


def test_every_missing_number_of_a_day_is_explained(office: Office) -> None:
    one, two = office.station(), office.station()
    day = office.clock().date()
    kept = [one.receive("Một"), one.receive("Hai")]
    corrections.undo(one.desk, BICH, kept[1].dossier, "nhầm")
    one.sync()
    printed_offline = two.receive("Chưa gửi").code

    with office.database.reading() as session:
        found = numbers.gaps(session, "H24.15", day)
    used = {int(code[-4:]) for code in office.codes()}
    explained = {n for gap in found for n in range(gap.first, gap.last + 1)}
    assert int(printed_offline[-4:]) in explained
    assert any("hoàn tác" in gap.words and gap.first == int(kept[1].code[-4:]) for gap in found)
    highest = max(used | explained)
    assert used | explained == set(range(1, highest + 1))
    two.sync()
    with office.database.reading() as session:
        after = numbers.gaps(session, "H24.15", day)
    assert int(printed_offline[-4:]) not in {n for g in after for n in range(g.first, g.last + 1)}
    for counter in (one, two):
        counter.close()
