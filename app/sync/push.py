"""Offer waiting events in order; note what the server has and what it set aside."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.domain import wire
from app.domain.events import Event
from app.models import events, projection
from app.models.store import Store
from app.sync.http import Connection, packed


@dataclass(frozen=True, slots=True)
class Pushed:
    """What one push pass did: events the server now has, and those set aside."""

    count: int
    quarantined: int


def push_all(store: Store, connection: Connection) -> Pushed:
    """Send everything the server lacks, of every incarnation, oldest first.

    Repeating is harmless: the server knows each event by store and number.

    Raises:
        ServerUnreachable: what was answered before is noted; try again later.
        ServerRefused: the server will not take this store (a cloned disk).
    """
    count = quarantined = 0
    with store.database.reading() as session:
        stores = events.own_stores(session)
    for incarnation in stores:
        while True:
            done = _push_once(store, connection, incarnation)
            if done is None:
                break
            count += done.count
            quarantined += done.quarantined
    return Pushed(count, quarantined)


def _push_once(store: Store, connection: Connection, incarnation: UUID) -> Pushed | None:
    """Send one batch; None if there was nothing to send."""
    with store.database.reading() as session:
        known = events.have(session, incarnation)
        batch = events.of_store(session, incarnation, known, wire.MAX_BATCH_EVENTS)
    if not batch:
        return None
    data, sent = _fitting(store, batch)
    # no transaction stays open while we wait
    answer = connection.post_packed("/v1/push", data, wire.PushAnswer)
    refusals = [(q.n, q.reason) for q in answer.quarantined]
    with store.database.writing() as session:
        if answer.have < known:
            # the server lost what it once had (put back to an older state): begin there
            events.set_fact(session, f"have:{incarnation}", str(answer.have))
        events.set_have(session, incarnation, min(answer.have, _last(session, incarnation)))
        touched = events.mark_refused(session, incarnation, refusals)
        projection.refold(session, touched)
    if answer.have < known:
        return Pushed(0, 0)
    taken = max(0, min(answer.have, sent[-1].n) - known)
    if taken == 0:
        return None  # the server holds at a gap that we cannot fill; the next pass says more
    return Pushed(taken, len(refusals))


def _last(session: Session, incarnation: UUID) -> int:
    return events.last_of(session, incarnation)[0]


def _fitting(store: Store, batch: list[Event]) -> tuple[bytes, list[Event]]:
    """Return a packed push of as many events as fit into the limit."""
    while True:
        data = packed(wire.write_push(_head(store, batch), batch))
        if len(data) <= wire.MAX_PACKED_BYTES or len(batch) == 1:
            return data, batch
        share = wire.MAX_PACKED_BYTES / len(data)
        batch = batch[: max(1, min(len(batch) - 1, int(len(batch) * share * 0.95)))]


def _head(store: Store, batch: list[Event]) -> wire.PushHead:
    last = batch[-1]
    signature = store.sign(wire.signed_bytes(last.store, last.n, last.hash))
    return wire.PushHead(
        protocol=wire.PROTOCOL,
        store=last.store,
        first=batch[0].n,
        count=len(batch),
        prev=batch[0].prev.hex(),
        head=last.hash.hex(),
        signature=signature.hex(),
    )
