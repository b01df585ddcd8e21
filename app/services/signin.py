"""Clerks on this station: first sign-in online, then by PIN, with or without network."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

import argon2
from argon2.low_level import Type, hash_secret_raw
from sqlalchemy import select

from app.domain import sealing
from app.domain.wire import TokenAnswer
from app.errors import AppError
from app.models import events
from app.models.base import ClerkRow
from app.services.desk import Clerk, Desk

MIN_PIN = 6
FREE_TRIES = 3
_HASHER = argon2.PasswordHasher()
_SALT_BYTES = 16


class SignInRefused(AppError):
    """Nobody is signed in."""


def check_pin(pin: str) -> None:
    """Refuse a PIN that is guessed at once.

    Raises:
        SignInRefused: too short, one digit repeated, or a plain sequence.
    """
    digits = re.fullmatch(rf"\d{{{MIN_PIN},12}}", pin) is not None
    steps = {int(b) - int(a) for a, b in itertools.pairwise(pin)} if digits else set()
    if not digits or len(set(pin)) == 1 or steps in ({1}, {-1}):
        raise SignInRefused(
            "Mã PIN cần 6 đến 12 chữ số, không lặp một số, không theo dãy.",
            "Chọn mã khác, ví dụ sáu số chỉ riêng mình nhớ.",
        )


def remember(desk: Desk, answer: TokenAnswer, pin: str | None, now: dt.datetime) -> Clerk:
    """Keep a clerk who just signed in online; set the PIN if one is given.

    Raises:
        SignInRefused: the PIN is too easy.
    """
    if pin is not None:
        check_pin(pin)
    with desk.store.database.writing() as session:
        row = session.get(ClerkRow, answer.user) or ClerkRow(user=answer.user)
        row.display_name = answer.display_name
        row.roles = " ".join(answer.roles)
        row.agency = answer.agency
        row.online_at = now
        row.failures, row.locked_until = 0, None
        row.session_until = now + dt.timedelta(hours=answer.policy.session_hours)
        if pin is not None:
            row.pin_hash = _HASHER.hash(pin)
            row.sealed_token = _seal_token(pin, answer.token)
        row = session.merge(row)
        days = answer.policy.offline_sign_in_days
        events.set_fact(session, "policy.offline_sign_in_days", str(days))
        events.set_fact(session, "policy.session_hours", str(answer.policy.session_hours))
        events.set_fact(session, "last_clerk", answer.user)
        return _clerk(row)


def sign_in_offline(desk: Desk, user: str, pin: str) -> Clerk:
    """Sign in by PIN.

    Raises:
        SignInRefused: unknown here, wrong, locked for a while, offline for
            too long, or the clock was set back.
    """
    now = desk.now()
    with desk.store.database.reading() as session:
        row = session.get(ClerkRow, user)
        if row is None or not row.pin_hash:
            raise SignInRefused(
                f"“{user}” chưa đăng nhập có mạng trên máy này lần nào.",
                "Nối mạng, đăng nhập bằng mật khẩu và đặt mã PIN một lần.",
            )
        _check_expiry(row, now, int(events.get_fact(session, "policy.offline_sign_in_days", "14")))
        if row.locked_until is not None and now < row.locked_until:
            seconds = int((row.locked_until - now).total_seconds()) + 1
            raise SignInRefused(
                f"Đã nhập sai {row.failures} lần.", f"Đợi {seconds} giây rồi nhập lại."
            )
        pin_hash = row.pin_hash
    wrong = _is_wrong(pin_hash, pin)  # a tenth of a second, outside any transaction
    with desk.store.database.writing() as session:
        row = session.get_one(ClerkRow, user)
        if wrong:
            row.failures += 1
            row.locked_until = now + _wait(row.failures)
            failures = row.failures
        else:
            row.failures, row.locked_until = 0, None
            hours = int(events.get_fact(session, "policy.session_hours", "12"))
            row.session_until = now + dt.timedelta(hours=hours)
            events.set_fact(session, "last_clerk", user)
            clerk = _clerk(row)
    if wrong:
        left = FREE_TRIES - failures
        advice = f"Còn {left} lần trước khi phải đợi." if left > 0 else "Đợi rồi nhập lại."
        raise SignInRefused("Mã PIN chưa đúng.", advice)
    return clerk


@dataclass(frozen=True, slots=True)
class Leave:
    """A supervisor's leave for one act, given by PIN at this station."""

    user: str


def leave_of(desk: Desk, user: str, pin: str) -> Leave:
    """Return a supervisor's leave; wrong tries count as they do at sign-in.

    Raises:
        SignInRefused: unknown here, wrong, locked, expired, or no supervisor.
    """
    with desk.store.database.reading() as session:
        present = events.get_fact(session, "last_clerk")
    clerk = sign_in_offline(desk, user.strip(), pin)
    with desk.store.database.writing() as session:
        events.set_fact(session, "last_clerk", present)  # the clerk at the desk stays signed in
    if not clerk.is_supervisor:
        raise SignInRefused(
            f"“{clerk.display_name}” không phải người phụ trách.", "Nhờ đúng người phụ trách."
        )
    return Leave(clerk.user)


