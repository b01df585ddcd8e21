"""Makes the small, straight, clean picture of a page; the original is never touched."""

from __future__ import annotations

import io
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from app.domain.page_quality import Measures
from app.domain.pages import WHOLE, Crop
from app.scanning import pictures
from app.scanning.measuring import Grey, Picture, measure, paper_of, shrunk, turned
from app.scanning.photographs import find_sheet, lay_flat

_SHEET_INCH = 11.69
_MOST_DPI = 300
_JPEG_DPI = 200
_STRAIGHTEN_DEG = (0.2, 8.0)
_JPEG_BYTES = 60_000
_QUALITIES = (55, 42, 32)
_COLOUR_SHARE = 0.0008
_SHADES_SHARE = 0.006
_WHITE = 235


class Content(StrEnum):
    """What kind of picture a page is."""

    BLACK_WHITE = "black_white"
    SHADES = "shades"
    COLOUR = "colour"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person wants done to a page.

    Attributes:
        turned: degrees clockwise: 0, 90, 180 or 270.
        crop: the part to keep, of the turned page.
        clean: make the paper white and letters clear; else only turned and cut.
        is_photograph: look for the sheet and lay it flat.
    """

    turned: int = 0
    crop: Crop = WHOLE
    clean: bool = True
    is_photograph: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A page's small picture.

    Attributes:
        image: TIFF (CCITT G4) or JPEG.
        measures: of the page before it was cleaned.
    """

    image: bytes
    mime: str
    width: int
    height: int
    dpi: int
    content: Content
    measures: Measures


def derive(image: bytes, dpi: int, wish: Wish) -> Derived:
    """Return the picture of a page that is sent and read.

    Args:
        image: JPEG or PNG as it arrived.
        dpi: 0 if unknown; an A4 sheet is assumed then.
        wish: what to do.

    Raises:
        NotAPicture: it cannot be read.
    """
    picture, dpi = placed(image, dpi, wish)
    found = measure(_grey(picture), dpi)
    resolution = dpi or max(1, round(max(picture.shape[:2]) / _SHEET_INCH))
    picture, resolution = _at_most(picture, resolution, _MOST_DPI)
    if wish.clean and _STRAIGHTEN_DEG[0] <= abs(found.skew_deg) <= _STRAIGHTEN_DEG[1]:
        picture = turned(picture, found.skew_deg, fill=255)
    white = whitened(picture) if wish.clean else picture
    content = content_of(white)
    if wish.clean and content is Content.BLACK_WHITE:
        return _as_g4(white, resolution, found)
    return _as_jpeg(white, resolution, content, found)


def placed(image: bytes, dpi: int, wish: Wish) -> tuple[Picture, int]:
    """Return (a page turned, laid flat and cut as wished, BGR; its dpi, 0 if unknown).

    Raises:
        NotAPicture: it cannot be read.
    """
    import cv2

    raw = np.frombuffer(image, np.uint8)
    pictures.look(image)  # refuses what would not fit into memory
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    found = cv2.imdecode(raw, flags)
    if found is None:
        raise pictures.NotAPicture("cannot be decoded")
    picture: Picture = found.astype(np.uint8)
    if wish.is_photograph:
        corners = find_sheet(picture)
        if corners is not None:
            picture, own_dpi = lay_flat(picture, corners)
            dpi = own_dpi or dpi
    picture = np.ascontiguousarray(np.rot90(picture, -(wish.turned // 90) % 4))
    return _cropped(picture, wish.crop), dpi


def whitened(picture: Picture) -> Picture:
    """Return a page whose paper is white wherever the light fell, colours kept."""
    import cv2

    planes = [np.ascontiguousarray(picture[:, :, i]) for i in range(3)]
    if np.array_equal(planes[0], planes[1]) and np.array_equal(planes[1], planes[2]):
        grey = _whitened_plane(planes[0])
        grey[grey >= _WHITE] = 255
        return cv2.merge([grey, grey, grey]).astype(np.uint8)
    white = cv2.merge([_whitened_plane(plane) for plane in planes]).astype(np.uint8)
    white[white.min(axis=2) >= _WHITE] = 255
    return white


def _whitened_plane(plane: Grey) -> Grey:
    import cv2

    paper = np.clip(paper_of(plane), 1.0, 255.0)
    return cv2.divide(plane.astype(np.float32), paper, scale=255.0, dtype=cv2.CV_8U).astype(
        np.uint8
    )


def content_of(white: Picture) -> Content:
    """Tell whether a whitened page has colours, shades, or only black and white."""
    import cv2

    small = cv2.medianBlur(shrunk(white, 900), 5)
    spread = small.max(axis=2).astype(np.int16) - small.min(axis=2).astype(np.int16)
    if np.count_nonzero(spread > 45) > spread.size * _COLOUR_SHARE:
        return Content.COLOUR
    grey = shrunk(_grey(white), 1170)
    shades = (((grey > 70) & (grey < 215)) * 255).astype(np.uint8)
    areas = cv2.morphologyEx(shades, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    if np.count_nonzero(areas) > areas.size * _SHADES_SHARE:
        return Content.SHADES
    return Content.BLACK_WHITE


def _as_g4(white: Picture, dpi: int, found: Measures) -> Derived:
    import cv2
    from PIL import Image

    grey = cv2.medianBlur(_grey(white), 3)
    threshold = 255.0 - max(40.0, min(120.0, found.contrast * 0.45))
    mask = ((grey > threshold) * 255).astype(np.uint8)
    out = io.BytesIO()
    bits = Image.fromarray(mask).convert("1", dither=Image.Dither.NONE)
    bits.save(out, "TIFF", compression="group4", dpi=(dpi, dpi))
    height, width = mask.shape
    return Derived(
        image=out.getvalue(), mime="image/tiff", width=width, height=height, dpi=dpi,
        content=Content.BLACK_WHITE, measures=found,
    )  # fmt: skip


def _as_jpeg(white: Picture, dpi: int, content: Content, found: Measures) -> Derived:
    from PIL import Image

    white, dpi = _at_most(white, dpi, _JPEG_DPI)
    plain = white[:, :, ::-1] if content is Content.COLOUR else _grey(white)
    image = Image.fromarray(np.ascontiguousarray(plain))
    encoded = b""
    for quality in _QUALITIES:
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality, optimize=True, progressive=True, dpi=(dpi, dpi))
        encoded = out.getvalue()
        if len(encoded) <= _JPEG_BYTES:
            break
    return Derived(
        image=encoded, mime="image/jpeg", width=image.width, height=image.height, dpi=dpi,
        content=content, measures=found,
    )  # fmt: skip


def _grey(picture: Picture) -> Grey:
    import cv2

    return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.uint8)


def _cropped(picture: Picture, crop: Crop) -> Picture:
    if crop.is_whole:
        return picture
    height, width = picture.shape[:2]
    left, right = round(crop.left * width), round(crop.right * width)
    top, bottom = round(crop.top * height), round(crop.bottom * height)
    if right - left < 16 or bottom - top < 16:
        return picture
    return np.ascontiguousarray(picture[top:bottom, left:right])


def _at_most(picture: Picture, dpi: int, most: int) -> tuple[Picture, int]:
    if dpi <= most:
        return picture, dpi
    return shrunk(picture, round(max(picture.shape[:2]) * most / dpi)), most
