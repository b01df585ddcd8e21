"""End the work on a dossier without a result: refuse, withdraw, stop; or take it up again."""

from __future__ import annotations

from uuid import UUID

from app.domain import bodies
from app.domain.fold import Dossier
from app.domain.status import BusinessState
from app.services.acting import NotNow, act, load, require, require_words
from app.services.desk import Clerk, Desk

KINDS = {
    "refuse": ("dossier.refused", "Từ chối"),
    "withdraw": ("dossier.withdrawn", "Rút hồ sơ"),
    "stop": ("dossier.stopped", "Dừng giải quyết"),
}
"""What ends the work: kind of the event, and how people say it."""
FORM_OF = {"refuse": "03", "stop": "05"}
"""The form that the citizen gets; a withdrawal has none."""


def end(desk: Desk, clerk: Clerk, dossier: UUID, how: str, reason: str) -> Dossier:
    """End the work, by a key of `KINDS`.

    Source: national codes 3, 7 and 8; TT 03/2025/TT-VPCP Điều 7 for stopping.

    Raises:
        NotYours: none of the clerk's roles may.
        NotNow: no reason, or the state does not allow it.
    """
    require(clerk, "end")
    kind, words = KINDS[how]
    reason = require_words(reason, f"{words} cần lý do cụ thể.", "Gõ lý do.")
    return act(desk, clerk, kind, bodies.Ended(reason=reason), dossier)


def reopen(desk: Desk, clerk: Clerk, dossier: UUID) -> Dossier:
    """Take a stopped dossier up again.

    Raises:
        NotYours: only a leader or supervisor may.
        NotNow: it was not stopped.
    """
    require(clerk, "reopen")
    with desk.store.database.reading() as session:
        folded = load(session, dossier)
    if folded.state is not BusinessState.STOPPED:
        raise NotNow(f"Hồ sơ {folded.code} đang “{folded.state.words}”, không phải mở lại.", "")
    return act(desk, clerk, "stage.taken", bodies.StageTaken(), dossier)
