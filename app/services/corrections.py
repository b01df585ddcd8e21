"""Amend what stands on a receipt, or undo a reception."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from app.domain import bodies
from app.domain.papers import GivenPaper
from app.services.acting import NotNow, load, record, require
from app.services.desk import Clerk, Desk

UNDO_WITHIN = dt.timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What changes; None leaves a part as it is."""

    reason: str
    submitter: bodies.Person | None = None
    applicant: bodies.Person | None = None
    summary: str | None = None
    fields: dict[str, str] | None = None
    papers: tuple[GivenPaper, ...] | None = None


def correct(desk: Desk, clerk: Clerk, dossier: UUID, correction: Correction) -> int:
    """Write a new version of the receipt; the former one is void. Returns its number.

    Raises:
        NotYours: no counter clerk.
        NotNow: the dossier is closed or void.
        NoSuchDossier: there is none.
    """
    if not correction.reason.strip():
        raise NotNow("Sửa giấy tiếp nhận cần lý do.", "Gõ lý do, ví dụ: “sai số điện thoại”.")
    require(clerk, "correct")
    with desk.store.acting() as session:
        folded = load(session, dossier)
        body = bodies.Corrected(
            receipt_version=folded.receipt_version + 1,
            reason=correction.reason.strip(),
            submitter=correction.submitter,
            applicant=correction.applicant,
            summary=correction.summary,
            fields=correction.fields,
            papers=correction.papers,
        )
        record(session, desk, clerk, "dossier.corrected", body, dossier)
    return body.receipt_version


def undo(desk: Desk, clerk: Clerk, dossier: UUID, reason: str) -> str:
    """Void a reception of the last ten minutes; its number is never used again.

    Returns the void code.

    Raises:
        NotYours: no counter clerk.
        NotNow: too late, or the dossier has moved on.
        NoSuchDossier: there is none.
    """
    require(clerk, "receive")
    with desk.store.acting() as session:
        folded = load(session, dossier)
        if desk.now() - folded.received_at > UNDO_WITHIN and not clerk.is_supervisor:
            raise NotNow(
                f"Hồ sơ {folded.code} tiếp nhận quá 10 phút, không hoàn tác được nữa.",
                "Sửa hồ sơ, hoặc làm thủ tục rút hồ sơ.",
            )
        record(session, desk, clerk, "dossier.voided", bodies.Voided(reason=reason), dossier)
    return folded.code
