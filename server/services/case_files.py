"""The dossiers that a batch of events is about, and the agencies that take part in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import bodies, fold
from app.domain.events import Event, UnreadableEvent
from app.domain.fold import Dossier
from server.models.base import DossierRow, EventRow, StreamRow, SubscriptionRow
from server.services.streams import event_of_place, to_event


@dataclass(slots=True)
class CaseFile:
    """A dossier while a batch is judged.

    Attributes:
        home: agency that received it.
        dossier: as folded, None before its reception.
        is_known: there was a row before this batch.
        is_changed: it has to be written.
        subscribers: agencies that take part.
        fresh: its accepted events of this batch.
    """

    home: str
    dossier: Dossier | None = None
    is_known: bool = False
    is_changed: bool = False
    subscribers: tuple[str, ...] = ()
    fresh: list[Event] = field(default_factory=list)


def load(session: Session, agency: str, events: Sequence[Event]) -> dict[UUID, CaseFile]:
    """Return the dossiers that one agency's events are about."""
    wanted = {event.dossier for event in events if event.dossier is not None}
    older = _older(events)
    homes = _homes(session, agency, older) if older else {}
    files = {id: CaseFile(homes.get(id, agency)) for id in wanted}
    rows = session.execute(
        select(DossierRow.agency, DossierRow.id, DossierRow.snapshot, DossierRow.subscribers).where(
            DossierRow.agency.in_({file.home for file in files.values()}),
            DossierRow.id.in_(wanted),
        )
    )
    for home, id, snapshot, subscribers in rows:
        file = files[id]
        if file.home == home:
            held = msgspec.json.decode(snapshot, type=Dossier)
            if held.rules < fold.RULES:  # an older program kept it
                held = fold.replay(events_of(session, home, id)).dossier or held
            file.dossier = held
            file.is_known = True
            file.subscribers = tuple(subscribers.split())
    return files


def events_of(session: Session, home: str, dossier: UUID) -> list[Event]:
    """Return a dossier's events as its home's stream has them, in order."""
    rows = session.scalars(
        select(EventRow)
        .join(StreamRow, event_of_place())
        .where(StreamRow.agency == home, StreamRow.dossier == dossier)
        .order_by(StreamRow.seq)
    )
    return [to_event(row) for row in rows]


def taking_part(session: Session, agency: str, events: Sequence[Event]) -> set[str]:
    """Return the agencies whose streams a batch of one agency's station may append to."""
    found = {agency}
    if wanted := _older(events):
        found |= set(_homes(session, agency, wanted).values())
        rows = session.scalars(
            select(DossierRow.subscribers).where(
                DossierRow.agency.in_(set(found)),
                DossierRow.id.in_(wanted),
                DossierRow.subscribers != "",
            )
        )
        for subscribers in rows:
            found |= set(subscribers.split())
    for event in events:
        if event.kind in ("stage.handed_over", "event.mended") or b'"stages"' in event.body:
            found |= _named(event)
    return found


def _older(events: Sequence[Event]) -> set[UUID]:
    """Return the dossiers that a batch does not begin itself: others may take part in them."""
    older: set[UUID] = set()
    begun: set[UUID] = set()
    for event in events:
        if event.dossier is None:
            continue
        if event.kind == "dossier.received":
            begun.add(event.dossier)
        elif event.dossier not in begun:
            older.add(event.dossier)
    return older


def _homes(session: Session, agency: str, dossiers: Iterable[UUID]) -> dict[UUID, str]:
    """Return who received the dossiers of others in which an agency takes part."""
    rows = session.execute(
        select(SubscriptionRow.dossier, SubscriptionRow.home).where(
            SubscriptionRow.agency == agency, SubscriptionRow.dossier.in_(dossiers)
        )
    )
    return {row.dossier: row.home for row in rows}


def _named(event: Event) -> set[str]:
    try:
        _, body = fold.read_act(event)
    except UnreadableEvent:
        return set()
    if isinstance(body, bodies.StageHandedOver):
        return {body.to_agency}
    stages = body.stages if isinstance(body, bodies.Received) else ()
    return {stage.agency for stage in stages if stage.agency}
