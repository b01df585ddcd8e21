"""Amend what stands on a receipt, or undo a reception."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.domain import bodies
from app.domain.events import UnreadableEvent
from app.domain.fold import Dossier, NotAllowed
from app.domain.papers import GivenPaper
from app.errors import AppError
from app.models import events, projection
from app.services.desk import Clerk, Desk
from app.services.lookup import NoSuchDossier

UNDO_WITHIN = dt.timedelta(minutes=10)


class NotNow(AppError):
    """The dossier's state does not allow the act; nothing was changed."""


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
        NotNow: the dossier is closed or void.
        NoSuchDossier: there is none.
    """
    if not correction.reason.strip():
        raise NotNow("Sửa giấy tiếp nhận cần lý do.", "Gõ lý do, ví dụ: “sai số điện thoại”.")
    with desk.store.acting() as session:
        folded = _load(session, dossier)
        body = bodies.Corrected(
            receipt_version=folded.receipt_version + 1,
            reason=correction.reason.strip(),
            submitter=correction.submitter,
            applicant=correction.applicant,
            summary=correction.summary,
            fields=correction.fields,
            papers=correction.papers,
        )
        _record(session, desk, clerk, "dossier.corrected", body, dossier)
    return body.receipt_version


def undo(desk: Desk, clerk: Clerk, dossier: UUID, reason: str) -> str:
    """Void a reception of the last ten minutes; its number is never used again.

    Returns the void code.

    Raises:
        NotNow: too late, or the dossier has moved on.
        NoSuchDossier: there is none.
    """
    with desk.store.acting() as session:
        folded = _load(session, dossier)
        if desk.now() - folded.received_at > UNDO_WITHIN and not clerk.is_supervisor:
            raise NotNow(
                f"Hồ sơ {folded.code} tiếp nhận quá 10 phút, không hoàn tác được nữa.",
                "Sửa hồ sơ, hoặc làm thủ tục rút hồ sơ.",
            )
        _record(session, desk, clerk, "dossier.voided", bodies.Voided(reason=reason), dossier)
    return folded.code


def _load(session: Session, dossier: UUID) -> Dossier:
    folded = projection.load(session, dossier)
    if folded is None:
        raise NoSuchDossier("Không thấy hồ sơ này trên máy.")
    return folded


def _record(
    session: Session, desk: Desk, clerk: Clerk, kind: str, body: object, dossier: UUID
) -> None:
    try:
        projection.record(
            session,
            events.Act(kind, body, clerk.user, desk.now(), dossier),
        )
    except NotAllowed as error:
        raise NotNow(error.reason) from error
    except UnreadableEvent as error:
        raise NotNow("Có chỗ dài quá mức lưu được.", f"Rút gọn lại ({error}).") from error
