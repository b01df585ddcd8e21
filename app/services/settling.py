"""Settle what the server could not: decide between clashing acts, mend refused ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import bodies, codes
from app.domain.events import read_body, write_body
from app.domain.fold import Conflict, Dossier, read_act
from app.errors import AppError
from app.models import events, projection
from app.models.base import DossierRow, EventRow, SnapshotRow
from app.services.acting import NotNow, record, require
from app.services.desk import Clerk, Desk
from app.services.intake import take_code

Keep = Literal["first", "second", "new"]


class NothingToSettle(AppError):
    """The dossier has no open conflict, or no refused event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two clashing acts, for people.

    Attributes:
        kind, at, actor: what was done, when, by whom.
        is_own: this station did it.
        values: what the act says, field by field.
    """

    kind: str
    at: str
    actor: str
    is_own: bool
    values: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A conflict that waits for a person.

    Attributes:
        store, n: name of the `conflict.raised`.
        first: holds meanwhile.
        second: waits.
    """

    dossier: UUID
    code: str
    store: UUID
    n: int
    first: Side
    second: Side


def disputes(desk: Desk, limit: int = 100) -> tuple[Dispute, ...]:
    """Return the conflicts that wait for a decision, newest dossier first."""
    with desk.store.database.reading() as session:
        rows = session.scalars(
            select(SnapshotRow.content)
            .join(DossierRow, DossierRow.row == SnapshotRow.row)
            .where(DossierRow.needs_look)
            .order_by(DossierRow.row.desc())
            .limit(limit)
        ).all()
        own = set(events.own_stores(session))
        found = []
        for content in rows:
            dossier = projection.read_snapshot(content)
            found += [_dispute(session, dossier, c, own) for c in dossier.open_conflicts]
    return tuple(dispute for dispute in found if dispute is not None)


def _dispute(
    session: Session, dossier: Dossier, conflict: Conflict, own: set[UUID]
) -> Dispute | None:
    """Return a conflict's two sides; None while one of them has not come in yet."""
    first = _side(session, conflict.first_store, conflict.first_n, own)
    second = _side(session, conflict.second_store, conflict.second_n, own)
    if first is None or second is None:
        return None
    return Dispute(
        dossier=dossier.id,
        code=dossier.code,
        store=conflict.store,
        n=conflict.n,
        first=first,
        second=second,
    )


def _side(session: Session, store: UUID, n: int, own: set[UUID]) -> Side | None:
    row = session.scalars(select(EventRow).where(EventRow.store == store, EventRow.n == n)).first()
    if row is None:
        return None
    kind, body = read_act(events.to_event(row))
    return Side(
        kind=kind,
        at=row.at,
        actor=row.actor,
        is_own=store in own,
        values=msgspec.json.decode(write_body(body)),
    )


def decide(desk: Desk, clerk: Clerk, dispute: Dispute, keep: Keep, reason: str) -> None:
    """Record which of two clashing acts counts; "new" is neither, another act follows.

    Raises:
        NotYours: neither supervisor nor leader.
        NotNow: somebody has decided already, or the reason is missing.
    """
    require(clerk, "settle")
    if not reason.strip():
        raise NotNow("Quyết định cần lý do.", "Gõ lý do, ví dụ: “theo giấy người dân giữ”.")
    body = bodies.ConflictDecided(
        conflict_store=dispute.store, conflict_n=dispute.n, keep=keep, reason=reason.strip()
    )
    with desk.store.acting() as session:
        record(session, desk, clerk, "conflict.decided", body, dispute.dossier)


@dataclass(frozen=True, slots=True)
class Mended:
    """What was offered to the server again; `code` is the dossier's afterwards."""

    count: int
    code: str


def mend(desk: Desk, clerk: Clerk, dossier: UUID, reason: str, *, new_code: bool = False) -> Mended:
    """Offer a dossier's refused events again, as new events in their place.

    What was refused only because it stood behind another refused event goes
    with it. Nothing is typed again.

    Args:
        new_code: take another number for the reception: the printed one is
            somebody else's. The receipt is printed anew.

    Raises:
        NothingToSettle: no event of the dossier is refused.
        NotNow: an event does not fit any more; nothing was stored.
    """
    is_final = desk.store.has_journal()
    with desk.store.acting(needs_journal=is_final) as session:
        refused = _refused(session, dossier)
        if not refused:
            raise NothingToSettle(
                "Hồ sơ này không có việc nào bị máy chủ từ chối.", "Không cần làm gì."
            )
        for row in refused:
            kind, v, raw = _carried(row)
            if new_code and kind == "dossier.received":
                body = read_body(kind, v, raw.encode())
                raw = _renumbered(session, desk, body, raw, is_final=is_final)
            mended = bodies.EventMended(
                store=row.store, n=row.n, kind=kind, v=v, body=raw, reason=reason.strip()
            )
            record(session, desk, clerk, "event.mended", mended, dossier)
        folded = projection.load(session, dossier)
    return Mended(len(refused), "" if folded is None else folded.code)


def _refused(session: Session, dossier: UUID) -> Sequence[EventRow]:
    """Return a dossier's refused events; its reception first, for all else stands upon it."""
    rows = session.scalars(
        select(EventRow)
        .where(
            EventRow.dossier == dossier,
            EventRow.store.in_(events.own_stores(session)),
            EventRow.refusal.is_not(None),
            EventRow.is_mended.is_(False),
        )
        .order_by(EventRow.place)
    ).all()
    return sorted(rows, key=lambda row: read_act(events.to_event(row))[0] != "dossier.received")


def _carried(row: EventRow) -> tuple[str, int, str]:
    """Return kind, version and body of a refused act as they were written; unknown fields stay."""
    kind, v, raw = row.kind, row.v, row.body.decode()
    while kind == "event.mended":
        inner = msgspec.json.decode(raw, type=bodies.EventMended)
        kind, v, raw = inner.kind, inner.v, inner.body
    return kind, v, raw


def _renumbered(
    session: Session, desk: Desk, body: bodies.Received, raw: str, *, is_final: bool
) -> str:
    day = body.received_at.astimezone(desk.now().tzinfo).date()
    code, number, source = take_code(session, desk, desk.catalogue(), day, is_final=is_final)
    changed: dict[str, Any] = msgspec.json.decode(raw, type=dict[str, Any])
    changed |= {"code": code, "check": codes.check_character(code), "number": number}
    changed |= {"provisional": not source, "drawn_from": source}
    return msgspec.json.encode(changed).decode()
