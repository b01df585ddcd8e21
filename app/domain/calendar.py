"""Working time, and the moment an answer is due.

A day term counts whole working days: the day of reception is day 0, and the
term ends when the last day's sessions close. An hour term runs through the
sessions (8 hours are a day). Sources: Luật Hộ tịch Điều 5 k3 and NĐ 23/2015
Điều 7 (15:00 rule), NĐ 309/2026 Đ8 (counted from complete reception).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

ONE_DAY = dt.timedelta(days=1)
_LONGEST_SEARCH_DAYS = 3660


class TermUnit(StrEnum):
    """What a term counts."""

    SAME_DAY = "same_day"
    WORKING_DAYS = "working_days"
    DAYS = "days"
    WORKING_HOURS = "working_hours"
    OPEN = "open"  # the sources name no term; a supervisor must fill it in


class Cutoff(StrEnum):
    """When a reception is too late in the day to count from that day."""

    NONE = "none"
    AFTER_15 = "15:00"
    HOUR_BEFORE_CLOSING = "hour_before_closing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """How long a procedure, or a stage of one, may take.

    Attributes:
        unit: what `count` counts.
        count: 0 for `same_day` and `open`.
        verification: working days added when facts must be verified.
    """

    unit: TermUnit
    count: int = 0
    verification: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One stretch of opening hours of a day, local time."""

    opens: dt.time
    closes: dt.time


@dataclass(frozen=True, slots=True)
class Due:
    """When an answer is due, and how that was counted.

    Attributes:
        at: local moment; for day terms the closing of the due day.
        counted_from: day 0 of a day term, or the day the hours began.
        days: the days that were counted, oldest first.
        is_certain: False if the calendar has no table for a year it touches.
        how: one Vietnamese sentence for the clerk.
    """

    at: dt.datetime
    counted_from: dt.date
    days: tuple[dt.date, ...]
    is_certain: bool
    how: str


