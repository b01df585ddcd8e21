"""Offer waiting events in order; note what the server has and what it set aside."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain import wire
from app.domain.events import KINDS, Event, read_body
from app.models import events, projection
from app.models.base import EventRow, PageRow
from app.models.store import Store
from app.sync.http import Connection, packed

_ALL = 2**31


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
            send_again(session, incarnation, answer.have)
        events.set_have(session, incarnation, min(answer.have, _last(session, incarnation)))
        touched = events.mark_refused(session, incarnation, refusals)
        projection.refold(session, touched)
    if answer.have < known:
        return Pushed(0, 0)
    taken = max(0, min(answer.have, sent[-1].n) - known)
    if taken == 0:
        return None  # the server holds at a gap that we cannot fill; the next pass says more
    return Pushed(taken, len(refusals))


def send_again(session: Session, store: UUID, have: int) -> None:
    """Begin after `have` again: the server lost what it once had (put back to an older state).

    The pages of those events are offered again too; what is still there is
    not sent twice.
    """
    events.set_fact(session, f"have:{store}", str(have))
    for event in events.of_store(session, store, have, _ALL):
        if event.kind == "page.attached":
            page = read_body(event.kind, event.v, event.body).page
            session.execute(
                update(PageRow).where(PageRow.page == page).values(stored_at=None, upload="")
            )


def lost_by_server(session: Session) -> bool:
    """Tell whether the server lacks events it said it had; they then wait again.

    To be asked when the whole stream was pulled: every accepted event of a
    dossier has its place in it.
    """
    found = False
    for store in events.own_stores(session):
        n = session.scalar(
            select(func.min(EventRow.n)).where(
                EventRow.stream.is_(None),
                EventRow.store == store,
                EventRow.n <= events.have(session, store),
                EventRow.refusal.is_(None),
                EventRow.dossier.is_not(None),
                EventRow.kind.not_in([kind.name for kind in KINDS.values() if kind.is_audit]),
            )
        )
        if n is not None:
            send_again(session, store, n - 1)
            found = True
    return found


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
