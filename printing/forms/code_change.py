"""The slip that tells a citizen that a dossier's code was replaced; both find it."""

from __future__ import annotations

from dataclasses import dataclass

from printing.document import Align, Block, PaperSize, PrintDocument, Text
from printing.forms import frame
from printing.forms.frame import CodeWords, Head, Line, Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeChangeWords:
    """Everything that stands on the slip; `former` are the codes printed before."""

    head: Head
    codes: CodeWords
    title: str
    former: tuple[str, ...]
    reason: str
    lines: tuple[Line, ...]
    submitter_name: str
    clerk_name: str
    marks: tuple[str, ...] = ()
    watermark: str = ""


def build(words: CodeChangeWords, paper: PaperSize) -> PrintDocument:
    """Lay out the slip."""
    look = frame.look(paper)
    former = ", ".join(words.former)
    blocks: list[Block] = [
        *frame.head_blocks(words.head, look),
        *frame.mark_blocks(words.marks, look),
        *frame.title_blocks(words.title, look),
        *frame.line_blocks(words.lines, look, strong=0),
        Text(former, lead="Mã đã in trên giấy trước:", size_pt=look.body, after_mm=0.8),
        Text(words.reason, lead="Lý do đổi:", size_pt=look.body, after_mm=1.2),
        Text("MÃ HỒ SƠ DÙNG TỪ NAY:", size_pt=look.body + 1, bold=True, align=Align.CENTRE),
        *frame.code_blocks(words.codes, look),
        *frame.paragraph_blocks(
            (
                "Xin kẹp phiếu này vào giấy tiếp nhận đã cấp. Ngày hẹn trả và mọi nội dung khác "
                "không đổi. Mã trên giấy trước vẫn tra cứu được tại quầy.",
            ),
            look,
        ),
        frame.signature_blocks(
            (
                Signature("NGƯỜI NHẬN PHIẾU", words.submitter_name),
                Signature("NGƯỜI LẬP PHIẾU", words.clerk_name),
            ),
            look,
        ),
    ]
    title = f"{words.title.capitalize()} {words.codes.code}"
    return frame.document(look, title, blocks, footer=words.codes.code, watermark=words.watermark)
