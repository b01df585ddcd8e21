"""Own events that came back from a journal or from the server."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.bodies import Received
from app.domain.codes import read_code
from app.domain.events import BrokenChain, Event, UnreadableEvent, read_body, verify_chain
from app.models import events, numbers, projection


def take_in(session: Session, recovered: Iterable[Event]) -> int:
    """Take in own events of this or earlier incarnations; return how many were new.

    Each store's events are checked as a chain and follow what is there.
    """
    touched: set[UUID] = set()
    count = 0
    by_store: dict[UUID, list[Event]] = {}
    for event in recovered:
        by_store.setdefault(event.store, []).append(event)
    stores = events.own_stores(session)
    for store, found in by_store.items():
        if store not in stores:
            stores.insert(max(0, len(stores) - 1), store)
            events.set_fact(session, "own_stores", " ".join(map(str, stores)))
        n, head = events.last_of(session, store)
        for event in sorted(found, key=lambda e: e.n):
            if event.n <= n:
                continue
            try:
                head = verify_chain([event], n=n, head=head)
            except BrokenChain:
                break
            n = event.n
            events.add_row(session, event)
            _note_number(session, event)
            count += 1
            if event.dossier is not None:
                touched.add(event.dossier)
    projection.refold(session, touched)
    _own_pages(session, touched)
    return count


def _note_number(session: Session, event: Event) -> None:
    if event.kind != "dossier.received":
        return
    try:
        body = read_body(event.kind, event.v, event.body)
    except UnreadableEvent:
        return
    parts = read_code(body.code) if isinstance(body, Received) else None
    if parts is not None:
        numbers.note_used(session, parts.agency, parts.day, parts.number)


def _own_pages(session: Session, dossiers: Iterable[UUID]) -> None:
    for dossier in dossiers:
        session.execute(
            text("UPDATE page SET is_own = 1 WHERE dossier = :d AND stored_at IS NULL"),
            {"d": dossier.hex},
        )
