"""Give dossiers received under a provisional code their final one, once numbers are there."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import codes
from app.domain.bodies import CodeCorrected
from app.models import catalogue, events, numbers, projection
from app.models.base import DossierRow, EventRow
from app.models.store import VIETNAM, Store

ACTOR = "station"


def number_all(store: Store, now: dt.datetime) -> int:
    """Correct the code of every own provisional dossier; return how many got one.

    The number is of the day of reception where a range still covers that
    day, else of today: a code is never made from a number that another
    incarnation may hold.
    """
    with store.database.reading() as session:
        waiting = _provisional(session)
    if not waiting or not store.has_journal():
        return 0
    count = 0
    for dossier, received_at in waiting:
        with store.acting() as session:
            count += _number(session, store, dossier, received_at.astimezone(VIETNAM), now)
    return count


def _provisional(session: Session) -> list[tuple[UUID, dt.datetime]]:
    own = events.own_stores(session)
    rows = session.execute(
        select(DossierRow.id, DossierRow.received_at)
        .join(EventRow, EventRow.dossier == DossierRow.id)
        .where(
            DossierRow.provisional,
            DossierRow.voided.is_(False),
            EventRow.kind == "dossier.received",
            EventRow.store.in_(own),
        )
        .order_by(DossierRow.row)
    )
    return [(row.id, row.received_at) for row in rows]


def _number(
    session: Session, store: Store, dossier: UUID, received_at: dt.datetime, now: dt.datetime
) -> int:
    incarnation, agency = events.incarnation(session), store.station.agency
    for day in dict.fromkeys((received_at.date(), now.astimezone(VIETNAM).date())):
        drawn = numbers.draw(session, incarnation, agency, day)
        if drawn is None:
            continue
        patterns = catalogue.load(session).code_patterns
        code = codes.write_code(patterns, agency, day, drawn.number)
        folded = projection.load(session, dossier)
        former = "" if folded is None else folded.code
        body = CodeCorrected(
            code=code,
            check=codes.check_character(code),
            number=drawn.number,
            reason="số chính thức thay cho số tạm",
            former=former,
        )
        projection.record(
            session, events.Act("code.corrected", body, ACTOR, now.astimezone(VIETNAM), dossier)
        )
        return 1
    return 0
