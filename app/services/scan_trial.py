"""A scanner tried out: one page is scanned, looked at and thrown away."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from app.domain.page_quality import Mark, judge
from app.domain.scans import TEST_PREFIX
from app.errors import AppError
from app.scanning import barcodes, cleaning, measuring, pictures
from app.scanning.driver import (
    FeederEmpty,
    Progress,
    ScannedPage,
    ScannerDriver,
    ScanProblem,
    ScanProfile,
    Source,
)
from app.scanning.profiles import read_profiles
from app.services.page_care import thresholds
from printing.raster import Raster

_SHOWN_PX = 900
_MM_PER_INCH = 25.4


class NoTrial(AppError):
    """The scanner answered, and nothing came of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanTrial:
    """What a scanner gave.

    Attributes:
        picture: the page as the screen shows it.
        size_mm: width and height; dpi: of the scan, both 0 if the scanner does not say.
        marks: what the quality gate says of it, gravest first.
        codes: ours and the test page's, as they were read.
        has_unread_bars: bars stand there that nothing could read.
    """

    picture: Raster
    size_mm: tuple[int, int]
    dpi: int
    marks: tuple[Mark, ...]
    codes: tuple[str, ...]
    has_unread_bars: bool

    @property
    def is_good(self) -> bool:
        """True if a code was read and nothing is to be said of the page."""
        return bool(self.codes) and not self.marks

    @property
    def words(self) -> str:
        """What was found, and what hands can do about it."""
        width, height = self.size_mm
        parts = ["Quét thử được" + (f": {width} × {height} mm, {self.dpi} dpi." if width else ".")]
        parts += [f"Trang {mark.words}: {mark.advice}" for mark in self.marks]
        if self.codes:
            parts.append(f"Đọc được mã {', '.join(self.codes)}.")
        elif self.has_unread_bars:
            parts.append("Có mã vạch nhưng không đọc được: lau kính máy quét rồi thử lại.")
        elif Mark.BLANK not in self.marks:
            parts.append("Không có mã vạch: in trang thử ở hàng máy in, rồi quét thử tờ đó.")
        parts.append("Trang này không lưu.")
        return " ".join(parts)


def try_scanner(
    scanner: ScannerDriver, device: str, *, progress: Progress, cancel: threading.Event
) -> ScanTrial | None:
    """Scan one page, from the feeder or, where that is empty, from the glass.

    Returns None if it was cancelled. `cancel` is set afterwards.

    Raises:
        ScanProblem: no page came.
        NoTrial: what came is no picture.
    """
    usual = read_profiles()[0].profile
    try:
        page = _one_page(scanner, device, usual, progress, cancel)
    except FeederEmpty as empty:
        try:
            glass = replace(usual, source=Source.GLASS)
            page = _one_page(scanner, device, glass, progress, cancel)
        except ScanProblem:
            raise empty from None
    return None if page is None else _looked_at(page.image)


def _one_page(
    scanner: ScannerDriver,
    device: str,
    profile: ScanProfile,
    progress: Progress,
    cancel: threading.Event,
) -> ScannedPage | None:
    """Return the first page, None if it was cancelled; the rest of a stack is not waited for."""
    for page in scanner.scan(device, profile, progress=progress, cancel=cancel):
        cancel.set()
        return page
    return None


def _looked_at(image: bytes) -> ScanTrial:
    import cv2
    import numpy as np

    try:
        dpi = pictures.look(image).dpi
        picture, _ = cleaning.placed(image, dpi, cleaning.Wish())
    except pictures.NotAPicture:
        raise NoTrial(
            "Máy quét trả về ảnh không đọc được.", "Tắt rồi bật máy quét, và thử lại."
        ) from None
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)
    measures = measuring.measure(grey, dpi)
    reading = barcodes.read_page(image, dpi=dpi, is_sought=_is_sought)
    height, width = picture.shape[:2]
    small = cv2.cvtColor(measuring.shrunk(picture, _SHOWN_PX), cv2.COLOR_BGR2RGB)
    return ScanTrial(
        picture=Raster(small.shape[1], small.shape[0], small.shape[1] * 3, small.tobytes()),
        size_mm=(_mm(width, dpi), _mm(height, dpi)),
        dpi=dpi,
        marks=judge(measures, thresholds()),
        codes=tuple(dict.fromkeys(b.text for b in reading.barcodes if _is_sought(b.text))),
        has_unread_bars=reading.has_unread_bars,
    )


def _mm(pixels: int, dpi: int) -> int:
    return round(pixels / dpi * _MM_PER_INCH) if dpi else 0


def _is_sought(text: str) -> bool:
    return text.startswith(TEST_PREFIX) or barcodes.is_ours(text)
