"""`make faults`: the faults that this version answers for, in full length.

Each play takes a folder, a count and a seed, and answers one row. Seeds are printed: a play
that failed is played again by `python -m benchmarks.faults NAME --seed N [--runs N]`.
"""

from __future__ import annotations

import argparse
import functools
import json
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import failover
from benchmarks.result import p95
from benchmarks.sync import contenders, scenes
from benchmarks.sync.office import ground
from benchmarks.sync.race import middle, run_seeds
from tests.contract.test_kill import kill_receptions
from tests.faults import (
    test_any_course,
    test_bits,
    test_clock,
    test_crash_images,
    test_cut_off,
    test_disk_errors,
    test_kills,
    test_power_cut,
    test_restores,
)
from tests.support import office as offices
from tests.support.laws import Verdict

RESULTS = Path(__file__).parent / "faults.json"
ROOT = Path(__file__).parents[1]
BYTES_UP = 480  # a whole reception
EVENTS_S = 75


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the matrix, as it is kept."""

    row: int
    fault: str
    runs: int
    lost: int
    doubled: int
    reissued: int
    passed: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What a play found.

    Attributes:
        lost, doubled, reissued: codes, events, pages; 0 each.
        others: names of other laws that were broken, and how often.
        told: what else is worth a line.
    """

    lost: int = 0
    doubled: int = 0
    reissued: int = 0
    others: Mapping[str, int] | None = None
    told: str = ""

    @property
    def passed(self) -> bool:
        """True if no law was broken."""
        broken = (self.lost, self.doubled, self.reissued, *(self.others or {}).values())
        return not any(broken)


@dataclass(frozen=True, slots=True)
class Play:
    """A fault of the matrix, and how it is played.

    Attributes:
        row: of the matrix.
        name: on the command line.
        fault: in the table.
        runs: in full length.
        play: given a folder, the count and a seed.
    """

    row: int
    name: str
    fault: str
    runs: int
    play: Callable[[Path, int, int], Found]
    seed: int = 1


def _judged(verdict: Verdict) -> Found:
    """Return a verdict on stores as what a play found."""
    others = {"corrupt": verdict.corrupt, "unpaired": verdict.unpaired}
    return Found(verdict.lost, 0, verdict.reissued, others, "; ".join(verdict.reasons))


def power_cuts(folder: Path, runs: int, seed: int) -> Found:
    """Power cuts at any write of receiving, scanning, copying and voiding."""
    played = test_power_cut.cut_receptions(folder, cuts=runs, seed=seed)
    others = {"corrupt": played.verdict.corrupt, "unpaired": played.verdict.unpaired}
    return Found(played.lost, played.doubled, played.reissued, others, "; ".join(played.failures))


def encrypted(folder: Path, runs: int, seed: int) -> Found:
    """Power cuts of a real process on SQLCipher, by its system calls."""
    return _judged(test_crash_images.cut_encrypted(folder, cuts=runs, seed=seed))


def enrolments(folder: Path, runs: int, seed: int) -> Found:
    """Power cuts while enrolling."""
    return _judged(test_cut_off.cut_enrolments(folder, cuts=runs, seed=seed))


def restores(folder: Path, runs: int, seed: int) -> Found:
    """Power cuts while rebuilding a store, half with a copy and half without."""
    half = runs // 2
    found = test_cut_off.cut_restores(folder / "a", cuts=half, seed=seed, with_copy=True)
    found += test_cut_off.cut_restores(folder / "b", cuts=runs - half, seed=seed, with_copy=False)
    return _judged(found)


def put_backs(folder: Path, runs: int, seed: int) -> Found:
    """Power cuts while an older store takes in its journal."""
    return _judged(test_cut_off.cut_put_backs(folder, cuts=runs, seed=seed))


def migrations(folder: Path, runs: int, seed: int) -> Found:
    """Power cuts while a store takes a step to a later schema."""
    return _judged(test_cut_off.cut_migrations(folder, cuts=runs, seed=seed))


def kills(folder: Path, runs: int, seed: int) -> Found:
    """Receptions of the command killed; then the store deleted and only the journal left."""
    killed = kill_receptions(folder, runs=runs, seed=seed)
    doubled = len(killed.answered) - len(set(killed.answered))
    return Found(0, doubled, 0, told=_phases(killed.phases))


