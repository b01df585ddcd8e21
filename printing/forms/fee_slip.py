"""The fee slip: a receipt of an issued book if its number is given, else a temporary slip.

A number is never made here: NĐ 123/2020/NĐ-CP (as amended by NĐ 70/2025) and
TT 32/2025/TT-BTC let it come from an issued book or a provider only.
"""

from __future__ import annotations

from dataclasses import dataclass

from printing.document import Block, NewPage, PaperSize, PrintDocument, Text
from printing.forms import frame
from printing.forms.frame import Head, Line, Look, Signature

COPIES = ("Liên 1: Lưu tại cơ quan thu", "Liên 2: Giao cho người nộp tiền")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeSlipWords:
    """Everything that stands on the slip.

    Attributes:
        book_lines: form, serial and number of an issued book; none on a temporary slip.
        note: what a temporary slip is not.
        amount, amount_in_words: as printed.
    """

    head: Head
    code: str
    title: str
    book_lines: tuple[Line, ...]
    note: str
    lines: tuple[Line, ...]
    amount: str
    amount_in_words: str
    place_and_date: str
    payer_name: str
    clerk_name: str
    marks: tuple[str, ...] = ()
    copies: tuple[str, ...] = COPIES
    watermark: str = ""


def build(words: FeeSlipWords, paper: PaperSize) -> PrintDocument:
    """Lay out the slip: on A5 along its long edge, as receipts of fees lie."""
    look = frame.look(paper, landscape=paper is PaperSize.A5)
    blocks: list[Block] = []
    for i, copy in enumerate(words.copies):
        if i:
            blocks.append(NewPage(counts_anew=True))
        blocks += _copy(words, copy, look)
    return frame.document(
        look,
        f"{words.title.capitalize()} {words.code}",
        blocks,
        footer=words.code,
        watermark=words.watermark,
    )


def _copy(words: FeeSlipWords, copy: str, look: Look) -> list[Block]:
    book = "  ·  ".join(f"{label}: {value}" for label, value in words.book_lines)
    return [
        *frame.head_blocks(words.head, look, note=f"({copy})"),
        *frame.mark_blocks(words.marks, look),
        *frame.title_blocks(words.title, look, below=book or f"({words.note})"),
        *frame.line_blocks(words.lines, look, strong=0),
        Text(words.amount, lead="Số tiền:", size_pt=look.body + 1, bold=True, after_mm=0.8),
        Text(words.amount_in_words, lead="(Viết bằng chữ):", size_pt=look.body, italic=True),
        frame.signature_blocks(
            (
                Signature("NGƯỜI NỘP TIỀN", words.payer_name),
                Signature("NGƯỜI THU TIỀN", words.clerk_name),
            ),
            look,
            above=words.place_and_date,
            room_mm=12,
        ),
    ]
