"""`make faults`: the faults that this version answers for, in full length."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.contract.test_kill import kill_receptions
from tests.support import office as offices

RESULTS = Path(__file__).parent / "faults.json"
KILLS, RECEPTIONS = 200, 300


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the matrix; a row that fails raises before it is made."""

    row: int
    fault: str
    runs: int
    lost: int
    doubled: int
    reissued: int
    passed: bool


def kills(folder: Path) -> Row:
    """Receptions killed at any moment, then the store deleted and only the journal left."""
    killed = kill_receptions(folder, runs=KILLS, seed=1)
    for phase, count in sorted(killed.phases.items(), key=lambda item: -item[1]):
        print(f"    {phase:24} {'█' * (60 * count // KILLS)} {count}")
    doubled = len(killed.answered) - len(set(killed.answered))
    return Row(3, "kill -9 of receive, spread over its phases", KILLS, 0, doubled, 0, not doubled)


def two_stations(folder: Path) -> Row:
    """Two stations of one agency, both offline, 300 receptions each."""
    with offices.running_office(folder / "office") as office:
        stations = [office.station(), office.station()]
        codes = [s.receive(f"Người Số {i}").code for i in range(RECEPTIONS) for s in stations]
        for station in stations:
            station.sync()
        on_server = office.codes()
    reissued = len(codes) - len(set(codes))
    lost = len(set(codes) - set(on_server))
    doubled = len(on_server) - len(set(on_server))
    passed = (lost, doubled, reissued) == (0, 0, 0)
    return Row(
        8, "two stations offline, then both back", len(codes), lost, doubled, reissued, passed
    )


def main() -> int:
    rows: list[Row] = []
    for fault in (kills, two_stations):
        play: Callable[[Path], Row] = fault
        print(f"… {play.__doc__}", flush=True)
        with tempfile.TemporaryDirectory(prefix="qmc-faults-") as name:
            rows.append(play(Path(name)))
    print(f"\n{'row':>3}  {'fault':48} {'runs':>5} {'lost':>5} {'doubled':>8} {'reissued':>9}")
    for row in rows:
        mark = "passed" if row.passed else "FAILED"
        print(f"{row.row:>3}  {row.fault:48} {row.runs:>5} {row.lost:>5} {row.doubled:>8} "
              f"{row.reissued:>9}  {mark}")  # fmt: skip
    RESULTS.write_text(json.dumps([asdict(r) for r in rows], indent=1) + "\n", "utf-8")
    return 0 if all(row.passed for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
