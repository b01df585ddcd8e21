"""What a new counter tried out before its first citizen, kept on this station."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.models import events
from app.services import practice, receipts
from app.services.desk import VIETNAM, Clerk, Desk
from app.services.intake import Reception
from printing.document import PaperSize
from printing.raster import Raster, rasterise

STEPS = ("printer", "gun", "scanner", "practice")
_DPI = 100


class PracticeOpener(Protocol):
    """Opens a practice profile; `app.bootstrap` does it."""

    def open(self, root: Path) -> PracticeOpened:
        """Open a profile by its folder."""


class PracticeOpened(Protocol):
    """An opened practice profile."""

    @property
    def desk(self) -> Desk:
        """Store and catalogue."""

    def close(self) -> None:
        """Close the store."""


def done_at(desk: Desk) -> dict[str, dt.datetime]:
    """Return when each step was done last; those never done are missing."""
    found = {}
    with desk.store.database.reading() as session:
        for step in STEPS:
            text = events.get_fact(session, f"first_step:{step}")
            if text:
                found[step] = dt.datetime.fromisoformat(text).astimezone(VIETNAM)
    return found


def note(desk: Desk, step: str) -> None:
    """Note that a step was done."""
    with desk.store.database.writing() as session:
        events.set_fact(session, f"first_step:{step}", desk.now().isoformat())


@dataclass(frozen=True, slots=True)
class PracticeRun:
    """A made-up dossier that was received, and its receipt as it would be printed."""

    reception: Reception
    pages: list[Raster]


def try_practice(desk: Desk, clerk: Clerk, opener: PracticeOpener) -> PracticeRun:
    """Receive a made-up dossier in the practice store and make its receipt.

    Raises:
        StoreProblem: the practice store could not be made.
        NoCatalogue: this station has no catalogue yet.
    """
    opened = opener.open(practice.prepare(desk))
    try:
        reception = practice.sample(opened.desk, clerk)
        receipt = receipts.make_receipt(opened.desk, clerk, reception.dossier, paper=PaperSize.A5)
        return PracticeRun(reception, rasterise(receipt.pdf, dpi=_DPI))
    finally:
        opened.close()
