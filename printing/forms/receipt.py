"""Form 01: Giấy tiếp nhận hồ sơ và hẹn trả kết quả, for both form sets.

One builder serves every paper; what differs between the sets is in the words.
Source: TT 03/2025/TT-VPCP and TT 01/2018/TT-VPCP as printed by provincial
systems; layout after NĐ 30/2020/NĐ-CP App. I.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from printing.document import (
    Align,
    Block,
    Column,
    NewPage,
    PaperSize,
    PrintDocument,
    Table,
    Text,
)
from printing.forms import frame
from printing.forms.frame import CodeWords, Head, Line, Look, Signature

COPIES = ("Liên 1: Giao người nộp", "Liên 2: Lưu hồ sơ")


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
class ReceiptStage:
    """A step of a linked procedure: who does it, in what time, until when."""

    name: str
    agency: str
    term: str
    due: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptWords:
    """Everything that stands on the receipt, ready to print.

    Attributes:
        lines: (label, value) pairs under the title, in order.
        copy_total: the sum of the copy lines, as printed.
        stages: of a linked procedure, in order; none otherwise.
        numbered: (label, value) pairs after the papers, numbered from 2.
        marks: notes such as a provisional code or a reprint.
        copies: names of the copies (liên), one page each at least.
    """

    head: Head
    codes: CodeWords
    form_number: str
    title: str
    lines: tuple[Line, ...]
    papers_label: str
    papers: tuple[ReceiptPaper, ...]
    copy_lines: tuple[ReceiptCopyLine, ...] = ()
    copy_total: str = ""
    stages: tuple[ReceiptStage, ...] = ()
    numbered: tuple[Line, ...]
    note: str
    submitter_name: str
    clerk_name: str
    marks: tuple[str, ...] = ()
    copies: tuple[str, ...] = COPIES
    watermark: str = ""


def build(words: ReceiptWords, paper: PaperSize) -> PrintDocument:
    """Lay out the receipt; each copy begins on a new page, and counts its own."""
    look = frame.look(paper)
    if words.stages and paper is PaperSize.A5:  # one page, signatures and all
        look = replace(look, body=look.body - 0.6, title=look.title - 0.5, small=look.small - 0.3)
    blocks: list[Block] = []
    for i, copy in enumerate(words.copies):
        if i:
            blocks.append(NewPage(counts_anew=True))
        blocks += _copy(words, copy, look)
    return frame.document(
        look,
        f"{words.title.capitalize()} {words.codes.code}",
        blocks,
        footer=frame.footer_line(words.codes.code, words.form_number),
        watermark=words.watermark,
    )


def _copy(words: ReceiptWords, copy: str, look: Look) -> list[Block]:
    blocks: list[Block] = [
        *frame.head_blocks(words.head, look, note=f"({copy})"),
        *frame.code_blocks(words.codes, look),
        *frame.mark_blocks(words.marks, look),
        *frame.title_blocks(words.title, look),
        *frame.line_blocks(words.lines, look, strong=0),
        Text(f"1. {words.papers_label}:", size_pt=look.body),
        *_papers(words, look),
    ]
    blocks += [
        Text(value, lead=f"{i}. {label}:", size_pt=look.body, bold=True, after_mm=0.8)
        for i, (label, value) in enumerate(words.numbered, start=2)
    ]
    blocks += _stages(words, look)
    blocks.append(Text(words.note, size_pt=look.small + 0.3, italic=True))
    blocks.append(
        frame.signature_blocks(
            (
                Signature("NGƯỜI NỘP HỒ SƠ", words.submitter_name),
                Signature("NGƯỜI TIẾP NHẬN HỒ SƠ", words.clerk_name),
            ),
            look,
        )
    )
    return blocks


def _papers(words: ReceiptWords, look: Look) -> list[Block]:
    if words.copy_lines:
        return [_copies_table(words, look)]
    if look.is_narrow:
        return _papers_as_lines(words, look)
    centre = Align.CENTRE
    rows = tuple(
        (str(i), p.name, p.original, p.certified, p.photocopy)
        for i, p in enumerate(words.papers, start=1)
    )
    count = "Số lượng" if look.paper is PaperSize.A4 else ""
    columns = (
        Column("TT", 7, centre), Column("Thành phần hồ sơ", 54),
        Column("Bản chính", 12, centre, count), Column("Bản chứng thực", 15, centre, count),
        Column("Bản photo", 12, centre, count),
    )  # fmt: skip
    return [Table(columns, rows, size_pt=look.body - 0.8)]


def _papers_as_lines(words: ReceiptWords, look: Look) -> list[Block]:
    """A roll has no room for five columns: the counts stand in words behind the name."""
    kinds = ("bản chính", "bản chứng thực", "bản photo")
    lines = []
    for p in words.papers:
        counts = zip((p.original, p.certified, p.photocopy), kinds, strict=True)
        said = ", ".join(f"{n} {kind}" for n, kind in counts if n)
        lines.append(f"{p.name}: {said}" if said else p.name)
    return _counted(lines, look)


def _counted(lines: list[str], look: Look) -> list[Block]:
    return [
        Text(f"{i}) {line}", size_pt=look.body - 0.4, after_mm=0.5)
        for i, line in enumerate(lines, start=1)
    ]


def _copies_table(words: ReceiptWords, look: Look) -> Table:
    centre = Align.CENTRE
    rows = [
        (str(i), line.name, str(line.pages), str(line.copies), line.amount)
        for i, line in enumerate(words.copy_lines, start=1)
    ]
    bold: frozenset[int] = frozenset()
    if words.copy_total:
        count = sum(line.copies for line in words.copy_lines)
        bold = frozenset({len(rows)})
        rows.append(("", "Cộng", "", str(count), words.copy_total))
    shares = (10, 36, 17, 15, 22) if look.is_narrow else (8, 50, 12, 12, 18)
    columns = (
        Column("TT", shares[0], centre), Column("Giấy tờ cần chứng thực", shares[1]),
        Column("Số trang", shares[2], centre), Column("Số bản", shares[3], centre),
        Column("Phí (đồng)", shares[4], Align.RIGHT),
    )  # fmt: skip
    return Table(columns, tuple(rows), size_pt=look.body - 0.8, bold=bold)


def _stages(words: ReceiptWords, look: Look) -> list[Block]:
    if not words.stages:
        return []
    label = Text("Các bước giải quyết liên thông:", size_pt=look.body, after_mm=0.8)
    if look.is_narrow:
        said = [f"{s.name} — {s.agency}; {s.term}; {s.due}" for s in words.stages]
        return [label, *_counted(said, look)]
    columns = (
        Column("Bước", 8, Align.CENTRE), Column("Công việc", 32), Column("Cơ quan", 26),
        Column("Thời hạn", 15), Column("Dự kiến xong", 19),
    )  # fmt: skip
    rows = tuple(
        (str(i), s.name, s.agency, s.term, s.due) for i, s in enumerate(words.stages, start=1)
    )
    return [label, Table(columns, rows, size_pt=look.body - 1)]
