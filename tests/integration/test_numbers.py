"""Dossier numbers on one station: leases first, then the standing range, never twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.codes import check_character, read_code
from app.models import numbers
from app.services import corrections, station
from tests.support.office import BICH, Counter, Office, running_office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("office")) as running:
        yield running


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    """A station of an office of its own: the server gives it the first numbers."""
    with running_office(tmp_path / "office") as office:
        counter = office.station()
        yield counter
        counter.close()


def _numbers(counter: Counter, count: int) -> list[int]:
    found = []
    for _ in range(count):
        parts = read_code(counter.receive().code)
        assert parts is not None
        found.append(parts.number)
    return found


def test_leased_numbers_are_used_first_and_then_the_standing_range(counter: Counter) -> None:
    assert _numbers(counter, 8) == [1, 2, 3, 4, 5, 5000, 5001, 5002]


def test_a_sync_brings_a_new_lease_before_the_old_one_is_quite_used(counter: Counter) -> None:
    assert _numbers(counter, 3) == [1, 2, 3]
    counter.sync()
    assert _numbers(counter, 8) == [4, 5, 6, 7, 8, 9, 10, 5000]


def test_every_day_has_marks_of_its_own(counter: Counter) -> None:
    first = _numbers(counter, 7)
    counter.clock.move(days=3)
    second = _numbers(counter, 2)
    counter.clock.move(days=-3)
    third = _numbers(counter, 1)

    assert first[-1] == 5001
    assert second == [5000, 5001]
    assert third == [5002]


def test_beyond_the_plan_or_the_range_a_receipt_is_provisional_and_says_so(
    counter: Counter,
) -> None:
    counter.change("UPDATE number_range SET last = first + 1")
    codes = [counter.receive() for _ in range(6)]
    assert [r.provisional for r in codes] == [False] * 4 + [True] * 2
    assert len({r.code for r in codes}) == 6
    assert all(r.code.startswith("T-") for r in codes[4:])

    counter.clock.move(days=46)
    late = counter.receive()
    assert late.provisional
    assert counter.sync().quarantined == 0
    assert not counter.receive().provisional


def test_numbers_run_low_at_four_fifths_of_the_range(counter: Counter) -> None:
    counter.change("DELETE FROM number_range WHERE kind = 'lease'")
    counter.change("UPDATE number_range SET last = first + 9")

    _numbers(counter, 7)
    assert not station.status(counter.desk, "").numbers_low
    _numbers(counter, 1)
    status = station.status(counter.desk, "")
    assert status.numbers_low
    assert status.standing == 2


def test_an_undone_receptions_number_is_never_used_again(counter: Counter) -> None:
    void = counter.receive()
    corrections.undo(counter.desk, BICH, void.dossier, "nhầm người")

    later = {counter.receive().code for _ in range(8)}

    assert void.code not in later


def test_a_failed_reception_takes_no_number(counter: Counter) -> None:
    with pytest.raises(Exception, match="chỗ cần sửa"):
        counter.receive("")

    assert _numbers(counter, 1) == [1]


def test_threads_at_one_store_get_different_numbers(counter: Counter) -> None:
    found: list[str] = []

    def work() -> None:
        found.extend(counter.receive().code for _ in range(15))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == len(set(found)) == 60


def test_the_check_character_belongs_to_the_code(office: Office) -> None:
    counter = office.station()
    reception = counter.receive()

    assert reception.check == check_character(reception.code)
    assert len(reception.lookup) == 8
    counter.close()


def test_a_number_seen_on_paper_moves_the_mark(office: Office) -> None:
    counter = office.station()
    day = counter.clock().date()
    with counter.database.writing() as session:
        stock = numbers.stock(session, counter.incarnation, counter.opened.station.agency, day)
        row = session.get(numbers.NumberMark, ("none", day))
        assert row is None
        low = min(
            r.first
            for r in session.query(numbers.RangeRow).filter_by(incarnation=counter.incarnation)
            if r.kind == "lease"
        )
        numbers.note_used(session, counter.opened.station.agency, day, low + 2)
        numbers.note_used(session, counter.opened.station.agency, day, low + 1)
    assert stock.leased == 5

    assert _numbers(counter, 1) == [low + 3]
    counter.close()
