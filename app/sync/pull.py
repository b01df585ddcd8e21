"""Take the server's news: its order for our events, and what others did."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain import wire
from app.domain.wire import StreamEvent
from app.models import events, projection
from app.models.base import EventRow, StreamDay
from app.models.store import Store
from app.sync.http import Connection, ServerUnreachable


def pull_all(store: Store, connection: Connection) -> int:
    """Take everything after our cursor; return how many events of others came.

    Each page is one transaction, with its cursor, so a break loses nothing.

    Raises:
        ServerUnreachable: what came before is kept.
    """
    total = 0
    stream = store.station.agency
    while True:
        with store.database.reading() as session:
            after = cursor(session, stream)
        reply = connection.get(f"/v1/pull?after={after}")
        try:
            head, entries = wire.read_pull(reply.content)
        except wire.UnreadableMessage as error:
            raise ServerUnreachable("Máy chủ trả lời không đúng giao thức.") from error
        with store.database.writing() as session:
            if cursor(session, stream) == after:
                total += take(session, stream, entries)
                events.set_fact(session, f"cursor:{stream}", str(head.upto))
        if not head.more:
            return total


def cursor(session: Session, stream: str) -> int:
    """Return the last sequence taken of a stream."""
    return int(events.get_fact(session, f"cursor:{stream}", "0"))


def take(session: Session, stream: str, entries: Sequence[StreamEvent]) -> int:
    """Write a page of a stream; return how many events were new here."""
    touched: dict[UUID, None] = {}
    fresh = 0
    for entry in entries:
        row = session.scalar(
            select(EventRow).where(EventRow.store == entry.store, EventRow.n == entry.n)
        )
        if row is None:
            if entry.event is None:  # our own, not yet brought back after a restore
                events.add_own_store(session, entry.store)
                continue
            row = events.add_row(session, entry.event)
            fresh += 1
        elif entry.event is not None and events.to_event(row) != entry.event:
            session.delete(row)  # somebody changed it here; the server's is the true one
            session.flush()
            row = events.add_row(session, entry.event)
        row.stream, row.seq, row.recorded_at = stream, entry.seq, entry.recorded_at
        row.home_seq = entry.home_seq or entry.seq
        if row.dossier is not None:
            touched[row.dossier] = None
        _roll(session, stream, entry, row.hash)
    session.flush()
    if touched:
        projection.refold(session, touched)
    return fresh


def _roll(session: Session, stream: str, entry: StreamEvent, event_hash: bytes) -> None:
    """Carry the day's rolling hash forward, as the server does."""
    day = entry.recorded_at[:10]
    row = session.get(StreamDay, (stream, day))
    if row is None:
        row = StreamDay(stream=stream, day=day, count=0, hash="", upto=0)
        session.add(row)
    row.count += 1
    row.hash = wire.roll(row.hash, event_hash)
    row.upto = entry.seq


def forget(session: Session, stream: str) -> None:
    """Take the stream's order back, so that the next pull brings it again."""
    session.execute(
        update(EventRow)
        .where(EventRow.stream == stream)
        .values(stream=None, seq=None, home_seq=None, recorded_at=None)
    )
    session.query(StreamDay).where(StreamDay.stream == stream).delete()
    events.set_fact(session, f"cursor:{stream}", "0")
