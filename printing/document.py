"""What is to be printed, in millimetres and points."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PaperSize(StrEnum):
    """A sheet."""

    A4 = "A4"
    A5 = "A5"

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height, portrait."""
        return {"A4": (210.0, 297.0), "A5": (148.0, 210.0)}[self.value]

    @property
    def ipp_media(self) -> str:
        """The PWG 5101.1 name that IPP uses."""
        return {"A4": "iso_a4_210x297mm", "A5": "iso_a5_148x210mm"}[self.value]


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
    """A paragraph; `lead` stands before the words in ordinary type."""

    words: str
    size_pt: float = 11
    bold: bool = False
    italic: bool = False
    align: Align = Align.LEFT
    lead: str = ""
    after_mm: float = 1.0


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


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR code, quiet zone included in `size_mm`."""

    value: str
    size_mm: float = 24.0


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table; `share` of the width is relative."""

    heading: str
    share: float
    align: Align = Align.LEFT


@dataclass(frozen=True, slots=True)
class Table:
    """Ruled rows under headings that repeat on every page."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    size_pt: float = 10
    after_mm: float = 2.0


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
    """What follows begins on a new page."""


Block = Text | Rule | Space | Code128 | Qr | Table | SideBySide | Together | NewPage


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintDocument:
    """A whole document.

    Attributes:
        title: of the file and of the print job.
        footer: small at the foot of every page, with page numbers.
        watermark: large and pale across every page, or "".
    """

    title: str
    paper: PaperSize
    margins: Margins
    blocks: tuple[Block, ...]
    footer: str = ""
    watermark: str = ""
    language: str = "vi-VN"