def change_pin(desk: Desk, clerk: Clerk, former: str, new: str) -> None:
    """Give a clerk another PIN on this station; wrong tries count as they do at sign-in.

    Raises:
        SignInRefused: the former one is wrong, or the new one is guessed at once.
    """
    check_pin(new)
    sign_in_offline(desk, clerk.user, former)
    token = token_of(desk, clerk.user, former)
    with desk.store.database.writing() as session:
        row = session.get_one(ClerkRow, clerk.user)
        row.pin_hash = _HASHER.hash(new)
        row.sealed_token = _seal_token(new, token)


def _is_wrong(pin_hash: str, pin: str) -> bool:
    """Tell whether a PIN is not the one that was hashed."""
    try:
        _HASHER.verify(pin_hash, pin)
    except argon2.exceptions.VerificationError:
        return True
    return False


def _wait(failures: int) -> dt.timedelta:
    """Return how long to wait: nothing for three tries, then 1, 2, 4 … 60 minutes."""
    if failures < FREE_TRIES:
        return dt.timedelta()
    return dt.timedelta(minutes=min(60, 2 ** (failures - FREE_TRIES)))


def _check_expiry(row: ClerkRow, now: dt.datetime, days: int) -> None:
    age = now - row.online_at
    if age > dt.timedelta(days=days):
        raise SignInRefused(
            f"Đã {age.days} ngày chưa đăng nhập có mạng.",
            "Nối mạng và đăng nhập bằng mật khẩu một lần để tiếp tục.",
            "Mọi hồ sơ trên máy vẫn an toàn.",
        )
    if age < -dt.timedelta(hours=1):
        raise SignInRefused(
            "Đồng hồ máy đang chạy lùi so với lần đăng nhập trước.", "Đặt lại giờ máy cho đúng."
        )


def session_of(desk: Desk, user: str | None = None) -> Clerk:
    """Return the clerk whose sign-in on this station still holds.

    Raises:
        SignInRefused: nobody is signed in, or the time is over.
    """
    with desk.store.database.reading() as session:
        user = user or events.get_fact(session, "last_clerk")
        row = session.get(ClerkRow, user)
        if row is None or row.session_until is None or row.session_until < desk.now():
            raise SignInRefused(
                "Chưa ai đăng nhập trên máy này, hoặc phiên đã hết giờ.",
                "Chạy “sign-in”, hoặc đặt QMC_USER và QMC_PIN.",
            )
        return _clerk(row)


def sign_out(desk: Desk, user: str) -> None:
    """End a clerk's session on this station."""
    with desk.store.database.writing() as session:
        row = session.get(ClerkRow, user)
        if row is not None:
            row.session_until = None


def known_clerks(desk: Desk) -> Sequence[Clerk]:
    """Return the clerks who can sign in here: who did last, then the others by name."""
    with desk.store.database.reading() as session:
        last = events.get_fact(session, "last_clerk")
        rows = session.scalars(
            select(ClerkRow)
            .where(ClerkRow.pin_hash != "")
            .order_by(ClerkRow.user != last, ClerkRow.display_name)
        )
        return [_clerk(row) for row in rows]


def token_of(desk: Desk, user: str, pin: str) -> str:
    """Return the clerk's server token, opened by the PIN.

    Raises:
        SignInRefused: there is none here, or the PIN does not open it.
    """
    with desk.store.database.reading() as session:
        row = session.get(ClerkRow, user)
        sealed = b"" if row is None else row.sealed_token
    if not sealed:
        raise SignInRefused(
            f"“{user}” chưa đăng nhập có mạng trên máy này lần nào.",
            "Nối mạng, đăng nhập bằng mật khẩu và đặt mã PIN một lần.",
        )
    try:
        salt, box = sealed[:_SALT_BYTES], sealed[_SALT_BYTES:]
        return sealing.decrypt(_pin_key(pin, salt), box, b"qmc-token").decode()
    except (sealing.NotOpened, ValueError) as error:
        raise SignInRefused("Mã PIN chưa đúng.", "Nhập lại.") from error


def _seal_token(pin: str, token: str) -> bytes:
    salt = os.urandom(_SALT_BYTES)
    return salt + sealing.encrypt(_pin_key(pin, salt), token.encode(), b"qmc-token")


def _pin_key(pin: str, salt: bytes) -> bytes:
    return hash_secret_raw(
        pin.encode(), salt, time_cost=3, memory_cost=65536, parallelism=4, hash_len=32,
        type=Type.ID,
    )  # fmt: skip


def _clerk(row: ClerkRow) -> Clerk:
    return Clerk(user=row.user, display_name=row.display_name, roles=frozenset(row.roles.split()))
