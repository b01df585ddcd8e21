"""Pages of a PDF as pixels, for preview and for what prints no PDF; without Qt."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from printing.errors import DoesNotFit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]

POINTS_AN_INCH = 72
MM_AN_INCH = 25.4
PDFIUM = threading.Lock()  # the library is for one thread at a time
SMALLEST_SHARE = 0.8  # of its size: smaller bars are lost
_DARK, _PALE = 128, 248
_BAYER = ((0, 8, 2, 10), (12, 4, 14, 6), (3, 11, 1, 9), (15, 7, 13, 5))


@dataclass(frozen=True, slots=True)
class Raster:
    """A page: `pixels` is RGB, 3 bytes each, rows of `stride` bytes from the top."""

    width: int
    height: int
    stride: int
    pixels: bytes


def rasterise(pdf: bytes, *, dpi: int) -> list[Raster]:
    """Return all pages of a PDF, in order."""
    pages = []
    for bitmap in _rendered(pdf, lambda _: dpi / POINTS_AN_INCH, grayscale=False):
        rgb = bitmap.convert("RGB")
        pages.append(Raster(rgb.width, rgb.height, rgb.width * 3, rgb.tobytes()))
    return pages


def count_pages(pdf: bytes) -> int:
    """Return how many pages a PDF has; 0 if it is none."""
    import pypdfium2

    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(pdf)
        except pypdfium2.PdfiumError:
            return 0
        try:
            return len(document)
        finally:
            document.close()


def grey_pages(pdf: bytes, *, dpi: int, size_px: tuple[int, int]) -> list[Grey]:
    """Return all pages as grey pixels, cut or filled with white to one size.

    Returns:
        Arrays of `size_px` = (width, height): shape (height, width), 0 black
        to 255 white.
    """
    scale = dpi / POINTS_AN_INCH
    return [_fitted(page, size_px) for page in _grey(pdf, lambda _: scale)]


def grey_strips(pdf: bytes, *, dpi: int, width_px: int) -> list[Grey]:
    """Return all pages as grey pixels for a roll of paper, white ends cut off.

    A page that is a little wider than the roll is made smaller, a narrower
    one stands in the middle.

    Returns:
        Arrays of shape (some height, `width_px`), 0 black to 255 white.

    Raises:
        DoesNotFit: it is so wide that barcodes could not be read any more.
    """
    import numpy as np

    strips = []
    widest = width_px / dpi * POINTS_AN_INCH

    def scale(points: float) -> float:
        if points * SMALLEST_SHARE > widest:
            raise DoesNotFit(
                "Giấy này rộng hơn cuộn giấy của máy in phiếu.",
                "In ở máy in thường, hoặc chọn mẫu dành cho phiếu nhiệt.",
            )
        return min(1.0, widest / points) * dpi / POINTS_AN_INCH

    for page in _grey(pdf, scale):
        rows = np.flatnonzero((page < _PALE).any(axis=1))
        page = page[: rows[-1] + 1] if len(rows) else page[:0]
        left = max(0, (width_px - page.shape[1]) // 2)
        strip = np.full((len(page), width_px), 255, np.uint8)
        used = page[:, : width_px - left]
        strip[:, left : left + used.shape[1]] = used
        strips.append(strip)
    return strips


def black_dots(grey: Grey) -> NDArray[np.bool_]:
    """Return where a printer of one colour sets dots.

    Letters and bars become black or white, with sharp edges; pale areas away
    from anything dark, such as a watermark, become a pattern of dots.
    """
    import numpy as np

    dark = grey < _DARK
    near = np.pad(dark, 1)
    height, width = grey.shape
    beside = np.zeros_like(dark)
    for y in range(3):
        for x in range(3):
            beside |= near[y : y + height, x : x + width]
    steps = (np.array(_BAYER, np.float32) + 0.5) * (_PALE / 16)
    limits = np.tile(steps, (height // 4 + 1, width // 4 + 1))[:height, :width]
    dots: NDArray[np.bool_] = dark | (~beside & (grey < _PALE) & (grey < limits))
    return dots


def _grey(pdf: bytes, scale_of: Any) -> list[Grey]:
    import numpy as np

    return [np.asarray(bitmap.convert("L")) for bitmap in _rendered(pdf, scale_of, grayscale=True)]


def _rendered(pdf: bytes, scale_of: Any, *, grayscale: bool) -> list[Any]:
    """Return PIL images of all pages; `scale_of` answers pixels a point for a width in points."""
    import pypdfium2

    with PDFIUM:
        document = pypdfium2.PdfDocument(pdf)
        try:
            images = []
            for page in document:
                scale = scale_of(page.get_width())
                bitmap = page.render(scale=scale, grayscale=grayscale, rev_byteorder=not grayscale)
                images.append(bitmap.to_pil().copy())
            return images
        finally:
            document.close()


def _fitted(page: Grey, size_px: tuple[int, int]) -> Grey:
    import numpy as np

    width, height = size_px
    fitted = np.full((height, width), 255, np.uint8)
    part = page[:height, :width]
    fitted[: part.shape[0], : part.shape[1]] = part
    return fitted
