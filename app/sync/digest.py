"""Prove that both sides hold the same: count and rolling hash of the stream, by day."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import wire
from app.models import events
from app.models.base import EventRow, StreamDay
from app.models.store import Store
from app.sync import pull, push
from app.sync.http import Connection


def own_days(session: Session, stream: str) -> dict[str, tuple[int, str]]:
    """Return this station's count and rolling hash of each day of a stream."""
    rows = session.scalars(select(StreamDay).where(StreamDay.stream == stream))
    return {row.day: (row.count, row.hash) for row in rows}


def counted_days(session: Session, stream: str) -> dict[str, tuple[int, str]]:
    """Return the same, counted anew from every event as it lies here; slow."""
    days: dict[str, tuple[int, str]] = {}
    rows = session.scalars(
        select(EventRow)
        .where(EventRow.stream == stream)
        .order_by(EventRow.seq)
        .execution_options(yield_per=500)
    )
    for row in rows:
        day = (row.recorded_at or "")[:10]
        count, hash_ = days.get(day, (0, ""))
        days[day] = count + 1, wire.roll(hash_, events.to_event(row).hash)
    return days


def prove(store: Store, connection: Connection, now: dt.datetime) -> bool:
    """Compare with the server; note the moment if everything is there and equal.

    True only if no own event waits and the stream is the same on both sides
    up to our cursor. On a difference the stream's order is forgotten, and
    the next pass pulls it again. Once a day our side is counted anew from
    the events themselves, so that a row that was changed or lost here shows.

    Raises:
        ServerUnreachable: nothing is proven, nothing forgotten.
    """
    stream = store.station.agency
    today = now.date().isoformat()
    with store.database.reading() as session:
        upto = pull.cursor(session, stream)
        is_counted = events.get_fact(session, "counted_on") == today
        ours = own_days(session, stream) if is_counted else counted_days(session, stream)
        waiting = events.waiting_count(session)
    reply = connection.get(f"/v1/digest?upto={upto}&stream={stream}")
    theirs = connection.decoded(reply, wire.Digest)
    is_same = theirs.days == ours and theirs.upto == upto
    with store.database.writing() as session:
        if not is_same:
            pull.forget(session, stream)
            events.set_fact(session, "proven_at", "")
            return False
        events.set_fact(session, "counted_on", today)
        if push.lost_by_server(session):
            events.set_fact(session, "proven_at", "")
            return False
        if waiting:
            return False
        events.set_fact(session, "proven_at", now.isoformat(timespec="seconds"))
    return True
