"""What the world refused, in words a clerk can act on."""

from __future__ import annotations


class AppError(Exception):
    """Something did not happen, and the clerk is told what to do now.

    Attributes:
        title: what did not happen, one Vietnamese sentence.
        advice: what to do now.
        kept: what the program kept; empty where nothing was at stake.
    """

    def __init__(self, title: str, advice: str = "", kept: str = "") -> None:
        super().__init__(title)
        self.title = title
        self.advice = advice
        self.kept = kept

    def __str__(self) -> str:
        return " ".join(part for part in (self.title, self.advice, self.kept) if part)


class WrongUse(AppError):
    """A command was called with words it cannot use; nothing was done."""
