"""Lists that go with paper from hand to hand: dossiers to a unit, results to the counter."""

from __future__ import annotations

from dataclasses import dataclass

from printing.document import (
    Align,
    Block,
    Code128,
    Column,
    NewPage,
    PaperSize,
    PrintDocument,
    Table,
    Text,
)
from printing.forms import frame
from printing.forms.frame import DOT_600_MM, Head, Line, Look, Signature

COPIES = ("Bản của bên giao", "Bản của bên nhận")


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverWords:
    """Everything that stands on a list of dossiers or results that changes hands.

    Attributes:
        columns: headings with relative widths; narrow ones (below 10) are centred.
        rows: as many words as columns, without the running number.
        totals: a sentence under the table.
        slip: number of the slip, printed as a barcode whose scan confirms it; "" for none.
    """

    head: Head
    title: str
    subtitle: str = ""
    lines: tuple[Line, ...]
    columns: tuple[tuple[str, float], ...]
    rows: tuple[tuple[str, ...], ...]
    totals: str
    giver: Signature
    taker: Signature
    copies: tuple[str, ...] = COPIES
    marks: tuple[str, ...] = ()
    slip: str = ""


def build(words: HandOverWords, paper: PaperSize = PaperSize.A4) -> PrintDocument:
    """Lay out the list on the long edge, once for each side."""
    look = frame.look(paper, landscape=True)
    blocks: list[Block] = []
    for i, copy in enumerate(words.copies):
        if i:
            blocks.append(NewPage(counts_anew=True))
        blocks += _copy(words, copy, look)
    return frame.document(look, words.title, blocks, footer=words.title)


def _slip(number: str, look: Look) -> list[Block]:
    if not number:
        return []
    return [
        Code128(number, module_mm=DOT_600_MM * 8, height_mm=9),
        Text(number, lead="Số phiếu:", size_pt=look.small, bold=True),
    ]


def _copy(words: HandOverWords, copy: str, look: Look) -> list[Block]:
    columns = (
        Column("TT", 4, Align.CENTRE),
        *(
            Column(heading, share, Align.CENTRE if share < 10 else Align.LEFT)
            for heading, share in words.columns
        ),
    )
    rows = tuple((str(i), *row) for i, row in enumerate(words.rows, start=1))
    return [
        *frame.head_blocks(words.head, look, note=f"({copy})"),
        *frame.mark_blocks(words.marks, look),
        *frame.title_blocks(words.title, look, below=words.subtitle),
        *frame.line_blocks(words.lines, look),
        *_slip(words.slip, look),
        Table(columns, rows, size_pt=look.body - 1.4, row_mm=8),
        Text(words.totals, size_pt=look.body),
        frame.signature_blocks((words.giver, words.taker), look),
    ]
