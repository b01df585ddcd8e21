"""Users and their tokens."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

import argon2
from sqlalchemy.orm import Session

from server.errors import ServerProblem, not_authentic
from server.models.base import TokenRow, UserRow

TOKEN_DAYS = 14
_FREE_TRIES = 5
_HASHER = argon2.PasswordHasher()
_DUMMY = _HASHER.hash("nobody has this password")


def add_user(
    session: Session, agency: str, username: str, display_name: str, roles: str, password: str
) -> None:
    """Add a user, or set name, roles and password of one that is there."""
    session.merge(
        UserRow(
            agency=agency,
            username=username,
            display_name=display_name,
            roles=roles,
            password_hash=_HASHER.hash(password),
            failures=0,
            locked_until=None,
        )
    )


def check_password(
    session: Session, username: str, password: str, now: dt.datetime
) -> UserRow | None:
    """Return the user if the password is right, None if not; failures are counted.

    Raises:
        ServerProblem: too many failures; wait.
    """
    user = None
    if "\0" not in username:  # PostgreSQL knows no such text
        user = session.get(UserRow, username, with_for_update=True)
    if user is not None and user.locked_until is not None and now < user.locked_until:
        wait = int((user.locked_until - now).total_seconds()) + 1
        raise ServerProblem(
            429, "locked", "Đã nhập sai nhiều lần.", f"Đợi {wait} giây.", retry_after_s=wait
        )
    try:
        _HASHER.verify(_DUMMY if user is None else user.password_hash, password)
    except argon2.exceptions.VerificationError:
        if user is not None:
            user.failures += 1
            over = user.failures - _FREE_TRIES
            if over >= 0:
                user.locked_until = now + dt.timedelta(minutes=min(60, 2**over))
        return None
    if user is not None:
        user.failures, user.locked_until = 0, None
    return user


def issue_token(session: Session, user: UserRow, now: dt.datetime) -> tuple[str, dt.datetime]:
    """Return a new token of a user and when it ends."""
    token = secrets.token_urlsafe(32)
    ends = now + dt.timedelta(days=TOKEN_DAYS)
    session.add(TokenRow(sha256=_hash(token), username=user.username, expires_at=ends))
    return token, ends


def of_token(session: Session, token: str, now: dt.datetime) -> UserRow:
    """Return whose token this is.

    Raises:
        ServerProblem: unknown or expired.
    """
    row = session.get(TokenRow, _hash(token))
    user = None if row is None or row.expires_at < now else session.get(UserRow, row.username)
    if user is None:
        raise not_authentic("Phiên đăng nhập đã hết hạn.")
    return user


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
