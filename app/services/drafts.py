"""Receptions as typed so far: saved within a second, offered again after a crash."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, select

from app.models.base import DraftRow, PendingPageRow
from app.services.desk import Clerk, Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A reception under way; `content` is whatever the form wants back."""

    id: UUID
    content: dict[str, Any]
    updated_at: dt.datetime
    page_count: int


def save(desk: Desk, clerk: Clerk, draft: UUID, content: dict[str, Any]) -> None:
    """Keep what was typed so far; replaces the draft's earlier state."""
    raw = msgspec.json.encode(content)
    with desk.store.database.writing() as session:
        session.merge(DraftRow(id=draft, clerk=clerk.user, content=raw, updated_at=desk.now()))


def open_drafts(desk: Desk, clerk: Clerk) -> tuple[Draft, ...]:
    """Return a clerk's unfinished receptions, newest first."""
    with desk.store.database.reading() as session:
        rows = session.scalars(
            select(DraftRow)
            .where(DraftRow.clerk == clerk.user)
            .order_by(DraftRow.updated_at.desc())
        ).all()
        counted = session.execute(
            select(PendingPageRow.draft, func.count()).group_by(PendingPageRow.draft)
        )
        counts = {row[0]: row[1] for row in counted}
        return tuple(
            Draft(
                id=row.id,
                content=msgspec.json.decode(row.content, type=dict[str, Any]),
                updated_at=row.updated_at,
                page_count=counts.get(row.id, 0),
            )
            for row in rows
        )


def discard(desk: Desk, draft: UUID) -> None:
    """Drop a draft and its pages; their images go with the next purge."""
    with desk.store.database.writing() as session:
        session.execute(delete(PendingPageRow).where(PendingPageRow.draft == draft))
        session.execute(delete(DraftRow).where(DraftRow.id == draft))