def _killing(what: str) -> Callable[[Path, int, int], Found]:
    def play(folder: Path, runs: int, seed: int) -> Found:
        killed = test_kills.kill_processes(folder, what=what, kills=runs, seed=seed)
        others = {"corrupt": killed.verdict.corrupt, "unpaired": killed.verdict.unpaired}
        lost = killed.lost + killed.verdict.lost
        return Found(lost, killed.doubled, killed.reissued, others, _phases(killed.phases))

    return play


def _phases(phases: Counter[str]) -> str:
    return ", ".join(f"{phase} {count}" for phase, count in phases.most_common())


def two_stations(folder: Path, runs: int, _: int) -> Found:
    """Two stations of one agency, both offline, receive half each."""
    with offices.running_office(folder / "office") as office:
        stations = [office.station(), office.station()]
        codes = [s.receive(f"Người Số {i}").code for i in range(runs // 2) for s in stations]
        for station in stations:
            station.sync()
        on_server = office.codes()
    return Found(
        lost=len(set(codes) - set(on_server)),
        doubled=len(on_server) - len(set(on_server)),
        reissued=len(codes) - len(set(codes)),
    )


def clocks(folder: Path, runs: int, seed: int) -> Found:
    """A clock that jumps by -30 days to +1 day during a shift."""
    shift = test_clock.jump_clocks(folder, receptions=runs, seed=seed)
    others = {"unordered": not shift.is_ordered, "not warned": shift.off - shift.warned}
    told = f"{shift.warned} of {shift.off} passes at a wrong clock warned"
    return Found(shift.lost, shift.doubled, shift.reissued, others, told)


def lost_stores(folder: Path, runs: int, seed: int) -> Found:
    """Yesterday's backup, a dead disk, an older profile put back, the journal gone too."""
    restored = test_restores.lose_stores(folder, losses=runs, seed=seed)
    others = {"corrupt": restored.verdict.corrupt, "unpaired": restored.verdict.unpaired}
    told = _phases(Counter(restored.losses))
    return Found(restored.lost, restored.doubled, restored.reissued, others, told)


def disk_errors(folder: Path, runs: int, seed: int) -> Found:
    """A disk that is full, read-only or failing under store, journal or both."""
    troubled = test_disk_errors.trouble_disk(folder, spells=runs, seed=seed)
    others = {
        "corrupt": troubled.verdict.corrupt,
        "unpaired": troubled.verdict.unpaired,
        "without words": troubled.refused["without words"],
    }
    told = f"refused in words: {_phases(troubled.refused)}"
    return Found(troubled.lost, troubled.doubled, troubled.reissued, others, told)


def flipped_bits(folder: Path, runs: int, seed: int) -> Found:
    """One bit flipped in store, log, page or journal."""
    flipped = test_bits.flip_bits(folder, flips=runs, seed=seed)
    others = {"sent as truth": flipped.untrue, "not told": flipped.unseen}
    return Found(flipped.lost, 0, 0, others, _phases(flipped.outcomes))


def server_kills(folder: Path, runs: int, _: int) -> Found:
    """Server, PostgreSQL or both killed under load, again and again."""
    return _of(failover.kills(folder, rounds=runs))


def courses(folder: Path, runs: int, seed: int) -> Found:  # noqa: ARG001 # it has its own folders
    """Any course of acts, lost and doubled requests, crashes, restores, a clone, newer programs."""
    played = test_any_course.play_courses(courses=runs, steps=40, number=seed)
    others = {
        "replicas that differ": played.differing,
        "not proven": played.unproven,
        "unknown fields lost": played.unknown_fields_lost,
    }
    told = f"{played.receptions} receptions, {played.conflicts} conflicts; {_phases(played.steps)}"
    return Found(played.lost, played.doubled, played.reissued, others, told)


def cut_line(folder: Path, runs: int, seed: int) -> Found:
    """A line that is cut 8 s in every 20: receptions, and pages."""
    with ground(folder) as here:
        pushed = scenes.cut_records(here, seed, runs)
        sent = scenes.send_pages(here, seed, 20, is_cut=True)
    again = int(pushed.said["again"])
    told = f"{again} confirmed sent again; bytes over the pages' {sent.share:.2f} (at most 1.35)"
    return Found(0, again, 0, {"too many bytes": int(sent.share > 1.35)}, told)


def _racing(lines: Callable[[int], Any], count: int, share: float) -> Callable[..., Found]:
    """Return a play: receptions over a bad line, beside the limit of the same seeds."""

    def play(folder: Path, runs: int, seed: int) -> Found:
        seeds = range(seed, seed + runs)
        with ground(folder) as here:
            limit = run_seeds(here, contenders.limit("limit"), lines, count, seeds)
            ours = run_seeds(here, contenders.ours("pass"), lines, count, seeds)
        reached = middle(ours, "rate") / middle(limit, "rate")
        others = {
            "confirmed sent again": sum(int(run.said["again"]) for run in ours),
            "too slow beside the limit": int(reached < share),
            "too many bytes": int(middle(ours, "up") > BYTES_UP),
        }
        told = (
            f"{middle(ours, 'rate'):.1f}/s, {reached:.2f} of the limit's "
            f"{middle(limit, 'rate'):.1f}/s (at least {share}); {middle(ours, 'up'):.0f} B up; "
            f"first confirmation {middle(ours, 'first_s'):.1f} s"
        )
        return Found(others=others, told=told)

    return play


def event_among_pages(folder: Path, runs: int, seed: int) -> Found:
    """An event now and then while pages go over the slow line, beside pages alone."""
    pages = functools.partial(scenes.send_pages, pages=EVENTS_S, seconds=EVENTS_S)
    with ground(folder) as here:
        seeds = range(seed, seed + runs)
        works = [functools.partial(pages, here, s) for s in seeds]
        works += [functools.partial(pages, here, s, every_s=4) for s in seeds]
        done = scenes.at_once(works)
    alone, busy = done[:runs], done[runs:]
    wait = p95([wait for one in busy for wait in one.waits])
    share = sum(one.rate for one in busy) / sum(one.rate for one in alone)
    others = {"p95 over 1 s": int(wait > 1), "pages below 0.85": int(share < 0.85)}
    return Found(others=others, told=f"event p95 {wait:.2f} s, pages at {share:.2f} of their rate")


def _checks(*files: str) -> Callable[..., Found]:
    """Return a play: the suite's own checks of a fault."""

    def play(_: Path, __: int, ___: int) -> Found:
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files]
        done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT)
        last = done.stdout.strip().rpartition("\n")[2]
        return Found(others={"failed": int(done.returncode != 0)}, told=last)

    return play


