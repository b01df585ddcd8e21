"""Makes the small, straight, clean picture of a page; the original is never touched."""

from __future__ import annotations

import io
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

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
_SOFTEN = 0.5
_SPECK_MM = 0.2
_LEAST_DPI = 180
_MOST_ENLARGED = 2600


class Content(StrEnum):
    """What kind of picture a page is; inks are flat colours: a seal, a signature."""

    BLACK_WHITE = "black_white"
    INKS = "inks"
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
        image: TIFF (CCITT G4), PNG or JPEG.
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
    if wish.clean and content is Content.INKS:
        return _as_inks(white, resolution, found)
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
    has_colour = np.count_nonzero(spread > 45) > spread.size * _COLOUR_SHARE
    darkest = shrunk(white, 1170).min(axis=2)
    between = (((darkest > 70) & (darkest < 215)) * 255).astype(np.uint8)
    areas = cv2.morphologyEx(between, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    has_areas = np.count_nonzero(areas) > areas.size * _SHADES_SHARE
    if has_areas:
        return Content.COLOUR if has_colour else Content.SHADES
    return Content.INKS if has_colour else Content.BLACK_WHITE


def _as_inks(white: Picture, dpi: int, found: Measures) -> Derived:
    """Return a page of flat colours: paper, black, and the mean of each coloured ink."""
    import cv2
    from PIL import Image

    white, dpi = _at_least(*_at_most(white, dpi, _JPEG_DPI))
    calm = cv2.GaussianBlur(white, (0, 0), _SOFTEN)
    is_ink = _ink_of(_grey(white), dpi, found)
    soft = cv2.medianBlur(calm, 5)
    strongest = soft.argmax(axis=2)  # 0 blue, 1 green, 2 red
    spread = soft.max(axis=2).astype(np.int16) - soft.min(axis=2).astype(np.int16)
    is_coloured = (spread > 45) & (calm.min(axis=2) < 190)
    labels = np.where(is_ink, 1, 0).astype(np.uint8)
    palette = [255, 255, 255, 0, 0, 0]
    for plane in range(3):
        of_ink = is_coloured & (strongest == plane)
        labels[of_ink] = 2 + plane
        blue, green, red = calm[of_ink].mean(axis=0) if of_ink.any() else (0, 0, 0)
        palette += [round(red), round(green), round(blue)]
    image = Image.fromarray(labels, "P")
    image.putpalette(palette)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True, bits=4, dpi=(dpi, dpi))
    return Derived(
        image=out.getvalue(), mime="image/png", width=image.width, height=image.height, dpi=dpi,
        content=Content.INKS, measures=found,
    )  # fmt: skip


def _ink_of(grey: Grey, dpi: int, found: Measures) -> npt.NDArray[np.bool_]:
    """Return where there is ink on a whitened page.

    Thin strokes must live: of many Vietnamese letters a mark of one or two
    pixels is all that tells them apart. So nothing is smoothed away; only
    what touches nothing and is smaller than any dot goes.
    """
    import cv2

    calm = cv2.GaussianBlur(grey, (0, 0), _SOFTEN)
    threshold = 255.0 - max(40.0, min(100.0, found.contrast * 0.42))
    ink = (calm < threshold).astype(np.uint8)
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    smallest_dot = max(2, round((dpi * _SPECK_MM / 25.4) ** 2))
    keep = boxes[:, cv2.CC_STAT_AREA] >= smallest_dot
    keep[0] = False
    return np.asarray(keep[labels], np.bool_)


def _as_g4(white: Picture, dpi: int, found: Measures) -> Derived:
    from PIL import Image

    white, dpi = _at_least(white, dpi)
    mask = np.where(_ink_of(_grey(white), dpi, found), 0, 255).astype(np.uint8)
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
    plain = white[:, :, ::-1] if content in (Content.COLOUR, Content.INKS) else _grey(white)
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


def _at_least(picture: Picture, dpi: int) -> tuple[Picture, int]:
    """Give thin strokes room before a page is made black and white."""
    import cv2

    if dpi >= _LEAST_DPI or max(picture.shape[:2]) > _MOST_ENLARGED:
        return picture, dpi
    larger = cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    return larger.astype(np.uint8), dpi * 2


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
