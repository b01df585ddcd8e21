"""Remarks for colleagues, and codes that other systems gave the same dossier."""

from __future__ import annotations

from uuid import UUID

from app.domain import bodies
from app.domain.fold import Dossier
from app.services.acting import act, require_words
from app.services.desk import Clerk, Desk


def add(desk: Desk, clerk: Clerk, dossier: UUID, text: str) -> Dossier:
    """Add a remark to a dossier.

    Raises:
        NotNow: nothing was typed.
        NoSuchDossier: there is none.
    """
    text = require_words(text, "Ghi chú còn trống.", "Gõ ghi chú.")
    return act(desk, clerk, "note.added", bodies.NoteAdded(text=text), dossier)


def set_external_code(desk: Desk, clerk: Clerk, dossier: UUID, system: str, code: str) -> Dossier:
    """Note another system's code for a dossier, such as the civil status system's.

    Raises:
        NotNow: system or code is missing.
        NoSuchDossier: there is none.
    """
    system = require_words(system, "Chưa nói hệ thống nào.", "Gõ tên hệ thống.")
    code = require_words(code, "Mã còn trống.", "Gõ mã của hệ thống kia.")
    body = bodies.ExternalCodeSet(system=system, code=code)
    return act(desk, clerk, "external.code_set", body, dossier)
