"""Numbers of the books of certifications: each station writes its own, so none waits for another.

Source: TT 01/2020/TT-BTP: books of each kind are kept by year, "Quyển số …/năm-SCT/…"; there may
be several of one kind.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.codes import OFFLINE_NUMBERS
from app.models import events
from app.models.base import BookMark, RangeRow

_VOLUME = "book_volume"
_SMALLEST_RANGE, _HIGH = 100, 100


def volume(session: Session) -> int:
    """Return this station's volume: as chosen, or else where its standing range begins.

    Ranges of the live stations of an agency never overlap, nor do the volumes. A station
    that has no range gets a high volume of its own.
    """
    chosen = events.get_fact(session, _VOLUME)
    if chosen:
        return int(chosen)
    incarnation = events.incarnation(session)
    first = session.scalar(
        select(RangeRow.first)
        .where(RangeRow.incarnation == incarnation, RangeRow.kind == "range")
        .order_by(RangeRow.to_day.desc(), RangeRow.first)
        .limit(1)
    )
    if first is None:
        return _HIGH + incarnation.int % (1000 - _HIGH)
    return (first - OFFLINE_NUMBERS.start) // _SMALLEST_RANGE + 1


def choose_volume(session: Session, number: int) -> None:
    """Let this station write another volume from now on."""
    events.set_fact(session, _VOLUME, str(number))


def name_of(session: Session, kind: str, year: int) -> str:
    """Return the name of the book in use: "01/2026-SCT/BS" for kind "SCT/BS"."""
    return f"{volume(session):02d}/{year}-{kind}"


def last(session: Session, book: str) -> int:
    """Return the last number that was written into a book."""
    row = session.get(BookMark, book)
    return 0 if row is None else row.last


def take(session: Session, book: str) -> int:
    """Return the next number of a book; it is used up with the transaction."""
    number = last(session, book) + 1
    session.merge(BookMark(book=book, last=number))
    session.flush()
    return number


def note(session: Session, book: str, number: str) -> None:
    """Note a number that an event carries, so that a rebuilt store goes on behind it."""
    if book and number.isascii() and number.isdigit() and int(number) > last(session, book):
        session.merge(BookMark(book=book, last=int(number)))
