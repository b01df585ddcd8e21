"""Blocks of a document as what reportlab lays out."""

from __future__ import annotations

import functools
import re
import unicodedata
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import black
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, KeepTogether, PageBreak, Paragraph, Spacer
from reportlab.platypus import Table as Grid

from printing.barcodes import Bars, Squares
from printing.document import (
    Align,
    Block,
    Code128,
    Column,
    CutLine,
    Dotted,
    NewPage,
    Qr,
    Rule,
    SideBySide,
    Space,
    Table,
    Text,
    Together,
)

FONT_FOLDER = Path(__file__).parent.parent / "resources" / "fonts"
FAMILY = "QmcSerif"
_FACES = {"": "Regular", "-B": "Bold", "-I": "Italic", "-BI": "BoldItalic"}
_ALIGN = {
    Align.LEFT: TA_LEFT,
    Align.CENTRE: TA_CENTER,
    Align.RIGHT: TA_RIGHT,
    Align.JUSTIFY: TA_JUSTIFY,
}
_CELL_SIDE_PT, _CELL_TOP_PT, _CELL_BOTTOM_PT = 3, 1.5, 2.5
_TALLEST_STACK_MM = 100.0
_ENDLESS_PT = 10.0**6
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


def flow(blocks: tuple[Block, ...], width: float) -> list[Any]:
    """Return blocks as flowables for a frame `width` points wide.

    Raises:
        DoesNotFit: a barcode is too wide for it.
    """
    return [flowable for block in blocks for flowable in _flowables(block, width)]


def _flowables(block: Block, width: float) -> list[Any]:
    match block:
        case Text():
            return [_paragraph(block), Spacer(1, block.after_mm * mm)]
        case Rule():
            return [_Line(block.width_mm * mm, width), Spacer(1, block.after_mm * mm)]
        case Space():
            return [Spacer(1, block.height_mm * mm)]
        case Code128():
            return [Bars(block, width)]
        case Qr():
            return [Squares(block, width)]
        case Dotted():
            return [_Dots(block, width), Spacer(1, block.after_mm * mm)]
        case CutLine():
            return [_Cut(block, width), Spacer(1, block.after_mm * mm)]
        case Table():
            return [_table(block, width), Spacer(1, block.after_mm * mm)]
        case SideBySide():
            return [*_side_by_side(block, width), Spacer(1, block.after_mm * mm)]
        case Together():
            return [KeepTogether(flow(block.blocks, width))]
        case NewPage():
            return [PageBreak(), _CountAnew()] if block.counts_anew else [PageBreak()]


def _markup(text: str) -> str:
    return escape(printable(text)).replace("\n", "<br/>")


@functools.cache
def _style(
    size_pt: float, align: Align, bold: bool = False, italic: bool = False, first_mm: float = 0.0
) -> Any:
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


def _paragraph(text: Text) -> Any:
    words = _markup(text.words)
    if text.lead:
        strong = f"<b>{words}</b>" if text.bold else words
        style = _style(text.size_pt, text.align, italic=text.italic)
        return Paragraph(f"{_markup(text.lead)} {strong}", style)
    style = _style(text.size_pt, text.align, text.bold, text.italic, text.first_mm)
    return Paragraph(words, style)


def _table(table: Table, width: float) -> Any:
    total = sum(column.share for column in table.columns)
    widths = [width * column.share / total for column in table.columns]
    rows, style = _headings(table)
    head_count = len(rows)
    for i, row in enumerate(table.rows):
        rows.append(_cells(table, row, is_struck=i in table.struck, bold=i in table.bold))
    heights = [None] * head_count + [
        _least_height(row, widths, table.row_mm * mm) for row in rows[head_count:]
    ]
    return _Rows(
        rows,
        colWidths=widths,
        rowHeights=heights,
        repeatRows=head_count,
        style=[
            ("GRID", (0, 0), (-1, -1), 0.5, black),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("FONTNAME", (0, 0), (-1, -1), FAMILY),
            ("TOPPADDING", (0, 0), (-1, -1), _CELL_TOP_PT),
            ("BOTTOMPADDING", (0, 0), (-1, -1), _CELL_BOTTOM_PT),
            ("LEFTPADDING", (0, 0), (-1, -1), _CELL_SIDE_PT),
            ("RIGHTPADDING", (0, 0), (-1, -1), _CELL_SIDE_PT),
            *style,
        ],
    )


class _Rows(Grid):  # type: ignore[misc]
    """A table that tears a row only if no page could hold it.

    Of itself reportlab tears the first row that does not fit behind its
    headings, at the foot of a page too.
    """

    def split(self, width: float, height: float) -> list[Any]:
        self.splitInRow = 0
        parts: list[Any] = super().split(width, height)
        frame = getattr(self, "_frame", None)
        if parts or (frame is not None and not frame._atTop):  # noqa: SLF001 - nothing else tells
            return parts
        self.splitInRow = 1
        torn: list[Any] = super().split(width, height)
        return torn


def _headings(table: Table) -> tuple[list[list[Any]], list[tuple[Any, ...]]]:
    """Return the rows of headings, and the spans that groups need."""
    head = _style(table.size_pt, Align.CENTRE, bold=True)
    below = [Paragraph(_markup(c.heading), head) for c in table.columns]
    rows, spans = [below], []
    if any(c.group for c in table.columns):
        above: list[Any] = []
        for group, members in groupby(table.columns, key=lambda c: c.group):
            first, count = len(above), len(list(members))
            if group:
                above += [Paragraph(_markup(group), head)] + [""] * (count - 1)
                spans.append(("SPAN", (first, 0), (first + count - 1, 0)))
            else:
                above += below[first : first + count]
                spans += [("SPAN", (i, 0), (i, 1)) for i in range(first, first + count)]
        lower: list[Any] = [
            cell if column.group else "" for cell, column in zip(below, table.columns, strict=True)
        ]
        rows = [above, lower]
    if table.is_numbered:
        number = _style(table.size_pt * 0.85, Align.CENTRE, italic=True)
        rows.append([Paragraph(f"({i})", number) for i in range(1, len(table.columns) + 1)])
    return rows, spans


