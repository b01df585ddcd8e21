"""What every form has: sizes on each paper, head, codes, title, lines and signatures.

Layout after NĐ 30/2020/NĐ-CP App. I (margins 20/20/30/15 mm on A4, Quốc hiệu
and Tiêu ngữ at the right, agency at the left); a one-stop form may carry
smaller type than a letter, as the provinces' own templates do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from printing.document import (
    Align,
    Block,
    Code128,
    Margins,
    PaperSize,
    PrintDocument,
    Qr,
    Rule,
    SideBySide,
    Space,
    Text,
    Together,
)

DOT_600_MM = 25.4 / 600  # bars in whole dots of a 600 dpi printer: uneven ones are lost on a scan
DOT_203_MM = 25.4 / 203  # dots of a thermal head
Line = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Sizes of one form on one paper, points and mm; `head` is of the lines at the top."""

    paper: PaperSize
    head: float
    body: float
    title: float
    small: float
    margins: Margins
    landscape: bool = False

    @property
    def is_narrow(self) -> bool:
        """True on a roll: one column, no page numbers."""
        return self.paper.is_roll

    @property
    def scale(self) -> float:
        """How large marks and gaps are, A4 being 1."""
        return {PaperSize.A4: 1.0, PaperSize.A5: 0.82, PaperSize.ROLL: 0.8}[self.paper]


def look(paper: PaperSize, *, landscape: bool = False, letter: bool = False) -> Look:
    """Return the sizes for a paper.

    Args:
        paper: what is in the tray.
        landscape: a list that lies on its long edge.
        letter: a letter of the agency, with the body type of NĐ 30/2020.
    """
    if paper.is_roll:  # 72 of 80 mm can be printed
        margins = Margins(top=3, bottom=8, left=4, right=4)
        return Look(paper=paper, head=7.5, body=9, title=10.5, small=7.5, margins=margins)
    if paper is PaperSize.A5:
        margins = Margins(top=8, bottom=11, left=12, right=8)
        return Look(paper=paper, head=9.2, body=10.5 if letter else 9.2, title=11.5, small=7.8,
                    margins=margins, landscape=landscape)  # fmt: skip
    if landscape:
        margins = Margins(top=15, bottom=15, left=20, right=13)
        return Look(
            paper=paper, head=11, body=11, title=14, small=9, margins=margins, landscape=True
        )
    margins = Margins(top=20, bottom=20, left=30, right=15)
    body = 13 if letter else 11.5
    return Look(paper=paper, head=11.5, body=body, title=14, small=9, margins=margins)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The lines at the top of a form.

    Attributes:
        parent_line, name_line: of the agency.
        number_line: such as "Số: 0001/TNHS", or "".
        book_line: such as "Quyển số: 2026, Số thứ tự: 12", or "".
        form_line: number of the form and the circular it comes from, or "".
    """

    parent_line: str
    name_line: str
    place_and_date: str = ""
    number_line: str = ""
    book_line: str = ""
    form_line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeWords:
    """A dossier's code as people and scanners read it.

    Attributes:
        bars: what the Code 128 says, if not the code itself.
        status_address: what the QR says, or "" for none.
    """

    code: str
    check: str = ""
    lookup: str = ""
    status_address: str = ""
    bars: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """A place to sign."""

    title: str
    name: str = ""
    hint: str = "(Ký và ghi rõ họ tên)"


def document(
    look: Look, title: str, blocks: Iterable[Block], *, footer: str = "", watermark: str = ""
) -> PrintDocument:
    """Return the blocks as a document of this look."""
    return PrintDocument(
        title=title,
        paper=look.paper,
        margins=look.margins,
        blocks=tuple(blocks),
        footer=footer,
        watermark=watermark,
        landscape=look.landscape,
    )


def head_blocks(head: Head, look: Look, *, note: str = "") -> list[Block]:
    """Return the head; `note` such as the name of a copy stands under the agency."""
    left = _agency(head, look, note)
    right = _state(head, look)
    if look.is_narrow:
        return [*right[:2], *left, *right[3:], Space(1)]
    shares = (0.42, 0.58) if look.landscape or look.paper is PaperSize.A4 else (0.45, 0.55)
    return [SideBySide((tuple(left), tuple(right)), shares, after_mm=2)]


def _agency(head: Head, look: Look, note: str) -> list[Block]:
    centre, size = Align.CENTRE, look.head
    blocks: list[Block] = [
        Text(head.parent_line, size_pt=size, align=centre, after_mm=0),
        Text(head.name_line, size_pt=size, bold=True, align=centre, after_mm=1),
        Rule(26 * look.scale, after_mm=1),
    ]
    if head.number_line:
        blocks.append(Text(head.number_line, size_pt=size, align=centre, after_mm=0.3))
    for line in (head.book_line, note):
        if line:
            blocks.append(Text(line, size_pt=look.small, italic=True, align=centre, after_mm=0.3))
    return blocks


def _state(head: Head, look: Look) -> list[Block]:
    centre, size = Align.CENTRE, look.head
    upper = size if look.is_narrow else size - 0.4
    blocks: list[Block] = [
        Text("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", size_pt=upper, bold=True, align=centre,
             after_mm=0),
        Text("Độc lập - Tự do - Hạnh phúc", size_pt=size + 0.4, bold=True, align=centre,
             after_mm=1),
        Rule(45 * look.scale, after_mm=1),
    ]  # fmt: skip
    if head.place_and_date:
        blocks.append(
            Text(head.place_and_date, size_pt=size, italic=True, align=centre, after_mm=0.3)
        )
    if head.form_line:
        blocks.append(
            Text(
                head.form_line,
                size_pt=look.small - (0.9 if look.paper is PaperSize.A4 else 1.4),
                italic=True,
                align=centre,
                after_mm=0,
            )
        )
    return blocks


def code_blocks(words: CodeWords, look: Look) -> list[Block]:
    """Return bar code, code in letters and QR, beside or below each other."""
    centre = look.is_narrow
    align = Align.CENTRE if centre else Align.LEFT
    bars: list[Block] = [
        Code128(
            words.bars or words.code,
            module_mm=_module_mm(look),
            height_mm=11 * look.scale,
            align=align,
        ),
        Space(0.5),
        Text(words.code, lead="Mã hồ sơ:", size_pt=look.body + 0.6, bold=True, align=align,
             after_mm=0.3),
    ]  # fmt: skip
    seals = [
        f"{label}: {value}"
        for label, value in (("Ký tự kiểm tra", words.check), ("Mã tra cứu", words.lookup))
        if value
    ]
    if seals:
        bars.append(Text("  ·  ".join(seals), size_pt=look.body - 1, align=align, after_mm=0))
    if not words.status_address:
        return [*bars, Space(1.5)]
    if look.is_narrow:
        return [*bars, Qr(words.status_address, size_mm=32, align=align), Space(1)]
    square = Qr(
        words.status_address, size_mm=26 if look.paper is PaperSize.A4 else 20, align=Align.RIGHT
    )
    return [SideBySide((tuple(bars), (square,)), (0.8, 0.2), after_mm=1.5)]


def _module_mm(look: Look) -> float:
    if look.is_narrow:
        return 2 * DOT_203_MM
    return DOT_600_MM * (8 if look.paper is PaperSize.A4 else 7)


def mark_blocks(marks: Iterable[str], look: Look) -> list[Block]:
    """Return notes such as a reprint's, bold and centred."""
    return [
        Text(mark, size_pt=look.body, bold=True, align=Align.CENTRE, after_mm=0.8) for mark in marks
    ]