def days_away(folder: Path, runs: int, _: int) -> Found:
    """A station comes back with so many dossiers and five times as many pages."""
    with ground(folder) as here:
        back = scenes.after_days(here, runs, runs * 5)
    others = {"events unconfirmed at the first page": back.waiting_at_first_page}
    told = f"events in {back.events_s:.0f} s over the bad line, pages in {back.pages_s:.0f} s"
    return Found(back.lost, 0, 0, others, told)


def comeback(folder: Path, runs: int, _: int) -> Found:
    """So many stations come back at once."""
    with ground(folder) as here:
        back = scenes.comeback(here, runs)
    others = {"failed pushes": back.failed, "too much memory": int(back.server_mb > 512)}
    return Found(others=others, told=f"{back.stations / back.seconds:.0f} stations a second, "
                 f"server {back.server_mb:.0f} MB")  # fmt: skip


def standby(folder: Path, runs: int, _: int) -> Found:  # noqa: ARG001 # one failover
    """The primary killed under load, its synchronous standby promoted by hand."""
    return _of(failover.failover(folder))


def patroni(folder: Path, runs: int, _: int) -> Found:  # noqa: ARG001 # two failovers
    """The leader killed under load, under Patroni and etcd."""
    return _of(failover.failover_without_hands(folder))


def _of(outcome: failover.Outcome) -> Found:
    others = {"not in time, or refused": int(not outcome.passed)}
    return Found(outcome.lost, outcome.doubled, outcome.reissued, others, outcome.figures)


