"""Write one act of a clerk on a dossier, checked against who may and what the fold allows."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.domain.events import UnreadableEvent
from app.domain.fold import Dossier, NotAllowed
from app.domain.roles import may, words_for
from app.errors import AppError
from app.models import events, projection
from app.services.desk import Clerk, Desk
from app.services.lookup import NoSuchDossier


class NotNow(AppError):
    """The dossier's state does not allow the act, or a word is missing; nothing was changed."""


class NotYours(AppError):
    """The clerk's roles do not include the act; nothing was changed."""


def require(clerk: Clerk, act: str) -> None:
    """Refuse an act that none of a clerk's roles includes.

    Raises:
        NotYours: with the roles that would do.
    """
    if not may(clerk.roles, act):
        raise NotYours(
            "Tài khoản này không có quyền làm việc này.",
            f"Cần vai trò: {words_for(act)}. Đổi người dùng (Ctrl+U), hoặc nhờ người có quyền.",
        )


def require_words(text: str, title: str, advice: str) -> str:
    """Return a text without stray spaces.

    Raises:
        NotNow: nothing was typed.
    """
    if not text.strip():
        raise NotNow(title, advice)
    return " ".join(text.split())


def load(session: Session, dossier: UUID) -> Dossier:
    """Return a folded dossier.

    Raises:
        NoSuchDossier: there is none.
    """
    folded = projection.load(session, dossier)
    if folded is None:
        raise NoSuchDossier("Không thấy hồ sơ này trên máy.")
    return folded


def record(
    session: Session, desk: Desk, clerk: Clerk, kind: str, body: object, dossier: UUID
) -> None:
    """Append an act to the present transaction.

    Raises:
        NotNow: the fold says no, in its words.
    """
    try:
        projection.record(session, events.Act(kind, body, clerk.user, desk.now(), dossier))
    except NotAllowed as error:
        raise NotNow(error.reason) from error
    except UnreadableEvent as error:
        raise NotNow("Có chỗ dài quá mức lưu được.", f"Rút gọn lại ({error}).") from error


def act(desk: Desk, clerk: Clerk, kind: str, body: object, dossier: UUID) -> Dossier:
    """Do one act in a transaction of its own; return the dossier after it.

    Raises:
        NoSuchDossier: there is none.
        NotNow: the fold says no.
        StoreProblem: nothing was stored.
    """
    with desk.store.acting() as session:
        load(session, dossier)
        record(session, desk, clerk, kind, body, dossier)
        return load(session, dossier)
