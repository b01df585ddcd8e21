"""What an examination of the server found, in words for its operator."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["right", "watch", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: short stable name; programs decide by it.
        state: right, worth a look, or wrong.
        says: what was found, Vietnamese.
        advice: what to do, empty if nothing.
        agency: whose, empty if the whole server's.
        facts: figures and names behind the words.
    """

    check: str
    state: State
    says: str
    advice: str = ""
    agency: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
