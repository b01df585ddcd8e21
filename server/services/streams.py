"""Read streams: pulls after a cursor, digests, and a store's own events."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, select
from sqlalchemy.orm import Session

from app.domain.events import Event
from app.domain.wire import PROTOCOL, Digest, Proof, PullHead, StreamEvent, roll
from server.models.base import AgencyRow, EventRow, StationRow, StoreRow, StreamDayRow, StreamRow

PULL_EVENTS = 200
log = logging.getLogger(__name__)


def pull(
    session: Session, station: StationRow, after: int, now: dt.datetime, echo: UUID | None = None
) -> tuple[PullHead, list[StreamEvent]]:
    """Return up to `PULL_EVENTS` entries of the station's stream after a cursor.

    What the store `echo` made comes without its body: it has that already.
    """
    rows = _entries(session, station.agency, after, PULL_EVENTS + 1)
    entries = [
        _entry(place, event, is_echo=event.store == echo) for place, event in rows[:PULL_EVENTS]
    ]
    return _head(station.agency, after, entries, now, more=len(rows) > PULL_EVENTS), entries


def part(
    session: Session, agency: str, after: int, size: int, now: dt.datetime
) -> tuple[PullHead, list[StreamEvent]]:
    """Return `size` entries of a stream after a place, all with their bodies."""
    rows = _entries(session, agency, after, size)
    entries = [_entry(place, event, is_echo=False) for place, event in rows]
    return _head(agency, after, entries, now, more=False), entries


def _entries(
    session: Session, agency: str, after: int, limit: int
) -> Sequence[Row[StreamRow, EventRow]]:
    return session.execute(
        select(StreamRow, EventRow)
        .join(EventRow, event_of_place())
        .where(StreamRow.agency == agency, StreamRow.seq > after)
        .order_by(StreamRow.seq)
        .limit(limit)
    ).all()


def _entry(place: StreamRow, event: EventRow, *, is_echo: bool) -> StreamEvent:
    return StreamEvent(
        seq=place.seq,
        recorded_at=place.recorded_at,
        store=event.store,
        n=event.n,
        home_seq=0 if place.home_seq == place.seq else place.home_seq or 0,
        event=None if is_echo else to_event(event),
    )


def _head(
    agency: str, after: int, entries: Sequence[StreamEvent], now: dt.datetime, *, more: bool
) -> PullHead:
    return PullHead(
        protocol=PROTOCOL,
        stream=agency,
        after=after,
        upto=entries[-1].seq if entries else after,
        count=len(entries),
        more=more,
        server_time=now.isoformat(),
    )


def event_of_place() -> ColumnElement[bool]:
    """Return what joins a place in a stream with its event."""
    return (
        (EventRow.agency == StreamRow.origin)
        & (EventRow.store == StreamRow.store)
        & (EventRow.n == StreamRow.n)
    )


def cursor(session: Session, agency: str) -> int:
    """Return a stream's last sequence."""
    return session.scalar(select(AgencyRow.last_seq).where(AgencyRow.agency == agency)) or 0


def lengths(session: Session, agencies: Sequence[str]) -> dict[str, int]:
    """Return the last sequence of each stream."""
    rows = session.execute(
        select(AgencyRow.agency, AgencyRow.last_seq).where(AgencyRow.agency.in_(agencies))
    )
    return {row.agency: row.last_seq for row in rows}


def digest(session: Session, agency: str, upto: int, now: dt.datetime) -> Digest:
    """Return count and rolling hash of a stream up to a sequence, day by day.

    Whole days come from their kept rows; only a day that goes on beyond
    `upto` is hashed again.
    """
    days: dict[str, tuple[int, str]] = {}
    rows = session.scalars(
        select(StreamDayRow).where(StreamDayRow.agency == agency).order_by(StreamDayRow.day)
    )
    reached = 0
    for row in rows:
        if row.upto <= upto:
            days[row.day] = (row.count, row.hash)
        else:
            part = _part_of_day(session, agency, row.day, reached, upto)
            if part[0]:
                days[row.day] = part
            break
        reached = row.upto
    return Digest(
        stream=agency,
        upto=upto,
        count=sum(count for count, _ in days.values()),
        hash=total_hash(days),
        days=days,
        server_time=now.isoformat(),
    )


def total_hash(days: dict[str, tuple[int, str]]) -> str:
    """Return one hash over the hashes of all days, oldest first."""
    total = ""
    for day in sorted(days):
        total = roll(total, bytes.fromhex(days[day][1]))
    return total


def _part_of_day(session: Session, agency: str, day: str, after: int, upto: int) -> tuple[int, str]:
    query = _hashes(agency, after, upto).where(StreamRow.recorded_at.startswith(day))
    return _rolled(session.scalars(query))


def digest_between(
    session: Session, agency: str, after: int, upto: int, now: dt.datetime
) -> Digest:
    """Return count and rolling hash of the entries after a place, up to another."""
    count, hash_ = _rolled(session.scalars(_hashes(agency, after, upto)))
    return Digest(
        stream=agency, after=after, upto=upto, count=count, hash=hash_,
        server_time=now.isoformat(),
    )  # fmt: skip


def _hashes(agency: str, after: int, upto: int) -> Select[bytes]:
    return (
        select(EventRow.hash)
        .join(StreamRow, event_of_place())
        .where(StreamRow.agency == agency, StreamRow.seq > after, StreamRow.seq <= upto)
        .order_by(StreamRow.seq)
    )


def _rolled(hashes: Iterable[bytes]) -> tuple[int, str]:
    count, hash_ = 0, ""
    for event_hash in hashes:
        count, hash_ = count + 1, roll(hash_, event_hash)
    return count, hash_


def note_proof(station: StationRow, found: Proof, now: dt.datetime) -> None:
    """Keep what a station found by comparing, so that operators see who is not proven."""
    if not found.differs_at:
        station.proven_at, station.difference = now, ""
        return
    station.difference = (
        f"luồng {station.agency} vị trí {found.differs_at}: sự kiện {found.n} của kho "
        f"{found.store}, máy có {found.ours[:16] or 'không'}, máy chủ có "
        f"{found.theirs[:16] or 'không'}"
    )
    log.warning("station %s differs: %s", station.id, station.difference)


def of_store(session: Session, station: StationRow, store: UUID, after: int) -> list[Event] | None:
    """Return a store's own events after a number, for a restore; None if not its station's."""
    row = session.get(StoreRow, (station.agency, store))
    if row is None or row.station != station.id:
        return None
    rows = session.scalars(
        select(EventRow)
        .where(EventRow.agency == station.agency, EventRow.store == store, EventRow.n > after)
        .order_by(EventRow.n)
        .limit(PULL_EVENTS)
    )
    return [to_event(event) for event in rows]


def to_event(row: EventRow) -> Event:
    """Return the plain event of a row, body byte for byte."""
    return Event(
        store=row.store,
        n=row.n,
        prev=row.prev,
        dossier=row.dossier,
        base=row.base,
        kind=row.kind,
        v=row.v,
        at=row.at,
        actor=row.actor,
        body=row.body,
    )
