"""A bundle for whoever looks after the machine: how it stands, and no citizen in it."""

from __future__ import annotations

import json
import platform
import sys
import zipfile
from collections.abc import Iterable
from dataclasses import asdict
from importlib.metadata import distributions
from pathlib import Path

from sqlalchemy import func, select

from app import VERSION
from app.errors import AppError
from app.logs import redact
from app.models.base import Base, EventRow, PrintJobRow
from app.services import exports, station
from app.services.desk import Clerk, Desk
from app.settings import Settings

_SECRETS = ("profile_id",)
_NEWEST_JOBS = 200


class NotBundled(AppError):
    """The bundle could not be written."""


def write(
    desk: Desk, clerk: Clerk, settings: Settings, devices: Iterable[str], target: Path
) -> int:
    """Write the bundle as a zip; return how many files are in it. That it left is recorded.

    In it: versions, settings without keys, what `doctor` finds, counts of rows and of events by
    kind, outcomes of print jobs, the devices as shown, and the log files; every text is redacted
    once more. No row of a dossier, no page and no PDF.

    Raises:
        NotBundled: disk full, or no right to write.
    """
    texts = {
        "may.json": _machine(),
        "cai-dat.json": _settings(settings),
        "kiem-tra.json": [asdict(one) for one in station.examine(desk)],
        "tinh-trang.json": {
            key: str(value) for key, value in asdict(station.status(desk, settings.server)).items()
        },
        "so-dong.json": _counts(desk),
        "lenh-in.json": _jobs(desk),
        "thiet-bi.json": list(devices),
    }
    logs = sorted(desk.store.profile.logs.glob("*.log*"))
    try:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle:
            for name, content in texts.items():
                shown = json.dumps(content, ensure_ascii=False, indent=1, default=str)
                bundle.writestr(name, redact(shown))
            for log in logs:
                bundle.writestr(f"nhat-ky/{log.name}", redact(log.read_text("utf-8", "replace")))
    except OSError as error:
        raise NotBundled(
            f"Không ghi được tệp {target.name}: {error.strerror or error}.",
            "Chọn chỗ khác còn trống, hoặc cắm USB khác.",
        ) from error
    exports.note(desk, clerk, "gói chẩn đoán", len(texts) + len(logs), target.name)
    return len(texts) + len(logs)


def _machine() -> dict[str, object]:
    return {
        "program": VERSION,
        "system": platform.platform(),
        "python": sys.version,
        "packages": sorted(f"{d.metadata['Name']} {d.version}" for d in distributions()),
    }


def _settings(settings: Settings) -> dict[str, object]:
    return {key: value for key, value in asdict(settings).items() if key not in _SECRETS}


def _counts(desk: Desk) -> dict[str, object]:
    with desk.store.database.reading() as session:
        rows = {
            table.name: session.scalar(select(func.count()).select_from(table))
            for table in Base.metadata.sorted_tables
        }
        kinds = session.execute(
            select(EventRow.kind, func.count(), func.count(EventRow.refusal)).group_by(
                EventRow.kind
            )
        ).all()
    return {"rows": rows, "events": {kind: [count, refused] for kind, count, refused in kinds}}


def _jobs(desk: Desk) -> list[dict[str, object]]:
    with desk.store.database.reading() as session:
        jobs = session.scalars(
            select(PrintJobRow).order_by(PrintJobRow.id.desc()).limit(_NEWEST_JOBS)
        ).all()
        return [
            {"id": job.id, "form": job.form, "printer": job.printer, "state": job.state,
             "reason": job.reason, "at": job.updated_at}
            for job in jobs
        ]  # fmt: skip
