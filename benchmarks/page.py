"""The page of the benchmarks, made anew by each run of full length."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from html import escape
from pathlib import Path

import psutil

from benchmarks.result import Result
from benchmarks.sync.suite import Measured, Table

DOCS = Path(__file__).parent.parent / "docs"
PICTURE = Path("images") / "sync.svg"
_ABOUT = """\
# Benchmarks

Made by `make bench`; do not edit. Every figure stands beside its limit or a peer from the same run:
on a machine that others use too, only the ratios hold. All data is made up.

"""
_SYNC = """\
## Sync

The same receptions of about 1.8 KB of JSON go from a station's store to the server's disk.

* **limit**: one POST of everything, zstd 9, unchecked, into PostgreSQL by COPY. It confirms nothing
  before its end, and a break sends it back to the beginning.
* **Quầy Một Cửa**: the real client over a real profile (SQLCipher), the real server process; each
  event is authenticated, judged, folded and stored before it is confirmed.
* **PouchDB** 9 (LevelDB) to express-pouchdb, and **Anki**'s own client and sync server (notes,
  incremental), as they ship.
* **one POST a record**: an insert each, one after the other.

PostgreSQL runs with fsync. All speak plain HTTP over lines of `tests/support/link.py`: two network
namespaces, TCP cubic, a queue of 48 KB, losses drawn one by one from a seed. Bytes are whole
packets with their headers. CPU and bytes are a dossier's, until the last one is confirmed.

![shares of the limit](images/sync.svg)

"""
_COLOURS = ("#1b6ca8", "#d1793b", "#5f8d4e", "#8a6bab")


def write(results: Sequence[Result], measured: Measured) -> None:
    """Write the page and its picture."""
    (DOCS / PICTURE).write_text(picture(measured.shares), "utf-8")
    sections = [_table(table) for table in measured.tables]
    figures = Table(
        "All figures", "", ("what", "value", "ratio", "against", "runs"),
        [[r.name, f"{r.value:,.2f} {r.unit}".strip(), "" if r.ratio is None else f"{r.ratio:.2f}",
          r.against, str(r.runs)] for r in results],
    )  # fmt: skip
    text = _ABOUT + _machine() + _SYNC + "".join(sections) + _table(figures, level=2)
    (DOCS / "benchmarks.md").write_text(text.rstrip() + "\n", "utf-8")


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"Measured on {os.cpu_count()} cores, {memory:.0f} GB, Linux {platform.release()}, "
        f"Python {platform.python_version()}.\n\n"
    )


def _table(table: Table, level: int = 3) -> str:
    lines = [f"{'#' * level} {table.title}", ""]
    if table.words:
        lines += [table.words, ""]
    lines.append("| " + " | ".join(table.header) + " |")
    lines.append("|" + " --- |" * len(table.header))
    lines += ["| " + " | ".join(row) + " |" for row in table.rows]
    return "\n".join(lines) + "\n\n"


def picture(shares: dict[str, dict[str, float]]) -> str:
    """Return bars: on each line, what every contender reaches of the limit."""
    left, width, bar, gap = 210, 420, 18, 34
    parts, y = [], 16
    for line, contenders in shares.items():
        parts.append(f'<text x="8" y="{y + 4}" class="line">{escape(line)}</text>')
        y += 14
        for colour, (name, share) in zip(_COLOURS, contenders.items(), strict=False):
            length = max(1.0, width * min(share, 1.0))
            parts.append(
                f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{escape(name)}</text>'
                f'<rect x="{left}" y="{y}" width="{length:.0f}" height="{bar - 4}"'
                f' fill="{colour}"/>'
                f'<text x="{left + length + 6:.0f}" y="{y + 12}">{share:.2f}</text>'
            )
            y += bar
        y += gap - bar
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 60} {y}"'
        ' font-family="Noto Sans, sans-serif" font-size="12">\n'
        "<style>text { fill: #222 } .line { font-weight: bold }</style>\n"
        f'<rect width="100%" height="100%" fill="#fff"/>\n'
        f'<line x1="{left + width}" y1="0" x2="{left + width}" y2="{y}" stroke="#bbb"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )
