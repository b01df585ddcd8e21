"""What this station knows of the person at the counter: their last words, and what waits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select

from app.domain.bodies import Person
from app.domain.status import BusinessState
from app.models import projection
from app.models.base import DossierRow, SnapshotRow
from app.services.desk import VIETNAM, Desk

_LOOKED_AT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A citizen who was here before.

    Attributes:
        person: as last recorded, with `source` "known".
        ready: dossiers whose result waits to be fetched, the oldest first.
        awaiting: dossiers that wait for papers of theirs.
        open_count: dossiers under way besides.
        newest_code, newest_on: of the last one, `dd/mm/yyyy`.
    """

    person: Person
    ready: tuple[UUID, ...]
    awaiting: tuple[UUID, ...]
    open_count: int
    newest_code: str
    newest_on: str


def known(desk: Desk, id_number: str) -> Known | None:
    """Return what is known of the bearer of an ID number, None if they never came."""
    if not id_number:
        return None
    with desk.store.database.reading() as session:
        rows = session.execute(
            select(
                DossierRow.id, DossierRow.code, DossierRow.state, DossierRow.is_open,
                DossierRow.received_at, SnapshotRow.content,
            )
            .join(SnapshotRow, SnapshotRow.row == DossierRow.row)
            .where(DossierRow.id_number == id_number, DossierRow.voided.is_(False))
            .order_by(DossierRow.row.desc())
            .limit(_LOOKED_AT)
        ).all()  # fmt: skip
    if not rows:
        return None
    newest = rows[0]
    ready = [row.id for row in reversed(rows) if row.state == int(BusinessState.FINISHED)]
    awaiting = [
        row.id for row in reversed(rows) if row.state == int(BusinessState.AWAITING_SUPPLEMENT)
    ]
    waiting = {*ready, *awaiting}
    return Known(
        person=replace(projection.read_snapshot(newest.content).submitter, source="known"),
        ready=tuple(ready),
        awaiting=tuple(awaiting),
        open_count=sum(row.is_open and row.id not in waiting for row in rows),
        newest_code=newest.code,
        newest_on=f"{newest.received_at.astimezone(VIETNAM):%d/%m/%Y}",
    )
