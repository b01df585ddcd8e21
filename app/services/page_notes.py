"""What is noted beside a waiting page: marks, wishes, and its small picture; kept as JSON."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from app.domain.pages import WHOLE, Crop, Note, Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class PageNotes:
    """Notes of a waiting page.

    Attributes:
        origin: how the image came to be, "" unknown.
        marks: what the quality gate found; is_judged: it has looked.
        note: whether something is stuck on the sheet.
        crop: the part to keep.
        is_clean: paper is made white and letters clear.
        mime, size, width, height, dpi: of the small picture, once it is made.
    """

    origin: str = ""
    marks: tuple[str, ...] = ()
    is_judged: bool = False
    note: Note = Note.NONE
    crop: Crop = WHOLE
    is_clean: bool = True
    mime: str = ""
    size: int = 0
    width: int = 0
    height: int = 0
    dpi: int = 0

    @property
    def is_photograph(self) -> bool:
        """True if the sheet must be looked for in the picture."""
        return self.origin == Origin.PHOTOGRAPHED


def read(text: str) -> PageNotes:
    """Return what was noted; nothing of a row that has no notes."""
    return msgspec.json.decode(text, type=PageNotes) if text else PageNotes()


def write(notes: PageNotes) -> str:
    """Return notes as they are kept."""
    return msgspec.json.encode(notes).decode()
