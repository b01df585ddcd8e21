"""Pages a second through the routing, beside bare zxing-cpp on the same pages.

One thread, and its own CPU time: what else the machine does counts for neither.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
import zxingcpp

from app.domain.routing import mark_of
from app.scanning.barcodes import read_page
from benchmarks.result import Result
from tests.support.paper_mill import CLEAN, HARD, NOISY, STAMPED, Mill, Milled, Wear, code_of, stack

DPI = 300
PAGES_A_DOSSIER = 6
WEARS: tuple[tuple[str, Wear], ...] = (
    ("clean", CLEAN),
    ("noisy", NOISY),
    ("hard", HARD),
    ("stamped", STAMPED),
)


@dataclass
class Tally:
    """What one reader made of a stack: seconds, codes read wrong, codes not read."""

    seconds: float = 0.0
    wrong: int = 0
    missed: int = 0


def bare(image: bytes) -> list[str]:
    """Return what zxing-cpp reads of a page, told which two symbologies to look for."""
    grey = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_GRAYSCALE)
    formats = (zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.QRCode)
    return [one.text for one in zxingcpp.read_barcodes(grey, formats=formats)]


def routed(image: bytes) -> list[str]:
    """Return what the product reads of a page."""
    return [one.text for one in read_page(image, dpi=DPI).barcodes]


def run(dossiers: int) -> list[Result]:
    """Read a stack of each wear with both, page by page in turns."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        return [result for name, wear in WEARS for result in _measure(name, wear, dossiers)]
    finally:
        cv2.setNumThreads(threads)


def _measure(name: str, wear: Wear, dossiers: int) -> list[Result]:
    pages = list(
        stack(
            [code_of(i) for i in range(1, dossiers + 1)],
            dossiers * PAGES_A_DOSSIER,
            Mill(seed=20, dpi=DPI),
            replace(wear),
        )
    )
    theirs, ours = Tally(), Tally()
    read_page(pages[0].image, dpi=DPI)  # imports are paid once a day, not once a page
    for page in pages:
        _read(bare, page, theirs)
        _read(routed, page, ours)
    count, codes = len(pages), sum(bool(page.code) for page in pages)
    limit = "bare zxing-cpp on the same pages, JPEG unpacked by the same library"
    to_reach = "; to reach: 0.75" if name == "clean" else ""
    return [
        Result(f"routing {name} pages of {DPI} dpi, one thread", count / ours.seconds, "p/s",
               limit + to_reach, theirs.seconds / ours.seconds, count),
        Result(f"… codes not read, {name}", ours.missed, "", f"of {codes}; bare: {theirs.missed}",
               None, count),
        Result(f"… codes read wrong, {name}", ours.wrong, "", f"of {codes}; bare: {theirs.wrong}",
               None, count),
    ]  # fmt: skip


def _read(reader: Callable[[bytes], list[str]], page: Milled, tally: Tally) -> None:
    started = time.thread_time()
    texts = reader(page.image)
    tally.seconds += time.thread_time() - started
    codes = {mark.code for mark in map(mark_of, texts) if mark.is_separator}
    tally.missed += bool(page.code) and page.code not in codes
    tally.wrong += bool(codes - {page.code})