def title_blocks(title: str, look: Look, *, below: str = "") -> list[Block]:
    """Return the title in capitals, and a line in italics under it."""
    centre = Align.CENTRE
    blocks: list[Block] = [
        Space(1),
        Text(title.upper(), size_pt=look.title, bold=True, align=centre, after_mm=0.8),
    ]
    if below:
        blocks.append(Text(below, size_pt=look.body, italic=True, align=centre, after_mm=1))
    return [*blocks, Space(1)]


def line_blocks(lines: Iterable[Line], look: Look, *, strong: int = -1) -> list[Block]:
    """Return (label, value) lines; the `strong`-th has its value in bold."""
    return [
        Text(value, lead=f"{label}:", size_pt=look.body, bold=i == strong, after_mm=0.8)
        for i, (label, value) in enumerate(lines)
    ]


def paragraph_blocks(words: Iterable[str], look: Look, *, first_mm: float = 0.0) -> list[Block]:
    """Return justified paragraphs, their first lines set in by `first_mm`."""
    align = Align.LEFT if look.is_narrow else Align.JUSTIFY
    return [
        Text(text, size_pt=look.body, align=align, after_mm=1.2, first_mm=first_mm)
        for text in words
    ]


def signature_blocks(
    signatures: Iterable[Signature], look: Look, *, above: str = "", room_mm: float = 14
) -> Block:
    """Return places to sign side by side, never torn apart.

    Args:
        above: place and date over the last one, if the head has none.
        room_mm: for the hand, on A4.
    """
    places = list(signatures)
    centre, size = Align.CENTRE, look.small if look.is_narrow else look.body - 0.3
    parts: list[tuple[Block, ...]] = []
    for i, place in enumerate(places):
        over = above if i == len(places) - 1 else "\u00a0" if above else ""
        stack: list[Block] = [Space(1.5)]
        if over:
            stack.append(Text(over, size_pt=look.body, italic=True, align=centre, after_mm=0.5))
        parts.append(
            (
                *stack,
                Text(place.title, size_pt=size, bold=True, align=centre, after_mm=0),
                Text(place.hint, size_pt=look.small + 0.6, italic=True, align=centre, after_mm=0),
                Space(room_mm * look.scale),
                Text(place.name, size_pt=look.body, align=centre, after_mm=0),
            )
        )
    shares = tuple(1 / len(parts) for _ in parts)
    return Together((SideBySide(tuple(parts), shares, after_mm=0),))


def footer_line(*parts: str) -> str:
    """Return what stands small at the foot of every page."""
    return " · ".join(part for part in parts if part)
