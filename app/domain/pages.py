"""Pages as the law sees them: how an image came to be, and what must be shown twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Origin(StrEnum):
    """How a page's image came to be; kept for the national portal's figures on digitisation."""

    SCANNED = "scanned"
    PHOTOGRAPHED = "photographed"
    FILE = "file"
    BORN_DIGITAL = "born_digital"

    @property
    def words(self) -> str:
        """As shown and reported."""
        return {
            Origin.SCANNED: "quét tại quầy",
            Origin.PHOTOGRAPHED: "chụp ảnh",
            Origin.FILE: "từ tệp ảnh",
            Origin.BORN_DIGITAL: "bản điện tử gốc",
        }[self]


class Note(StrEnum):
    """A sheet with a note stuck on it is shown twice.

    Source: TT 01/2023/TT-VPCP Điều 8.
    """

    NONE = ""
    WITH = "with"
    WITHOUT = "without"

    @property
    def words(self) -> str:
        """As shown below a page."""
        return {
            Note.NONE: "",
            Note.WITH: "có giấy dán",
            Note.WITHOUT: "đã gỡ giấy dán",
        }[self]


@dataclass(frozen=True, slots=True)
class PlacedPage:
    """A page at its place in a paper, with what is stuck on it."""

    page: UUID
    note: Note


def notes_without_twin(pages: Sequence[PlacedPage]) -> tuple[UUID, ...]:
    """Return the pages of one paper that lack their second image, in order.

    A page with a note must be followed by the same sheet without it, or
    come right after it.

    Source: TT 01/2023/TT-VPCP Điều 8.
    """
    alone: list[UUID] = []
    i = 0
    while i < len(pages):
        here = pages[i]
        following = pages[i + 1].note if i + 1 < len(pages) else Note.NONE
        if here.note is not Note.NONE and {here.note, following} == {Note.WITH, Note.WITHOUT}:
            i += 2
            continue
        if here.note is not Note.NONE:
            alone.append(here.page)
        i += 1
    return tuple(alone)


@dataclass(frozen=True, slots=True)
class Crop:
    """The part of a page that is kept, as shares of its width and height, 0 to 1."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0

    @property
    def is_whole(self) -> bool:
        """True if nothing is cut away."""
        return (self.left, self.top, self.right, self.bottom) == (0.0, 0.0, 1.0, 1.0)

    def turned(self, by: int) -> Crop:
        """Return the same part of a page that was turned clockwise by a multiple of 90 degrees."""
        crop = self
        for _ in range(by // 90 % 4):
            crop = Crop(1 - crop.bottom, crop.left, 1 - crop.top, crop.right)
        return crop

    def inside(self, outer: Crop) -> Crop:
        """Return this part of a part, as a part of the whole page."""
        width, height = outer.right - outer.left, outer.bottom - outer.top
        return Crop(
            outer.left + self.left * width,
            outer.top + self.top * height,
            outer.left + self.right * width,
            outer.top + self.bottom * height,
        )


WHOLE = Crop()
