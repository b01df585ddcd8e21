"""What a period's dossiers add up to: the table II.06a and the rates that are reported.

Source: TT 01/2020/TT-VPCP, Biểu II.06a/VPCP/KSTT; QĐ 766/QĐ-TTg (the rates). Days are compared,
not moments. What waits for a supplement is within its term; what ended without a result (refused,
withdrawn, stopped) ended on time. A second request for a supplement makes a dossier late in the
rates, though not in II.06a.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import StrEnum

from app.domain.status import BusinessState

ONLINE = 2
"""Channel of the national portal; 1 is the counter, 3 the post."""

WITHOUT_RESULT = (BusinessState.NOT_RECEIVED, BusinessState.WITHDRAWN, BusinessState.STOPPED)
"""States in which the work ended and nothing was made out."""


class Timeliness(StrEnum):
    """How a dossier stands to its due date, judged at the end of a period."""

    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"
    PENDING = "pending"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Dossiers that are alike in everything that a report asks.

    Attributes:
        received_on, due_on: days in Việt Nam; `ended_on` None while the work goes on.
        channel: 1 at the counter, 2 online, 3 by post.
        rounds: how often papers were asked for.
        is_digitised: every paper has a scan; None of a dossier without papers.
        satisfaction: 1 very satisfied to 3 not, 0 not asked.
        fee, paid: đồng, of all of them together.
        count: how many.
    """

    procedure: str
    channel: int
    received_on: dt.date
    ended_on: dt.date | None
    due_on: dt.date
    state: BusinessState
    rounds: int = 0
    is_digitised: bool | None = None
    satisfaction: int = 0
    clerk: str = ""
    fee: int = 0
    paid: int = 0
    count: int = 1

    @property
    def finished_on(self) -> dt.date | None:
        """The day the work ended; not before the reception, however a clock stood."""
        return None if self.ended_on is None else max(self.ended_on, self.received_on)

    def stands(self, last: dt.date) -> Timeliness:
        """Return how it stands at the end of a day."""
        ended = self.finished_on
        if ended is None or ended > last:
            is_waiting = self.state is BusinessState.AWAITING_SUPPLEMENT
            return Timeliness.OVERDUE if self.due_on < last and not is_waiting else (
                Timeliness.PENDING
            )  # fmt: skip
        if self.state in WITHOUT_RESULT or ended == self.due_on:
            return Timeliness.ON_TIME
        return Timeliness.EARLY if ended < self.due_on else Timeliness.LATE


