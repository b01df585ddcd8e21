"""`make bench`: run every benchmark, print a table, write results.json."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks import receipt, search, start
from benchmarks.result import Result

RESULTS = Path(__file__).parent / "results.json"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dossiers", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=200)
    arguments = parser.parse_args()
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="qmc-bench-") as name:
        folder = Path(name)
        results += receipt.run(folder / "receipt", arguments.runs)
        results += search.run(folder / "search", arguments.dossiers, arguments.runs)
        results += start.run(folder / "search", 7)
    print(table(results))
    RESULTS.write_text(
        json.dumps([asdict(r) for r in results], ensure_ascii=False, indent=1) + "\n", "utf-8"
    )
    return 0


def table(results: list[Result]) -> str:
    lines = [f"{'what':58} {'value':>10}  {'ratio':>7}  against"]
    for r in results:
        ratio = "" if r.ratio is None else f"{r.ratio:.2f}"
        lines.append(f"{r.name:58} {r.value:>7.2f} {r.unit:3} {ratio:>7}  {r.against}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