def _cells(table: Table, row: tuple[str, ...], *, is_struck: bool, bold: bool) -> list[Any]:
    def cell(text: str, column: Column) -> Any:
        words = _markup(text)
        if is_struck and text and not column.stays:
            words = f"<strike>{words}</strike>"
        return Paragraph(words, _style(table.size_pt, column.align, bold=bold))

    return [cell(text, column) for text, column in zip(row, table.columns, strict=True)]


def _least_height(row: list[Any], widths: list[float], least: float) -> float | None:
    """Return the height of a row to write in; None where the words need more."""
    if not least:
        return None
    tallest = max(
        cell.wrap(width - 2 * _CELL_SIDE_PT, least)[1]
        for cell, width in zip(row, widths, strict=True)
    )
    return least if tallest + _CELL_TOP_PT + _CELL_BOTTOM_PT <= least else None


def _side_by_side(block: SideBySide, width: float) -> list[Any]:
    """Return stacks beside each other; below each other if one would fill most of a page."""
    total = sum(block.shares)
    widths = [width * share / total for share in block.shares]
    cells = [flow(part, w) for part, w in zip(block.parts, widths, strict=True)]
    tallest = max(
        sum(cell.wrap(w, _ENDLESS_PT)[1] for cell in stack)
        for stack, w in zip(cells, widths, strict=True)
    )
    if tallest > _TALLEST_STACK_MM * mm:
        return [flowable for part in block.parts for flowable in flow(part, width)]
    grid = Grid(
        [cells],
        colWidths=widths,
        splitInRow=1,
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("FONTNAME", (0, 0), (-1, -1), FAMILY),
            *[(f"{side}PADDING", (0, 0), (-1, -1), 0)
              for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")],
        ],
    )  # fmt: skip
    return [grid]


class _CountAnew(Flowable):  # type: ignore[misc]
    """Nothing to see: pages are counted from 1 again where it stands."""

    _ZEROSIZE = True

    def wrap(self, *_: float) -> tuple[float, float]:
        return 0, 0

    def draw(self) -> None:
        self.canv.count_anew()


class _Line(Flowable):  # type: ignore[misc]
    def __init__(self, length: float, width: float) -> None:
        super().__init__()
        self._length, self._width = min(length, width), width

    def wrap(self, *_: float) -> tuple[float, float]:
        return self._width, 1.0

    def draw(self) -> None:
        start = (self._width - self._length) / 2
        self.canv.setLineWidth(0.6)
        self.canv.line(start, 0, start + self._length, 0)


class _Dots(Flowable):  # type: ignore[misc]
    """A label and dotted lines; a label that leaves no room has its dots below it."""

    def __init__(self, block: Dotted, width: float) -> None:
        super().__init__()
        self._words = Paragraph(_markup(block.label), _style(block.size_pt, Align.LEFT))
        self._size, self._lines, self._width = block.size_pt, block.lines, width
        label = printable(block.label)
        self._label_width = pdfmetrics.stringWidth(label, FAMILY, block.size_pt) if label else 0
        self._is_beside = self._label_width <= width * 0.7
        self._leading = block.size_pt * 1.55  # room for a hand

    def wrap(self, *_: float) -> tuple[float, float]:
        if self._is_beside:
            return self._width, self._leading * self._lines
        self._above = self._words.wrap(self._width, _ENDLESS_PT)[1]
        return self._width, self._above + self._leading * self._lines

    def draw(self) -> None:
        canvas = self.canv
        canvas.setFillColor(black)
        canvas.setLineWidth(0.5)
        canvas.setDash(0.6, 1.8)
        y = self._leading * (self._lines - 1) + self._size * 0.3
        start = 0.0
        if self._is_beside:
            self._words.wrap(self._width, _ENDLESS_PT)
            self._words.drawOn(canvas, 0, y - self._size * 0.3)
            start = self._label_width + 3
        else:
            self._words.drawOn(canvas, 0, self._leading * self._lines)
        for i in range(self._lines):
            canvas.line(start if i == 0 else 0, y - i * self._leading, self._width,
                        y - i * self._leading)  # fmt: skip
        canvas.setDash()


class _Cut(Flowable):  # type: ignore[misc]
    def __init__(self, block: CutLine, width: float) -> None:
        super().__init__()
        self._words, self._size, self._width = printable(block.words), block.size_pt, width

    def wrap(self, *_: float) -> tuple[float, float]:
        return self._width, self._size * 1.4

    def draw(self) -> None:
        canvas, middle = self.canv, self._size * 0.5
        canvas.setLineWidth(0.5)
        canvas.setDash(3, 3)
        room = pdfmetrics.stringWidth(self._words, FAMILY + "-I", self._size) if self._words else 0
        side = (self._width - room - 8) / 2 if room else self._width
        canvas.line(0, middle, max(side, 0), middle)
        canvas.setDash()
        if room:
            canvas.setDash(3, 3)
            canvas.line(self._width - max(side, 0), middle, self._width, middle)
            canvas.setDash()
            canvas.setFillColor(black)
            canvas.setFont(FAMILY + "-I", self._size)
            canvas.drawCentredString(self._width / 2, middle - self._size * 0.3, self._words)
