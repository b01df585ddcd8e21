"""Blocks of a document as what reportlab lays out."""

from __future__ import annotations

import io
from typing import Any

from reportlab.lib.colors import black
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import Flowable, Image, KeepTogether, PageBreak, Paragraph, Spacer
from reportlab.platypus import Table as Grid

from printing.barcodes import Bars, Squares
from printing.document import (
    Align,
    Block,
    Code128,
    CutLine,
    Dotted,
    NewPage,
    Picture,
    Qr,
    Rule,
    SideBySide,
    Space,
    Table,
    Text,
    Together,
)
from printing.lettering import FAMILY, markup, paragraph_style, printable
from printing.tables import ruled

_TALLEST_STACK_MM = 100.0
_ENDLESS_PT = 10.0**6


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
        case Picture():
            return [_picture(block, width), Spacer(1, block.after_mm * mm)]
        case Dotted():
            return [_Dots(block, width), Spacer(1, block.after_mm * mm)]
        case CutLine():
            return [_Cut(block, width), Spacer(1, block.after_mm * mm)]
        case Table():
            return [ruled(block, width), Spacer(1, block.after_mm * mm)]
        case SideBySide():
            return [*_side_by_side(block, width), Spacer(1, block.after_mm * mm)]
        case Together():
            return [KeepTogether(flow(block.blocks, width))]
        case NewPage():
            return [PageBreak(), _CountAnew()] if block.counts_anew else [PageBreak()]


def _paragraph(text: Text) -> Any:
    words = markup(text.words)
    if text.lead:
        strong = f"<b>{words}</b>" if text.bold else words
        style = paragraph_style(text.size_pt, text.align, italic=text.italic)
        return Paragraph(f"{markup(text.lead)} {strong}", style)
    style = paragraph_style(text.size_pt, text.align, text.bold, text.italic, text.first_mm)
    return Paragraph(words, style)


def _picture(block: Picture, width: float) -> Any:
    image = Image(io.BytesIO(block.png))
    wide = min(block.width_mm * mm, width)
    image.drawHeight = wide * image.imageHeight / image.imageWidth
    image.drawWidth = wide
    image.hAlign = "LEFT"
    return image


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
        self._words = Paragraph(markup(block.label), paragraph_style(block.size_pt, Align.LEFT))
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
