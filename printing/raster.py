"""Pages of a PDF as pixels, for preview and for what prints no PDF; without Qt."""

from __future__ import annotations

from dataclasses import dataclass

import pypdfium2

_POINTS_AN_INCH = 72


@dataclass(frozen=True, slots=True)
class Raster:
    """A page: `pixels` is RGB, 3 bytes each, rows of `stride` bytes from the top."""

    width: int
    height: int
    stride: int
    pixels: bytes


def rasterise(pdf: bytes, *, dpi: int) -> list[Raster]:
    """Return all pages of a PDF, in order."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = []
        for page in document:
            bitmap = page.render(scale=dpi / _POINTS_AN_INCH, rev_byteorder=True)
            rgb = bitmap.to_pil().convert("RGB")
            pages.append(Raster(rgb.width, rgb.height, rgb.width * 3, rgb.tobytes()))
        return pages
    finally:
        document.close()
