"""Bytes a page: what is sent, beside the scan as it came, plain G4 and plain JPEG."""

from __future__ import annotations

import io
import statistics
import time
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from app.scanning.cleaning import Wish, derive
from benchmarks.result import Result
from tests.support import pages as sheets

_KINDS = (("print, 300 dpi", False), ("print with a red seal, 300 dpi", True))


def run(folder: Path, runs: int) -> list[Result]:  # noqa: ARG001 - joined like the others
    """Measure generated sheets, the same ones for every contender."""
    results = []
    for name, seal in _KINDS:
        scans = [_scan(seed, seal=seal) for seed in range(runs)]
        begun = time.perf_counter()
        made = [len(derive(image, 300, Wish()).image) for image in scans]
        took = (time.perf_counter() - begun) / runs
        came = statistics.median(len(image) for image in scans)
        ours = statistics.median(made)
        results.append(
            Result(f"page as it came, {name}", came / 1024, "KB", "the scan itself", 1.0, runs)
        )
        for plain, contender in (("G4, Otsu", _g4), ("JPEG q75, 200 dpi", _jpeg)):
            size = statistics.median(len(contender(image)) for image in scans)
            results.append(
                Result(f"page in plain {plain}, {name}", size / 1024, "KB", "the scan as it came",
                       size / came, runs)
            )  # fmt: skip
        results.append(
            Result(f"page as sent, {name}", ours / 1024, "KB", "the scan as it came", ours / came,
                   runs)
        )  # fmt: skip
        results.append(
            Result(f"page judged and cleaned, {name}", took * 1000, "ms", "in the background",
                   None, runs)
        )  # fmt: skip
    return results


def _scan(seed: int, *, seal: bool) -> bytes:
    page = sheets.scanned(sheets.sheet(seed, seal=seal, dpi=300), seed)
    return sheets.as_jpeg(page, 300, grey=not seal)


def _g4(image: bytes) -> bytes:
    grey = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_GRAYSCALE)
    _, mask = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    out = io.BytesIO()
    Image.fromarray(mask).convert("1").save(out, "TIFF", compression="group4")
    return out.getvalue()


def _jpeg(image: bytes) -> bytes:
    with Image.open(io.BytesIO(image)) as opened:
        small = opened.resize((opened.width * 2 // 3, opened.height * 2 // 3))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=75)
    return out.getvalue()
