"""Read streams: pulls after a cursor, digests, and a store's own events."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.domain.events import Event
from app.domain.wire import PROTOCOL, Digest, PullHead, StreamEvent, roll
from server.models.base import AgencyRow, EventRow, StationRow, StoreRow, StreamDayRow, StreamRow

PULL_EVENTS = 200


def pull(
    session: Session, station: StationRow, after: int, now: dt.datetime
) -> tuple[PullHead, list[StreamEvent]]:
    """Return up to `PULL_EVENTS` entries of the station's stream after a cursor.

    What the station made itself comes as an echo without its body.
    """
    own = set(
        session.scalars(
            select(StoreRow.id).where(
                StoreRow.agency == station.agency, StoreRow.station == station.id
            )
        )
    )
    rows = session.execute(
        select(StreamRow, EventRow)
        .join(EventRow, event_of_place())
        .where(StreamRow.agency == station.agency, StreamRow.seq > after)
        .order_by(StreamRow.seq)
        .limit(PULL_EVENTS + 1)
    ).all()
    entries = [
        StreamEvent(
            seq=place.seq,
            recorded_at=place.recorded_at,
            store=event.store,
            n=event.n,
            home_seq=0 if place.home_seq == place.seq else place.home_seq or 0,
            event=None if event.store in own else to_event(event),
        )
        for place, event in rows[:PULL_EVENTS]
    ]
    head = PullHead(
        protocol=PROTOCOL,
        stream=station.agency,
        after=after,
        upto=entries[-1].seq if entries else after,
        count=len(entries),
        more=len(rows) > PULL_EVENTS,
        server_time=now.isoformat(),
    )
    return head, entries


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
    hashes = session.scalars(
        select(EventRow.hash)
        .join(StreamRow, event_of_place())
        .where(
            StreamRow.agency == agency,
            StreamRow.seq > after,
            StreamRow.seq <= upto,
            StreamRow.recorded_at.startswith(day),
        )
        .order_by(StreamRow.seq)
    )
    count, hash_ = 0, ""
    for event_hash in hashes:
        count, hash_ = count + 1, roll(hash_, event_hash)
    return count, hash_


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
