"""The day sheet: what was received and printed on a day, and what does not agree."""

from __future__ import annotations

from dataclasses import dataclass

from printing.document import (
    Align,
    Block,
    Column,
    Margins,
    PaperSize,
    PrintDocument,
    Rule,
    SideBySide,
    Space,
    Table,
    Text,
    Together,
)

_MARGINS = Margins(top=15, bottom=15, left=20, right=15)
_COLUMNS = (
    Column("TT", 0.6, Align.CENTRE),
    Column("Mã hồ sơ", 2.6),
    Column("Giờ nhận", 1.0, Align.CENTRE),
    Column("Tình trạng", 1.9),
    Column("Giấy đã in", 2.1),
    Column("Máy chủ", 1.6),
)
_DIFFERENCES = (
    Column("TT", 0.6, Align.CENTRE),
    Column("Mã hồ sơ, số", 2.4),
    Column("Chưa khớp ở đâu", 3.2),
    Column("Việc cần làm", 3.4),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySheetWords:
    """Everything that stands on a day sheet, ready to print.

    Attributes:
        summary: (label, value) pairs above the tables.
        rows: a dossier each: code, time, state, paper, server; the number is added.
        verdict: whether the day agrees, and in how many places it does not.
        differences: codes or numbers, what does not agree, what to do.
        numbers: sentences that explain the numbers of the day.
        seal: SHA-256 of the register, in groups.
    """

    parent_line: str
    name_line: str
    station_line: str
    title: str
    day_line: str
    place_and_date: str
    summary: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, str, str, str, str], ...]
    verdict: str
    differences: tuple[tuple[str, str, str], ...]
    numbers: tuple[str, ...]
    seal: str
    clerk_name: str
    marks: tuple[str, ...] = ()


def build_day_sheet(words: DaySheetWords, paper: PaperSize = PaperSize.A4) -> PrintDocument:
    """Lay a day sheet out on one size of paper."""
    blocks: list[Block] = [*_head(words)]
    blocks += [Text(value, lead=f"{label}:", bold=True) for label, value in words.summary]
    blocks.append(Space(2))
    blocks.append(Text(words.verdict, bold=True, size_pt=12))
    if words.differences:
        rows = _numbered(words.differences)
        blocks.append(Table(columns=_DIFFERENCES, rows=rows, size_pt=9.5))
    blocks.append(Text("Hồ sơ tiếp nhận và giấy in trong ngày", bold=True))
    blocks.append(Table(columns=_COLUMNS, rows=_numbered(words.rows), size_pt=9))
    blocks += [Text(f"– {line}", size_pt=10) for line in words.numbers]
    blocks.append(Together(_foot(words)))
    return PrintDocument(
        title=f"{words.title} {words.day_line}",
        paper=paper,
        margins=_MARGINS,
        blocks=tuple(blocks),
        footer=f"{words.title} · {words.day_line} · {words.station_line}",
    )


def _head(words: DaySheetWords) -> tuple[Block, ...]:
    left: tuple[Block, ...] = (
        Text(words.parent_line, size_pt=10, align=Align.CENTRE, after_mm=0),
        Text(words.name_line, size_pt=10, bold=True, align=Align.CENTRE, after_mm=0),
        Rule(25),
        Text(words.station_line, size_pt=9.5, align=Align.CENTRE),
    )
    right: tuple[Block, ...] = (
        Text(words.place_and_date, size_pt=10, italic=True, align=Align.CENTRE),
        *(Text(mark, size_pt=10, bold=True, align=Align.CENTRE) for mark in words.marks),
    )
    return (
        SideBySide((left, right), (1, 1)),
        Text(words.title.upper(), size_pt=14, bold=True, align=Align.CENTRE, after_mm=0),
        Text(words.day_line, size_pt=11, italic=True, align=Align.CENTRE, after_mm=3),
    )


def _numbered(rows: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    return tuple((str(i), *row) for i, row in enumerate(rows, start=1))


def _foot(words: DaySheetWords) -> tuple[Block, ...]:
    signature: tuple[Block, ...] = (
        Text("NGƯỜI ĐỐI CHIẾU", size_pt=11, bold=True, align=Align.CENTRE),
        Space(16),
        Text(words.clerk_name, size_pt=11, align=Align.CENTRE),
    )
    seal: tuple[Block, ...] = (
        Text("Dấu số của sổ trong ngày:", size_pt=9, italic=True, after_mm=0),
        Text(words.seal, size_pt=9),
    )
    return (Space(3), SideBySide((seal, signature), (1.2, 1)))
