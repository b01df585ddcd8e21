"""Examine the server: what is right, what is wrong, what to do."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from cryptography import x509
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from server.models.base import AgencyRow
from server.models.database import ServerDatabase
from server.services import catalogues, stream_checks
from server.services.findings import Finding, State

LEAST_FREE_BYTES = 2 * 2**30
LITTLE_FREE = 0.1
LONG_LAG_BYTES = 64 * 2**20
CERTIFICATE_DAYS = 30


def examine(
    database: ServerDatabase,
    blobs: Path,
    now: dt.datetime,
    *,
    deep: bool = False,
    agency: str = "",
    unseen_days: int = 3,
    tls_cert: Path | None = None,
) -> list[Finding]:
    """Look at everything; changes nothing but a probe file that is gone again.

    Args:
        database: the server's.
        blobs: its folder of pages and keys.
        now: the present moment.
        deep: also hash every stored page.
        agency: look at this one's streams only.
        unseen_days: after which a silent station is named.
        tls_cert: certificate whose end is looked at.
    """
    found = [*_database(database), keys(blobs), *recovery_key(blobs), writable(blobs), space(blobs)]
    if tls_cert is not None:
        found.append(certificate(tls_cert, now))
    if any(f.check in ("reachable", "schema") and f.state == "wrong" for f in found):
        return found
    with _looking(database) as session:
        known = list(session.scalars(select(AgencyRow.agency).order_by(AgencyRow.agency)))
    for name in [agency] if agency else known:
        with _looking(database) as session:
            found += [
                stream_checks.counter(session, name),
                stream_checks.digests(session, name),
                stream_checks.chains(session, name),
                stream_checks.pages(session, name, blobs, deep=deep),
                stream_checks.quarantine(session, name),
                stream_checks.stations(session, name, now, unseen_days),
            ]
    return found


@contextmanager
def _looking(database: ServerDatabase) -> Iterator[Session]:
    """Yield a session that sees one moment, however long it looks."""
    with database.reading() as session:
        if session.get_bind().dialect.name != "sqlite":
            session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            session.execute(text("SET LOCAL statement_timeout = 0"))
            session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        yield session


# ---- the database --------------------------------------------------------------------------------


def _database(database: ServerDatabase) -> list[Finding]:
    try:
        is_current = database.is_current()
        found = _sqlite(database) if database.engine.dialect.name == "sqlite" else _postgresql(
            database
        )  # fmt: skip
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        advice = "Kiểm tra --database (hoặc QMC_DATABASE), máy chủ PostgreSQL và mạng."
        return [Finding("reachable", "wrong", f"Không dùng được cơ sở dữ liệu: {reason}", advice)]
    if is_current:
        found.append(Finding("schema", "right", "Các bảng ở bản mới nhất."))
    else:
        advice = "Chạy init của đúng bản phần mềm đang dùng."
        found.append(Finding("schema", "wrong", "Các bảng không ở bản của phần mềm này.", advice))
    return found


def _sqlite(database: ServerDatabase) -> list[Finding]:
    with database.reading() as session:
        version = session.execute(text("SELECT sqlite_version()")).scalar()
        sound = session.execute(text("PRAGMA quick_check(1)")).scalar()
    found = [Finding("reachable", "right", f"SQLite {version}: chỉ cho một cơ quan hoặc dùng thử.")]
    if sound != "ok":
        advice = "Ngừng máy chủ, giữ tệp hỏng, phục hồi từ bản sao lưu."
        found.append(Finding("file", "wrong", f"Tệp cơ sở dữ liệu hỏng: {sound}", advice))
    return found


def _postgresql(database: ServerDatabase) -> list[Finding]:
    with database.reading() as session:
        names = ("server_version", "fsync", "full_page_writes", "synchronous_commit",
                 "synchronous_standby_names", "data_checksums", "archive_mode")  # fmt: skip
        facts = {n: session.execute(text(f"SHOW {n}")).scalar() for n in names}
        is_standby = bool(session.execute(text("SELECT pg_is_in_recovery()")).scalar())
        facts["role"] = "standby" if is_standby else "primary"
        role = "máy dự phòng (chỉ đọc)" if is_standby else "máy chính"
        says = f"PostgreSQL {facts['server_version']}, {role}."
        advice = "Trỏ --database vào máy chính, hoặc kê cả hai máy." if is_standby else ""
        state: State = "wrong" if is_standby else "right"
        found = [Finding("reachable", state, says, advice, facts=facts), *_durability(facts)]
        if not is_standby:
            found += _standbys(session, str(facts["synchronous_standby_names"]))
            found += _archive(session, str(facts["archive_mode"]))
    return found


def _durability(facts: dict[str, Any]) -> Iterator[Finding]:
    off = [n for n in ("fsync", "full_page_writes", "synchronous_commit") if facts[n] == "off"]
    if off:
        says = f"{', '.join(off)} đang tắt: mất điện là mất hồ sơ đã báo nhận."
        yield Finding("durability", "wrong", says, "Bật lại trong postgresql.conf.")
    elif facts["synchronous_standby_names"] and facts["synchronous_commit"] == "local":
        says = "synchronous_commit = local: không đợi máy dự phòng."
        yield Finding("durability", "wrong", says, "Đặt synchronous_commit = on.")
    else:
        yield Finding("durability", "right", "Đã báo nhận là đã nằm trên đĩa.")
    if facts["data_checksums"] != "on":
        advice = "Ngừng PostgreSQL rồi chạy pg_checksums --enable."
        yield Finding("checksums", "watch", "data_checksums đang tắt: đĩa hỏng khó thấy.", advice)


def _standbys(session: Session, wanted: str) -> Iterator[Finding]:
    rows = session.execute(
        text(
            "SELECT application_name, state, sync_state,"
            " pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) AS lag FROM pg_stat_replication"
        )
    ).all()
    facts = {
        "standbys": [
            {"name": r.application_name, "state": r.state, "sync": r.sync_state,
             "lag_bytes": None if r.lag is None else int(r.lag)} for r in rows
        ]
    }  # fmt: skip
    if any(row.state is None for row in rows):
        advice = "GRANT pg_monitor cho người dùng của máy chủ."
        says = f"Có {len(rows)} máy dự phòng, không được phép xem chúng thế nào."
        yield Finding("standbys", "watch", says, advice, facts=facts)
    elif wanted and not any(row.sync_state in ("sync", "quorum") for row in rows):
        says = "Không có máy dự phòng đồng bộ nào: mọi lần ghi đang đứng đợi."
        advice = (
            "Bật lại máy dự phòng. Nếu không thể: đặt synchronous_standby_names = '' rồi "
            "pg_reload_conf(), và biết rằng từ đó chỉ còn một bản."
        )
        yield Finding("standbys", "wrong", says, advice, facts=facts)
    elif not rows:
        says = "Không có máy dự phòng: hỏng đĩa là mất những gì chưa sao lưu."
        yield Finding("standbys", "watch", says, "Xem docs/operations.md.", facts=facts)
    else:
        late = [row for row in rows if row.lag is None or row.lag > LONG_LAG_BYTES]
        said = ", ".join(f"{r.application_name} ({r.sync_state}, chậm {r.lag} byte)" for r in rows)
        state: State = "watch" if late else "right"
        advice = "Xem mạng và đĩa của máy dự phòng." if late else ""
        yield Finding("standbys", state, f"Máy dự phòng: {said}.", advice, facts=facts)


def _archive(session: Session, mode: str) -> Iterator[Finding]:
    if mode == "off":
        says = "archive_mode đang tắt: không quay lại được một thời điểm đã qua."
        yield Finding("archive", "watch", says, "Xem docs/operations.md, mục sao lưu.")
        return
    row = session.execute(text("SELECT * FROM pg_stat_archiver")).one()
    is_failing = row.last_failed_time is not None and (
        row.last_archived_time is None or row.last_failed_time > row.last_archived_time
    )
    facts = {"failed": row.failed_count, "archived": row.archived_count}
    if is_failing:
        says = f"Không cất được WAL {row.last_failed_wal}; đĩa của máy chính sẽ đầy."
        advice = "Xem archive_command và chỗ cất."
        yield Finding("archive", "wrong", says, advice, facts=facts)
    else:
        yield Finding("archive", "right", f"Đã cất {row.archived_count} tệp WAL.", facts=facts)


# ---- the machine ---------------------------------------------------------------------------------


def keys(blobs: Path) -> Finding:
    """The province's keys can be read, by the server's user alone."""
    path = blobs / "keys" / "province.key"
    try:
        catalogues.load_keys(blobs)
        status, folder = path.stat(), path.parent.stat()
    except (OSError, ValueError) as error:
        advice = "Chạy init, hoặc chép lại thư mục keys từ két."
        return Finding("keys", "wrong", f"Không đọc được khoá của tỉnh: {error}", advice)
    open_to_others = (status.st_mode | folder.st_mode) & 0o077
    if os.name == "posix" and (open_to_others or status.st_uid != os.geteuid()):
        says = f"Người khác đọc được {path}, hoặc nó thuộc người dùng khác."
        advice = "chown cho người dùng của máy chủ; chmod 700 thư mục keys, 600 province.key."
        return Finding("keys", "wrong", says, advice)
    return Finding("keys", "right", "Khoá của tỉnh chỉ người dùng của máy chủ đọc được.")


def recovery_key(blobs: Path) -> Iterator[Finding]:
    """The recovery key does not lie where `init` wrote it."""
    path = blobs.parent / "recovery.key"
    if path.exists():
        says = f"Khoá khôi phục còn nằm ở {path}."
        yield Finding("recovery-key", "watch", says, "Cất ở nơi khác, hai bản, rồi xoá ở đây.")


def writable(blobs: Path) -> Finding:
    """Pages can be stored: a probe is written, fsynced and removed."""
    try:
        for folder in (blobs / "pages", blobs / "uploads"):
            folder.mkdir(parents=True, exist_ok=True)
            _probe(folder / f".probe-{uuid4().hex}")
    except OSError as error:
        advice = "Kiểm tra ổ đĩa và quyền của thư mục."
        return Finding("blobs", "wrong", f"Không ghi được vào {blobs}: {error.strerror}", advice)
    return Finding("blobs", "right", f"Ghi được vào {blobs}.")


def _probe(path: Path) -> None:
    try:
        with path.open("xb") as file:
            file.write(b"probe")
            file.flush()
            os.fsync(file.fileno())
    finally:
        with suppress(FileNotFoundError):
            path.unlink()


def space(blobs: Path) -> Finding:
    """There is room for more pages."""
    try:
        usage = shutil.disk_usage(blobs)
    except OSError as error:
        return Finding("space", "wrong", f"Không xem được chỗ trống: {error.strerror}")
    facts = {"free_bytes": usage.free, "total_bytes": usage.total}
    says = f"Còn trống {usage.free / 2**30:.1f} trong {usage.total / 2**30:.1f} GB."
    if usage.free < LEAST_FREE_BYTES:
        return Finding("space", "wrong", says, "Thêm đĩa ngay: trang quét sắp bị từ chối.",
                       facts=facts)  # fmt: skip
    if usage.free < LITTLE_FREE * usage.total:
        return Finding("space", "watch", says, "Thêm đĩa.", facts=facts)
    return Finding("space", "right", says, facts=facts)


def certificate(path: Path, now: dt.datetime) -> Finding:
    """The TLS certificate holds for some time yet."""
    try:
        ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        return Finding("certificate", "wrong", f"Không đọc được chứng thư: {error}")
    days = (ends - now).days
    facts = {"ends": ends.isoformat(), "days": days}
    says = f"Chứng thư TLS hết hạn ngày {ends:%d/%m/%Y}."
    if now >= ends:
        advice = "Thay chứng thư ngay: các máy không gửi được nữa."
        return Finding("certificate", "wrong", says, advice, facts=facts)
    if days < CERTIFICATE_DAYS:
        return Finding("certificate", "watch", says, f"Thay trong {days} ngày.", facts=facts)
    return Finding("certificate", "right", says, facts=facts)
