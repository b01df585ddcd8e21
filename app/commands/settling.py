"""`unsettled`, `decide`, `mend`, `export`, `import`: what needs a person, and sticks."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from app.commands.opened import Opened
from app.errors import WrongUse
from app.services import lookup, settling, station
from app.services.desk import Clerk
from app.sync import courier


def unsettled(opened: Opened) -> dict[str, Any]:
    """List the conflicts and the refused events that wait for a person."""
    return {
        "conflicts": [
            {"code": d.code, "first": asdict(d.first), "second": asdict(d.second)}
            for d in settling.disputes(opened.desk)
        ],
        "refused": [
            {"code": r.dossier_code, "at": r.at, "kind": r.kind, "reason": r.reason}
            for r in station.refused_events(opened.desk)
        ],
    }


def decide(opened: Opened, clerk: Clerk, arguments: argparse.Namespace) -> dict[str, Any]:
    """Decide the oldest open conflict of a dossier."""
    dossier = lookup.by_code(opened.desk, arguments.code)
    found = [d for d in settling.disputes(opened.desk) if d.dossier == dossier]
    if not found:
        raise settling.NothingToSettle(
            f"Hồ sơ {arguments.code} không có xung đột nào.", "Xem danh sách bằng “unsettled”."
        )
    settling.decide(opened.desk, clerk, found[0], arguments.keep, arguments.reason)
    folded = lookup.show(opened.desk, dossier).dossier
    return {"code": folded.code, "state_words": folded.state.words, "left": len(found) - 1}


def mend(opened: Opened, clerk: Clerk, arguments: argparse.Namespace) -> dict[str, Any]:
    """Offer a dossier's refused events again, as they are or under another number."""
    dossier = lookup.by_code(opened.desk, arguments.code)
    done = settling.mend(opened.desk, clerk, dossier, arguments.reason, new_code=arguments.new_code)
    return {"mended": done.count, "code": done.code, "reprint": done.code != arguments.code}


def export_queue(opened: Opened, clerk: Clerk, arguments: argparse.Namespace) -> dict[str, Any]:
    """Write what the server lacks to a stick, sealed to the server."""
    desk = opened.desk
    if desk.practice:
        raise courier.BundleRefused(
            "Máy tập sự: hồ sơ ở đây không gửi đi đâu cả.", "Dùng hồ sơ máy thật.", courier.KEPT
        )
    try:
        done = courier.export_queue(desk.store, arguments.folder, clerk.user, desk.now())
    except OSError as error:
        raise courier.BundleRefused(
            "Không ghi được lên USB.",
            f"Kiểm tra chỗ trống và khoá ghi ({error.strerror}), rồi xuất lại.",
            courier.KEPT,
        ) from error
    return {"file": str(done.file), "events": done.count, "left": done.left}


def import_file(opened: Opened, arguments: argparse.Namespace) -> dict[str, Any]:
    """Take a bundle: relay another station's queue, or take our answers in."""
    if not arguments.file.is_file():
        raise WrongUse(f"Không có tệp {arguments.file}.")
    connection = opened.connect()
    try:
        done = courier.import_file(opened.desk.store, arguments.file, connection, opened.desk.now())
    finally:
        connection.close()
    return {
        "kind": done.kind,
        "station": done.station,
        "answers": None if done.file is None else str(done.file),
        "confirmed": done.confirmed,
        "pulled": done.pulled,
        "quarantined": done.quarantined,
        "proven": done.proven or None,
        "notice": done.notice,
    }
