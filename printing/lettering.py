"""Letters on paper: the bundled faces, what can stand in print, sizes and alignment."""

from __future__ import annotations

import functools
import re
import unicodedata
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from printing.document import Align

FONT_FOLDER = Path(__file__).parent.parent / "resources" / "fonts"
FAMILY = "QmcSerif"
_FACES = {"": "Regular", "-B": "Bold", "-I": "Italic", "-BI": "BoldItalic"}
_ALIGN = {
    Align.LEFT: TA_LEFT,
    Align.CENTRE: TA_CENTER,
    Align.RIGHT: TA_RIGHT,
    Align.JUSTIFY: TA_JUSTIFY,
}
_BREAKS = re.compile("\r\n?|[\v\f\u0085\u2028\u2029]")
# not seen, but they turn or hide others: C0, C1, soft hyphen, zero width, direction marks
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_HALVES = re.compile("[\ud800-\udfff]")


@functools.cache
def load_fonts() -> None:
    """Load the bundled faces by path: a system's own may lack Vietnamese letters."""
    for suffix, face in _FACES.items():
        path = FONT_FOLDER / f"LiberationSerif-{face}.ttf"
        pdfmetrics.registerFont(TTFont(FAMILY + suffix, str(path)))
    pdfmetrics.registerFontFamily(FAMILY, FAMILY, FAMILY + "-B", FAMILY + "-I", FAMILY + "-BI")


def printable(text: str) -> str:
    """Return text as it can stand on paper: composed, without letters that are not seen.

    What was typed or scanned may hold control letters or marks that turn the
    direction of what follows; they would make paper say another thing than
    the store. Half a surrogate pair becomes "?".
    """
    text = _BREAKS.sub("\n", unicodedata.normalize("NFC", text)).replace("\t", " ")
    return _HALVES.sub("?", _UNSEEN.sub("", text))


def markup(text: str) -> str:
    """Return typed text as a paragraph's markup: what looks like markup in it is text."""
    return escape(printable(text)).replace("\n", "<br/>")


@functools.cache
def paragraph_style(
    size_pt: float, align: Align, bold: bool = False, italic: bool = False, first_mm: float = 0.0
) -> Any:
    """Return how a paragraph is set; leading is 1.2 of the size."""
    suffix = {(True, True): "-BI", (True, False): "-B", (False, True): "-I"}.get((bold, italic), "")
    return ParagraphStyle(
        "text",
        fontName=FAMILY + suffix,
        fontSize=size_pt,
        leading=size_pt * 1.2,
        alignment=_ALIGN[align],
        firstLineIndent=first_mm * mm,
        splitLongWords=1,
    )
