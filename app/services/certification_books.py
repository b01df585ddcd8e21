"""Books of certifications as they stand: every number in its order, unused ones too.

Source: NĐ 23/2015/NĐ-CP Điều 14, TT 01/2020/TT-BTP: a certification has its number in a book.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select

from app.models import projection
from app.models.base import CourseRow, DossierRow, SnapshotRow
from app.services.desk import VIETNAM, Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class BookLine:
    """One number of a book; without a code nothing bears it any more."""

    number: int
    code: str = ""
    owner: str = ""
    result: str = ""
    copies: int = 0
    fee: int = 0
    issued_on: dt.date | None = None
    is_void: bool = False


def books(desk: Desk) -> tuple[tuple[str, int], ...]:
    """Return (name, last number) of every book known here, the fullest years last."""
    with desk.store.database.reading() as session:
        rows = session.execute(
            select(CourseRow.book, func.max(CourseRow.book_number))
            .where(CourseRow.book != "")
            .group_by(CourseRow.book)
            .order_by(CourseRow.book)
        ).all()
    return tuple((row[0], row[1]) for row in rows)


def lines(desk: Desk, book: str, first: int = 1, most: int = 1000) -> tuple[BookLine, ...]:
    """Return a book's numbers in order, at most so many; numbers that nothing bears are void."""
    with desk.store.database.reading() as session:
        rows = session.execute(
            select(CourseRow.book_number, SnapshotRow.content, DossierRow.voided)
            .join(DossierRow, DossierRow.row == CourseRow.row)
            .join(SnapshotRow, SnapshotRow.row == CourseRow.row)
            .where(CourseRow.book == book, CourseRow.book_number >= first)
            .order_by(CourseRow.book_number)
            .limit(most)
        ).all()
    found: list[BookLine] = []
    for number, content, voided in rows:
        expected = found[-1].number + 1 if found else first
        found += [BookLine(number=gap, is_void=True) for gap in range(expected, number)]
        folded = projection.read_snapshot(content)
        day = (folded.ended_at or folded.received_at).astimezone(VIETNAM).date()
        found.append(
            BookLine(
                number=number,
                code=folded.code,
                owner=folded.owner.name,
                result=folded.result_name,
                copies=folded.result_copies,
                fee=folded.fee.amount,
                issued_on=day,
                is_void=voided,
            )
        )
    return tuple(found)
