"""Blank receipts for a power cut: numbered beforehand, written by hand, entered afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from printing.document import (
    Align,
    Block,
    Code128,
    Column,
    Dotted,
    NewPage,
    PaperSize,
    PrintDocument,
    SideBySide,
    Table,
    Text,
)
from printing.forms import frame
from printing.forms.frame import DOT_600_MM, Head, Look, Signature

_ROWS = 6
COPIES = ("Liên 1: Giao người nộp", "Liên 2: Lưu, để nhập vào máy")


@dataclass(frozen=True, slots=True, kw_only=True)
class PadWords:
    """What stands on every sheet of the pad, and the sheets' own numbers."""

    head: Head
    form_number: str
    title: str
    id_label: str
    papers_label: str
    numbers: tuple[str, ...]
    note: str


def build(words: PadWords, paper: PaperSize) -> PrintDocument:
    """Lay out the pad: each number twice, once for the citizen and once for the file."""
    look = frame.look(paper)
    blocks: list[Block] = []
    for number in words.numbers:
        for copy in COPIES:
            if blocks:
                blocks.append(NewPage(counts_anew=True))
            blocks += _sheet(words, number, copy, look)
    return frame.document(
        look,
        f"{words.title.capitalize()} viết tay {words.numbers[0]}–{words.numbers[-1]}",
        blocks,
        footer=frame.footer_line("Giấy viết tay khi mất điện", words.form_number),
    )


def _sheet(words: PadWords, number: str, copy: str, look: Look) -> list[Block]:
    size, centre = look.body, Align.CENTRE
    bars: tuple[Block, ...] = (
        Code128(number, module_mm=DOT_600_MM * 7, height_mm=9 * look.scale),
        Text(number, lead="Số giấy viết tay:", size_pt=size + 1, bold=True, after_mm=0.5),
    )
    box: tuple[Block, ...] = (
        Text("Mã hồ sơ (ghi khi đã nhập vào máy):", size_pt=look.small + 0.5, after_mm=0.5),
        Dotted("", size_pt=size),
    )
    columns = (
        Column("TT", 8, centre), Column("Thành phần hồ sơ", 56), Column("Bản chính", 12, centre),
        Column("Bản chứng thực", 12, centre), Column("Bản photo", 12, centre),
    )  # fmt: skip
    rows = tuple((str(i), "", "", "", "") for i in range(1, _ROWS + 1))
    moment = "……… giờ ……… phút, ngày ……… tháng ……… năm …………"
    return [
        *frame.head_blocks(words.head, look, note=f"({copy})"),
        SideBySide((bars, box), (0.58, 0.42), after_mm=1),
        *frame.title_blocks(words.title, look, below="(Viết tay khi mất điện)"),
        Dotted("Tiếp nhận hồ sơ của Ông (Bà):", size_pt=size),
        Dotted("Địa chỉ:", size_pt=size),
        Dotted("Số điện thoại:", size_pt=size),
        Dotted(f"{words.id_label}:", size_pt=size),
        Dotted("Nội dung yêu cầu giải quyết:", size_pt=size, lines=2),
        Text(f"1. {words.papers_label}:", size_pt=size),
        Table(columns, rows, size_pt=size - 0.8, row_mm=6.5),
        Text(f"2. Thời gian nhận hồ sơ: {moment}", size_pt=size),
        Text(f"3. Thời gian trả kết quả: {moment}", size_pt=size),
        Dotted("4. Phí, lệ phí:", size_pt=size),
        Text(words.note, size_pt=look.small + 0.3, italic=True),
        frame.signature_blocks(
            (Signature("NGƯỜI NỘP HỒ SƠ"), Signature("NGƯỜI TIẾP NHẬN HỒ SƠ")), look, room_mm=12
        ),
    ]
