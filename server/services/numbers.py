"""Numbers of dossiers: leases of a day, standing ranges with a reserve, and every gap explained."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.codes import OFFLINE_NUMBERS, ONLINE_NUMBERS
from app.domain.wire import NumberRange
from server.errors import forbidden, unreadable
from server.models.base import (
    SERVER,
    AgencyRow,
    DossierRow,
    NumberRow,
    RangeRow,
    StationRow,
    StoreRow,
)
from server.models.database import lock_agency

PLAN_DAYS = 45
LEASE_SIZE = 5
RESERVE = range(9000, 10000)  # of the offline numbers; given out only to who runs low
EXTRA_SIZE = 100


def plan(
    session: Session,
    agency: str,
    incarnation: UUID,
    now: dt.datetime,
    *,
    wants_more: bool = False,
    holds: Sequence[NumberRange] = (),
) -> Sequence[NumberRange]:
    """Return the incarnation's standing ranges, prolonged to 45 days from today.

    A free stretch is found among the ranges whose plan has not ended; the
    same numbers are kept when a plan is prolonged.

    Args:
        session: writing; the agency is locked.
        agency: of the station.
        incarnation: registered.
        now: the present moment.
        wants_more: add a stretch of the reserve, for it runs low.
        holds: what the station says to have been given. A server put back to
            an old copy notes again what it forgot, unless somebody else has
            it by now; what is not answered must not be used any more.
    """
    today = local_day(now)
    _note_held(session, agency, incarnation, holds)
    until = today + dt.timedelta(days=PLAN_DAYS)
    live = list(
        session.scalars(
            select(RangeRow).where(
                RangeRow.agency == agency,
                RangeRow.kind == "range",
                RangeRow.to_day >= today - dt.timedelta(days=1),
            )
        )
    )
    mine = [row for row in live if row.store == incarnation]
    for row in mine:
        row.to_day = max(row.to_day, until)
    taken = [(row.first, row.last) for row in live]
    wanted = None
    if not mine:
        size = session.scalar(select(AgencyRow.range_size).where(AgencyRow.agency == agency))
        stretch = range(OFFLINE_NUMBERS.start, RESERVE.start)
        wanted = _free(taken, stretch, size or EXTRA_SIZE) or _free(taken, RESERVE, EXTRA_SIZE)
    elif wants_more:
        wanted = _free(taken, RESERVE, EXTRA_SIZE)
    if wanted is not None:
        row = RangeRow(
            agency=agency,
            id=f"range-{incarnation}-{today:%y%m%d}-{wanted.start}",  # an ended plan leaves its own
            store=incarnation,
            kind="range",
            first=wanted.start,
            last=wanted.stop - 1,
            from_day=today - dt.timedelta(days=1),
            to_day=until,
        )
        session.add(row)
        mine.append(row)
    session.flush()
    return [to_wire(row) for row in mine]


def _note_held(
    session: Session, agency: str, incarnation: UUID, holds: Sequence[NumberRange]
) -> None:
    size = session.scalar(select(AgencyRow.range_size).where(AgencyRow.agency == agency))
    largest = {"lease": LEASE_SIZE, "range": max(size or 0, EXTRA_SIZE)}
    for held in holds:
        is_ours = held.agency == agency and len(held.id) <= 64 and held.first >= 1
        if not is_ours or held.last - held.first >= largest.get(held.kind, 0):
            continue
        if session.get(RangeRow, (agency, held.id)) is not None:
            continue
        try:
            first_day, last_day = (dt.date.fromisoformat(d) for d in (held.from_day, held.to_day))
        except ValueError as error:
            raise unreadable("from_day và to_day phải có dạng YYYY-MM-DD") from error
        if (last_day - first_day).days > PLAN_DAYS * 10 or held.last >= OFFLINE_NUMBERS.stop:
            continue
        is_taken = session.scalar(
            select(RangeRow.id)
            .where(
                RangeRow.agency == agency,
                RangeRow.first <= held.last,
                RangeRow.last >= held.first,
                RangeRow.from_day <= last_day,
                RangeRow.to_day >= first_day,
            )
            .limit(1)
        )
        if is_taken is None:
            session.add(
                RangeRow(
                    agency=agency, id=held.id, store=incarnation, kind=held.kind,
                    first=held.first, last=held.last, from_day=first_day, to_day=last_day,
                )
            )  # fmt: skip
            session.flush()


def _free(taken: Sequence[tuple[int, int]], within: range, size: int) -> range | None:
    """Return the first stretch of numbers that nobody has."""
    first = within.start
    for start, last in sorted(taken):
        if last < within.start:
            continue
        if start - first >= size:
            break
        first = max(first, last + 1)
    return range(first, first + size) if first + size <= within.stop else None


def lease(
    session: Session, station: StationRow, incarnation: UUID, key: UUID, day: dt.date
) -> Sequence[NumberRange]:
    """Return a block of five of the day's low numbers; the same key gets the same block.

    The key counts for one incarnation: a restored copy may hold one of the former's.

    Raises:
        ServerProblem: the incarnation is not this station's.
    """
    lock_agency(session, station.agency)
    store = session.get(StoreRow, (station.agency, incarnation))
    if store is None or store.station != station.id:
        raise forbidden("Kho này không thuộc máy vừa gửi.")
    id = f"lease-{uuid5(incarnation, str(key))}"
    row = session.get(RangeRow, (station.agency, id))
    if row is None:
        first = _next_leased(session, station.agency, day)
        if first + LEASE_SIZE > ONLINE_NUMBERS.stop:
            return []
        row = RangeRow(
            agency=station.agency, id=id, store=incarnation, kind="lease",
            first=first, last=first + LEASE_SIZE - 1, from_day=day, to_day=day,
        )  # fmt: skip
        session.add(row)
        session.flush()
    return [to_wire(row)]


def _next_leased(session: Session, agency: str, day: dt.date) -> int:
    """Return the first low number of a day that was neither leased nor used."""
    last = session.scalar(
        select(func.max(RangeRow.last)).where(
            RangeRow.agency == agency,
            RangeRow.kind == "lease",
            RangeRow.from_day == day,
            RangeRow.to_day == day,
        )
    )
    used = session.scalar(
        select(func.max(NumberRow.number)).where(
            NumberRow.agency == agency,
            NumberRow.day == day,
            NumberRow.number < ONLINE_NUMBERS.stop,
        )
    )
    return max(last or 0, used or 0, ONLINE_NUMBERS.start - 1) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Numbers first..last of a day that no dossier has, and why."""

    first: int
    last: int
    words: str


