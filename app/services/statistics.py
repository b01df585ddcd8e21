"""The figures of a period, as this station knows the agency's dossiers."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import ColumnExpressionArgument, case, func, literal_column, or_, select
from sqlalchemy.orm import Session

from app.domain.catalogue import Catalogue, ReceiptRule
from app.domain.reports import Facts, Rates, Tally, percentile, rates, tally
from app.domain.status import BusinessState
from app.models.base import ClerkRow, CourseRow, DossierRow
from app.services.desk import VIETNAM, Desk
from app.services.lookup import LOCAL

MOST_PROCEDURES = 8
_OTHER = "Thủ tục khác"
_NO_SUBJECT = "Lĩnh vực khác"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectRow:
    """A row of II.06a."""

    subject: str
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureRow:
    """What one procedure had in the period.

    Attributes:
        hours: (median, ninth decile) of working from reception to end, in hours of the calendar,
            None where nothing ended.
    """

    code: str
    name: str
    received: int
    solved: int
    late: int
    fee: int
    hours: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClerkLine:
    """What one clerk received in the period; đồng of what came in for it."""

    name: str
    received: int
    paid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """The figures of a period.

    Attributes:
        judged_on: its last day, or today while it lasts.
        received_before: in the period of the same length before.
        overdue_now: open, past their due date at this moment.
        by_day: (day, at the counter, online, by post), every day of the period.
        by_hour: counts by (weekday from Monday 0, hour).
    """

    first: dt.date
    last: dt.date
    judged_on: dt.date
    received: int
    received_before: int
    overdue_now: int
    paid: int
    rates: Rates
    total: Tally
    subjects: tuple[SubjectRow, ...]
    procedures: tuple[ProcedureRow, ...]
    clerks: tuple[ClerkLine, ...]
    by_day: tuple[tuple[dt.date, int, int, int], ...]
    by_hour: Mapping[tuple[int, int], int]


def read(desk: Desk, first: dt.date, last: dt.date) -> Statistics:
    """Return the figures of a period, both days included; voided receptions do not count."""
    agency, catalogue, today = desk.store.station.agency, desk.catalogue(), desk.now().date()
    length = (last - first).days + 1
    with desk.store.database.reading() as session:
        found = _without_spot_work(facts(session, agency, first, min(last, today)), catalogue)
        before = _received(
            session, agency, first - dt.timedelta(days=length), first - dt.timedelta(days=1)
        )
        hours = _hours(session, agency, first, last)
        by_hour = _by_hour(session, agency, first, last)
        names: dict[str, str] = {
            row.user: row.display_name for row in session.scalars(select(ClerkRow))
        }
        overdue = _overdue(session, agency, desk.now())
    judged = min(last, today)
    received = [one for one in found if first <= one.received_on <= last]
    return Statistics(
        first=first,
        last=last,
        judged_on=judged,
        received=sum(one.count for one in received),
        received_before=before,
        overdue_now=overdue,
        paid=sum(one.paid for one in received),
        rates=rates(found, first, judged),
        total=tally(found, first, judged),
        subjects=_subjects(found, catalogue, first, judged),
        procedures=_procedures(found, catalogue, hours, first, judged),
        clerks=_clerks(received, names),
        by_day=_by_day(received, first, last),
        by_hour=by_hour,
    )


def _without_spot_work(found: list[Facts], catalogue: Catalogue) -> list[Facts]:
    """What is certified on the spot goes home again: there is nothing to digitise."""
    spot = {p.code for p in catalogue.procedures if p.receipt is ReceiptRule.UNLESS_DONE_AT_ONCE}
    return [replace(one, is_digitised=None) if one.procedure in spot else one for one in found]


def facts(session: Session, agency: str, first: dt.date, last: dt.date) -> list[Facts]:
    """Return what belongs to a period, alike dossiers together."""
    begin = dt.datetime.combine(first, dt.time(), VIETNAM)
    came = (DossierRow.day >= first, DossierRow.day <= last)
    carried = (
        DossierRow.day < first,
        or_(CourseRow.ended_at.is_(None), CourseRow.ended_at >= begin),
    )
    return [
        *_grouped(session, agency, came),
        *_grouped(session, agency, carried),
    ]


def _grouped(
    session: Session, agency: str, conditions: Iterable[ColumnExpressionArgument[bool]]
) -> Iterable[Facts]:
    digitised = case(
        (CourseRow.papers == 0, None), (CourseRow.scanned >= CourseRow.papers, 1), else_=0
    )
    columns = (
        DossierRow.procedure, CourseRow.channel, DossierRow.day,
        func.date(CourseRow.ended_at, LOCAL), func.date(DossierRow.due_at, LOCAL),
        DossierRow.state, CourseRow.rounds, digitised, CourseRow.satisfaction, CourseRow.clerk,
    )  # fmt: skip
    rows = session.execute(
        select(*columns, func.sum(CourseRow.fee), func.sum(CourseRow.paid), func.count())
        .join(CourseRow, CourseRow.row == DossierRow.row)
        .where(DossierRow.agency == agency, DossierRow.voided.is_(False), *conditions)
        .group_by(*(literal_column(str(i)) for i in range(1, len(columns) + 1)))
    ).all()
    return [
        Facts(
            procedure=row[0],
            channel=row[1],
            received_on=row[2],
            ended_on=dt.date.fromisoformat(row[3]) if row[3] else None,
            due_on=dt.date.fromisoformat(row[4]),
            state=BusinessState(row[5]),
            rounds=row[6],
            is_digitised=None if row[7] is None else bool(row[7]),
            satisfaction=row[8],
            clerk=row[9],
            fee=row[10],
            paid=row[11],
            count=row[12],
        )
        for row in rows
    ]


def _received(session: Session, agency: str, first: dt.date, last: dt.date) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(DossierRow)
            .where(
                DossierRow.day >= first,
                DossierRow.day <= last,
                DossierRow.agency == agency,
                DossierRow.voided.is_(False),
            )
        )
        or 0
    )


def _overdue(session: Session, agency: str, now: dt.datetime) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(DossierRow)
            .where(
                DossierRow.is_open,
                DossierRow.due_at < now,
                DossierRow.agency == agency,
                DossierRow.state.not_in(
                    (int(BusinessState.FINISHED), int(BusinessState.AWAITING_SUPPLEMENT))
                ),
            )
        )
        or 0
    )


def _hours(
    session: Session, agency: str, first: dt.date, last: dt.date
) -> dict[str, tuple[float, float]]:
    begin = dt.datetime.combine(first, dt.time(), VIETNAM)
    end = dt.datetime.combine(last, dt.time.max, VIETNAM)
    rows = session.execute(
        select(
            DossierRow.procedure,
            func.julianday(CourseRow.ended_at) - func.julianday(DossierRow.received_at),
        )
        .join(CourseRow, CourseRow.row == DossierRow.row)
        .where(
            DossierRow.agency == agency,
            DossierRow.voided.is_(False),
            CourseRow.ended_at >= begin,
            CourseRow.ended_at <= end,
        )
    ).all()
    minutes: dict[str, list[int]] = defaultdict(list)
    for procedure, days in rows:
        minutes[procedure].append(max(0, round(days * 24 * 60)))
    return {
        procedure: (percentile(sorted(values), 0.5) / 60, percentile(sorted(values), 0.9) / 60)
        for procedure, values in minutes.items()
    }


def _by_hour(
    session: Session, agency: str, first: dt.date, last: dt.date
) -> Mapping[tuple[int, int], int]:
    weekday = func.strftime("%w", DossierRow.received_at, LOCAL)
    hour = func.strftime("%H", DossierRow.received_at, LOCAL)
    rows = session.execute(
        select(weekday, hour, func.count())
        .where(
            DossierRow.day >= first,
            DossierRow.day <= last,
            DossierRow.agency == agency,
            DossierRow.voided.is_(False),
        )
        .group_by(literal_column("1"), literal_column("2"))
    ).all()
    return {((int(day) - 1) % 7, int(hour)): count for day, hour, count in rows}


def _by_day(
    received: Iterable[Facts], first: dt.date, last: dt.date
) -> tuple[tuple[dt.date, int, int, int], ...]:
    counts: Counter[tuple[dt.date, int]] = Counter()
    for one in received:
        counts[one.received_on, one.channel] += one.count
    days = (first + dt.timedelta(days=i) for i in range((last - first).days + 1))
    return tuple((day, counts[day, 1], counts[day, 2], counts[day, 3]) for day in days)


def _subjects(
    found: list[Facts], catalogue: Catalogue, first: dt.date, last: dt.date
) -> tuple[SubjectRow, ...]:
    subject_of = {p.code: p.subject for p in catalogue.procedures}
    parts: dict[str, list[Facts]] = defaultdict(list)
    for one in found:
        parts[subject_of.get(one.procedure, "")].append(one)
    order = [subject.key for subject in catalogue.subjects] + [""]
    names = {subject.key: subject.name for subject in catalogue.subjects} | {"": _NO_SUBJECT}
    rows = (
        SubjectRow(subject=names[key], tally=tally(parts[key], first, last))
        for key in dict.fromkeys(order)
        if parts.get(key)
    )
    return tuple(row for row in rows if row.tally.to_solve)


def _procedures(
    found: list[Facts],
    catalogue: Catalogue,
    hours: Mapping[str, tuple[float, float]],
    first: dt.date,
    last: dt.date,
) -> tuple[ProcedureRow, ...]:
    names = {p.code: p.name for p in catalogue.procedures}
    parts: dict[str, list[Facts]] = defaultdict(list)
    for one in found:
        parts[one.procedure].append(one)
    rows = []
    for code, some in parts.items():
        row = tally(some, first, last)
        came = [one for one in some if first <= one.received_on <= last]
        rows.append(
            ProcedureRow(
                code=code,
                name=names.get(code, _OTHER),
                received=sum(one.count for one in came),
                solved=row.solved,
                late=row.late + row.overdue,
                fee=sum(one.paid for one in came),
                hours=hours.get(code),
            )
        )
    rows.sort(key=lambda row: (-row.received, -row.solved, row.code))
    return tuple(rows)


def _clerks(received: Iterable[Facts], names: Mapping[str, str]) -> tuple[ClerkLine, ...]:
    counts: Counter[str] = Counter()
    paid: Counter[str] = Counter()
    for one in received:
        counts[one.clerk] += one.count
        paid[one.clerk] += one.paid
    return tuple(
        ClerkLine(name=names.get(user, user or "—"), received=count, paid=paid[user])
        for user, count in counts.most_common()
    )
