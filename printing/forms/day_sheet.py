"""The day sheet: what came out of a counter on one day, beside what the server has."""

from __future__ import annotations

from dataclasses import dataclass

from printing.document import Align, Block, Column, PaperSize, PrintDocument, Table, Text
from printing.forms import frame
from printing.forms.frame import Head, Line, Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySheetWords:
    """Everything that stands on the day sheet.

    Attributes:
        lines: (label, value) pairs such as agency, counter, day, clerk.
        counts: (what, how many) in the order of the table.
        differences: (what, what to do); none is said to be none.
        register_sha256: of the day's register as sealed, or "" while it is open.
        marks: notes above the title.
    """

    head: Head
    lines: tuple[Line, ...]
    counts: tuple[Line, ...]
    differences: tuple[Line, ...] = ()
    register_sha256: str = ""
    title: str = "Phiếu đối chiếu cuối ngày"
    subtitle: str = ""
    marks: tuple[str, ...] = ()
    signatures: tuple[Signature, ...] = (
        Signature("NGƯỜI LẬP PHIẾU"),
        Signature("NGƯỜI PHỤ TRÁCH"),
    )


def build(words: DaySheetWords, paper: PaperSize = PaperSize.A4) -> PrintDocument:
    """Lay out the day sheet."""
    look = frame.look(paper)
    size = look.body - 0.8
    counts = Table(
        (Column("Nội dung", 78), Column("Số lượng", 22, Align.RIGHT)), words.counts, size_pt=size
    )
    blocks: list[Block] = [
        *frame.head_blocks(words.head, look),
        *frame.mark_blocks(words.marks, look),
        *frame.title_blocks(words.title, look, below=words.subtitle),
        *frame.line_blocks(words.lines, look),
        Text("1. Số liệu trong ngày:", size_pt=look.body, bold=True),
        counts,
    ]
    if words.differences:
        rows = tuple((str(i), *row) for i, row in enumerate(words.differences, start=1))
        columns = (Column("TT", 8, Align.CENTRE), Column("Chênh lệch", 46), Column("Cần làm", 46))
        blocks += [
            Text(f"2. Có {len(rows)} chỗ chênh lệch:", size_pt=look.body, bold=True),
            Table(columns, rows, size_pt=size),
        ]
    else:
        blocks.append(Text("2. Chênh lệch: không có.", size_pt=look.body, bold=True, after_mm=2))
    if words.register_sha256:
        blocks += [
            Text("3. Mã niêm phong sổ theo dõi hồ sơ của ngày (SHA-256):", size_pt=look.body),
            Text(_in_eights(words.register_sha256), size_pt=look.small, align=Align.CENTRE),
        ]
    blocks.append(frame.signature_blocks(words.signatures, look))
    return frame.document(look, words.title, blocks, footer=words.title)


def _in_eights(digits: str) -> str:
    """Groups of eight can be compared by eye."""
    return " ".join(digits[i : i + 8] for i in range(0, len(digits), 8))
