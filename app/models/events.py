"""The event table: own events appended, the server's order noted, chains read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.events import KINDS, Event, genesis, write_body
from app.models.base import EventRow, Fact


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did, before it has a number.

    Attributes:
        at: aware moment; its offset is kept.
    """

    kind: str
    body: Any
    actor: str
    at: dt.datetime
    dossier: UUID | None = None


def get_fact(session: Session, key: str, default: str = "") -> str:
    """Return one fact of the store."""
    row = session.get(Fact, key)
    return default if row is None else row.value


def set_fact(session: Session, key: str, value: str) -> None:
    """Set one fact of the store."""
    session.merge(Fact(key=key, value=value))


def incarnation(session: Session) -> UUID:
    """Return the incarnation that makes events now."""
    return UUID(get_fact(session, "incarnation"))


def own_stores(session: Session) -> list[UUID]:
    """Return all incarnations this station ever was, oldest first."""
    return [UUID(text) for text in get_fact(session, "own_stores").split()]


def add_own_store(session: Session, store: UUID) -> None:
    """Note an earlier incarnation of this station; the present one stays last."""
    stores = own_stores(session)
    if store not in stores:
        stores.insert(max(0, len(stores) - 1), store)
        set_fact(session, "own_stores", " ".join(map(str, stores)))


def drop_own_store(session: Session, store: UUID) -> None:
    """Note that an incarnation goes on at another machine: its events are no longer ours."""
    stores = [own for own in own_stores(session) if own != store]
    set_fact(session, "own_stores", " ".join(map(str, stores)))


def have(session: Session, store: UUID) -> int:
    """Return the highest number the server is known to hold of a store."""
    return int(get_fact(session, f"have:{store}", "0"))


def set_have(session: Session, store: UUID, n: int) -> None:
    """Note what the server holds; it never goes back."""
    if n > have(session, store):
        set_fact(session, f"have:{store}", str(n))


def last_of(session: Session, store: UUID) -> tuple[int, bytes]:
    """Return (number, hash) of a store's last event; (0, genesis) for none."""
    row = session.execute(
        select(EventRow.n, EventRow.hash)
        .where(EventRow.store == store)
        .order_by(EventRow.n.desc())
        .limit(1)
    ).first()
    return (0, genesis(store)) if row is None else (row.n, row.hash)


def next_event(session: Session, act: Act) -> Event:
    """Return an act as this store's next event; `add_row` keeps it."""
    store = incarnation(session)
    n, head = last_of(session, store)
    return Event(
        store=store,
        n=n + 1,
        prev=head,
        dossier=act.dossier,
        base=_last_seen(session, act.dossier),
        kind=act.kind,
        v=KINDS[act.kind].v,
        at=act.at.isoformat(timespec="seconds"),
        actor=act.actor,
        body=write_body(act.body),
    )


def add_row(session: Session, event: Event) -> EventRow:
    """Store an event as a row."""
    row = EventRow(
        store=event.store,
        n=event.n,
        prev=event.prev,
        hash=event.hash,
        dossier=event.dossier,
        base=event.base,
        kind=event.kind,
        v=event.v,
        at=event.at,
        actor=event.actor,
        body=event.body,
    )
    session.add(row)
    session.flush()
    return row


def _last_seen(session: Session, dossier: UUID | None) -> int:
    if dossier is None:
        return 0
    seen = select(func.max(EventRow.home_seq)).where(EventRow.dossier == dossier)
    return session.scalar(seen) or 0


def of_store(session: Session, store: UUID, after: int, limit: int) -> list[Event]:
    """Return a store's events after a number, in order."""
    rows = session.scalars(
        select(EventRow)
        .where(EventRow.store == store, EventRow.n > after)
        .order_by(EventRow.n)
        .limit(limit)
    )
    return [to_event(row) for row in rows]


def of_dossier(session: Session, dossier: UUID) -> list[EventRow]:
    """Return a dossier's accepted events: in server order, then own ones not yet there."""
    rows = session.scalars(
        select(EventRow)
        .where(EventRow.dossier == dossier, EventRow.refusal.is_(None))
        .order_by(EventRow.seq.is_(None), EventRow.seq, EventRow.place)
    )
    return list(rows)


def to_event(row: EventRow) -> Event:
    """Return the plain event of a row."""
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


def waiting_count(session: Session) -> int:
    """Return how many own events the server is not known to hold."""
    total = 0
    for store in own_stores(session):
        total += last_of(session, store)[0] - have(session, store)
    return max(0, total)


def sent_on(session: Session, day: dt.date) -> int:
    """Return how many own events of a day the server is known to hold."""
    total = 0
    for store in own_stores(session):
        last_before = session.scalar(
            select(EventRow.n)
            .where(EventRow.store == store, EventRow.at < day.isoformat())
            .order_by(EventRow.n.desc())
            .limit(1)
        )
        known = min(have(session, store), last_of(session, store)[0])
        total += max(0, known - (last_before or 0))
    return total


def mark_refused(session: Session, store: UUID, refusals: Sequence[tuple[int, str]]) -> list[UUID]:
    """Note the server's words on quarantined events; return their dossiers."""
    touched: list[UUID] = []
    for n, reason in refusals:
        where = (EventRow.store == store, EventRow.n == n)
        session.execute(update(EventRow).where(*where).values(refusal=reason))
        dossier = session.scalar(select(EventRow.dossier).where(*where))
        if dossier is not None:
            touched.append(dossier)
    return touched
