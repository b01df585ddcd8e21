"""Dossier numbers: leases of a day, standing ranges, and how far each is used."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.domain.wire import NumberRange
from app.models.base import NumberMark, RangeRow

WARN_SHARE = 0.8
_HELD_AT_MOST = 50


@dataclass(frozen=True, slots=True)
class Drawn:
    """A number taken for one dossier; `source` is "lease" or "range"."""

    number: int
    source: str


@dataclass(frozen=True, slots=True)
class NumberStock:
    """What is left for one day.

    Attributes:
        leased, standing: numbers left of each kind.
        standing_size: of the standing ranges of that day.
        plan_ends: last day of the plan, None without one.
    """

    leased: int
    standing: int
    standing_size: int
    plan_ends: dt.date | None

    @property
    def is_low(self) -> bool:
        """True when four fifths of the standing range are used."""
        return self.standing_size - self.standing >= self.standing_size * WARN_SHARE


def keep(session: Session, incarnation: UUID, ranges: Iterable[NumberRange]) -> None:
    """Store ranges granted to an incarnation. Safe to repeat; an old answer shortens nothing."""
    for granted in ranges:
        former = session.get(RangeRow, granted.id)
        if former is not None and former.to_day >= dt.date.fromisoformat(granted.to_day):
            continue
        session.merge(
            RangeRow(
                id=granted.id,
                incarnation=incarnation,
                agency=granted.agency,
                kind=granted.kind,
                first=granted.first,
                last=granted.last,
                from_day=dt.date.fromisoformat(granted.from_day),
                to_day=dt.date.fromisoformat(granted.to_day),
            )
        )


def drop_others(session: Session, incarnation: UUID, ranges: Iterable[NumberRange]) -> None:
    """Use no standing range any more that the server does not name: it is somebody else's."""
    named = [granted.id for granted in ranges]
    session.execute(
        delete(RangeRow).where(
            RangeRow.incarnation == incarnation,
            RangeRow.kind == "range",
            RangeRow.id.not_in(named),
        )
    )


def held(session: Session, incarnation: UUID, day: dt.date) -> tuple[NumberRange, ...]:
    """Return what an incarnation has been given and may still use on `day` or later."""
    rows = session.scalars(
        select(RangeRow)
        .where(RangeRow.incarnation == incarnation, RangeRow.to_day >= day)
        .order_by(RangeRow.to_day.desc(), RangeRow.id)
        .limit(_HELD_AT_MOST)
    )
    return tuple(
        NumberRange(
            id=row.id, agency=row.agency, kind=row.kind, first=row.first, last=row.last,
            from_day=row.from_day.isoformat(), to_day=row.to_day.isoformat(),
        )
        for row in rows
    )  # fmt: skip


def draw(session: Session, incarnation: UUID, agency: str, day: dt.date) -> Drawn | None:
    """Take the next number of `day`, leases first; None if all are used.

    The mark moves in the caller's transaction, with the event that uses it.
    """
    for row in _of_day(session, incarnation, agency, day):
        mark = session.get(NumberMark, (row.id, day))
        number = row.first if mark is None else mark.last + 1
        if number <= row.last:
            session.merge(NumberMark(range_id=row.id, day=day, last=number))
            return Drawn(number, row.kind)
    return None


def note_used(session: Session, agency: str, day: dt.date, number: int) -> None:
    """Move the mark of whatever range holds `number`: it stands on a paper already."""
    rows = session.scalars(
        select(RangeRow).where(
            RangeRow.agency == agency,
            RangeRow.first <= number,
            RangeRow.last >= number,
            RangeRow.from_day <= day,
            RangeRow.to_day >= day,
        )
    )
    for row in rows:
        mark = session.get(NumberMark, (row.id, day))
        if mark is None or mark.last < number:
            session.merge(NumberMark(range_id=row.id, day=day, last=number))


def stock(session: Session, incarnation: UUID, agency: str, day: dt.date) -> NumberStock:
    """Return how many numbers are left for `day`."""
    left = {"lease": 0, "range": 0}
    size = 0
    for row in _of_day(session, incarnation, agency, day):
        mark = session.get(NumberMark, (row.id, day))
        left[row.kind] += row.last - (row.first - 1 if mark is None else mark.last)
        size += row.last - row.first + 1 if row.kind == "range" else 0
    ends = session.scalar(
        select(RangeRow.to_day)
        .where(RangeRow.incarnation == incarnation, RangeRow.kind == "range")
        .order_by(RangeRow.to_day.desc())
        .limit(1)
    )
    return NumberStock(left["lease"], left["range"], size, ends)


def _of_day(session: Session, incarnation: UUID, agency: str, day: dt.date) -> list[RangeRow]:
    rows = session.scalars(
        select(RangeRow)
        .where(
            RangeRow.incarnation == incarnation,
            RangeRow.agency == agency,
            RangeRow.from_day <= day,
            RangeRow.to_day >= day,
        )
        .order_by(RangeRow.kind, RangeRow.first)  # "lease" before "range"
    )
    return list(rows)
