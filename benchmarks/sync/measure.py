"""What processes burn and hold: CPU seconds of trees, and the share of memory that is theirs."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_SAMPLE_S = 0.1


def cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process, of its children, and of those it saw end."""
    total = 0.0
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        times = root.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
        for child in root.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                times = child.cpu_times()
                total += times.user + times.system
    return total


def pss_mb(pid: int) -> float:
    """Return the proportional memory of a process and its children, MB."""
    kilobytes = 0
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with suppress(OSError, StopIteration):
                lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
                kilobytes += int(next(x for x in lines if x.startswith("Pss:")).split()[1])
    return kilobytes / 1024


@dataclass
class Peaks:
    """The most that each watched process held, MB, and what it held at first."""

    first: dict[int, float] = field(default_factory=dict)
    most: dict[int, float] = field(default_factory=dict)

    def look(self, pids: Sequence[int]) -> None:
        """Take one sample."""
        for pid in pids:
            now = pss_mb(pid)
            self.first.setdefault(pid, now)
            self.most[pid] = max(now, self.most.get(pid, 0.0))


@contextmanager
def watching(*pids: int) -> Iterator[Peaks]:
    """Sample memory until the block ends."""
    peaks, done = Peaks(), threading.Event()

    def sample() -> None:
        while not done.wait(_SAMPLE_S):
            peaks.look(pids)

    peaks.look(pids)
    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        done.set()
        thread.join()
        peaks.look(pids)
