"""Filters that a clerk gave a name, kept on this station."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from app.models import events
from app.services.acting import require_words
from app.services.desk import Clerk, Desk
from app.services.lookup import Filter

_MOST = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFilter:
    """A search under a name: words, and what narrows it."""

    name: str
    text: str
    wanted: Filter


def _key(clerk: Clerk) -> str:
    return f"filters:{clerk.user}"


def saved(desk: Desk, clerk: Clerk) -> tuple[SavedFilter, ...]:
    """Return a clerk's filters, the newest first; none if they cannot be read."""
    with desk.store.database.reading() as session:
        text = events.get_fact(session, _key(clerk))
    try:
        return msgspec.json.decode(text, type=tuple[SavedFilter, ...]) if text else ()
    except (msgspec.ValidationError, msgspec.DecodeError):
        return ()


def save(desk: Desk, clerk: Clerk, name: str, text: str, wanted: Filter) -> None:
    """Keep a filter; one of the same name is replaced, the oldest of ten goes.

    Raises:
        NotNow: it has no name.
    """
    name = require_words(name, "Bộ lọc chưa có tên.", "Gõ tên, ví dụ: “khai sinh tháng này”.")
    new = SavedFilter(name=name, text=text, wanted=wanted)
    others = [one for one in saved(desk, clerk) if one.name != name]
    _write(desk, clerk, (new, *others)[:_MOST])


def drop(desk: Desk, clerk: Clerk, name: str) -> None:
    """Forget a filter."""
    _write(desk, clerk, tuple(one for one in saved(desk, clerk) if one.name != name))


def _write(desk: Desk, clerk: Clerk, filters: tuple[SavedFilter, ...]) -> None:
    with desk.store.database.writing() as session:
        events.set_fact(session, _key(clerk), msgspec.json.encode(filters).decode())
