"""What is to be made: which form, of what, on which paper."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.errors import AppError, WrongUse
from app.services.desk import Clerk, Desk
from app.services.intake import Intake
from printing.document import PaperSize


class NothingToPrint(AppError):
    """What the form would say has not happened; nothing was made."""


class WrongOrder(WrongUse):
    """The order names a form, a paper or a number that there is not; nothing was made."""


class Needs(StrEnum):
    """What a form is made of."""

    DOSSIER = "dossier"
    DOSSIERS = "dossiers"
    DAYS = "days"
    SHIFT = "shift"
    PROCEDURE = "procedure"
    ENTRY = "entry"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A number from an issued book of fee receipts.

    Attributes:
        form, serial: Mẫu số and Ký hiệu as printed on the book.
        number: at most seven digits (TT 32/2025/TT-BTC).
    """

    form: str
    serial: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One form that somebody wants.

    Attributes:
        form: key of the table of forms.
        dossier, dossiers: whose; several for lists.
        first_day, last_day: of a register or a list, both included; today if not given.
        procedure: national or short code, for a leaflet.
        slip: number of the hand-over slip that lists `dossiers`, "" for none.
        to: whom a list is handed to, as printed; written by hand if "".
        deadline: until when papers are to follow, for form 02.
        entry, reason: what a citizen wanted at the counter, and why it was not received.
        book: for a fee slip; without it the slip has no number.
        sheets: how many numbers of a pad.
        keys: (screen, ((key, words), …)) for the key card.
        paper: the form's usual one if None.
    """

    form: str
    dossier: UUID | None = None
    dossiers: tuple[UUID, ...] = ()
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    procedure: str = ""
    slip: str = ""
    to: str = ""
    deadline: dt.date | None = None
    entry: Intake | None = None
    reason: str = ""
    book: Book | None = None
    sheets: int = 10
    keys: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    paper: PaperSize | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """An order at a desk: who asks, on which paper, and how often it came out before."""

    desk: Desk
    clerk: Clerk
    order: Order
    paper: PaperSize
    reprint: int = 0

    @property
    def first_day(self) -> dt.date:
        """The first day of a list."""
        return self.order.first_day or self.desk.now().date()

    @property
    def last_day(self) -> dt.date:
        """The last day of a list, included."""
        return self.order.last_day or self.order.first_day or self.desk.now().date()