class CalendarTooShort(ValueError):
    """No working day was found within ten years: the calendar is broken."""


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Opening hours, days off and days made up, of one agency.

    All moments are local (naive or of one zone). Attributes:
        sessions: by weekday (Monday is 0), ordered, disjoint; absent is closed.
        off: days off besides the closed weekdays.
        make_up: days that work although their weekday is closed.
        years: years whose table is known.
    """

    sessions: Mapping[int, tuple[Session, ...]]
    off: frozenset[dt.date] = field(default_factory=frozenset)
    make_up: frozenset[dt.date] = field(default_factory=frozenset)
    years: frozenset[int] = field(default_factory=frozenset)

    def sessions_on(self, day: dt.date) -> tuple[Session, ...]:
        """Return the sessions of `day`, empty if it does not work.

        A made-up day keeps the hours of an ordinary Monday.
        """
        if day in self.make_up:
            return self.sessions.get(day.weekday()) or self.sessions[0]
        if day in self.off:
            return ()
        return self.sessions.get(day.weekday(), ())

    def is_working(self, day: dt.date) -> bool:
        """Tell whether the agency works on `day`."""
        return bool(self.sessions_on(day))

    def working_days_from(self, day: dt.date) -> Iterator[dt.date]:
        """Yield the working days from `day` on, `day` itself included.

        Raises:
            CalendarTooShort: ten years held no further working day.
        """
        idle = 0
        while idle < _LONGEST_SEARCH_DAYS:
            if self.is_working(day):
                idle = 0
                yield day
            else:
                idle += 1
            day += ONE_DAY
        raise CalendarTooShort(f"no working day in the ten years before {day:%Y-%m-%d}")

    def closing(self, day: dt.date, like: dt.datetime) -> dt.datetime:
        """Return when the working day `day` closes, in the zone of `like`."""
        closes = self.sessions_on(day)[-1].closes
        return dt.datetime.combine(day, closes, tzinfo=like.tzinfo)

    def day_zero(self, received: dt.datetime, cutoff: Cutoff) -> dt.date:
        """Return the working day whose reception this counts as.

        On a day off, after closing, or after the cut-off: the next working day.
        """
        day = received.date()
        if not self.is_working(day):
            return next(self.working_days_from(day))
        closes = self.closing(day, received)
        if received > closes or self._is_past(cutoff, received, closes):
            return next(self.working_days_from(day + ONE_DAY))
        return day

    @staticmethod
    def _is_past(cutoff: Cutoff, received: dt.datetime, closes: dt.datetime) -> bool:
        if cutoff is Cutoff.AFTER_15:
            return received.timetz().replace(tzinfo=None) > dt.time(15)
        if cutoff is Cutoff.HOUR_BEFORE_CLOSING:
            return received > closes - dt.timedelta(hours=1)
        return False

    def stretches_from(self, moment: dt.datetime) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        """Yield the (opens, closes) of working time from `moment` on."""
        for day in self.working_days_from(moment.date()):
            for session in self.sessions_on(day):
                opens = dt.datetime.combine(day, session.opens, tzinfo=moment.tzinfo)
                closes = dt.datetime.combine(day, session.closes, tzinfo=moment.tzinfo)
                if closes > moment:
                    yield max(opens, moment), closes

    def add_working_time(self, moment: dt.datetime, length: dt.timedelta) -> dt.datetime:
        """Return the moment when `length` of working time has passed since `moment`."""
        if length < dt.timedelta():
            raise ValueError("working time runs forward only")
        if not length:
            return moment
        for opens, closes in self.stretches_from(moment):
            if length <= closes - opens:
                return opens + length
            length -= closes - opens
        raise AssertionError  # pragma: no cover - stretches_from never ends quietly

    def working_time_between(self, start: dt.datetime, end: dt.datetime) -> dt.timedelta:
        """Return how much working time lies between two moments, zero if none."""
        total = dt.timedelta()
        if end <= start:
            return total
        for opens, closes in self.stretches_from(start):
            if opens >= end:
                break
            total += min(closes, end) - opens
        return total

    def due(self, received: dt.datetime, term: Term, cutoff: Cutoff = Cutoff.NONE) -> Due:
        """Return when the answer to a dossier received at `received` is due.

        Raises:
            ValueError: the term is open or its count is negative.
        """
        if term.unit is TermUnit.OPEN or term.count < 0:
            raise ValueError(f"no due date follows from {term}")
        if term.unit is TermUnit.WORKING_HOURS:
            return self._due_by_hours(received, term.count, cutoff)
        zero = self.day_zero(received, cutoff)
        if term.unit is TermUnit.DAYS:
            end = next(self.working_days_from(zero + ONE_DAY * term.count))
            days = tuple(zero + ONE_DAY * i for i in range(1, term.count + 1))
            how = f"{term.count} ngày, tính từ sau ngày {zero:%d/%m/%Y}"
        elif term.unit is TermUnit.WORKING_DAYS and term.count:
            following = self.working_days_from(zero + ONE_DAY)
            days = tuple(next(following) for _ in range(term.count))
            end = days[-1]
            how = f"{term.count} ngày làm việc, tính từ sau ngày {zero:%d/%m/%Y}"
        else:
            end, days = zero, (zero,)
            how = f"trong ngày làm việc {zero:%d/%m/%Y}"
        return self._due(self.closing(end, received), zero, days, how)

    def _due_by_hours(self, received: dt.datetime, hours: int, cutoff: Cutoff) -> Due:
        zero = self.day_zero(received, cutoff)
        start = received
        if zero != received.date():
            opens = self.sessions_on(zero)[0].opens
            start = dt.datetime.combine(zero, opens, tzinfo=received.tzinfo)
        at = self.add_working_time(start, dt.timedelta(hours=hours))
        days = tuple(day for day in self._days(zero, at.date()) if self.is_working(day))
        return self._due(at, zero, days, f"{hours} giờ làm việc, từ {start:%H:%M %d/%m/%Y}")

    @staticmethod
    def _days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
        while first <= last:
            yield first
            first += ONE_DAY

    def _due(self, at: dt.datetime, zero: dt.date, days: tuple[dt.date, ...], how: str) -> Due:
        skipped = [day for day in self._days(zero + ONE_DAY, at.date()) if day in self.off]
        if skipped:
            how += "; không tính ngày nghỉ " + ", ".join(f"{day:%d/%m}" for day in skipped)
        is_certain = {zero.year, at.year} <= self.years
        if not is_certain:
            how += "; chưa có lịch nghỉ chính thức của năm này"
        return Due(at, zero, days, is_certain, how)

    def resumed(self, due: dt.datetime, paused: dt.datetime, resumed: dt.datetime) -> dt.datetime:
        """Return the new due moment after the clock stood still.

        The working time of the pause is added to the old due moment.
        """
        return self.add_working_time(due, self.working_time_between(paused, resumed))


def until_words(due: dt.datetime, now: dt.datetime) -> str:
    """Say how long is left until a due date, or how long it is over; calendar days."""
    days = (due.date() - now.date()).days
    if due < now:
        if days == 0:
            return f"quá hạn từ {due:%H:%M}"
        return f"quá hạn {-days} ngày"
    if days == 0:
        return f"hôm nay {due:%H:%M}"
    if days == 1:
        return f"mai {due:%H:%M}"
    return f"{due:%d/%m} (còn {days} ngày)"
