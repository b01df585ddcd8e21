"""Form 07 (06 of the old set): Sổ theo dõi hồ sơ, on the long edge of A4."""

from __future__ import annotations

from dataclasses import dataclass

from printing.document import Align, Block, Column, PaperSize, PrintDocument, Table, Text
from printing.forms import frame
from printing.forms.frame import Head, Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRow:
    """One line of the book, as printed; a void number stays and is struck through."""

    number: str
    code: str
    procedure: str
    sets: str
    owner: str
    contact: str
    agency: str
    received: str
    due: str
    returned: str
    how: str
    note: str = ""
    is_void: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterWords:
    """Everything that stands in the register of some days.

    Attributes:
        totals: a sentence under the table.
        seal: SHA-256 of what is written in it, or "".
    """

    head: Head
    form_number: str
    title: str
    period: str
    rows: tuple[RegisterRow, ...]
    totals: str
    place_and_date: str
    seal: str = ""
    marks: tuple[str, ...] = ()


def build(words: RegisterWords, paper: PaperSize = PaperSize.A4) -> PrintDocument:
    """Lay out the register; headings stand on every page."""
    look = frame.look(paper, landscape=True)
    centre = Align.CENTRE
    moved = "Nhận và trả kết quả"
    columns = (
        Column("TT", 4, centre), Column("Mã hồ sơ", 13, centre), Column("Tên TTHC", 17),
        Column("Số lượng hồ sơ (bộ)", 5, centre), Column("Tên cá nhân, tổ chức", 12),
        Column("Địa chỉ, số điện thoại", 14), Column("Cơ quan chủ trì giải quyết", 10),
        Column("Nhận hồ sơ", 8, centre, moved), Column("Hẹn trả", 8, centre, moved),
        Column("Trả kết quả", 8, centre, moved), Column("Phương thức nhận kết quả", 8, centre),
        Column("Ký nhận", 7, centre), Column("Ghi chú", 9, stays=True),
    )  # fmt: skip
    rows = tuple(
        (r.number, r.code, r.procedure, r.sets, r.owner, r.contact, r.agency, r.received, r.due,
         r.returned, r.how, "", r.note)
        for r in words.rows
    )  # fmt: skip
    struck = frozenset(i for i, r in enumerate(words.rows) if r.is_void)
    table = Table(columns, rows, size_pt=look.body - 2.8, struck=struck, is_numbered=True, row_mm=9)
    blocks: list[Block] = [
        *frame.head_blocks(words.head, look),
        *frame.mark_blocks(words.marks, look),
        *frame.title_blocks(words.title, look, below=words.period),
        table,
        Text(words.totals, size_pt=look.body),
    ]
    if words.seal:
        blocks.append(
            Text(words.seal, lead="Mã niêm phong (SHA-256):", size_pt=look.small, italic=True)
        )
    signatures = (Signature("NGƯỜI GHI SỔ"), Signature("NGƯỜI PHỤ TRÁCH"))
    blocks.append(frame.signature_blocks(signatures, look, above=words.place_and_date))
    return frame.document(
        look, f"{words.title.capitalize()} {words.period}", blocks,
        footer=frame.footer_line(words.title.capitalize(), words.period, words.form_number),
    )  # fmt: skip
