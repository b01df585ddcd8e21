"""Form 01 for several dossiers at once: one receipt, and the list that belongs to it.

After the receipts of provincial systems for many dossiers of one submitter,
which add a "Biên bản giao nhận hồ sơ".
"""

from __future__ import annotations

from dataclasses import dataclass

from printing.document import Align, Block, Column, NewPage, PrintDocument, Space, Table, Text
from printing.document import PaperSize as Paper
from printing.forms import frame
from printing.forms.frame import Head, Line, Look, Signature
from printing.forms.receipt import COPIES


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedReceipt:
    """One dossier of the list; moments as printed."""

    code: str
    lookup: str
    content: str
    owner: str
    agency: str
    received: str
    due: str
    term: str
    papers: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptListWords:
    """Everything that stands on the receipt and on its list."""

    head: Head
    form_number: str
    title: str
    lines: tuple[Line, ...]
    dossiers: tuple[ListedReceipt, ...]
    note: str
    submitter_name: str
    clerk_name: str
    marks: tuple[str, ...] = ()
    copies: tuple[str, ...] = COPIES
    watermark: str = ""


def build(words: ReceiptListWords, paper: Paper = Paper.A4) -> PrintDocument:
    """Lay out receipt and list on the long edge, once for each copy."""
    look = frame.look(paper, landscape=True)
    blocks: list[Block] = []
    for i, copy in enumerate(words.copies):
        if i:
            blocks.append(NewPage(counts_anew=True))
        blocks += _copy(words, copy, look)
    title = f"{words.title.capitalize()} ({len(words.dossiers)} hồ sơ)"
    footer = frame.footer_line(words.dossiers[0].code, words.form_number)
    return frame.document(look, title, blocks, footer=footer, watermark=words.watermark)


def _copy(words: ReceiptListWords, copy: str, look: Look) -> list[Block]:
    centre = Align.CENTRE
    columns = (
        Column("STT", 4, centre), Column("Mã hồ sơ\nMã tra cứu", 17, centre),
        Column("Nội dung", 22), Column("Chủ hồ sơ", 14), Column("Đơn vị giải quyết", 13),
        Column("Ngày nhận", 9, centre), Column("Ngày hẹn trả", 9, centre),
        Column("Thời hạn xử lý", 8, centre), Column("Số giấy tờ", 6, centre),
    )  # fmt: skip
    rows = tuple(
        (str(i), f"{d.code}\n{d.lookup}", d.content, d.owner, d.agency, d.received, d.due, d.term,
         d.papers)
        for i, d in enumerate(words.dossiers, start=1)
    )  # fmt: skip
    signatures = (
        Signature("NGƯỜI NỘP HỒ SƠ", words.submitter_name),
        Signature("NGƯỜI TIẾP NHẬN HỒ SƠ", words.clerk_name),
    )
    return [
        *frame.head_blocks(words.head, look, note=f"({copy})"),
        *frame.mark_blocks(words.marks, look),
        *frame.title_blocks(words.title, look),
        *frame.line_blocks(words.lines, look, strong=0),
        Text(f"{len(words.dossiers)} (kèm theo danh sách)", lead="Số lượng hồ sơ:",
             size_pt=look.body, bold=True, after_mm=0.8),
        Text("theo chi tiết danh sách", lead="Thời gian trả kết quả:", size_pt=look.body,
             bold=True),
        Space(1),
        Text("BIÊN BẢN GIAO NHẬN HỒ SƠ", size_pt=look.title - 1, bold=True, align=centre,
             after_mm=1.5),
        Table(columns, rows, size_pt=look.body - 1.2),
        Text(words.note, size_pt=look.small + 0.3, italic=True),
        frame.signature_blocks(signatures, look),
    ]  # fmt: skip
