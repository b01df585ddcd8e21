"""`sign-in`, `sync`, `status`, `backup`, `doctor`: the station itself."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from typing import Any

from app.commands.opened import Opened
from app.errors import WrongUse
from app.services import signin, station
from app.services.desk import Clerk
from app.sync import enrol
from app.sync.http import ServerUnreachable


def sign_in(
    opened: Opened, arguments: argparse.Namespace, user: str, password: str, pin: str
) -> dict[str, Any]:
    """Sign a clerk in: online by password, else by PIN.

    With --set-pin the password and then the PIN are read from standard
    input, a line each (what QMC_PASSWORD or QMC_PIN hold is not read).
    """
    user = arguments.user or user
    if not user:
        raise WrongUse("Cần tên người dùng: --user hoặc QMC_USER.")
    if not arguments.set_pin and pin:
        clerk = signin.sign_in_offline(opened.desk, user, pin)
        return _signed_in(clerk, online=False)
    lines = _lines(int(not password) + int(arguments.set_pin and not pin))
    password = password or lines.pop(0)
    if arguments.set_pin:
        pin = pin or lines.pop(0)
        signin.check_pin(pin)
    connection = opened.connect()
    try:
        answer = enrol.sign_in(connection, user, password)
    finally:
        connection.close()
    clerk = signin.remember(
        opened.desk, answer, pin if arguments.set_pin else None, opened.desk.now()
    )
    notice = _first_catalogue(opened)
    return _signed_in(clerk, online=True) | ({"notice": notice} if notice else {})


def _first_catalogue(opened: Opened) -> str:
    """Fetch catalogue and numbers while the line is there."""
    engine = opened.engine()
    try:
        return engine.run(with_pages=False).notice
    except ServerUnreachable as error:
        return str(error)
    finally:
        engine.close()


def _lines(count: int) -> list[str]:
    lines = [sys.stdin.readline().rstrip("\r\n") for _ in range(count)]
    if not all(lines):
        raise WrongUse(
            "Thiếu mật khẩu hoặc mã PIN.",
            "Đưa vào bằng standard input, mỗi thứ một dòng: mật khẩu, rồi mã PIN.",
        )
    return lines


def _signed_in(clerk: Clerk, *, online: bool) -> dict[str, Any]:
    return {
        "user": clerk.user,
        "name": clerk.display_name,
        "roles": sorted(clerk.roles),
        "online": online,
    }


def sync(opened: Opened, *, with_pages: bool = True) -> dict[str, Any]:
    """Make one pass; say what moved and whether both sides are shown equal."""
    engine = opened.engine()
    try:
        done = engine.run(with_pages=with_pages)
    finally:
        engine.close()
    return {
        "pushed": done.pushed,
        "pulled": done.pulled,
        "pages": done.pages,
        "quarantined": done.quarantined,
        "waiting": done.waiting,
        "proven": done.proven or None,
        "pages_waiting": done.pages_waiting,
        "catalogue": done.catalogue,
        "notice": done.notice,
    }


def status(opened: Opened) -> dict[str, Any]:
    """Answer how the station stands."""
    found = station.status(opened.desk, opened.settings.server)
    return {**asdict(found), "green": found.is_green}


def doctor(opened: Opened) -> dict[str, Any]:
    """Examine the station."""
    findings = station.examine(opened.desk)
    return {"ok": all(f.ok for f in findings), "findings": [asdict(f) for f in findings]}
