"""Barcodes on scanned pages: quick on clean ones, stubborn where a code is hard to read.

A page is read once as it is. Only if that finds no code of ours and the page shows a field of
parallel bars is the field cut out, turned upright and read again under ever harder treatment.
What the hard treatment reads must be read twice, for a wrong code files paper with a stranger.
Source: Code 128 is ISO/IEC 15417, QR is ISO/IEC 18004.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.domain.routing import mark_of
from app.scanning.barfields import BarField, Sketch, sketch

_A4_LONG_MM = 297
_OUR_LENGTH_MM, _OUR_HEIGHT_MM = 45.0, 6.0  # at least, on A5
_PALEST = 0.78  # of the paper's brightness; the other side's print is lighter
_SHEET_MM = (100, 450)  # longer side of what is scanned, A6 to A3
_LARGEST_SIDE = 5300  # more than 400 dpi of A4 adds time, not readings
_SMALLEST_SIDE = 40


class BarcodeKind(StrEnum):
    """The two symbologies on our paper."""

    CODE128 = "code128"
    QR = "qr"
    EAN = "ean"  # goods, never ours


@dataclass(frozen=True, slots=True)
class Barcode:
    """One reading; the edges are shares of the page's width and height, from the top left."""

    text: str
    kind: BarcodeKind
    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReading:
    """What a page's barcodes say.

    Attributes:
        ink: share of the page that is written on; 1 where a code of ours was found at once.
        stage: which treatment found a code of ours, "" if none did.
        has_unread_bars: bars as large as ours stand there, and nothing could read them.
        is_readable: False if the bytes are no picture.
    """

    barcodes: tuple[Barcode, ...] = ()
    ink: float = 1.0
    stage: str = ""
    has_unread_bars: bool = False
    is_readable: bool = True


def is_ours(text: str) -> bool:
    """Tell whether a barcode begins a dossier."""
    return mark_of(text).is_separator


