"""One figure, and how figures are taken."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """A figure: median unless the name says otherwise; `ratio` to `against`, same run."""

    name: str
    value: float
    unit: str
    against: str
    ratio: float | None
    runs: int


def timed(work: Callable[[], object]) -> float:
    """Return how long a call takes, ms."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def p95(samples: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(samples, n=20)[-1]
