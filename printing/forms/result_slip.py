"""The result slip: Giấy biên nhận trả kết quả. No form of the circulars; signed in two copies."""

from __future__ import annotations

from dataclasses import dataclass

from printing.document import Align, Block, Column, NewPage, PaperSize, PrintDocument, Table, Text
from printing.forms import frame
from printing.forms.frame import CodeWords, Head, Line, Look, Signature

COPIES = ("Liên 1: Giao người nhận", "Liên 2: Lưu hồ sơ")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultSlipWords:
    """Everything that stands on the slip; `results` are (kind, number and day, copies)."""

    head: Head
    codes: CodeWords
    title: str
    lines: tuple[Line, ...]
    results: tuple[tuple[str, str, str], ...]
    closing: tuple[Line, ...]
    recipient_name: str
    clerk_name: str
    marks: tuple[str, ...] = ()
    copies: tuple[str, ...] = COPIES
    watermark: str = ""


def build(words: ResultSlipWords, paper: PaperSize) -> PrintDocument:
    """Lay out the slip."""
    look = frame.look(paper)
    blocks: list[Block] = []
    for i, copy in enumerate(words.copies):
        if i:
            blocks.append(NewPage(counts_anew=True))
        blocks += _copy(words, copy, look)
    return frame.document(
        look,
        f"{words.title.capitalize()} {words.codes.code}",
        blocks,
        footer=words.codes.code,
        watermark=words.watermark,
    )


def _copy(words: ResultSlipWords, copy: str, look: Look) -> list[Block]:
    return [
        *frame.head_blocks(words.head, look, note=f"({copy})"),
        *frame.code_blocks(words.codes, look),
        *frame.mark_blocks(words.marks, look),
        *frame.title_blocks(words.title, look),
        *frame.line_blocks(words.lines, look),
        Text("Thành phần trả gồm:", size_pt=look.body),
        *_results(words, look),
        *frame.line_blocks(words.closing, look),
        frame.signature_blocks(
            (
                Signature("NGƯỜI NHẬN KẾT QUẢ", words.recipient_name),
                Signature("NGƯỜI TRẢ KẾT QUẢ", words.clerk_name),
            ),
            look,
        ),
    ]


def _results(words: ResultSlipWords, look: Look) -> list[Block]:
    if look.is_narrow:
        return [
            Text(f"{i}) " + "; ".join(part for part in result if part), size_pt=look.body)
            for i, result in enumerate(words.results, start=1)
        ]
    columns = (
        Column("TT", 8, Align.CENTRE), Column("Loại kết quả", 50), Column("Số, ngày cấp", 28),
        Column("Số bản", 14, Align.CENTRE),
    )  # fmt: skip
    rows = tuple((str(i), *result) for i, result in enumerate(words.results, start=1))
    return [Table(columns, rows, size_pt=look.body - 0.6)]
