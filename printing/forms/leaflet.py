"""The leaflet of a procedure: what to bring, how long it takes, what it costs."""

from __future__ import annotations

from dataclasses import dataclass

from printing.document import (
    Align,
    Block,
    Column,
    PaperSize,
    PrintDocument,
    Qr,
    SideBySide,
    Space,
    Table,
    Text,
)
from printing.forms import frame
from printing.forms.frame import Head, Line, Look


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafletWords:
    """Everything that stands on the leaflet.

    Attributes:
        papers: (name, how many of which kind, remark) in the procedure's order.
        qr: the address of the status page, or "" for none.
        qr_words: what stands beside it.
    """

    head: Head
    title: str
    procedure: str
    lines: tuple[Line, ...]
    papers: tuple[tuple[str, str, str], ...]
    stages: tuple[Line, ...]
    notes: tuple[str, ...]
    qr: str = ""
    qr_words: str = ""


def build(words: LeafletWords, paper: PaperSize) -> PrintDocument:
    """Lay out the leaflet; the citizen ticks what is in hand."""
    look = frame.look(paper)
    blocks: list[Block] = [
        *frame.head_blocks(words.head, look),
        *frame.title_blocks(words.title, look),
        Text(words.procedure, size_pt=look.title - 0.5, bold=True, align=Align.CENTRE, after_mm=2),
        *frame.line_blocks(words.lines, look),
        Text("Giấy tờ cần mang theo:", size_pt=look.body, bold=True),
        *_papers(words, look),
    ]
    if words.stages:
        blocks.append(Text("Các bước và cơ quan giải quyết:", size_pt=look.body, bold=True))
        blocks += [
            Text(f"{i}. {name}: {term}", size_pt=look.body, after_mm=0.6)
            for i, (name, term) in enumerate(words.stages, start=1)
        ]
    blocks += frame.paragraph_blocks(words.notes, look)
    blocks += _qr(words, look)
    return frame.document(
        look, f"{words.title.capitalize()} {words.procedure}", blocks, footer=words.procedure
    )


def _papers(words: LeafletWords, look: Look) -> list[Block]:
    if look.is_narrow:
        return [
            Text(f"{i}) {name}: {count}" + (f" ({remark})" if remark else ""), size_pt=look.body)
            for i, (name, count, remark) in enumerate(words.papers, start=1)
        ]
    columns = (
        Column("TT", 7, Align.CENTRE), Column("Giấy tờ", 46), Column("Số lượng", 18),
        Column("Ghi chú", 20), Column("Đã có", 9, Align.CENTRE),
    )  # fmt: skip
    rows = tuple((str(i), *row, "") for i, row in enumerate(words.papers, start=1))
    return [Table(columns, rows, size_pt=look.body - 0.8, row_mm=7)]


def _qr(words: LeafletWords, look: Look) -> list[Block]:
    if not words.qr:
        return []
    square = Qr(words.qr, size_mm=30 * look.scale, align=Align.CENTRE)
    said = Text(words.qr_words, size_pt=look.body)
    if look.is_narrow:
        return [square, said]
    return [SideBySide(((square,), (Space(4), said)), (0.25, 0.75))]
