"""Cares for pages in the background: their small picture, their marks, their text.

A page that nobody could care for yet is sent as it came; nothing waits here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from uuid import UUID

from app.domain.page_quality import Thresholds, judge, read_thresholds
from app.models.base import PendingPageRow
from app.models.problems import StoreProblem
from app.scanning import cleaning, measuring, pictures
from app.scanning.cleaning import Derived, Wish
from app.services import page_notes, scanning
from app.services.desk import Desk
from app.services.page_notes import PageNotes

log = logging.getLogger(__name__)

THRESHOLDS = Path(__file__).parents[2] / "resources" / "quality.toml"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be made of a page, as it stood when it was read."""

    page: UUID
    sha256: str
    dpi: int
    turned: int
    notes: PageNotes

    @property
    def wish(self) -> Wish:
        return Wish(
            turned=self.turned,
            crop=self.notes.crop,
            clean=self.notes.is_clean,
            is_photograph=self.notes.is_photograph,
        )

    @property
    def is_as_it_came(self) -> bool:
        return not self.turned and self.notes.crop.is_whole and not self.notes.is_photograph


@cache
def thresholds() -> Thresholds:
    """Return where a measure becomes a mark."""
    return read_thresholds(THRESHOLDS.read_text("utf-8"))


Maker = Callable[[bytes, int, Wish], Derived]
"""Makes a page's small picture: `cleaning.derive`, or the same in a process of its own."""


def care_for(desk: Desk, page: UUID, make: Maker | None = None) -> bool:
    """Make a page's small picture and judge it; False if it is gone or cannot be read.

    Takes a tenth of a second or more: never on the GUI thread. The page may be
    turned or dropped meanwhile: what was made for an older wish is thrown away.
    """
    asked = _asked(desk, page)
    if asked is None:
        return False
    try:
        image = desk.store.blobs.get(asked.sha256)
        made = (make or cleaning.derive)(image, asked.dpi, asked.wish)
    except pictures.NotAPicture:
        log.warning("no small picture of a page: it cannot be decoded")
        return False
    sha256 = ""
    if len(made.image) < len(image) or not asked.is_as_it_came:
        try:
            sha256 = desk.store.blobs.put(made.image)
        except StoreProblem:
            log.warning("no small picture of a page: it could not be kept")
            return False
    return _note_made(desk, asked, made, sha256)


def care_for_all(desk: Desk, waiting_for: UUID, make: Maker | None = None) -> int:
    """Care for every waiting page that nobody cared for; return how many were done."""
    with desk.store.database.reading() as session:
        rows = scanning.waiting_rows(session, waiting_for)
        pages = [row.page for row in rows if not page_notes.read(row.marks).is_judged]
    return sum(care_for(desk, page, make) for page in pages)


def shown(desk: Desk, page: UUID, side: int) -> bytes:
    """Return a picture of a waiting page for the screen, PNG, long side at most `side` pixels.

    Turned, cut and cleaned as wished; as it came where it cannot be decoded.

    Raises:
        StoreProblem: it is damaged or missing.
    """
    import cv2

    asked = _asked(desk, page)
    if asked is None:
        return b""
    with desk.store.database.reading() as session:
        row = session.get(PendingPageRow, page)
        derived = row.derived if row is not None else ""
    image = desk.store.blobs.get(derived or asked.sha256)
    try:
        if derived:
            grey = pictures.load(image).convert("RGB")
            return _small_png(grey, side)
        picture, _ = cleaning.placed(image, asked.dpi, asked.wish)
    except pictures.NotAPicture:
        return b""
    ok, encoded = cv2.imencode(".png", measuring.shrunk(picture, side))
    return encoded.tobytes() if ok else b""


def _small_png(image: object, side: int) -> bytes:
    from PIL import Image

    assert isinstance(image, Image.Image)
    image.thumbnail((side, side), Image.Resampling.BOX)
    return pictures.as_png(image, 0)


def _asked(desk: Desk, page: UUID) -> _Asked | None:
    with desk.store.database.reading() as session:
        row = session.get(PendingPageRow, page)
        if row is None:
            return None
        return _Asked(row.page, row.sha256, row.dpi, row.turned, page_notes.read(row.marks))


def _note_made(desk: Desk, asked: _Asked, made: Derived, sha256: str) -> bool:
    marks = tuple(mark.value for mark in judge(made.measures, thresholds()))
    with desk.store.database.writing() as session:
        row = session.get(PendingPageRow, asked.page)
        if row is None:
            return False
        now = page_notes.read(row.marks)
        if (row.turned, now.crop, now.is_clean) != (
            asked.turned,
            asked.notes.crop,
            asked.notes.is_clean,
        ):
            return False  # somebody turned it meanwhile
        row.derived = sha256
        row.marks = page_notes.write(
            replace(
                now,
                marks=marks,
                is_judged=True,
                mime=made.mime,
                size=len(made.image),
                width=made.width,
                height=made.height,
                dpi=made.dpi,
            )
        )
    return True
