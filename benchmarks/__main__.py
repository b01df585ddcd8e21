"""`make bench`: run every benchmark, print a table, write results.json and docs/benchmarks.md.

`--quick` plays everything small, for trying out, and writes nothing. `--only sync` plays the sync
alone and keeps the other figures of results.json; `--only desk` and `--only window` write nothing.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks import page, pages, printing, receipt, routing, search, start, window
from benchmarks.result import Result
from benchmarks.sync import suite

RESULTS = Path(__file__).parent / "results.json"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dossiers", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=("desk", "sync", "window"))
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended then too
    if arguments.quick:
        arguments.dossiers, arguments.runs = 2000, 20
    results: list[Result] = []
    measured = suite.Measured([], [], {})
    with tempfile.TemporaryDirectory(prefix="qmc-bench-") as name:
        folder = Path(name)
        if arguments.only == "window":
            results += window.run(folder / "window", quick=arguments.quick)
        if arguments.only in (None, "desk"):
            results += receipt.run(folder / "receipt", arguments.runs)
            results += printing.run(folder / "printing", arguments.runs)
            results += pages.run(folder / "pages", max(5, arguments.runs // 10))
            results += search.run(folder / "search", arguments.dossiers, arguments.runs)
            results += start.run(folder / "search", 7)
            results += window.of_profile(
                folder / "search" / "profile", arguments.dossiers, arguments.runs
            )
            results += window.run(folder / "window", quick=arguments.quick)
            results += routing.run(2 if arguments.quick else 10)
        if arguments.only in (None, "sync"):
            sizes = suite.QUICK if arguments.quick else suite.Sizes()
            measured = suite.run(folder / "sync", sizes)
            results += measured.results
    if arguments.only == "sync" and not arguments.quick:
        results = former() + results
    for one in measured.tables:
        print(plain(one))
    print(table(results))
    if arguments.quick or arguments.only in ("desk", "window"):
        return 0
    page.write(results, measured)
    RESULTS.write_text(
        json.dumps([asdict(r) for r in results], ensure_ascii=False, indent=1) + "\n", "utf-8"
    )
    return 0


def former() -> list[Result]:
    """Return the figures of the last run that are not the sync's."""
    found = [Result(**one) for one in json.loads(RESULTS.read_text("utf-8"))]
    return [one for one in found if not one.name.startswith(suite.PREFIX)]


def plain(one: suite.Table) -> str:
    rows = [list(one.header), *map(list, one.rows)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join([f"\n{one.title}", *lines, ""])


def table(results: list[Result]) -> str:
    lines = [f"{'what':58} {'value':>10}  {'ratio':>7}  against"]
    for r in results:
        ratio = "" if r.ratio is None else f"{r.ratio:.2f}"
        lines.append(f"{r.name:58} {r.value:>7.2f} {r.unit:3} {ratio:>7}  {r.against}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
