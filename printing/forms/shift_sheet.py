"""The shift sheet: what one clerk took in, and the money to be counted and handed over."""

from __future__ import annotations

from dataclasses import dataclass

from printing.document import (
    Align,
    Block,
    Column,
    Dotted,
    PaperSize,
    PrintDocument,
    SideBySide,
    Table,
    Text,
)
from printing.forms import frame
from printing.forms.frame import Head, Line, Look, Signature

NOTES = (500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000)  # đồng


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftSheetWords:
    """Everything that stands on the shift sheet.

    Attributes:
        counts: (what, how many) of the shift's work.
        money: (what, đồng) from the float to what must be in the drawer.
        payments: (time, code, payer, way, đồng) of each payment and refund.
        counted: (what, đồng) once the drawer was counted; none to count by hand.
        reason: why it differs, if it does.
    """

    head: Head
    title: str
    lines: tuple[Line, ...]
    counts: tuple[Line, ...]
    money: tuple[Line, ...]
    payments: tuple[tuple[str, str, str, str, str], ...]
    counted: tuple[Line, ...]
    reason: str
    clerk_name: str
    marks: tuple[str, ...] = ()


def build(words: ShiftSheetWords, paper: PaperSize = PaperSize.A4) -> PrintDocument:
    """Lay out the sheet; while nothing was counted, with a table of notes to fill in."""
    look = frame.look(paper)
    size, right = look.body - 0.8, Align.RIGHT
    columns = (
        Column("TT", 7, Align.CENTRE), Column("Giờ", 9, Align.CENTRE), Column("Mã hồ sơ", 27),
        Column("Người nộp", 28), Column("Hình thức", 14), Column("Số tiền (đồng)", 15, right),
    )  # fmt: skip
    rows = tuple((str(i), *row) for i, row in enumerate(words.payments, start=1))
    blocks: list[Block] = [
        *frame.head_blocks(words.head, look),
        *frame.mark_blocks(words.marks, look),
        *frame.title_blocks(words.title, look),
        *frame.line_blocks(words.lines, look),
        Text("1. Công việc trong ca:", size_pt=look.body, bold=True),
        Table((Column("Nội dung", 75), Column("Số lượng", 25, right)), words.counts, size_pt=size),
        Text("2. Tiền thu trong ca:", size_pt=look.body, bold=True),
    ]
    if rows:
        blocks.append(Table(columns, rows, size_pt=size))
    last = len(words.money) - 1
    blocks += [
        Table((Column("Khoản", 75), Column("Số tiền (đồng)", 25, right)), words.money,
              size_pt=size, bold=frozenset({last})),
        Text("3. Kiểm đếm:", size_pt=look.body, bold=True),
        *_count(words, look),
        frame.signature_blocks(
            (Signature("NGƯỜI BÀN GIAO", words.clerk_name), Signature("NGƯỜI NHẬN BÀN GIAO")), look
        ),
    ]  # fmt: skip
    return frame.document(look, words.title, blocks, footer=words.title)


def _count(words: ShiftSheetWords, look: Look) -> list[Block]:
    size = look.body - 0.8
    if words.counted:
        blocks: list[Block] = [
            Table((Column("Nội dung", 75), Column("Số tiền (đồng)", 25, Align.RIGHT)),
                  words.counted, size_pt=size)
        ]  # fmt: skip
        if words.reason:
            blocks.append(Text(words.reason, lead="Lý do chênh lệch:", size_pt=look.body))
        return blocks
    columns = (
        Column("Mệnh giá", 30, Align.RIGHT), Column("Số tờ", 25), Column("Thành tiền", 45),
    )  # fmt: skip
    rows = [(f"{note:,}".replace(",", "."), "", "") for note in NOTES]
    middle = (len(rows) + 1) // 2
    halves = tuple(
        (Table(columns, tuple(part), size_pt=size, row_mm=6.5),)
        for part in (rows[:middle], rows[middle:])
    )
    return [
        SideBySide(halves, (0.5, 0.5)),
        Dotted("Cộng thực đếm:", size_pt=look.body),
        Dotted("Chênh lệch và lý do:", size_pt=look.body),
    ]
