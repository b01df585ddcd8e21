"""A periodic report: tables with numbered columns, and pictures of them, on the long edge of A4."""

from __future__ import annotations

from dataclasses import dataclass

from printing.document import (
    Align,
    Block,
    Column,
    NewPage,
    PaperSize,
    Picture,
    PrintDocument,
    SideBySide,
    Table,
    Text,
    Together,
)
from printing.forms import frame
from printing.forms.frame import Head, Signature

_HALF_MM = 126.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTable:
    """One table of a report.

    Attributes:
        columns: (heading, relative width, heading over several columns or ""); the first stands
            left, the others are numbers.
        has_total: the last row is the sum.
        is_numbered: a row (1), (2) … stands under the headings.
    """

    title: str
    columns: tuple[tuple[str, float, str], ...]
    rows: tuple[tuple[str, ...], ...]
    has_total: bool = False
    is_numbered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportWords:
    """Everything that stands in a report.

    Attributes:
        main: the report itself.
        notes: how it was counted.
        pictures: (title, PNG) each.
        more: tables that follow.
    """

    head: Head
    title: str
    period: str
    lines: tuple[tuple[str, str], ...]
    main: ReportTable
    notes: tuple[str, ...]
    pictures: tuple[tuple[str, bytes], ...] = ()
    more: tuple[ReportTable, ...] = ()
    place_and_date: str = ""
    signatures: tuple[Signature, ...] = ()
    marks: tuple[str, ...] = ()


def build(words: ReportWords, paper: PaperSize = PaperSize.A4) -> PrintDocument:
    """Lay out the report; pictures and further tables begin on a new page."""
    look = frame.look(paper, landscape=True)
    blocks: list[Block] = [
        *frame.head_blocks(words.head, look),
        *frame.mark_blocks(words.marks, look),
        *frame.title_blocks(words.title, look, below=words.period),
        *frame.line_blocks(words.lines, look),
        _table(words.main, look.body - 1.8),
        *(Text(note, size_pt=look.small, italic=True) for note in words.notes),
        frame.signature_blocks(words.signatures, look, above=words.place_and_date),
    ]
    if words.pictures:
        blocks.append(NewPage())
        blocks += _pictures(words.pictures, look.body)
    for table in words.more:
        blocks.append(Text(table.title, size_pt=look.body, bold=True))
        blocks.append(_table(table, look.body - 1.8))
    return frame.document(
        look, f"{words.title.capitalize()} {words.period}", blocks,
        footer=frame.footer_line(words.title.capitalize(), words.period),
    )  # fmt: skip


def _table(table: ReportTable, size_pt: float) -> Table:
    columns = tuple(
        Column(heading, share, Align.CENTRE if i else Align.LEFT, group)
        for i, (heading, share, group) in enumerate(table.columns)
    )
    bold = frozenset({len(table.rows) - 1}) if table.has_total else frozenset[int]()
    return Table(columns, table.rows, size_pt=size_pt, bold=bold, is_numbered=table.is_numbered)


def _pictures(pictures: tuple[tuple[str, bytes], ...], size_pt: float) -> list[Block]:
    """Two beside each other."""
    blocks: list[Block] = []
    for i in range(0, len(pictures), 2):
        parts: list[tuple[Block, ...]] = [
            (Text(title, size_pt=size_pt, bold=True), Picture(png, _HALF_MM - 6, title))
            for title, png in pictures[i : i + 2]
        ]
        if len(parts) == 1:
            parts.append(())
        blocks.append(Together((SideBySide(tuple(parts), (1, 1)),)))
    return blocks
