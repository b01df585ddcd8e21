"""Pictures from anywhere, opened with care: a file may lie about what it is."""

from __future__ import annotations

import io
import struct
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 80_000_000
"""An A3 sheet at 600 dpi has 70 million."""
_BROKEN = (
    OSError, ValueError, SyntaxError, KeyError, TypeError, EOFError, OverflowError, MemoryError,
    struct.error, Warning,
)  # fmt: skip
_ORIENTATION = 0x0112
_EXIF_IFD = 0x8769
_OF_CAMERAS = (0x829A, 0x829D, 0x920A)  # exposure time, aperture, focal length


class NotAPicture(Exception):
    """Nothing that can be shown: damaged, cut short, or absurdly large."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a picture says of itself.

    Attributes:
        kind: as Pillow calls it, such as "JPEG".
        width, height: pixels as stored, not yet turned.
        dpi: 0 if it does not say, or says nonsense.
        turned: True if it is marked as lying on its side or head.
        by_camera: True if a camera left its exposure in it.
    """

    kind: str
    width: int
    height: int
    dpi: int
    turned: bool
    by_camera: bool


def look(content: bytes) -> Look:
    """Return what a picture says of itself; it is not unpacked.

    Raises:
        NotAPicture: it is none, or has more pixels than any sheet.
    """
    with _opened(content) as opened:
        return _looked(opened)


def load(content: bytes) -> Image.Image:
    """Return a picture unpacked whole, not turned.

    Raises:
        NotAPicture: it is none, is cut short, or has more pixels than any sheet.
    """
    with _opened(content) as opened:
        try:
            opened.load()
        except _BROKEN as error:
            raise NotAPicture(str(error)) from error
        return opened.copy()


def upright(content: bytes) -> Image.Image:
    """Return a picture unpacked and turned as its mark says; a mark that lies is ignored.

    Raises:
        NotAPicture: as `load`.
    """
    from PIL import ImageOps

    with _opened(content) as opened:
        try:
            opened.load()
            if _orientation(opened) == 1:
                return opened.copy()
            return ImageOps.exif_transpose(opened)
        except _BROKEN as error:
            raise NotAPicture(str(error)) from error


def as_jpeg(image: Image.Image, dpi: int, quality: int = 85) -> bytes:
    """Return a picture as JPEG, grey if it is grey."""
    out = io.BytesIO()
    extra: dict[str, Any] = {"dpi": (dpi, dpi)} if dpi else {}
    plain = image if image.mode == "L" else image.convert("RGB")
    plain.save(out, "JPEG", quality=quality, optimize=True, **extra)
    return out.getvalue()


def as_png(image: Image.Image, dpi: int) -> bytes:
    """Return a picture as PNG, without loss."""
    out = io.BytesIO()
    extra: dict[str, Any] = {"dpi": (dpi, dpi)} if dpi else {}
    image.save(out, "PNG", optimize=False, **extra)
    return out.getvalue()


def _opened(content: bytes) -> Image.Image:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # marks that are cut off do no harm
            opened = Image.open(io.BytesIO(content))
    except (*_BROKEN, Image.DecompressionBombError) as error:
        raise NotAPicture(str(error)) from error
    if not 0 < opened.width * opened.height <= MAX_PIXELS:
        opened.close()
        raise NotAPicture("too many pixels")
    return opened


def _looked(opened: Image.Image) -> Look:
    return Look(
        kind=opened.format or "",
        width=opened.width,
        height=opened.height,
        dpi=_dpi(opened),
        turned=_orientation(opened) != 1,
        by_camera=_by_camera(opened),
    )


def _dpi(opened: Image.Image) -> int:
    try:
        dpi = round(float(opened.info.get("dpi", (0, 0))[0]))
    except _BROKEN:
        return 0
    return dpi if 50 <= dpi <= 2400 else 0


def _orientation(opened: Image.Image) -> int:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            found = opened.getexif().get(_ORIENTATION, 1)
    except _BROKEN:
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _by_camera(opened: Image.Image) -> bool:
    try:
        exif = opened.getexif().get_ifd(_EXIF_IFD)
    except _BROKEN:
        return False
    return any(tag in exif for tag in _OF_CAMERAS)
