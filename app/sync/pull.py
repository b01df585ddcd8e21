"""Take the server's news: its order for our events, and what others did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.domain import wire
from app.domain.events import Event
from app.domain.wire import StreamEvent
from app.models import events, projection
from app.models.base import EventRow, StreamDay
from app.models.recovered import note_own
from app.models.store import Store
from app.sync.http import Connection, ServerUnreachable


def pull_all(store: Store, connection: Connection) -> int:
    """Take everything after our cursor; return how many events of others came.

    Each page is one transaction, with its cursor, so a break loses nothing.

    Raises:
        ServerUnreachable: what came before is kept.
        ServerRefused: this program is too old to pull.
    """
    total = 0
    while True:
        count, more = _pull_page(store, connection, wait_s=0)
        total += count
        if not more:
            return total


def wait_for_news(
    store: Store, connection: Connection, wait_s: float, is_wanted: Callable[[], bool]
) -> int:
    """Wait until others have done something, and take it; return how many events came.

    Raises:
        ServerUnreachable, ServerRefused: as `pull_all`.
    """
    count, _ = _pull_page(store, connection, wait_s=wait_s, is_wanted=is_wanted)
    return count


def _pull_page(
    store: Store,
    connection: Connection,
    *,
    wait_s: float,
    is_wanted: Callable[[], bool] = lambda: True,
) -> tuple[int, bool]:
    stream = store.station.agency
    with store.database.reading() as session:
        after, incarnation = cursor(session, stream), events.incarnation(session)
    wait = f"&wait={wait_s:g}" if wait_s else ""
    reply = connection.get(f"/v1/pull?after={after}&echo={incarnation}{wait}")
    if not is_wanted():
        return 0, False
    head, entries = read(reply.content)
    return keep_page(store, head, entries), head.more


def read(content: bytes) -> tuple[wire.PullHead, list[StreamEvent]]:
    """Return a pull's answer.

    Raises:
        ServerUnreachable: it is not one.
    """
    try:
        return wire.read_pull(content)
    except wire.UnreadableMessage as error:
        raise ServerUnreachable("Máy chủ trả lời không đúng giao thức.") from error


def keep_page(store: Store, head: wire.PullHead, entries: Sequence[StreamEvent]) -> int:
    """Write a page with its cursor, unless the cursor has moved; return how many were new."""
    if not entries:
        return 0
    stream = store.station.agency
    with store.database.writing() as session:
        if cursor(session, stream) != head.after:
            return 0
        fresh = take(session, stream, entries)
        events.set_fact(session, f"cursor:{stream}", str(head.upto))
        events.set_fact(session, "is_proof_due", "1")
    return fresh


def cursor(session: Session, stream: str) -> int:
    """Return the last sequence taken of a stream."""
    return int(events.get_fact(session, f"cursor:{stream}", "0"))


def take(session: Session, stream: str, entries: Sequence[StreamEvent]) -> int:
    """Write a page of a stream; return how many events were new here."""
    own = set(events.own_stores(session))
    known = _known(session, entries)
    touched: dict[UUID, None] = {}
    fresh = 0
    for entry in entries:
        row = known.get((entry.store, entry.n))
        if row is None:
            if entry.event is None:
                continue  # an own event that is gone here: the proof will miss and fetch it
            row = events.add_row(session, entry.event)
            if entry.store in own:
                note_own(session, entry.event)
            else:
                fresh += 1
        elif entry.event is not None and events.to_event(row) != entry.event:
            row = _right_one(session, row, entry.event)
        row.stream, row.seq, row.recorded_at = stream, entry.seq, entry.recorded_at
        row.home_seq = entry.home_seq or entry.seq
        if row.dossier is not None:
            touched[row.dossier] = None
        _roll(session, stream, entry, row.hash)
    session.flush()
    if touched:
        projection.refold(session, touched)
    return fresh


def _known(session: Session, entries: Sequence[StreamEvent]) -> dict[tuple[UUID, int], EventRow]:
    """Return the rows that are here already, by store and number."""
    numbers: dict[UUID, list[int]] = {}
    for entry in entries:
        numbers.setdefault(entry.store, []).append(entry.n)
    rows: list[EventRow] = []
    for store, wanted in numbers.items():
        rows += session.scalars(
            select(EventRow).where(
                EventRow.store == store,
                EventRow.n.between(min(wanted), max(wanted)),
            )
        )
    return {(row.store, row.n): row for row in rows}


def _right_one(session: Session, row: EventRow, theirs: Event) -> EventRow:
    """Return the row of an event that differs from the server's copy of it.

    The next event of the same store carries the hash of the true one. Ours is
    kept if it fits there and the server's does not: then it is the server
    that has to be mended, and the light stays out until it is.
    """
    after = session.scalar(
        select(EventRow.prev).where(EventRow.store == row.store, EventRow.n == row.n + 1)
    )
    if after is not None and events.to_event(row).hash == after != theirs.hash:
        return row
    session.delete(row)
    session.flush()
    return events.add_row(session, theirs)


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


def forget(session: Session, stream: str, after: int = 0) -> None:
    """Take the stream's order back after a place, so that the next pull brings it again."""
    session.execute(
        update(EventRow)
        .where(EventRow.stream == stream, EventRow.seq > after)
        .values(stream=None, seq=None, home_seq=None, recorded_at=None)
    )
    session.execute(delete(StreamDay).where(StreamDay.stream == stream))
    days: dict[str, tuple[int, str, int]] = {}
    rows = session.execute(
        select(EventRow.recorded_at, EventRow.seq, EventRow.hash)
        .where(EventRow.stream == stream)
        .order_by(EventRow.seq)
    )
    for recorded_at, seq, event_hash in rows:
        day = (recorded_at or "")[:10]
        count, hash_, _ = days.get(day, (0, "", 0))
        days[day] = count + 1, wire.roll(hash_, event_hash), seq or 0
    for day, (count, hash_, upto) in days.items():
        session.add(StreamDay(stream=stream, day=day, count=count, hash=hash_, upto=upto))
    events.set_fact(session, f"cursor:{stream}", str(after))