def gaps(session: Session, agency: str, day: dt.date) -> list[Gap]:
    """Explain every number of a day that is missing among those used or given out.

    Numbers that were never given to any station do not count as missing.
    """
    used = set(
        session.scalars(
            select(NumberRow.number).where(NumberRow.agency == agency, NumberRow.day == day)
        )
    )
    rows = session.execute(
        select(RangeRow, StationRow.name)
        .outerjoin(StoreRow, (StoreRow.agency == RangeRow.agency) & (StoreRow.id == RangeRow.store))
        .outerjoin(
            StationRow,
            (StationRow.agency == RangeRow.agency) & (StationRow.id == StoreRow.station),
        )
        .where(RangeRow.agency == agency, RangeRow.from_day <= day, RangeRow.to_day >= day)
        .order_by(RangeRow.first)
    )
    found: list[Gap] = []
    for row, name in rows:
        of_range = [n for n in used if row.first <= n <= row.last]
        if row.kind == "range" and not of_range:
            continue  # a standing range that was not needed that day
        if row.kind == "range":  # beyond the highest used number nothing was due yet
            missing = [n for n in range(row.first, max(of_range)) if n not in used]
            words = f"dải ngoại tuyến của {name or 'máy đã thôi dùng'}: chưa về máy chủ"
        else:
            missing = [n for n in range(row.first, row.last + 1) if n not in used]
            is_skipped = row.store == SERVER
            words = f"cấp cho {name or 'máy đã thôi dùng'}, không dùng hoặc chưa về máy chủ"
            words = "bỏ qua khi dựng lại máy chủ" if is_skipped else words
        found += [Gap(first=a, last=b, words=words) for a, b in _runs(missing)]
    voided = session.execute(
        select(NumberRow.number, DossierRow.snapshot)
        .join(
            DossierRow,
            (DossierRow.agency == NumberRow.agency) & (DossierRow.id == NumberRow.dossier),
        )
        .where(NumberRow.agency == agency, NumberRow.day == day)
    )
    found += [
        Gap(first=number, last=number, words="hồ sơ đã hoàn tác, số không dùng lại")
        for number, snapshot in voided
        if b'"voided":true' in snapshot
    ]
    return sorted(found, key=lambda gap: gap.first)


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for n in numbers:
        if runs and runs[-1][1] == n - 1:
            runs[-1] = (runs[-1][0], n)
        else:
            runs.append((n, n))
    return runs


def to_wire(row: RangeRow) -> NumberRange:
    """Return a range as it travels."""
    return NumberRange(
        id=row.id,
        agency=row.agency,
        first=row.first,
        last=row.last,
        from_day=row.from_day.isoformat(),
        to_day=row.to_day.isoformat(),
        kind=row.kind,
    )


def local_day(now: dt.datetime) -> dt.date:
    """Return the calendar day in Vietnam."""
    return now.astimezone(dt.timezone(dt.timedelta(hours=7))).date()
