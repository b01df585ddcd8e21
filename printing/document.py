"""What is to be printed, in millimetres and points."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PaperSize(StrEnum):
    """A sheet, or the roll of a receipt printer."""

    A4 = "A4"
    A5 = "A5"
    ROLL = "80mm"

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height, portrait; a roll is as long as what stands on it and answers 0."""
        return {"A4": (210.0, 297.0), "A5": (148.0, 210.0), "80mm": (80.0, 0.0)}[self.value]

    @property
    def is_roll(self) -> bool:
        """True if the length follows the content."""
        return self is PaperSize.ROLL

    @property
    def ipp_media(self) -> str:
        """The PWG 5101.1 name that IPP uses; of a roll the length most drivers offer."""
        return {
            "A4": "iso_a4_210x297mm",
            "A5": "iso_a5_148x210mm",
            "80mm": "om_80mm-roll_80x297mm",
        }[self.value]


class Align(StrEnum):
    """How text stands between its margins."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"
    JUSTIFY = "justify"


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """White edges of a page, mm."""

    top: float
    bottom: float
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; `lead` stands before the words in ordinary type, a newline breaks a line.

    `first_mm` sets the first line in, as letters have it.
    """

    words: str
    size_pt: float = 11
    bold: bool = False
    italic: bool = False
    align: Align = Align.LEFT
    lead: str = ""
    after_mm: float = 1.0
    first_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin centred line."""

    width_mm: float
    after_mm: float = 1.0


@dataclass(frozen=True, slots=True)
class Space:
    """Empty height."""

    height_mm: float


@dataclass(frozen=True, slots=True)
class Code128:
    """A Code 128 barcode with its quiet zones; `value` is printable ASCII."""

    value: str
    module_mm: float = 0.3
    height_mm: float = 11.0
    align: Align = Align.LEFT


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR code, quiet zone included in `size_mm`."""

    value: str
    size_mm: float = 24.0
    align: Align = Align.LEFT


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG, as wide as asked for or as the room is; `words` say what it shows."""

    png: bytes
    width_mm: float
    words: str
    after_mm: float = 2.0


@dataclass(frozen=True, slots=True)
class Dotted:
    """A label, and dots up to the right edge to write on; more `lines` are dots alone."""

    label: str
    size_pt: float = 11
    lines: int = 1
    after_mm: float = 1.0


@dataclass(frozen=True, slots=True)
class CutLine:
    """A dashed line across the page to cut or tear along, with small words on it."""

    words: str = ""
    size_pt: float = 8
    after_mm: float = 3.0


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table; `share` of the width is relative.

    Columns beside each other with the same `group` stand under one heading.
    What `stays` is not struck through in a struck row, such as the reason.
    """

    heading: str
    share: float
    align: Align = Align.LEFT
    group: str = ""
    stays: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Ruled rows under headings that repeat on every page.

    Attributes:
        struck: rows (from 0) whose words are struck through.
        bold: rows (from 0) in bold type, such as totals.
        is_numbered: a row (1), (2) … stands under the headings.
        row_mm: least height of a row, for writing in.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    size_pt: float = 10
    after_mm: float = 2.0
    struck: frozenset[int] = frozenset()
    bold: frozenset[int] = frozenset()
    is_numbered: bool = False
    row_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Two or more stacks of blocks beside each other; `shares` are relative widths."""

    parts: tuple[tuple[Block, ...], ...]
    shares: tuple[float, ...]
    after_mm: float = 2.0


@dataclass(frozen=True, slots=True)
class Together:
    """Blocks that stay on one page."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class NewPage:
    """What follows begins on a new page; as a copy (liên) of its own it counts pages anew."""

    counts_anew: bool = False


Block = (
    Text
    | Rule
    | Space
    | Code128
    | Qr
    | Picture
    | Dotted
    | CutLine
    | Table
    | SideBySide
    | Together
    | NewPage
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintDocument:
    """A whole document.

    Attributes:
        title: of the file and of the print job.
        footer: small at the foot of every page, with "Trang x/y"; not on a roll.
        watermark: large and pale across every page, or "".
        landscape: the long edge lies below.
    """

    title: str
    paper: PaperSize
    margins: Margins
    blocks: tuple[Block, ...]
    footer: str = ""
    watermark: str = ""
    language: str = "vi-VN"
    landscape: bool = False

    @property
    def page_mm(self) -> tuple[float, float]:
        """Width and height as the page is read; height 0 on a roll."""
        width, height = self.paper.size_mm
        return (height, width) if self.landscape else (width, height)
