"""How a clerk likes the window, kept on this station; nothing of it is sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec

from app.models import events
from app.services.desk import Clerk, Desk

LOOKS = ("auto", "light", "dark", "contrast")
TEXT_STEPS = (-1, 0, 1, 2)
LOCK_MINUTES = (2, 5, 10, 15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What a clerk chose.

    Attributes:
        look: colours; "auto" follows the system.
        text_step: −1 smaller, 0 usual, 1 and 2 larger.
        sounds: a low tone when something needs the eyes.
        lock_minutes: the window locks after so long without a key.
        result_slip, fee_slip: printed without being asked for.
        unit: whose queue an officer works from, "" for none chosen.
    """

    look: Literal["auto", "light", "dark", "contrast"] = "auto"
    text_step: int = 0
    sounds: bool = True
    lock_minutes: int = 5
    result_slip: bool = True
    fee_slip: bool = False
    unit: str = ""


def _key(user: str) -> str:
    return f"preferences:{user}"


def read(desk: Desk, clerk: Clerk) -> Preferences:
    """Return a clerk's choices; the usual ones where none, or none readable, are kept."""
    with desk.store.database.reading() as session:
        text = events.get_fact(session, _key(clerk.user))
    try:
        found = msgspec.json.decode(text, type=Preferences) if text else Preferences()
    except (msgspec.ValidationError, msgspec.DecodeError):
        return Preferences()
    return replace(
        found,
        text_step=found.text_step if found.text_step in TEXT_STEPS else 0,
        lock_minutes=found.lock_minutes if found.lock_minutes in LOCK_MINUTES else 5,
    )


def change(desk: Desk, clerk: Clerk, **choices: Any) -> Preferences:
    """Keep some choices, the others as they were; return all."""
    new = replace(read(desk, clerk), **choices)
    with desk.store.database.writing() as session:
        events.set_fact(session, _key(clerk.user), msgspec.json.encode(new).decode())
    return new
