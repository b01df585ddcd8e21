"""Fault 11: a clock that is wrong, or jumps during a shift, doubles no code and orders nothing."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from app.services import lookup
from tests.support.office import (
    PIN,
    USER,
    Clock,
    CommandLine,
    Counter,
    Office,
    Said,
    real_clock,
    running_office,
)

FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
ENTRY = {"procedure": "ctbs", "copies": [{"name": "Bằng", "pages": 1, "copies": 1}]}
WRONG = (dt.timedelta(days=-30), dt.timedelta(days=1), dt.timedelta(hours=-13))


class Off(Clock):
    """A clock that is off by what it is told."""

    def __init__(self, true: Clock) -> None:
        super().__init__()
        self.true, self.by = true, dt.timedelta()

    def __call__(self) -> dt.datetime:
        return self.true() + self.by


@dataclass
class Shift:
    """What came of a shift at a wrong clock.

    Attributes:
        codes: that left the station, provisional ones too.
        final: the codes the server holds at the end.
        warned, off: passes that warned, passes made while the clock was off.
        lost: receptions that the server does not hold.
        is_ordered: the server's order is that of arrival, and both stations have it.
    """

    codes: list[str] = field(default_factory=list)
    final: list[str] = field(default_factory=list)
    warned: int = 0
    off: int = 0
    lost: int = 0
    is_ordered: bool = False

    @property
    def reissued(self) -> int:
        """Codes that left the station twice."""
        return len(self.codes) - len(set(self.codes))

    @property
    def doubled(self) -> int:
        """Codes that the server has twice."""
        return len(self.final) - len(set(self.final))


def jump_clocks(folder: Path, *, receptions: int, seed: int) -> Shift:
    """Let a station's clock jump back and forth during a shift beside a station that is right."""
    chance, shift = random.Random(seed), Shift()
    arrived: list[tuple[str, int]] = []
    with _two_stations(folder) as (office, wrong, right, off):
        dossiers = []
        for i in range(receptions):
            if chance.random() < 0.3:
                off.by = chance.choice((*WRONG, dt.timedelta()))
            if chance.random() < 0.2:
                off.by += dt.timedelta(seconds=chance.randrange(-40_000, 40_000))  # over midnight
            station = wrong if chance.random() < 0.7 else right
            reception = station.receive(f"Người {i}")
            dossiers.append(reception.dossier)
            shift.codes.append(reception.code)
            if chance.random() < 0.25:
                _sync(station, off, shift)
                arrived += _new_in_log(office, arrived)
            office.clock.move(minutes=chance.randrange(1, 8))
        for station in (wrong, right, wrong):
            off.by = dt.timedelta()
            _sync(station, off, shift)
            arrived += _new_in_log(office, arrived)
        shift.codes += _corrected(office)
        shift.final = office.codes()
        shift.lost = sum(_code_of(wrong, dossier) not in shift.final for dossier in dossiers)
        order = [(row[1], row[2]) for row in office.log() if row[0] is not None]
        shift.is_ordered = order == arrived == _own_order(wrong) == _by_n(order)
    return shift


@contextmanager
def _two_stations(folder: Path) -> Iterator[tuple[Office, Counter, Counter, Off]]:
    with running_office(folder / "office") as office:
        wrong, right = office.station(), office.station()
        off = Off(office.clock)
        wrong.clock = off
        wrong._take_clock()
        yield office, wrong, right, off
        wrong.close()
        right.close()


def _sync(station: Counter, off: Off, shift: Shift) -> None:
    done = station.sync()
    assert (done.waiting, done.quarantined) == (0, 0)
    if station.clock is off and abs(off.by) > dt.timedelta(minutes=5):
        shift.off += 1
        shift.warned += "lệch" in done.notice


def _new_in_log(office: Office, known: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return what arrived since; the order of arrival, as it was seen while it happened."""
    log = [(row[1], row[2]) for row in office.log() if row[0] is not None]
    return [entry for entry in log if entry not in set(known)]


def _own_order(station: Counter) -> list[tuple[str, int]]:
    with station.database.reading() as session:
        rows = session.execute(text("SELECT store, n FROM event WHERE seq > 0 ORDER BY seq"))
        return [(row.store, row.n) for row in rows]


def _by_n(order: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return the same, each store's events counted up: their order whatever their clock said."""
    counts: dict[str, int] = {}
    counted = []
    for store, _ in order:
        counts[store] = counts.get(store, 0) + 1
        counted.append((store, counts[store]))
    return counted


def _corrected(office: Office) -> list[str]:
    """Return the final codes that were given to provisional receipts: they are printed too."""
    return [json.loads(row[11])["code"] for row in office.log() if row[7] == "code.corrected"]


def _code_of(station: Counter, dossier: object) -> str:
    return str(station.fold(dossier).code)  # type: ignore[arg-type]


def test_a_clock_that_jumps_during_a_shift_doubles_nothing_and_is_named(tmp_path: Path) -> None:
    shift = jump_clocks(tmp_path, receptions=30, seed=3)

    assert (shift.lost, shift.doubled, shift.reissued) == (0, 0, 0)
    assert shift.is_ordered
    assert shift.off > 2
    assert shift.warned == shift.off
    assert any(code.startswith("T-") for code in shift.codes)  # no range covers 30 days ago


def test_a_provisional_receipt_of_a_wrong_day_is_numbered_by_the_servers_day(
    tmp_path: Path,
) -> None:
    with _two_stations(tmp_path) as (office, wrong, _, off):
        for hours in (0, -30 * 24, 15):  # right again, still behind, ahead over midnight
            off.by = dt.timedelta(days=-30)
            reception = wrong.receive()
            assert reception.provisional

            off.by = dt.timedelta(hours=hours)
            done = wrong.sync()

            assert (done.numbered, done.quarantined) == (1, 0)
            code = _code_of(wrong, reception.dossier)
            assert code in office.codes()
            assert f"-{office.clock():%y%m%d}-" in code
            assert lookup.by_code(wrong.desk, reception.code) == reception.dossier


def test_real_processes_under_another_time_double_no_code_and_say_so(tmp_path: Path) -> None:
    assert FAKETIME.exists()
    with running_office(tmp_path / "office", clock=real_clock()) as office:
        line = CommandLine(tmp_path / "quay", tmp_path / "office" / "home")
        line.enrol(office)
        codes = [_received(_at(line, "+1d", 1))]
        ahead = _run(line, "+1d", "sync")
        codes += [_received(_at(line, "+0", 2))]
        back = _at(line, "-30d", 9)  # the clerk's sign-in is of a later day: refused in words
        behind = _run(line, "-30d", "sync")
        assert _run(line, "+0", "sync").json["waiting"] == 0

        assert "lệch" in ahead.json["notice"]
        assert "lệch" in behind.json["notice"]
        assert (back.exit_code, "chạy lùi" in back.err) == (3, True), back
        assert len(codes) == len(set(codes)) == 2
        assert sorted(codes) == office.codes()


def _run(line: CommandLine, offset: str, *arguments: str, stdin: str = "") -> Said:
    env = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    return line(*arguments, stdin=stdin, env={**env, "QMC_USER": USER, "QMC_PIN": PIN})


def _at(line: CommandLine, offset: str, i: int) -> Said:
    return _run(
        line, offset, "receive", "--from", "-", stdin=json.dumps(ENTRY | {"name": f"Người {i}"})
    )


def _received(said: Said) -> str:
    assert said.exit_code == 0, said
    return str(said.json["code"])
