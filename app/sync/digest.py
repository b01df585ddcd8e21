"""Prove that both sides hold the same: count and rolling hash of the stream, by day."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import wire
from app.models import events, projection
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
    up to our cursor. On a difference the first event that differs is looked
    for by halves and named on both sides, the stream's order is forgotten
    from there, and the next pass pulls it again. Once a day our side is
    counted anew from the events themselves, so that a row that was changed
    or lost here shows.

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
    if theirs.days != ours or theirs.upto != upto:
        _name_difference(store, connection, ours, theirs, upto)
        return False
    with store.database.writing() as session:
        events.set_fact(session, "counted_on", today)
        if push.lost_by_server(session):
            events.set_fact(session, "proven_at", "")
            return False
        if waiting:
            return False
        events.set_fact(session, "proven_at", now.isoformat(timespec="seconds"))
        events.set_fact(session, "is_proof_due", "")
        events.set_fact(session, "difference", "")
        is_told = events.get_fact(session, "proof_told") == f"{now:%Y-%m-%dT%H}"
        events.set_fact(session, "proof_told", f"{now:%Y-%m-%dT%H}")
    if not is_told:
        connection.tell("/v1/proofs", wire.Proof(stream=stream, upto=upto))
    return True


def prove_by(store: Store, theirs: wire.Digest) -> str:
    """Compare with a digest that came by another way; return the moment it proves, "" if not."""
    stream = store.station.agency
    with store.database.writing() as session:
        ours = counted_days(session, stream)
        is_same = theirs.days == ours and theirs.upto == pull.cursor(session, stream)
        if not is_same or events.waiting_count(session):
            return ""
        known = events.get_fact(session, "proven_at")
        if not known or dt.datetime.fromisoformat(known) < dt.datetime.fromisoformat(
            theirs.server_time
        ):
            events.set_fact(session, "proven_at", theirs.server_time)
        events.set_fact(session, "is_proof_due", "")
    return theirs.server_time


def _name_difference(
    store: Store,
    connection: Connection,
    ours: dict[str, tuple[int, str]],
    theirs: wire.Digest,
    upto: int,
) -> None:
    """Find the first event that differs, say so on both sides, and forget from there on."""
    stream = store.station.agency
    low = 0
    for day in sorted(set(ours) | set(theirs.days)):
        if ours.get(day) != theirs.days.get(day):
            break
        low += ours[day][0]  # a stream has no gaps: so many places are equal
    high = max(upto, low + 1)
    while high - low > 1:
        middle = (low + high) // 2
        if _is_same(store, connection, low, middle):
            low = middle
        else:
            high = middle
    _, entries = pull.read(connection.get(f"/v1/pull?after={high - 1}").content)
    there = next((entry for entry in entries if entry.seq == high), None)
    with store.database.writing() as session:
        row = session.scalars(
            select(EventRow).where(EventRow.stream == stream, EventRow.seq == high)
        ).first()
        proof = wire.Proof(
            stream=stream,
            upto=upto,
            differs_at=high,
            store=None if there is None else there.store,
            n=0 if there is None else there.n,
            ours="" if row is None else events.to_event(row).hash.hex(),
            theirs="" if there is None or there.event is None else there.event.hash.hex(),
        )
        pull.forget(session, stream, high - 1)
        events.set_fact(session, "proven_at", "")
        events.set_fact(
            session, "difference", f"vị trí {high}: sự kiện {proof.n} của kho {proof.store}"
        )
    _mend_own(store, connection, proof)
    connection.tell("/v1/proofs", proof)


def _is_same(store: Store, connection: Connection, after: int, upto: int) -> bool:
    reply = connection.get(f"/v1/digest?after={after}&upto={upto}")
    theirs = connection.decoded(reply, wire.Digest)
    with store.database.reading() as session:
        rows = session.scalars(
            select(EventRow)
            .where(
                EventRow.stream == store.station.agency,
                EventRow.seq > after,
                EventRow.seq <= upto,
            )
            .order_by(EventRow.seq)
        )
        count, hash_ = 0, ""
        for row in rows:
            count, hash_ = count + 1, wire.roll(hash_, events.to_event(row).hash)
    return (theirs.count, theirs.hash) == (count, hash_)


def _mend_own(store: Store, connection: Connection, proof: wire.Proof) -> None:
    """Take an own event that was changed or is gone here back from the server."""
    if proof.store is None:
        return
    with store.database.reading() as session:
        if proof.store not in events.own_stores(session):
            return
    reply = connection.get(f"/v1/stores/{proof.store}/events?after={proof.n - 1}")
    _, entries = pull.read(reply.content)
    if not entries or entries[0].event is None or entries[0].n != proof.n:
        return
    true = entries[0].event
    with store.database.writing() as session:
        row = session.scalars(
            select(EventRow).where(EventRow.store == proof.store, EventRow.n == proof.n)
        ).first()
        if row is None:
            events.add_row(session, true)
            if true.dossier is not None:
                projection.refold(session, [true.dossier])
            return
        if events.to_event(row) == true or row.hash != true.hash:
            return
        row.kind, row.v, row.at, row.actor = true.kind, true.v, true.at, true.actor
        row.dossier, row.base, row.body, row.prev = true.dossier, true.base, true.body, true.prev
        if row.dossier is not None:
            session.flush()
            projection.refold(session, [row.dossier])
