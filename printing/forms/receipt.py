"""Form 01: Giấy tiếp nhận hồ sơ và hẹn trả kết quả, for both form sets.

One builder serves A4 and A5; what differs between the sets is in the words.
Source: TT 03/2025/TT-VPCP and TT 01/2018/TT-VPCP as printed by provincial
systems; layout after NĐ 30/2020/NĐ-CP App. I.
"""

from __future__ import annotations

from dataclasses import dataclass

from printing.document import (
    Align,
    Block,
    Code128,
    Column,
    Margins,
    NewPage,
    PaperSize,
    PrintDocument,
    Qr,
    Rule,
    SideBySide,
    Space,
    Table,
    Text,
    Together,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptPaper:
    """A row of the table of papers, counts as printed."""

    name: str
    original: str = ""
    certified: str = ""
    photocopy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptCopyLine:
    """A row of a certified-copy receipt."""

    name: str
    pages: int
    copies: int
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptWords:
    """Everything that stands on the receipt, ready to print.

    Attributes:
        lines: (label, value) pairs under the title, in order.
        numbered: (label, value) pairs after the papers, numbered from 2.
        marks: boxed notes such as a provisional code or a reprint.
        copies: names of the copies (liên), one page each at least.
    """

    code: str
    check: str
    lookup: str
    status_address: str
    parent_line: str
    name_line: str
    number_line: str
    form_number: str
    legal_line: str
    title: str
    place_and_date: str
    lines: tuple[tuple[str, str], ...]
    papers_label: str
    papers: tuple[ReceiptPaper, ...]
    copy_lines: tuple[ReceiptCopyLine, ...]
    numbered: tuple[tuple[str, str], ...]
    note: str
    submitter_name: str
    clerk_name: str
    marks: tuple[str, ...] = ()
    copies: tuple[str, ...] = ("Liên 1: Giao người nộp", "Liên 2: Lưu hồ sơ")
    watermark: str = ""


def build_form01(words: ReceiptWords, paper: PaperSize) -> PrintDocument:
    """Lay out the receipt; each copy begins on a new page."""
    scale = 1.0 if paper is PaperSize.A4 else 0.82
    blocks: list[Block] = []
    for i, copy in enumerate(words.copies):
        if i:
            blocks.append(NewPage())
        blocks += _copy(words, copy, scale, paper)
    margins = (
        Margins(top=15, bottom=15, left=25, right=15)
        if paper is PaperSize.A4
        else Margins(top=8, bottom=10, left=12, right=8)
    )
    return PrintDocument(
        title=f"{words.title.capitalize()} {words.code}",
        paper=paper,
        margins=margins,
        blocks=tuple(blocks),
        footer=f"{words.code} · {words.form_number}",
        watermark=words.watermark,
    )


def _copy(words: ReceiptWords, copy: str, scale: float, paper: PaperSize) -> list[Block]:
    body = 11 * scale
    blocks: list[Block] = [_header(words, copy, scale), _codes(words, scale, paper)]
    blocks += [
        Text(mark, size_pt=body, bold=True, align=Align.CENTRE, after_mm=0.8)
        for mark in words.marks
    ]
    blocks.append(Text(words.title, size_pt=13 * scale, bold=True, align=Align.CENTRE, after_mm=2))
    blocks += [
        Text(value, lead=f"{label}:", size_pt=body, bold=label == words.lines[0][0], after_mm=0.8)
        for label, value in words.lines
    ]
    blocks.append(Text(f"1. {words.papers_label}:", size_pt=body))
    blocks.append(_papers(words, scale))
    blocks += [
        Text(value, lead=f"{i}. {label}:", size_pt=body, bold=True, after_mm=0.8)
        for i, (label, value) in enumerate(words.numbered, start=2)
    ]
    blocks.append(Text(words.note, size_pt=9.5 * scale, italic=True))
    blocks.append(Together((_signatures(words, scale),)))
    return blocks


def _header(words: ReceiptWords, copy: str, scale: float) -> Block:
    centre, size = Align.CENTRE, 11 * scale
    left: tuple[Block, ...] = (
        Text(words.parent_line, size_pt=size, align=centre, after_mm=0),
        Text(words.name_line, size_pt=size, bold=True, align=centre, after_mm=0.5),
        Rule(28 * scale, after_mm=1),
        Text(words.number_line, size_pt=size, align=centre, after_mm=0.5),
        Text(f"({copy})", size_pt=9 * scale, italic=True, align=centre, after_mm=0),
    )
    right: tuple[Block, ...] = (
        Text("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", size_pt=size, bold=True, align=centre,
             after_mm=0),
        Text("Độc lập - Tự do - Hạnh phúc", size_pt=size + 0.5, bold=True, align=centre,
             after_mm=0.5),
        Rule(45 * scale, after_mm=1),
        Text(words.place_and_date, size_pt=size, italic=True, align=centre, after_mm=0.5),
        Text(f"{words.form_number} · {words.legal_line}", size_pt=8 * scale, italic=True,
             align=centre, after_mm=0),
    )  # fmt: skip
    return SideBySide((left, right), (0.47, 0.53), after_mm=2)


def _codes(words: ReceiptWords, scale: float, paper: PaperSize) -> Block:
    # whole dots of a 600 dpi printer: uneven bars are lost on a 200 dpi scan
    module = 25.4 / 600 * (8 if paper is PaperSize.A4 else 7)
    left: tuple[Block, ...] = (
        Code128(words.code, module_mm=module, height_mm=11 * scale),
        Text(words.code, lead="Mã hồ sơ:", size_pt=12 * scale, bold=True, after_mm=0.3),
        Text(f"Ký tự kiểm tra: {words.check}  ·  Mã tra cứu: {words.lookup}",
             size_pt=10 * scale, after_mm=0),
    )  # fmt: skip
    right: tuple[Block, ...] = (Qr(words.status_address, size_mm=27 * scale),)
    return SideBySide((left, right), (0.8, 0.2), after_mm=1.5)


def _papers(words: ReceiptWords, scale: float) -> Block:
    centre = Align.CENTRE
    if words.copy_lines:
        rows = tuple(
            (str(i), line.name, str(line.pages), str(line.copies), line.amount)
            for i, line in enumerate(words.copy_lines, start=1)
        )
        columns = (
            Column("TT", 8, centre), Column("Giấy tờ cần chứng thực", 52),
            Column("Số trang", 12, centre), Column("Số bản", 12, centre),
            Column("Phí (đồng)", 16, Align.RIGHT),
        )  # fmt: skip
        return Table(columns, rows, size_pt=10 * scale)
    rows = tuple(
        (str(i), p.name, p.original, p.certified, p.photocopy)
        for i, p in enumerate(words.papers, start=1)
    )
    columns = (
        Column("TT", 8, centre), Column("Thành phần hồ sơ", 56), Column("Bản chính", 12, centre),
        Column("Bản chứng thực", 12, centre), Column("Bản photo", 12, centre),
    )  # fmt: skip
    return Table(columns, rows, size_pt=10 * scale)


def _signatures(words: ReceiptWords, scale: float) -> Block:
    def stack(title: str, name: str) -> tuple[Block, ...]:
        centre = Align.CENTRE
        return (
            Space(2),
            Text(title, size_pt=11 * scale, bold=True, align=centre, after_mm=0),
            Text("(Ký và ghi rõ họ tên)", size_pt=10 * scale, italic=True, align=centre),
            Space(14 * scale),
            Text(name, size_pt=11 * scale, align=centre, after_mm=0),
        )

    return SideBySide(
        (
            stack("NGƯỜI NỘP HỒ SƠ", words.submitter_name),
            stack("NGƯỜI TIẾP NHẬN HỒ SƠ", words.clerk_name),
        ),
        (0.5, 0.5),
        after_mm=0,
    )
