"""Form 06 (05 of the old set): Phiếu kiểm soát quá trình giải quyết hồ sơ."""

from __future__ import annotations

from dataclasses import dataclass

from printing.document import Align, Block, Column, PaperSize, PrintDocument, Table
from printing.forms import frame
from printing.forms.frame import CodeWords, Head, Line


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlStep:
    """One hand-over, as printed.

    Attributes:
        giver, taker: agencies or people, "" where nobody is known yet.
        at: moment in words.
        result: early, in time or late, where that is known.
    """

    giver: str
    taker: str
    at: str
    result: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlWords:
    """Everything that stands on the control slip; `spare` empty rows follow the steps."""

    head: Head
    codes: CodeWords
    form_number: str
    title: str
    lines: tuple[Line, ...]
    steps: tuple[ControlStep, ...]
    spare: int = 3
    marks: tuple[str, ...] = ()
    watermark: str = ""


def build(words: ControlWords, paper: PaperSize = PaperSize.A4) -> PrintDocument:
    """Lay out the slip; rows without an event are there to be written in."""
    look = frame.look(paper)
    centre = Align.CENTRE
    columns = (
        Column("TÊN CƠ QUAN", 30),
        Column("THỜI GIAN GIAO, NHẬN HỒ SƠ", 34, centre),
        Column("KẾT QUẢ GIẢI QUYẾT HỒ SƠ\n(Trước hạn/đúng hạn/quá hạn)", 19, centre),
        Column("GHI CHÚ", 17),
    )
    rows = [
        (f"1. Giao: {s.giver or '…………'}\n2. Nhận: {s.taker or '…………'}", _signed(s.at), s.result,
         s.note)
        for s in words.steps
    ]  # fmt: skip
    empty = _signed("…… giờ …… phút, ngày …… tháng …… năm ……")
    rows += [("1. Giao: …………\n2. Nhận: …………", empty, "", "")] * words.spare
    blocks: list[Block] = [
        *frame.head_blocks(words.head, look),
        *frame.code_blocks(words.codes, look),
        *frame.mark_blocks(words.marks, look),
        *frame.title_blocks(words.title, look),
        *frame.line_blocks(words.lines, look),
        Table(columns, tuple(rows), size_pt=look.body - 1, row_mm=24 * look.scale),
    ]
    return frame.document(
        look,
        f"{words.title.capitalize()} {words.codes.code}",
        blocks,
        footer=frame.footer_line(words.codes.code, words.form_number),
        watermark=words.watermark,
    )


def _signed(at: str) -> str:
    """The moment, and where giver and taker sign."""
    apart = "\u00a0" * 8
    return f"{at}\nNgười giao{apart}Người nhận\n\u00a0\n\u00a0"
