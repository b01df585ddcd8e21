"""Receptions killed at any moment: a code that was answered is never lost and never doubled."""

from __future__ import annotations

import json
import random
import shutil
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from app.bootstrap import open_workstation, restore_workstation
from app.models.database import Database
from app.models.journal import open_journal
from app.models.keys import StationKeys, load_keys
from app.settings import read_settings
from tests.support.office import CommandLine, Office, real_clock, running_office

ENTRY = {"procedure": "ctbs", "copies": [{"name": "Bằng", "pages": 1, "copies": 1}]}
STATIONS = 2
PHASES = ("nothing stored", "stored only", "in both, not answered", "answered")


@dataclass
class Killed:
    """What became of the runs.

    Attributes:
        phases: runs by the state in which the kill left the station.
        answered: codes that came out on standard output.
    """

    phases: Counter[str] = field(default_factory=Counter)
    answered: list[str] = field(default_factory=list)


def test_answered_codes_survive_kills_once_on_the_server_and_a_lost_store(tmp_path: Path) -> None:
    killed = kill_receptions(tmp_path, runs=40, seed=20261120)

    assert sum(killed.phases.values()) == 40
    assert set(killed.phases) <= set(PHASES)


def kill_receptions(folder: Path, *, runs: int, seed: int) -> Killed:
    """Kill `main.py receive` at random moments and check that nothing answered is lost.

    Args:
        folder: where server and stations live.
        runs: receptions begun, shared among two stations.
        seed: of the moments.

    Returns:
        The phases the kills fell into and the codes that were answered.
    """
    total = Killed()
    with running_office(folder / "office", clock=real_clock()) as office:
        lines = [
            CommandLine(folder / f"quay-{i}", folder / "office" / "home") for i in range(STATIONS)
        ]
        for line in lines:
            line.enrol(office)
        with ThreadPoolExecutor(STATIONS) as pool:
            shares = [runs // STATIONS + (i < runs % STATIONS) for i in range(STATIONS)]
            done = pool.map(_kill_some, lines, shares, range(seed, seed + STATIONS))
        for found in done:
            total.phases += found.phases
            total.answered += found.answered
        _check(office, lines, total.answered, restore=False)
        _check(office, lines, total.answered, restore=True)
    return total


def _kill_some(line: CommandLine, runs: int, seed: int) -> Killed:
    keys = load_keys(read_settings(line.root / "station.toml").profile_id)
    chance = random.Random(seed)
    found = Killed()
    entry = json.dumps(ENTRY | {"name": "Bị Giết Sau"})
    found.answered.append(line("receive", "--from", "-", stdin=entry).json["code"])
    began = time.monotonic()
    whole = line("receive", "--from", "-", stdin=json.dumps(ENTRY | {"name": "Không Bị Giết"}))
    lasts_s = time.monotonic() - began
    assert whole.exit_code == 0, whole
    found.answered.append(whole.json["code"])
    for i in range(runs):
        before = _state(line, keys)
        child = line.start("receive", "--from", "-")
        assert child.stdin is not None
        child.stdin.write(json.dumps(ENTRY | {"name": f"Người Thứ {i}"}).encode())
        child.stdin.close()
        child.stdin = None
        _wait(line, i, lasts_s, chance)
        child.kill()
        out, _ = child.communicate(timeout=30)
        if out.strip():
            found.answered.append(json.loads(out)["code"])
        found.phases[_phase(before, _state(line, keys), answered=bool(out.strip()))] += 1
    return found


def _wait(line: CommandLine, i: int, lasts_s: float, chance: random.Random) -> None:
    """Wait for the moment of the kill: any moment, or as soon as a file of the store grows."""
    if i % 4 == 0:
        time.sleep(lasts_s * chance.uniform(0, 1.1))
        return
    watched = [line.root / "store.db-wal"] if i % 4 in (1, 3) else []
    watched += (line.root / "journal").glob("*.qmcj") if i % 4 in (2, 3) else []
    before = _sizes(watched)
    deadline = time.monotonic() + 4 * lasts_s
    while _sizes(watched) == before and time.monotonic() < deadline:
        time.sleep(0.0001)
    time.sleep(chance.uniform(0, 0.004))


def _sizes(paths: list[Path]) -> list[int]:
    return [path.stat().st_size if path.exists() else 0 for path in paths]


def _state(line: CommandLine, keys: StationKeys) -> tuple[int, int]:
    """Return how many own events store and journal hold, mending neither."""
    database = Database(line.root / "store.db", keys.store)
    with database.reading() as session:
        stored = session.execute(text("SELECT count(*) FROM event")).scalar() or 0
    database.close()
    journals = (line.root / "journal").glob("*.qmcj")
    return stored, sum(1 for j in journals for _ in open_journal(j, keys.sealing).events())


def _phase(before: tuple[int, int], after: tuple[int, int], *, answered: bool) -> str:
    if answered:
        assert after[0] == before[0] + 1
        assert after[1] == after[0]
        return "answered"
    if after[0] == before[0]:
        return "nothing stored"
    return "in both, not answered" if after[1] == after[0] else "stored only"


def _check(office: Office, lines: list[CommandLine], answered: list[str], *, restore: bool) -> None:
    for line in lines:
        if restore:
            for path in line.root.glob("store.db*"):
                path.unlink()
            shutil.rmtree(line.root / "blobs", ignore_errors=True)
            opened, _ = restore_workstation(line.root, None, None)
        else:
            opened = open_workstation(line.root)
        engine = opened.engine()
        engine.run()
        assert engine.run().proven
        engine.close()
        with opened.desk.store.database.reading() as session:
            held = list(session.execute(text("SELECT code FROM dossier")).scalars())
            assert session.execute(text("PRAGMA quick_check")).scalar() == "ok"
        opened.close()
        assert len(held) == len(set(held))
    codes = office.codes()
    assert len(answered) == len(set(answered))
    assert len(codes) == len(set(codes))
    assert set(answered) <= set(codes)
    assert set(codes) == set(held)  # the last station to sync has seen everybody's
