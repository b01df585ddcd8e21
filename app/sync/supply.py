"""What a station is given: numbers for its dossiers, and the catalogue."""

from __future__ import annotations

import contextlib
import datetime as dt
from uuid import UUID, uuid4

import msgspec
from sqlalchemy.orm import Session

from app.domain import wire
from app.domain.catalogue import Catalogue
from app.models import events, numbers
from app.models.catalogue import CatalogueRefused, keep, newest_version
from app.models.store import VIETNAM, Store
from app.sync.http import Connection, ServerRefused, ServerUnreachable

ENOUGH_LEASED = 3


def is_urgent(store: Store, now: dt.datetime) -> bool:
    """Tell whether the next reception would find no final number, or the plan is a day old."""
    today = now.astimezone(VIETNAM).date()
    with store.database.reading() as session:
        incarnation = events.incarnation(session)
        stock = numbers.stock(session, incarnation, store.station.agency, today)
        renewed = events.get_fact(session, "plan_renewed_on")
    return renewed != today.isoformat() or stock.is_low or not (stock.leased or stock.standing)


def renew_numbers(store: Store, connection: Connection, now: dt.datetime) -> str:
    """Prolong the plan once a day, or ask for more when it runs low; keep a small lease for today.

    Returns words for the clerk if today's numbers are nearly used up, else "".

    Raises:
        ServerUnreachable, ServerRefused: what was given before is kept.
    """
    today = now.astimezone(VIETNAM).date()
    agency = store.station.agency
    with store.database.reading() as session:
        incarnation = events.incarnation(session)
        stock = numbers.stock(session, incarnation, agency, today)
        renewed = events.get_fact(session, "plan_renewed_on")
        asked_more = events.get_fact(session, "more_asked_on")
    wants_more = stock.is_low and asked_more != today.isoformat()
    if renewed != today.isoformat() or stock.plan_ends is None or wants_more:
        _plan(store, connection, incarnation, today, wants_more=wants_more)
    if stock.leased < ENOUGH_LEASED:
        _lease(store, connection, incarnation, today)
    with store.database.reading() as session:
        stock = numbers.stock(session, incarnation, agency, today)
    if stock.is_low:
        return f"Dải số ngoại tuyến hôm nay còn {stock.standing} số."
    return ""


def _plan(
    store: Store, connection: Connection, incarnation: UUID, today: dt.date, *, wants_more: bool
) -> None:
    with store.database.reading() as session:
        holds = numbers.held(session, incarnation, today)
    request = wire.PlanRequest(incarnation=incarnation, wants_more=wants_more, holds=holds)
    answer = connection.post_json("/v1/codes/plan", request, wire.NumbersAnswer)
    with store.database.writing() as session:
        numbers.drop_others(session, incarnation, answer.ranges)
        numbers.keep(session, incarnation, answer.ranges)
        events.set_fact(session, "plan_renewed_on", today.isoformat())
        if wants_more:
            events.set_fact(session, "more_asked_on", today.isoformat())


def _lease(store: Store, connection: Connection, incarnation: UUID, today: dt.date) -> None:
    with store.database.writing() as session:
        # the same key until an answer arrives: a lost answer wastes no numbers
        key = events.get_fact(session, "lease_key") or str(uuid4())
        events.set_fact(session, "lease_key", key)
    try:
        answer = connection.post_json(
            "/v1/codes/lease",
            wire.LeaseRequest(key=UUID(key), incarnation=incarnation, day=today.isoformat()),
            wire.NumbersAnswer,
        )
    except ServerRefused as refused:
        if refused.type != "other-day":
            raise
        return  # our clock is a day off: the standing range serves
    with store.database.writing() as session:
        numbers.keep(session, incarnation, answer.ranges)
        events.set_fact(session, "lease_key", "")


def renew_catalogue(store: Store, connection: Connection, now: dt.datetime) -> tuple[int, str]:
    """Take a newer catalogue; a bad one is named and the last good one stays.

    Returns its version, and words for the clerk if one was refused.
    """
    with store.database.reading() as session:
        version = newest_version(session)
    try:
        reply = connection.get("/v1/catalogue", {"If-None-Match": f'"{version}"'})
    except ServerRefused as refused:
        return version, "" if refused.status == 404 else refused.title
    if reply.status == 304:
        return version, ""
    try:
        signed = msgspec.json.decode(reply.content, type=wire.SignedCatalogue)
        with store.database.writing() as session:
            catalogue = keep(session, signed, store.station.province_key, now)
            _note_agency(session, store, catalogue, now)
    except msgspec.DecodeError as error:
        raise ServerUnreachable("Máy chủ trả lời không đúng giao thức.") from error
    except CatalogueRefused as refused:
        return version, str(refused)
    return catalogue.version, ""


def _note_agency(session: Session, store: Store, catalogue: Catalogue, now: dt.datetime) -> None:
    """Keep the agency's name at hand: the sign-in shows it without reading a catalogue."""
    today = now.astimezone(VIETNAM).date()
    with contextlib.suppress(KeyError):
        name = catalogue.agency(store.station.agency, today).name
        events.set_fact(session, "agency_name", name)