PLAYS: list[Play] = [
    Play(1, "power", "power cut at any write of the store", 1000, power_cuts),
    Play(1, "encrypted", "power cut, real process on SQLCipher", 300, encrypted),
    Play(1, "enrol", "power cut while enrolling", 60, enrolments),
    Play(1, "restore-cut", "power cut while restoring", 100, restores),
    Play(1, "put-back", "power cut while an older store catches up", 60, put_backs),
    Play(1, "migrate", "power cut while migrating", 60, migrations),
    Play(2, "server", "kill -9 of server and PostgreSQL under load", 20, server_kills),
    Play(3, "kill", "kill -9 of the receive command, store lost after", 100, kills),
    Play(3, "kill-receive", "kill -9 while receiving", 130, _killing("receive")),
    Play(3, "kill-scan", "kill -9 while scanning", 130, _killing("scan")),
    Play(3, "kill-sync", "kill -9 while pushing, pulling, sending pages", 140, _killing("sync")),
    Play(4, "course", "lost, doubled, late; crash, restore, clone, newer", 60, courses),
    Play(5, "slow", "256 kbit/s, 400 ms, 2 % loss", 5, _racing(scenes.slow, 500, 0.65)),
    Play(6, "worst", "64 kbit/s, 800 ms, 10 % loss", 3, _racing(scenes.worst, 100, 0.5)),
    Play(7, "cut", "line cut 8 s in every 20", 400, cut_line),
    Play(8, "days", "back after days, dossiers and their pages", 2000, days_away),
    Play(8, "offline", "two stations offline, then both back", 600, two_stations),
    Play(9, "events", "an event now and then while pages upload", 2, event_among_pages),
    Play(
        10,
        "rivals",
        "two counters change one dossier",
        1,
        _checks("tests/contract/test_conflicts.py", "tests/unit/test_clashes.py"),
    ),
    Play(11, "clock", "clock -30 d, +1 d, jumps during a shift", 300, clocks),
    Play(12, "lost", "restored, put back, dead disk, journal gone", 40, lost_stores),
    Play(13, "disk", "disk full, read-only, failing", 180, disk_errors),
    Play(
        14,
        "versions",
        "older and newer programs",
        1,
        _checks(
            "tests/unit/test_evolution.py",
            "tests/integration/test_migrations.py",
            "tests/contract/test_online_migration.py",
        ),
    ),
    Play(15, "standby", "failover to a synchronous standby", 1, standby),
    Play(15, "patroni", "failover under Patroni", 2, patroni),
    Play(16, "bits", "one bit flipped", 300, flipped_bits),
    Play(17, "comeback", "stations that come back at once", 10000, comeback),
]


def run(play: Play, runs: int, seed: int) -> Row:
    """Play one fault in a folder of its own."""
    began = time.monotonic()
    print(f"… {play.name}: {play.fault}, {runs} runs, seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="qmc-faults-") as name:
        try:
            found = play.play(Path(name), runs, seed)
        except Exception:  # noqa: BLE001 # the other plays go on
            traceback.print_exc()
            found = Found(others={"broke off": 1})
    if found.told:
        print(f"    {found.told}")
    for what, count in (found.others or {}).items():
        if count:
            print(f"    {what}: {count}")
    print(f"    {time.monotonic() - began:.0f} s", flush=True)
    return Row(play.row, play.fault, runs, found.lost, found.doubled, found.reissued, found.passed)


def _keep(rows: list[Row]) -> None:
    """Put rows in the place of the former ones; a fault that is no longer played goes."""
    former = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else []
    kept = {row["fault"]: row for row in former} | {row.fault: asdict(row) for row in rows}
    ordered = [kept[play.fault] for play in PLAYS if play.fault in kept]
    RESULTS.write_text(json.dumps(ordered, indent=1) + "\n", "utf-8")


def main() -> int:
    """Play all faults, or those that are named; rows of full length are kept in the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults")
    parser.add_argument("names", nargs="*", metavar="NAME", help="of a play")
    parser.add_argument("--seed", type=int, help="instead of each play's own")
    parser.add_argument("--runs", type=int, help="instead of each play's own")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - {play.name for play in PLAYS}
    if unknown:
        parser.error(f"no such play: {', '.join(sorted(unknown))}")
    rows: list[Row] = []
    for play in PLAYS:
        if not chosen.names or play.name in chosen.names:
            seed = play.seed if chosen.seed is None else chosen.seed
            rows.append(run(play, chosen.runs or play.runs, seed))
    print(f"\n{'row':>3}  {'fault':48} {'runs':>5} {'lost':>5} {'doubled':>8} {'reissued':>9}")
    for row in rows:
        mark = "passed" if row.passed else "FAILED"
        print(f"{row.row:>3}  {row.fault:48} {row.runs:>5} {row.lost:>5} {row.doubled:>8} "
              f"{row.reissued:>9}  {mark}")  # fmt: skip
    if chosen.runs is None and chosen.seed is None:
        _keep(rows)
    return 0 if all(row.passed for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
