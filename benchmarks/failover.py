"""Rows 2 and 15: PostgreSQL and the server killed under load, by hand and under Patroni.

`python -m benchmarks.failover` plays the rows that need no packages beyond
those of the tests; `--patroni` adds Patroni with etcd (`scripts/packages.sh faults`).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import patroni
from tests.faults.test_server_kills import fail_over, kill_everything
from tests.support.crowd import Count

CLIENTS = 64
ROUNDS = 20
SECONDS = 20.0
WRITABLE_S = 10.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row of the matrix, with what was measured beside it."""

    row: int
    fault: str
    runs: int
    lost: int
    doubled: int
    reissued: int
    passed: bool
    figures: str


def kills(
    folder: Path, seconds: float = SECONDS, clients: int = CLIENTS, rounds: int = ROUNDS
) -> Outcome:
    """kill -9 of the server, of PostgreSQL and of both, again and again under load."""
    count = kill_everything(folder, rounds=rounds, clients=clients, seed=1, seconds=seconds)
    figures = f"{count.acknowledged} acknowledged"
    return _outcome(2, "kill -9 of server and PostgreSQL", rounds, count, figures)


def failover(folder: Path, seconds: float = SECONDS, clients: int = CLIENTS) -> Outcome:
    """kill -9 of the primary under load, promotion of its synchronous standby by hand."""
    played = fail_over(folder, seconds=seconds, clients=clients, seed=1)
    figures = (
        f"{played.count.acknowledged} acknowledged, {played.before.acknowledged} before the kill; "
        f"writable {played.writable_s:.1f} s after the kill, bare promotion {played.promoted_s:.1f}"
        f" s, limit {WRITABLE_S:.0f} s; on the old primary after its recovery "
        f"{played.before.lost} lost"
    )
    return _outcome(
        15, "failover to a synchronous standby", 1, played.count, figures,
        played.writable_s <= WRITABLE_S and played.before.lost == 0,
    )  # fmt: skip


def failover_without_hands(
    folder: Path, seconds: float = SECONDS, clients: int = CLIENTS
) -> Outcome:
    """Under Patroni and three etcd: the leader's machine dies, then only its PostgreSQL."""
    played = patroni.fail_over(folder, seconds=seconds, clients=clients, seed=1)
    figures = f"{played.count.acknowledged} acknowledged; " + "; ".join(
        f"{said}: writable after {writable_s:.1f} s" for said, writable_s in played.writable
    )
    return _outcome(
        15, "failover under Patroni", len(played.writable), played.count, figures,
        all(writable_s <= patroni.WRITABLE_S for _, writable_s in played.writable),
    )  # fmt: skip


def _outcome(
    row: int, fault: str, runs: int, count: Count, figures: str, in_time: bool = True
) -> Outcome:
    is_whole = (count.lost, count.doubled, count.reissued) == (0, 0, 0)
    passed = is_whole and not count.refused and in_time
    if count.refused:
        figures += f"; refused: {count.refused[0]}"
    return Outcome(
        row, fault, runs, count.lost, count.doubled, count.reissued, passed, figures
    )  # fmt: skip


def _played(arguments: argparse.Namespace) -> Iterator[Outcome]:
    with tempfile.TemporaryDirectory(prefix="qmc-") as name:
        folder = Path(name)
        yield kills(folder / "2", arguments.seconds, arguments.clients, arguments.rounds)
        yield failover(folder / "15", arguments.seconds, arguments.clients)
        if arguments.patroni:
            yield failover_without_hands(folder / "p", arguments.seconds, arguments.clients)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--patroni", action="store_true")
    all_passed = True
    for o in _played(parser.parse_args()):
        mark = "passed" if o.passed else "FAILED"
        print(f"{o.row:>3}  {o.fault:36} {o.runs:>3} runs  {o.lost} lost  {o.doubled} doubled  "
              f"{o.reissued} reissued  {mark}\n     {o.figures}", flush=True)  # fmt: skip
        all_passed = all_passed and o.passed
    return 0 if all_passed else 1


if __name__ == "__main__":
    sys.exit(main())
