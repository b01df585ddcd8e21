"""The cover sheet: laid before a dossier's paper in the feeder, it says whose pages follow."""

from __future__ import annotations

from dataclasses import dataclass

from printing.document import Align, Block, PaperSize, PrintDocument, Qr, Space, Text
from printing.forms import frame
from printing.forms.frame import CodeWords, Head, Line


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverWords:
    """Everything that stands on the cover; `scanned` is what Code 128 and QR say."""

    head: Head
    code: str
    scanned: str
    title: str
    lines: tuple[Line, ...]
    papers: tuple[str, ...]
    watermark: str = ""


def build(words: CoverWords, paper: PaperSize) -> PrintDocument:
    """Lay out the cover with large codes: it must be found on a poor scan."""
    look = frame.look(paper)
    codes = CodeWords(code=words.code, bars=words.scanned)
    blocks: list[Block] = [
        *frame.head_blocks(words.head, look),
        *frame.title_blocks(words.title, look),
        *frame.code_blocks(codes, look),
        Space(2),
        Qr(words.scanned, size_mm=60 * look.scale, align=Align.CENTRE),
        Space(2),
        *frame.line_blocks(words.lines, look, strong=0),
        *([Text("Giấy tờ kèm theo:", size_pt=look.body)] if words.papers else ()),
        *[
            Text(f"{i}. {name}", size_pt=look.body, after_mm=0.6)
            for i, name in enumerate(words.papers, start=1)
        ],
        Space(2),
        Text("Đặt tờ này lên trên giấy tờ của hồ sơ khi quét; tờ bìa không thuộc hồ sơ.",
             size_pt=look.small + 1, italic=True, align=Align.CENTRE),
    ]  # fmt: skip
    title = f"{words.title.capitalize()} {words.code}"
    return frame.document(look, title, blocks, footer=words.code, watermark=words.watermark)
