"""One contender over one line: how long, how many bytes, how much CPU and memory."""

from __future__ import annotations

import json
import statistics
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from threading import Barrier, BrokenBarrierError
from typing import Any

from benchmarks.sync.contenders import Contender
from benchmarks.sync.measure import cpu_s, watching
from benchmarks.sync.office import ROOT, Ground, environment
from tests.support.link import Line

Lines = Callable[[int], AbstractContextManager[Line]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run took; bytes, CPU and seconds until the last dossier was confirmed.

    Attributes:
        first_s: until the first confirmation; the whole time where there is only one.
        client_ms, server_ms, database_ms: CPU a dossier.
        client_mb, server_mb: the most that was held; `client_growth_mb` over being ready.
    """

    count: int
    seconds: float
    first_s: float
    up: float
    down: float
    client_ms: float
    server_ms: float
    database_ms: float
    client_mb: float
    client_growth_mb: float
    server_mb: float
    said: dict[str, Any]

    @property
    def rate(self) -> float:
        """Dossiers a second."""
        return self.count / self.seconds


def run_one(
    ground: Ground,
    contender: Contender,
    line: Line,
    count: int,
    *,
    together: Barrier | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Run:
    """Play one run.

    Args:
        ground: office, database, receptions.
        contender: who.
        line: fresh; both sides are started on it.
        count: receptions that wait.
        together: runs of other lines that are to begin at the same moment.
        meanwhile: called when the work has begun.
    """
    log = (ground.room("client") / "log").open("wb")
    with log, contender.serving(ground, line) as server:
        client = line.popen(
            contender.client(ground, count), "station", stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=log, env=environment(), cwd=ROOT,
        )  # fmt: skip
        _expect(client, b"ready\n", log.name)
        if together is not None:
            together.wait(300)
        before = (line.bytes_up, line.bytes_down, cpu_s(server.pid), ground.database_cpu_s())
        with watching(client.pid, server.pid) as peaks:
            client.stdin.write(b"go\n")
            client.stdin.flush()
            meanwhile()
            _expect(client, b"confirmed\n", log.name)
            after = (line.bytes_up, line.bytes_down, cpu_s(server.pid), ground.database_cpu_s())
        said = json.loads(client.stdout.readline())
        client.wait(60)
        stored = contender.stored(server)
        if stored == -1:
            stored = said["written"]
        if stored != count:
            raise AssertionError(f"{contender.name}: {stored} of {count} on the server")
    up, down, server_s, database_s = (b - a for a, b in zip(before, after, strict=True))
    return Run(
        count=count, seconds=said["seconds"], first_s=said["first_s"], up=up / count,
        down=down / count, client_ms=said["cpu_s"] * 1000 / count,
        server_ms=server_s * 1000 / count, database_ms=database_s * 1000 / count,
        client_mb=peaks.most[client.pid],
        client_growth_mb=peaks.most[client.pid] - peaks.first[client.pid],
        server_mb=peaks.most[server.pid], said=said,
    )  # fmt: skip


def _expect(client: subprocess.Popen[Any], word: bytes, log: str) -> None:
    said = client.stdout.readline()
    if said != word:
        with open(log, encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            raise RuntimeError(f"{client.args}: {said!r} instead of {word!r}\n{file.read()}")


def run_seeds(
    ground: Ground,
    contender: Contender,
    lines: Lines,
    count: int,
    seeds: Sequence[int],
    *,
    at_once: int = 2,
) -> list[Run]:
    """Play one contender over lines with different losses, some at once: the line is what limits.

    The database server's CPU is shared out evenly among those at once.
    """
    runs: list[Run] = []
    for i in range(0, len(seeds), at_once):
        runs += _run_together(ground, contender, lines, count, seeds[i : i + at_once])
    return runs


def _run_together(
    ground: Ground, contender: Contender, lines: Lines, count: int, seeds: Sequence[int]
) -> list[Run]:
    together = Barrier(len(seeds))

    def play(seed: int) -> Run:
        try:
            with lines(seed) as line:
                return run_one(ground, contender, line, count, together=together)
        except BaseException:
            together.abort()
            raise

    ground.records(count)
    with ThreadPoolExecutor(len(seeds)) as pool:
        plays = [pool.submit(play, seed) for seed in seeds]
    problems = [p.exception() for p in plays if p.exception() is not None]
    for problem in sorted(problems, key=lambda p: isinstance(p, BrokenBarrierError)):
        raise problem  # the one that broke the others' start comes first
    return [replace(p.result(), database_ms=p.result().database_ms / len(seeds)) for p in plays]


def middle(runs: Sequence[Run], what: str) -> float:
    """Return the median of a figure."""
    return statistics.median(getattr(run, what) for run in runs)
