"""Prove that both sides hold the same: count and rolling hash of the stream, by day."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import wire
from app.models import events
from app.models.base import StreamDay
from app.models.store import Store
from app.sync import pull
from app.sync.http import Connection


def own_days(session: Session, stream: str) -> dict[str, tuple[int, str]]:
    """Return this station's count and rolling hash of each day of a stream."""
    rows = session.scalars(select(StreamDay).where(StreamDay.stream == stream))
    return {row.day: (row.count, row.hash) for row in rows}


def prove(store: Store, connection: Connection, now: dt.datetime) -> bool:
    """Compare with the server; note the moment if everything is there and equal.

    True only if no own event waits and the stream is the same on both sides
    up to our cursor. On a difference the stream's order is forgotten, and
    the next pass pulls it again.

    Raises:
        ServerUnreachable: nothing is proven, nothing forgotten.
    """
    stream = store.station.agency
    with store.database.reading() as session:
        upto = pull.cursor(session, stream)
        ours = own_days(session, stream)
        waiting = events.waiting_count(session)
    reply = connection.get(f"/v1/digest?upto={upto}&stream={stream}")
    theirs = connection.decoded(reply, wire.Digest)
    is_same = theirs.days == ours and theirs.upto == upto
    with store.database.writing() as session:
        if not is_same:
            pull.forget(session, stream)
            events.set_fact(session, "proven_at", "")
            return False
        if waiting:
            return False
        events.set_fact(session, "proven_at", now.isoformat(timespec="seconds"))
    return True
