"""All figures of the sync, each beside the limit or peer of the same run."""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.result import Result, p95
from benchmarks.sync import contenders, peers, scenes
from benchmarks.sync.contenders import Contender
from benchmarks.sync.office import Ground, ground
from benchmarks.sync.race import Run, middle, run_one, run_seeds
from tests.support.link import link

PREFIX = "sync: "
LIMIT, OURS, POUCH, ANKI, ONE = "limit", "ours", "pouch", "anki", "one"
_HEADER = (
    "contender", "runs", "dossiers/s (min–max)", "of the limit", "B up / down",
    "first confirmed, s", "CPU ms: client, server, PostgreSQL", "peak MB: client (+), server",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is played; `quick` is for trying out and says nothing of the product."""

    loopback: int = 10_000
    rounds: int = 3
    bad: int = 500
    seeds: int = 5
    worst: int = 100
    worst_seeds: int = 3
    naive: int = 60
    page_s: int = 75
    cut_pages: int = 20
    cut_records: int = 400
    page_seeds: int = 2
    days_dossiers: int = 200
    days_pages: int = 1000
    append_s: int = 5
    stations: int = 10_000


QUICK = Sizes(500, 1, 60, 1, 20, 1, 8, 15, 3, 150, 1, 10, 20, 2, 300)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the page, with the words above it."""

    title: str
    words: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured.

    Attributes:
        shares: for the picture: by line, each contender's share of the limit.
    """

    results: list[Result]
    tables: list[Table]
    shares: dict[str, dict[str, float]]


def run(folder: Path, sizes: Sizes) -> Measured:
    """Measure everything; some twenty minutes in full size."""
    found = Measured([], [], {})
    fetched = peers.fetched()
    with ground(folder) as here:
        for work in (_loopback, _bad, _worst, _pages, _cuts, _days, _appends, _comeback):
            print(f"… sync: {work.__doc__}", flush=True)
            began = time.monotonic()
            work(here, fetched, sizes, found)
            print(f"  {time.monotonic() - began:.0f} s", flush=True)
    named = [replace(result, name=f"{PREFIX}{result.name}") for result in found.results]
    return Measured(named, found.tables, found.shares)


# ---- races ---------------------------------------------------------------------------------------


def _all(fetched: peers.Peers, how: str, batch: int) -> dict[str, Contender]:
    return {
        LIMIT: contenders.limit("limit"),
        OURS: contenders.ours(how),
        POUCH: contenders.pouch(fetched, batch),
        ANKI: contenders.anki(fetched),
        ONE: contenders.limit("one"),
    }


def _loopback(here: Ground, fetched: peers.Peers, sizes: Sizes, found: Measured) -> None:
    """receptions without a line in between."""
    runs: dict[str, list[Run]] = {}
    everyone = _all(fetched, "push", 1000)
    for _ in range(sizes.rounds):  # in turns, so that a noisy minute meets all
        for key, contender in everyone.items():
            count = sizes.loopback // (10 if key == ONE else 1)
            with link() as line:
                runs.setdefault(key, []).append(run_one(here, contender, line, count))
    _race(found, f"{sizes.loopback:,} receptions, one machine", everyone, runs,
          "Station and office in namespaces of one machine, joined by a plain pair of interfaces;"
          " medians. One POST a record is played with a tenth of the receptions.")  # fmt: skip
    ours = runs[OURS]
    best = middle(runs[POUCH], "rate")
    found.results.extend([
        Result("push over loopback, over PouchDB", middle(ours, "rate"), "/s",
               f"PouchDB in turn, {best:.0f}/s (to reach: 1)", middle(ours, "rate") / best,
               len(ours)),
        Result("push over loopback, bytes up a dossier", middle(ours, "up"), "B",
               "to reach: 480 B", middle(ours, "up") / 480, len(ours)),
        Result("push over loopback, client over being ready", middle(ours, "client_growth_mb"),
               "MB", "to reach: 30 MB", middle(ours, "client_growth_mb") / 30, len(ours)),
    ])  # fmt: skip


def _bad(here: Ground, fetched: peers.Peers, sizes: Sizes, found: Measured) -> None:
    """receptions over 256 kbit/s, 400 ms, 2 % loss."""
    runs = _over(here, fetched, sizes.bad, scenes.slow, sizes.seeds, sizes.naive)
    name = f"{sizes.bad} receptions, 256 kbit/s, 400 ms, 2 % loss"
    _race(found, name, _all(fetched, "pass", 100), runs,
          f"Medians over {sizes.seeds} seeds of losses. The product makes its whole pass; measured"
          f" is until the last reception is confirmed. One POST a record: {sizes.naive} receptions."
          )  # fmt: skip
    ours, best = runs[OURS], middle(runs[POUCH], "rate")
    first = middle(ours, "first_s")
    found.results.extend([
        Result("push over the bad line, over PouchDB", middle(ours, "rate"), "/s",
               f"PouchDB, {best:.1f}/s (to reach: 5)", middle(ours, "rate") / best, len(ours)),
        Result("push over the bad line, first confirmation", first, "s", "to reach: 3 s",
               first / 3, len(ours)),
    ])  # fmt: skip


def _worst(here: Ground, fetched: peers.Peers, sizes: Sizes, found: Measured) -> None:
    """receptions over 64 kbit/s, 800 ms, 10 % loss."""
    runs = _over(here, fetched, sizes.worst, scenes.worst, sizes.worst_seeds, sizes.naive // 4)
    name = f"{sizes.worst} receptions, 64 kbit/s, 800 ms, 10 % loss"
    _race(
        found,
        name,
        _all(fetched, "pass", 100),
        runs,
        f"Medians over {sizes.worst_seeds} seeds. One POST a record: {sizes.naive // 4}.",
    )


def _over(
    here: Ground,
    fetched: peers.Peers,
    count: int,
    lines: Callable[[int], Any],
    seeds: int,
    naive: int,
) -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = {}
    for key, contender in _all(fetched, "pass", 100).items():
        # the slow peers may wait beside each other; those who work are given room
        at_once = 2 if key in (LIMIT, OURS) else seeds
        chosen = range(1, 1 + (min(seeds, 2) if key == ONE else seeds))
        amount = naive if key == ONE else count
        began = time.monotonic()
        runs[key] = run_seeds(here, contender, lines, amount, chosen, at_once=at_once)
        print(f"    {contender.name}: {middle(runs[key], 'rate'):.1f}/s,"
              f" {time.monotonic() - began:.0f} s", flush=True)  # fmt: skip
    return runs


def _race(
    found: Measured,
    name: str,
    everyone: dict[str, Contender],
    runs: dict[str, list[Run]],
    words: str,
) -> None:
    limit = middle(runs[LIMIT], "rate")
    rows = [_row(everyone[key], runs[key], limit) for key in everyone]
    found.tables.append(Table(name, words, _HEADER, rows))
    found.shares[name] = {
        everyone[key].name: middle(runs[key], "rate") / limit for key in everyone if key != LIMIT
    }
    for key, contender in everyone.items():
        rate = middle(runs[key], "rate")
        against = "the limit itself" if key == LIMIT else f"the limit, {limit:.1f}/s, same run"
        found.results.append(
            Result(f"{name}: {contender.name}", rate, "/s", against, rate / limit, len(runs[key]))
        )


def _row(contender: Contender, runs: list[Run], limit: float) -> list[str]:
    rate, first = middle(runs, "rate"), middle(runs, "first_s")
    low, high = min(r.rate for r in runs), max(r.rate for r in runs)
    cpu = ", ".join(f"{middle(runs, f'{x}_ms'):.2f}" for x in ("client", "server", "database"))
    memory = (
        f"{middle(runs, 'client_mb'):.0f} (+{middle(runs, 'client_growth_mb'):.0f}), "
        f"{middle(runs, 'server_mb'):.0f}"
    )
    return [
        contender.name, str(len(runs)), f"{_short(rate)} ({_short(low)}–{_short(high)})",
        f"{rate / limit:.2f}", f"{middle(runs, 'up'):,.0f} / {middle(runs, 'down'):.0f}",
        f"{first:.1f}" if first else "–", cpu, memory,
    ]  # fmt: skip


def _short(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.1f}"


# ---- bad days ------------------------------------------------------------------------------------


def _pages(here: Ground, _: peers.Peers, sizes: Sizes, found: Measured) -> None:
    """an event now and then while pages upload."""
    seeds = range(1, 1 + sizes.page_seeds)
    # more pages than the line carries in that time
    send = functools.partial(scenes.send_pages, here, pages=sizes.page_s, seconds=sizes.page_s)
    done = scenes.at_once(
        [functools.partial(send, seed) for seed in seeds]
        + [functools.partial(send, seed, every_s=4) for seed in seeds]
    )
    bare, busy = done[: len(seeds)], done[len(seeds) :]
    share = statistics.mean(b.rate / a.rate for a, b in zip(bare, busy, strict=True))
    waits = [wait for one in busy for wait in one.waits]
    wait = p95(waits)
    found.results.extend([
        Result("event while pages upload, bad line, p95", wait, "s",
               f"to reach: 1 s; median {statistics.median(waits):.2f} s", wait, len(waits)),
        Result("pages while events come, bad line",
               statistics.mean(b.rate for b in busy) / 1000, "kB/s",
               f"pages alone {statistics.mean(a.rate for a in bare) / 1000:.1f} kB/s"
               " (to reach: 0.85)", share, len(seeds)),
    ])  # fmt: skip


def _cuts(here: Ground, _: peers.Peers, sizes: Sizes, found: Measured) -> None:
    """a line that is cut 8 s in every 20."""
    seeds = range(1, 1 + sizes.page_seeds)
    records = [functools.partial(scenes.cut_records, here, seed, sizes.cut_records)
               for seed in seeds]  # fmt: skip
    pages = [functools.partial(scenes.send_pages, here, seed, sizes.cut_pages, is_cut=True)
             for seed in seeds]  # fmt: skip
    here.profile(sizes.cut_records)
    done = scenes.at_once(records + pages)
    runs: list[Run] = done[: len(seeds)]
    share = max(one.share for one in done[len(seeds) :])
    again = sum(run.said["again"] for run in runs)
    found.results.extend([
        Result("cut 8 s in 20: receptions", middle(runs, "rate"), "/s",
               f"{middle(runs, 'up'):.0f} B up a dossier", None, len(runs)),
        Result("cut 8 s in 20: confirmed receptions sent again", again, "",
               "to reach: none", float(again), len(runs)),
        Result("cut 8 s in 20: bytes sent over the bytes of pages, worst", share, "×",
               "to reach: 1.35", share / 1.35, len(seeds)),
    ])  # fmt: skip


def _days(here: Ground, _: peers.Peers, sizes: Sizes, found: Measured) -> None:
    """a station that comes back after days."""
    back = scenes.after_days(here, sizes.days_dossiers, sizes.days_pages)
    name = f"back after days, {sizes.days_dossiers:,} dossiers and {sizes.days_pages:,} pages"
    found.results.extend([
        Result(f"{name}: events unconfirmed at the first page", back.waiting_at_first_page, "",
               "to reach: none", float(back.waiting_at_first_page), 1),
        Result(f"{name}: lost", back.lost, "", "to reach: none", float(back.lost), 1),
        Result(f"{name}: events, bad line", back.events_s, "s", "", None, 1),
        Result(f"{name}: pages, loopback", sizes.days_pages / back.pages_s, "/s", "", None, 1),
    ])  # fmt: skip


def _appends(here: Ground, _: peers.Peers, sizes: Sizes, found: Measured) -> None:
    """one event a request, by many stations."""
    rows = []
    for clients in (1, 8, 64):
        one = scenes.appends(here, clients, sizes.append_s)
        found.results.append(
            Result(f"appends, one event a push, {clients} stations", one.rate, "/s",
                   f"pgbench inserting the same 2 KB, {one.bare:,.0f}/s", one.rate / one.bare, 1)
        )  # fmt: skip
        rows.append([str(clients), f"{one.rate:,.0f}", f"{one.p95_ms:.0f}", f"{one.bare:,.0f}",
                     f"{one.rate / one.bare:.3f}"])  # fmt: skip
    words = ("One reception a request, signed, judged and folded; one server process. Beside it"
             " pgbench inserts the same 2 KB, one a transaction, on the same server.")  # fmt: skip
    header = ("stations at once", "pushes/s", "p95, ms", "bare inserts/s", "share")
    found.tables.append(Table("One event a request", words, header, rows))


def _comeback(here: Ground, _: peers.Peers, sizes: Sizes, found: Measured) -> None:
    """thousands of stations at once."""
    back = scenes.comeback(here, sizes.stations)
    name = f"{sizes.stations:,} stations come back"
    found.results.extend([
        Result(f"{name}: failed pushes", back.failed, "", "to reach: none", float(back.failed), 1),
        Result(f"{name}: served", back.stations / back.seconds, "/s",
               f"server CPU {back.server_ms:.1f} ms a station", None, 1),
        Result(f"{name}: server memory", back.server_mb, "MB", "to reach: 512 MB",
               back.server_mb / 512, 1),
    ])  # fmt: skip
