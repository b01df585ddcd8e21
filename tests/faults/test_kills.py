"""Fault 3: kill -9 while receiving, scanning and syncing; the server has what was said, once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter as Tally
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pytest

from app.models import events
from tests.support.laws import Verdict, codes_of, judge
from tests.support.office import ROOT, Counter, Office, enrol_station, picture, running_office
from tests.support.processes import bare_environment

MOST_LINES = {"receive": 30, "scan": 60, "sync": 90}  # that a process may say before the kill
LAST_WAIT_S = {"receive": 0.006, "scan": 0.006, "sync": 0.1}  # more: it falls within an act
WHILE_OPENING, OPENING_S = 0.15, 0.1
OTHERS_ACT = 8  # kills between acts of another station, so that there is something to pull


@dataclass
class Killed:
    """What became of processes that were killed.

    Attributes:
        phases: kills by what the process had last begun or ended.
        said: words that left the processes.
        verdict: of the store after the last one.
        lost: codes and events that the server lacks after all.
        doubled: what it has twice, or more of than the station ever made.
    """

    phases: Tally[str] = field(default_factory=Tally)
    said: list[str] = field(default_factory=list)
    verdict: Verdict = field(default_factory=Verdict)
    lost: int = 0
    doubled: int = 0

    @property
    def reissued(self) -> int:
        """Codes that were said twice."""
        codes = codes_of(self.said)
        return self.verdict.reissued + len(codes) - len(set(codes))


def kill_processes(folder: Path, *, what: str, kills: int, seed: int) -> Killed:
    """Kill a station's process again and again, restart it, and compare with the server.

    Args:
        folder: for server and stations.
        what: "receive", "scan" or "sync".
        kills: processes started and killed.
        seed: of the moments.
    """
    chance = random.Random(seed)
    killed = Killed()
    with running_office(folder / "office") as office:
        counter = enrol_station(office, folder / "quay")
        other = office.station()
        counter.close()
        with _dying(office, counter) as process:
            for i in range(kills):
                _kill_one(process, what, chance, killed)
                if i % OTHERS_ACT == 0:
                    other.receive(f"Quầy Bên {i}")
                    other.sync()
        assert codes_of(killed.said), "every process was killed before it did anything"
        killed.verdict = judge(counter.root, killed.said, counter.clock)
        _compare(office, counter, killed)
        other.close()
    return killed


def _dying(office: Office, counter: Counter) -> subprocess.Popen[bytes]:
    image = office.folder / "page.jpg"
    image.write_bytes(picture(1, size=(120, 160)))
    environment = bare_environment(
        office.folder / "home",
        PYTHONPATH=str(ROOT),
        PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.dying", str(counter.root), str(image)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd=office.folder,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def _kill_one(
    process: subprocess.Popen[bytes], what: str, chance: random.Random, killed: Killed
) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{what}\n".encode())
    process.stdin.flush()
    pid = int(process.stdout.readline().split()[1])
    lines = iter(process.stdout.readline, b"ended\n")
    phase = "before opening"
    if chance.random() < WHILE_OPENING:
        time.sleep(chance.uniform(0, OPENING_S))
    else:
        phase = _heard(killed, islice(lines, chance.randint(2, MOST_LINES[what])))
        time.sleep(chance.uniform(0, LAST_WAIT_S[what]))
    os.kill(pid, signal.SIGKILL)
    killed.phases[_heard(killed, lines) or phase] += 1


def _heard(killed: Killed, lines: Iterable[bytes]) -> str:
    """Take in what a process says; return the last phase it was in."""
    phase = ""
    for line in lines:
        kind, _, words = line.decode().strip().partition(" ")
        assert kind != "failed", words
        phase = "answered" if kind == "said" else words
        killed.said += [words] if kind == "said" else []
    return phase


def _compare(office: Office, counter: Counter, killed: Killed) -> None:
    """Sync until nothing waits; the server's log must be what the station holds, once."""
    counter.reopen()
    for _ in range(3):
        done = counter.sync()
    assert (done.waiting, done.pages_waiting, done.quarantined) == (0, 0, 0)
    assert done.proven
    with counter.database.reading() as session:
        store = events.incarnation(session)
        own = [(e.n, e.hash) for e in events.of_store(session, store, 0, 2**31)]
    counter.close()
    log = [(row[2], row[4]) for row in office.log() if row[1] == store.hex]
    codes = office.codes()
    killed.lost = len(set(own) - set(log)) + len(set(codes_of(killed.said)) - set(codes))
    killed.doubled = len(log) - len(set(log)) + len(set(log) - set(own))
    killed.doubled += len(codes) - len(set(codes))


@pytest.mark.parametrize("what", ["receive", "scan", "sync"])
def test_what_a_killed_process_said_is_on_the_server_once(tmp_path: Path, what: str) -> None:
    killed = kill_processes(tmp_path, what=what, kills=8, seed=20261120)

    assert killed.verdict.is_clean, killed.verdict
    assert (killed.lost, killed.doubled, killed.reissued) == (0, 0, 0)
    assert len(killed.phases) > 1, killed.phases
