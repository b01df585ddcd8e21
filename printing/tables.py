"""Ruled tables whose headings stand on every page."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from reportlab.lib.colors import black
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph
from reportlab.platypus import Table as Grid

from printing.document import Align, Column, Table
from printing.lettering import FAMILY, markup, paragraph_style

_CELL_SIDE_PT, _CELL_TOP_PT, _CELL_BOTTOM_PT = 3, 1.5, 2.5
_ENDLESS_PT = 10.0**6


def ruled(table: Table, width: float) -> Any:
    """Return a table as a flowable `width` points wide, however many rows it has."""
    return _Ruled(_Measured(table, width), 0, len(table.rows))


class _Measured:
    """The cells and heights of a table, each worked out once.

    Of itself reportlab measures what is left of a table anew on every page,
    which takes minutes for the register of a month.
    """

    def __init__(self, table: Table, width: float) -> None:
        total = sum(column.share for column in table.columns)
        self._table = table
        self.widths = [width * column.share / total for column in table.columns]
        self.heads, self._spans = _headings(table)
        self.head_height = float(self.grid([], []).wrap(width, _ENDLESS_PT)[1])
        self._rows: dict[int, tuple[list[Any], float]] = {}

    def row(self, i: int) -> tuple[list[Any], float]:
        """Return the cells of a row and its height."""
        if i not in self._rows:
            table = self._table
            cells = _cells(table, i)
            tallest = max(
                cell.wrap(width - 2 * _CELL_SIDE_PT, _ENDLESS_PT)[1]
                for cell, width in zip(cells, self.widths, strict=True)
            )
            height = tallest + _CELL_TOP_PT + _CELL_BOTTOM_PT
            self._rows[i] = (cells, max(height, table.row_mm * mm))
        return self._rows[i]

    def grid(self, rows: list[list[Any]], heights: list[float | None]) -> Any:
        """Return rows under their headings; a height of None is worked out."""
        return Grid(
            [*self.heads, *rows],
            colWidths=self.widths,
            rowHeights=[*([None] * len(self.heads)), *heights],
            repeatRows=len(self.heads),
            splitInRow=1,
            style=[
                ("GRID", (0, 0), (-1, -1), 0.5, black),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("FONTNAME", (0, 0), (-1, -1), FAMILY),
                ("TOPPADDING", (0, 0), (-1, -1), _CELL_TOP_PT),
                ("BOTTOMPADDING", (0, 0), (-1, -1), _CELL_BOTTOM_PT),
                ("LEFTPADDING", (0, 0), (-1, -1), _CELL_SIDE_PT),
                ("RIGHTPADDING", (0, 0), (-1, -1), _CELL_SIDE_PT),
                *self._spans,
            ],
        )


class _Ruled(Flowable):  # type: ignore[misc]
    """Rows `first` up to `last` (not included) of a table, under its headings.

    A row is torn only if no page could hold it.
    """

    def __init__(self, measured: _Measured, first: int, last: int) -> None:
        super().__init__()
        self._measured, self._first, self._last = measured, first, last

    def _fitting(self, height: float) -> tuple[int, float]:
        """Return where the rows that fit end, and the height up to there."""
        taken, i = self._measured.head_height, self._first
        while i < self._last:
            more = self._measured.row(i)[1]
            if taken + more > height:
                break
            taken, i = taken + more, i + 1
        return i, taken

    def wrap(self, _: float, height: float) -> tuple[float, float]:
        end, taken = self._fitting(height)
        fits = end == self._last
        return sum(self._measured.widths), taken if fits else max(height, taken) + 1

    def split(self, width: float, height: float) -> list[Any]:
        end, _ = self._fitting(height)
        rest = [_Ruled(self._measured, end, self._last)]
        if end > self._first:
            return [_Ruled(self._measured, self._first, end), *rest]
        frame = getattr(self, "_frame", None)
        if frame is None or not frame._atTop:  # noqa: SLF001 - nothing else tells
            return []
        parts: list[Any] = self._measured.grid([self._measured.row(end)[0]], [None]).split(
            width, height
        )
        after = end + 1
        more = [_Ruled(self._measured, after, self._last)] if after < self._last else []
        return [*parts, *more] if parts else []

    def draw(self) -> None:
        rows = [self._measured.row(i) for i in range(self._first, self._last)]
        grid = self._measured.grid([cells for cells, _ in rows], [height for _, height in rows])
        grid.wrap(sum(self._measured.widths), _ENDLESS_PT)
        grid.drawOn(self.canv, 0, 0)


def _headings(table: Table) -> tuple[list[list[Any]], list[tuple[Any, ...]]]:
    """Return the rows of headings, and the spans that groups need."""
    head = paragraph_style(table.size_pt, Align.CENTRE, bold=True)
    below = [Paragraph(markup(c.heading), head) for c in table.columns]
    rows, spans = [below], []
    if any(c.group for c in table.columns):
        above: list[Any] = []
        for group, members in groupby(table.columns, key=lambda c: c.group):
            first, count = len(above), len(list(members))
            if group:
                above += [Paragraph(markup(group), head)] + [""] * (count - 1)
                spans.append(("SPAN", (first, 0), (first + count - 1, 0)))
            else:
                above += below[first : first + count]
                spans += [("SPAN", (i, 0), (i, 1)) for i in range(first, first + count)]
        lower: list[Any] = [
            cell if column.group else "" for cell, column in zip(below, table.columns, strict=True)
        ]
        rows = [above, lower]
    if table.is_numbered:
        number = paragraph_style(table.size_pt * 0.85, Align.CENTRE, italic=True)
        rows.append([Paragraph(f"({i})", number) for i in range(1, len(table.columns) + 1)])
    return rows, spans


def _cells(table: Table, i: int) -> list[Any]:
    is_struck, bold = i in table.struck, i in table.bold

    def cell(text: str, column: Column) -> Any:
        words = markup(text)
        if is_struck and text and not column.stays:
            words = f"<strike>{words}</strike>"
        return Paragraph(words, paragraph_style(table.size_pt, column.align, bold=bold))

    return [cell(text, column) for text, column in zip(table.rows[i], table.columns, strict=True)]
