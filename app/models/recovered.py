"""Own events that came back from a journal or from the server."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.bodies import PageAttached
from app.domain.codes import read_code
from app.domain.events import BrokenChain, Event, UnreadableEvent, read_body, verify_chain
from app.models import events, numbers, projection


def take_in(session: Session, recovered: Iterable[Event]) -> int:
    """Take in own events of this or earlier incarnations; return how many were new.

    Each store's events are checked as a chain and follow what is there.
    """
    touched: dict[UUID, None] = {}
    pages: list[UUID] = []
    count = 0
    by_store: dict[UUID, list[Event]] = {}
    for event in recovered:
        by_store.setdefault(event.store, []).append(event)
    for store, found in by_store.items():
        events.add_own_store(session, store)
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
            pages += note_own(session, event)
            count += 1
            if event.dossier is not None:
                touched[event.dossier] = None
    projection.refold(session, touched)
    _own_pages(session, pages)
    return count


def note_own(session: Session, event: Event) -> list[UUID]:
    """Note the number that a reception used; return the page that was attached, if one was."""
    if event.kind not in ("dossier.received", "page.attached"):
        return []
    try:
        body = read_body(event.kind, event.v, event.body)
    except UnreadableEvent:
        return []
    if isinstance(body, PageAttached):
        return [body.page]
    parts = read_code(body.code)
    if parts is not None:
        numbers.note_used(session, parts.agency, parts.day, parts.number)
    return []


def _own_pages(session: Session, pages: Iterable[UUID]) -> None:
    for page in pages:
        session.execute(text("UPDATE page SET is_own = 1 WHERE page = :p"), {"p": page.hex})
