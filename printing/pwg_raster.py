"""Pages as PWG raster, which every IPP Everywhere printer takes. Source: PWG 5102.4-2012."""

from __future__ import annotations

import itertools
import struct
from typing import TYPE_CHECKING

from printing.document import PaperSize
from printing.raster import MM_AN_INCH, grey_pages

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]

MIME = "image/pwg-raster"
_SYNC = b"RaS2"
_HEADER_BYTES = 1796
_GREY_BITS, _SGRAY = 8, 18
_NORMAL, _BACKWARDS = 1, 0xFFFFFFFF  # transforms; −1 as a 32-bit number
_LONGEST_RUN = 128
_MOST_REPEATS = 256


def pwg_raster(
    pdf: bytes,
    *,
    dpi: int,
    paper: PaperSize,
    duplex: bool = False,
    sheet_back: str = "normal",
    copies: int = 1,
) -> bytes:
    """Return a PDF as PWG raster of 8-bit grey (sgray_8), pages as large as the paper.

    Args:
        pdf: the document.
        dpi: same across and along.
        paper: of every page.
        duplex: pages are the two sides of sheets, turned over the long edge;
            an odd document gets a white last side.
        sheet_back: how the printer wants backs, of `pwg-raster-document-sheet-back`.
        copies: repeated in the file, for a printer that cannot do it.
    """
    import numpy as np

    width_mm, height_mm = paper.size_mm
    size_px = (round(width_mm / MM_AN_INCH * dpi), round(height_mm / MM_AN_INCH * dpi))
    pages = grey_pages(pdf, dpi=dpi, size_px=size_px)
    if duplex and len(pages) % 2:
        pages.append(np.full((size_px[1], size_px[0]), 255, np.uint8))
    out = bytearray(_SYNC)
    total = len(pages) * copies
    once = bytearray()
    for i, page in enumerate(pages):
        is_back = duplex and i % 2 == 1
        across, along = _transforms(sheet_back) if is_back else (_NORMAL, _NORMAL)
        once += _header(page, dpi, paper, duplex, total, across, along)
        once += _packed(_turned(page, across, along))
    return bytes(out + once * copies)


def _transforms(sheet_back: str) -> tuple[int, int]:
    """Return (cross-feed, feed) transforms of a back, turned over the long edge. §4.3.2.2 f."""
    return {
        "flipped": (_NORMAL, _BACKWARDS),
        "rotated": (_BACKWARDS, _BACKWARDS),
    }.get(sheet_back, (_NORMAL, _NORMAL))


def _turned(page: Grey, across: int, along: int) -> Grey:
    page = page[:, ::-1] if across == _BACKWARDS else page
    return page[::-1] if along == _BACKWARDS else page


def _header(
    page: Grey, dpi: int, paper: PaperSize, duplex: bool, total: int, across: int, along: int
) -> bytes:
    """Return the page header of §4.3, big-endian; what is not named is zero."""
    height, width = page.shape
    out = bytearray(_HEADER_BYTES)
    points = [round(mm / MM_AN_INCH * 72) for mm in paper.size_mm]
    for at, text in ((0, "PwgRaster"), (1732, paper.ipp_media)):
        out[at : at + len(text)] = text.encode("ascii")
    for at, numbers in {
        272: (int(duplex),),
        276: (dpi, dpi),
        340: (1,),  # NumCopies: the job's own attribute counts
        352: points,
        372: (width, height),
        384: (_GREY_BITS, _GREY_BITS, width),
        400: (_SGRAY,),
        420: (1,),
        452: (total, across, along, 0, 0, width, height),
        480: (0xFFFFFF,),
    }.items():
        struct.pack_into(f">{len(numbers)}I", out, at, *numbers)
    return bytes(out)


def _packed(page: Grey) -> bytes:
    """Return the rows of a page: equal rows are counted, runs of pixels too. §4.4."""
    out = bytearray()
    height = len(page)
    changes = (page[1:] != page[:-1]).any(axis=1).nonzero()[0] + 1
    starts = [0, *changes.tolist(), height]
    for first, end in itertools.pairwise(starts):
        line = _packed_line(page[first])
        left = end - first
        while left:
            repeats = min(left, _MOST_REPEATS)
            out.append(repeats - 1)
            out += line
            left -= repeats
    return bytes(out)


def _packed_line(line: Grey) -> bytes:
    out = bytearray()
    ends = [*((line[1:] != line[:-1]).nonzero()[0] + 1).tolist(), len(line)]
    pixels = line.tobytes()
    alone = bytearray()  # pixels that differ from both neighbours

    def write_alone() -> None:
        while alone:
            part = alone[:_LONGEST_RUN]
            del alone[:_LONGEST_RUN]
            if len(part) == 1:
                out.extend((0, part[0]))
            else:
                out.append(257 - len(part))
                out.extend(part)

    start = 0
    for end in ends:
        if end - start == 1:
            alone.append(pixels[start])
        else:
            write_alone()
            left = end - start
            while left:
                run = min(left, _LONGEST_RUN)
                out.extend((run - 1, pixels[start]))
                left -= run
        start = end
    write_alone()
    return bytes(out)