def read_page(
    image: bytes, *, dpi: int = 0, is_sought: Callable[[str], bool] = is_ours
) -> PageReading:
    """Return the barcodes of a page.

    Args:
        image: JPEG or PNG.
        dpi: of the scan; where it makes no sheet of paper the page is taken for A4.
        is_sought: tells whether a text is worth stopping for.
    """
    import cv2
    import numpy as np

    grey = None
    if image:
        grey = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        return PageReading(is_readable=False)
    if min(grey.shape) < _SMALLEST_SIDE:
        return PageReading()
    per_mm = _per_mm(max(grey.shape), dpi)
    if max(grey.shape) > _LARGEST_SIDE:
        shrink = _LARGEST_SIDE / max(grey.shape)
        grey = cv2.resize(grey, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        per_mm *= shrink
    found = tuple(
        one
        for one in _barcodes(_read(grey), grey.shape)
        if not _shows_through(grey, (one.left, one.top, one.right, one.bottom))
    )
    if any(is_sought(one.text) for one in found):
        return PageReading(barcodes=found, stage="plain")
    drawn = sketch(grey, per_mm)
    stage, more, left = _read_hard(
        drawn, grey, per_mm, found, is_sought, _red_of(image, grey.shape)
    )
    return PageReading(
        barcodes=found + more,
        ink=drawn.ink,
        stage=stage,
        has_unread_bars=any(_is_like_ours(one, per_mm) for one in left),
    )


def _is_like_ours(field: BarField, per_mm: float) -> bool:
    """Tell whether a field is as large as the bars on a receipt or a cover sheet."""
    return field.length >= _OUR_LENGTH_MM * per_mm and field.height >= _OUR_HEIGHT_MM * per_mm


def _per_mm(longest_px: int, dpi: int) -> float:
    """Return pixels a millimetre; phones and drivers write any dpi, so it must make a sheet."""
    longest_mm = longest_px * 25.4 / dpi if dpi else 0.0
    if _SHEET_MM[0] <= longest_mm <= _SHEET_MM[1]:
        return longest_px / longest_mm
    return longest_px / _A4_LONG_MM


def _red_of(image: bytes, shape: tuple[int, ...]) -> Callable[[], Any]:
    """Return a callable for the red channel, in which a red stamp is white; None if grey."""

    def red() -> Any:
        import cv2
        import numpy as np

        colour: Any = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)
        channel = colour[:, :, 2]
        if np.array_equal(channel, colour[:, :, 0]):
            return None
        if channel.shape != shape:
            return cv2.resize(channel, shape[::-1], interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(channel)

    return red


def _read_hard(
    drawn: Sketch,
    grey: Any,
    per_mm: float,
    found: tuple[Barcode, ...],
    is_sought: Callable[[str], bool],
    red: Callable[[], Any],
) -> tuple[str, tuple[Barcode, ...], list[BarField]]:
    """Return the stage that read a code of ours, "" if none did; what was read; what was not."""
    fields = [
        one
        for one in drawn.fields
        if not _is_read(one, found, grey.shape) and not _shows_through(grey, one.box(grey.shape))
    ]
    strange: list[Barcode] = []
    for name in ("", "red "):
        page = None
        if fields:
            page = red() if name else grey
        if page is None:
            continue
        for stage in _STAGES:
            for one in tuple(fields):
                texts = stage.read(page, one, per_mm)
                box = one.box(grey.shape)
                codes = tuple(Barcode(t, k, *box) for t, k in texts if is_sought(t))
                if codes:
                    return name + stage.name, (*strange, *codes), []
                if not stage.sees_around and any(k is not BarcodeKind.QR for _, k in texts):
                    fields.remove(one)  # somebody else's: no need to try harder
                    strange += [Barcode(t, k, *box) for t, k in texts]
    return "", tuple(strange), fields


def _shows_through(grey: Any, box: tuple[float, float, float, float]) -> bool:
    """Tell whether bars are as pale as the other side's print: read in a mirror, they are valid."""
    import numpy as np

    height, width = grey.shape[:2]
    left, top, right, bottom = box
    rows = slice(int(top * height), max(int(bottom * height), int(top * height) + 4), 2)
    columns = slice(int(left * width), max(int(right * width), int(left * width) + 4), 2)
    part = grey[rows, columns]
    if not part.size:
        return False
    dark, light = np.percentile(part, (10, 90))
    return bool(dark > light * _PALEST)


def _is_read(one: BarField, found: tuple[Barcode, ...], shape: tuple[int, ...]) -> bool:
    """Tell whether a field is a bar code that was read and is none of ours."""
    height, width = shape[:2]
    x, y = one.x / width, one.y / height
    return any(b.left <= x <= b.right and b.top - 0.01 <= y <= b.bottom + 0.01 for b in found)


def _read(picture: Any, *, in_field: bool = False) -> list[Any]:
    """Return zxing-cpp's readings of a grey picture; dark on light only, as we print.

    Bars that run along the page are found as a field, so no page is read twice for them.

    Args:
        in_field: the bars stand upright; goods' EAN are told too, so that nobody tries harder.
    """
    import zxingcpp

    read: Any = zxingcpp.read_barcodes
    formats: tuple[Any, ...] = (zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.QRCode)
    if in_field:
        formats += (zxingcpp.BarcodeFormat.EAN13, zxingcpp.BarcodeFormat.EAN8)
    return list(read(picture, formats=formats, try_rotate=False, try_invert=False))


def _barcodes(results: list[Any], shape: tuple[int, ...]) -> tuple[Barcode, ...]:
    height, width = shape[:2]
    found = []
    for one in results:
        corners = (
            one.position.top_left, one.position.top_right,
            one.position.bottom_left, one.position.bottom_right,
        )  # fmt: skip
        xs, ys = [c.x / width for c in corners], [c.y / height for c in corners]
        found.append(Barcode(one.text, _kind(one), min(xs), min(ys), max(xs), max(ys)))
    return tuple(found)


def _kind(one: Any) -> BarcodeKind:
    import zxingcpp

    if one.format == zxingcpp.BarcodeFormat.QRCode:
        return BarcodeKind.QR
    is_ours = one.format == zxingcpp.BarcodeFormat.Code128
    return BarcodeKind.CODE128 if is_ours else BarcodeKind.EAN


_Texts = list[tuple[str, BarcodeKind]]


@dataclass(frozen=True, slots=True)
class _Stage:
    """One treatment of a field.

    Attributes:
        pictures: the pictures that it makes of a field, to be read one by one.
        needed: how many of them must say the same; a QR corrects its own errors and counts twice.
        sees_around: what it reads may stand beside the field.
    """

    name: str
    pictures: Callable[[Any, BarField, float], Iterator[Any]]
    needed: int = 1
    sees_around: bool = False

    def read(self, page: Any, field: BarField, per_mm: float) -> _Texts:
        """Return the texts that were read often enough."""
        votes: Counter[tuple[str, BarcodeKind]] = Counter()
        for picture in self.pictures(page, field, per_mm):
            for one in _read(picture, in_field=True):
                kind = _kind(one)
                votes[(one.text, kind)] += 2 if kind is BarcodeKind.QR else 1
            enough = [key for key, count in votes.items() if count >= self.needed]
            if enough:
                return enough
        return []


def _soft(page: Any, field: BarField, per_mm: float) -> Iterator[Any]:
    """The field and what stands beside it, upright, without specks."""
    import cv2

    yield cv2.medianBlur(field.upright(page, per_mm, margin_mm=45.0, above_mm=14.0), 3)


def _smeared(page: Any, field: BarField, per_mm: float) -> Iterator[Any]:
    """The bars alone, averaged along their length."""
    import cv2

    for scale in (1.0, 2.0):
        bars = field.upright(page, per_mm, margin_mm=6.0, above_mm=1.0, scale=scale)
        for length_mm in (1.5, 4.0):
            along = max(3, round(length_mm * per_mm * scale))
            yield _stretched(cv2.blur(cv2.medianBlur(bars, 3), (1, along)))


def _squares(page: Any, field: BarField, per_mm: float) -> Iterator[Any]:
    """The surroundings, larger and smoother, for the QR beside the bars."""
    import cv2

    wide = field.upright(page, per_mm, margin_mm=45.0, above_mm=14.0, scale=1.0)
    smooth = cv2.GaussianBlur(cv2.medianBlur(wide, 3), (0, 0), 0.12 * per_mm)
    yield _stretched(smooth)
    yield cv2.createCLAHE(3.0, (8, 8)).apply(smooth)
    yield _stretched(cv2.resize(smooth, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    yield cv2.resize(_stretched(smooth), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)


def _slices(page: Any, field: BarField, per_mm: float) -> Iterator[Any]:
    """Strips across the bars, each averaged to one line: what covers some spares others."""
    import cv2
    import numpy as np

    scale = 2.0
    bars = field.upright(page, per_mm, margin_mm=6.0, above_mm=0.0, scale=scale)
    height = bars.shape[0]
    for share in (0.5, 0.25, 0.12):
        tall = max(4, round(height * share))
        for top in range(0, height - tall + 1, max(2, tall // 2)):
            line = np.median(bars[top : top + tall], axis=0).astype(np.float32)[None, :]
            for sharpness in (0.0, 1.0):
                wide = cv2.GaussianBlur(line, (0, 0), 0.3 * per_mm * scale)
                sharp = line + sharpness * (line - wide)
                yield np.repeat(_stretched(np.clip(sharp, 0, 255).astype(np.uint8)), 32, axis=0)


def _dark(page: Any, field: BarField, per_mm: float) -> Iterator[Any]:
    """Only what is as dark as print: a stamp in grey is lighter than the bars."""
    import cv2
    import numpy as np

    bars = cv2.medianBlur(field.upright(page, per_mm, margin_mm=6.0, above_mm=1.0, scale=2.0), 3)
    bars = cv2.blur(bars, (1, max(3, round(1.5 * per_mm))))
    low, high = (float(v) for v in np.percentile(bars, (2, 95)))
    for share in (0.25, 0.35, 0.45, 0.55, 0.65):
        cut = low + share * (high - low)
        yield cv2.threshold(bars, cut, 255, cv2.THRESH_BINARY)[1]


def _stretched(picture: Any) -> Any:
    """Spread the greys between the darkest and the lightest fiftieth over the whole range."""
    import numpy as np

    low, high = (float(v) for v in np.percentile(picture, (2, 98)))
    if high - low < 8:
        return picture
    scaled = (picture.astype(np.float32) - low) * (255 / (high - low))
    return np.clip(scaled, 0, 255).astype(np.uint8)


_STAGES = (
    _Stage("soft", _soft, sees_around=True),
    _Stage("smeared", _smeared),
    _Stage("squares", _squares, sees_around=True),
    _Stage("slices", _slices, needed=2),
    _Stage("dark", _dark, needed=2),
)
