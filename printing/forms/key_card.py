"""The key card: the keys of the keyboard, to lie beside it."""

from __future__ import annotations

from dataclasses import dataclass

from printing.document import Align, Block, Column, PaperSize, PrintDocument, Table, Text
from printing.forms import frame
from printing.forms.frame import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCardWords:
    """The keys as (key, what it does), under the screen they work on."""

    title: str
    groups: tuple[tuple[str, tuple[Line, ...]], ...]
    note: str = ""


def build(words: KeyCardWords, paper: PaperSize = PaperSize.A4) -> PrintDocument:
    """Lay out the card."""
    look = frame.look(paper)
    blocks: list[Block] = [*frame.title_blocks(words.title, look)]
    for screen, rows in words.groups:
        blocks += [
            Text(screen, size_pt=look.body + 0.5, bold=True, after_mm=0.8),
            Table((Column("Phím", 22, Align.CENTRE), Column("Việc", 78)), rows,
                  size_pt=look.body - 0.4),
        ]  # fmt: skip
    if words.note:
        blocks.append(Text(words.note, size_pt=look.small + 0.5, italic=True))
    return frame.document(look, words.title, blocks, footer=words.title)