@dataclass(slots=True)
class Tally:
    """One row of II.06a; the attributes are its columns (4) to (13) in their order."""

    online: int = 0
    direct: int = 0
    carried: int = 0
    early: int = 0
    on_time: int = 0
    late: int = 0
    pending: int = 0
    overdue: int = 0

    @property
    def to_solve(self) -> int:
        """Column (3): received in the period, and carried over."""
        return self.online + self.direct + self.carried

    @property
    def solved(self) -> int:
        """Column (7)."""
        return self.early + self.on_time + self.late

    @property
    def in_work(self) -> int:
        """Column (11)."""
        return self.pending + self.overdue

    @property
    def is_balanced(self) -> bool:
        """True if (3) = (7) + (11), as it must be."""
        return self.to_solve == self.solved + self.in_work

    @property
    def columns(self) -> tuple[int, ...]:
        """Columns (3) to (13)."""
        return (
            self.to_solve, self.online, self.direct, self.carried,
            self.solved, self.early, self.on_time, self.late,
            self.in_work, self.pending, self.overdue,
        )  # fmt: skip

    def add(self, other: Tally) -> None:
        """Add another row."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


def belongs(one: Facts, first: dt.date, last: dt.date) -> bool:
    """Tell whether dossiers count in a period: received by its end, not ended before it."""
    ended = one.finished_on
    return one.received_on <= last and (ended is None or ended >= first)


def tally(all_facts: Iterable[Facts], first: dt.date, last: dt.date) -> Tally:
    """Return what dossiers add up to in a period, both days included.

    Each that belongs to the period stands in one of the columns (4) to (6) and in one of the
    columns (8) to (10), (12) and (13): the two sums cannot differ.
    """
    row = Tally()
    for one in all_facts:
        if not belongs(one, first, last):
            continue
        came = "carried" if one.received_on < first else (
            "online" if one.channel == ONLINE else "direct"
        )  # fmt: skip
        for column in (came, one.stands(last).value):
            setattr(row, column, getattr(row, column) + one.count)
    return row


@dataclass(frozen=True, slots=True)
class Share:
    """Part of a whole; `percent` is None where there is nothing to be a part of."""

    part: int
    whole: int

    @property
    def percent(self) -> float | None:
        """The part in percent."""
        return 100 * self.part / self.whole if self.whole else None

    @property
    def words(self) -> str:
        """The part in percent as people write it, with a comma."""
        percent = self.percent
        return "—" if percent is None else f"{percent:.1f} %".replace(".", ",").replace(",0 ", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The rates of a period.

    Attributes:
        on_time: ended by the due date and after one request for papers at most, of all that
            ended in the period.
        online: of all received.
        digitised: every paper scanned, of all received with papers.
        second_supplement: asked twice or more, of all received.
        satisfied: 1 or 2, of all that were asked.
    """

    on_time: Share
    online: Share
    digitised: Share
    second_supplement: Share
    satisfied: Share


def rates(all_facts: Iterable[Facts], first: dt.date, last: dt.date) -> Rates:
    """Return the rates of a period, both days included."""
    received = ended = online = again = on_time = papers = digitised = asked = satisfied = 0
    for one in all_facts:
        if first <= one.received_on <= last:
            received += one.count
            online += one.count * (one.channel == ONLINE)
            again += one.count * (one.rounds > 1)
            papers += one.count * (one.is_digitised is not None)
            digitised += one.count * (one.is_digitised is True)
        finished = one.finished_on
        if finished is not None and first <= finished <= last:
            ended += one.count
            is_late = one.stands(last) is Timeliness.LATE or one.rounds > 1
            on_time += one.count * (not is_late)
            asked += one.count * (one.satisfaction > 0)
            satisfied += one.count * (one.satisfaction in (1, 2))
    return Rates(
        on_time=Share(on_time, ended),
        online=Share(online, received),
        digitised=Share(digitised, papers),
        second_supplement=Share(again, received),
        satisfied=Share(satisfied, asked),
    )


class Period(StrEnum):
    """Lengths of a period."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_MONTHS = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}


def span(period: Period, day: dt.date) -> tuple[dt.date, dt.date]:
    """Return the first and last day of the period that a day lies in."""
    if period is Period.DAY:
        return day, day
    if period is Period.WEEK:
        monday = day - dt.timedelta(days=day.weekday())
        return monday, monday + dt.timedelta(days=6)
    length = _MONTHS[period]
    month = (day.month - 1) // length * length + 1
    first = day.replace(month=month, day=1)
    return first, _months_later(first, length) - dt.timedelta(days=1)


def step(period: Period, first: dt.date, by: int) -> dt.date:
    """Return the first day of the period so many periods later, or before (negative)."""
    if period in _MONTHS:
        return _months_later(first, by * _MONTHS[period])
    return first + dt.timedelta(days=by * (7 if period is Period.WEEK else 1))


def _months_later(first: dt.date, months: int) -> dt.date:
    at = first.year * 12 + first.month - 1 + months
    return dt.date(at // 12, at % 12 + 1, 1)


def percentile(sorted_values: list[int], share: float) -> int:
    """Return the value below which so large a share lies (nearest rank); values not empty."""
    at = max(0, -int(-len(sorted_values) * share // 1) - 1)
    return sorted_values[min(at, len(sorted_values) - 1)]
