"""Page images by tus 1.0.0: one writer an upload, hash checked, fsynced before it counts."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import os
import re
import shutil
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.errors import ServerProblem, forbidden, not_found, unreadable
from server.models.base import AgencyRow, PageRow, StationRow, UploadRow
from server.models.database import lock_agency

MAX_PAGE_BYTES = 20 * 1024 * 1024
MAX_CHUNK_BYTES = 1024 * 1024
_MAGIC = {
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/tiff": b"II*\0",
}


class PageFolder:
    """Where images lie: keyed by agency, so that a hash grants nothing elsewhere."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def stored(self, agency: str, sha256: str) -> Path:
        """Return where a stored image lies."""
        return self._root / "pages" / folder_name(agency) / sha256[:2] / sha256

    def part(self, upload: UUID) -> Path:
        """Return where an unfinished upload lies."""
        return self._root / "uploads" / str(upload)

    def begun(self, upload: UUID) -> Path:
        """Return the folder of chunks of an upload that have not arrived whole."""
        return self._root / "uploads" / f"{upload}.begun"

    def new_begun(self, upload: UUID, offset: int) -> Path:
        """Return where a chunk that comes slowly is written as it comes.

        Each writer has a file of its own: one that is late, and writes on after
        another went on from what it had brought, changes nothing that counts.
        """
        folder = self.begun(upload)
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{offset}-{uuid4().hex}"

    def clear(self, upload: UUID) -> None:
        """Remove what lies here of an upload that has ended."""
        self.part(upload).unlink(missing_ok=True)
        shutil.rmtree(self.begun(upload), ignore_errors=True)


def folder_name(agency: str) -> str:
    """Return an agency's code as the name of a folder."""
    return re.sub(r"[^A-Za-z0-9.]", "_", agency).replace("..", "_")


def create(
    session: Session,
    folder: PageFolder,
    station: StationRow,
    *,
    sha256: str,
    length: int,
    now: dt.datetime,
    keep: dt.timedelta,
    quota: int,
) -> UploadRow:
    """Begin (or find again) an upload of a page that an accepted event announced.

    Raises:
        ServerProblem: no such page, wrong length, or the agency's quota is used up.
    """
    lock_agency(session, station.agency)
    sweep(session, folder, now)
    page = session.scalars(
        select(PageRow).where(PageRow.agency == station.agency, PageRow.sha256 == sha256).limit(1)
    ).first()
    if page is None:
        raise forbidden("Chưa có sự kiện page.attached nào báo trang này.")
    if length != page.size or length > MAX_PAGE_BYTES:
        raise unreadable(f"độ dài {length} không khớp với trang đã báo ({page.size})")
    used = session.scalar(select(AgencyRow.stored_bytes).where(AgencyRow.agency == station.agency))
    if page.stored_at is None and (used or 0) + length > quota:
        raise ServerProblem(507, "quota", "Cơ quan đã dùng hết dung lượng lưu trang quét.")
    row = session.scalars(
        select(UploadRow).where(
            UploadRow.agency == station.agency,
            UploadRow.sha256 == sha256,
            UploadRow.station == station.id,
            UploadRow.expires_at > now,
        )
    ).first()
    if row is None:
        row = UploadRow(
            agency=station.agency, id=uuid4(), station=station.id, sha256=sha256, length=length,
            offset=0, expires_at=now + keep,
        )  # fmt: skip
        session.add(row)
        session.flush()
    if page.stored_at is not None:
        row.offset = length
    folder.part(row.id).parent.mkdir(parents=True, exist_ok=True)
    gather(session, folder, row, now)
    return row


def find(session: Session, station: StationRow, id: UUID, now: dt.datetime) -> UploadRow:
    """Return a station's upload; the agency's counter is locked: one writer at a time.

    Raises:
        ServerProblem: there is none, or it has expired.
    """
    lock_agency(session, station.agency)
    row = session.get(UploadRow, (station.agency, id))
    if row is None or row.station != station.id:
        raise not_found("Không có lượt tải lên này.")
    if row.expires_at < now:
        raise ServerProblem(410, "expired", "Lượt tải lên này đã hết hạn.", "Bắt đầu lại.")
    return row


def is_at(session: Session, station: StationRow, id: UUID, offset: int, now: dt.datetime) -> bool:
    """Return whether a station may go on with an upload from here; nothing is locked."""
    row = session.get(UploadRow, (station.agency, id))
    return (
        row is not None
        and row.station == station.id
        and row.offset == offset
        and row.expires_at >= now
    )


def append(
    session: Session,
    folder: PageFolder,
    row: UploadRow,
    *,
    offset: int,
    chunk: bytes,
    checksum: str,
    now: dt.datetime,
) -> None:
    """Write a chunk at the upload's offset; the last one completes the page.

    Raises:
        ServerProblem: 409 wrong offset, 460 wrong checksum, 413 beyond the
            length, 422 the whole does not have the announced hash or type.
    """
    if offset != row.offset:
        raise ServerProblem(409, "wrong-offset", "Vị trí ghi không khớp.", str(row.offset))
    if checksum and not _is_checksum(checksum, chunk):
        raise ServerProblem(460, "checksum", "Dữ liệu hỏng trên đường truyền.", "Gửi lại đoạn này.")
    if row.offset + len(chunk) > row.length:
        raise ServerProblem(413, "too-large", "Gửi quá độ dài đã báo.")
    _write(session, folder, row, chunk, now)


def gather(session: Session, folder: PageFolder, row: UploadRow, now: dt.datetime) -> None:
    """Count what came of a chunk whose sender broke off; asked when it asks how far it is.

    Only the hash of the whole page judges such bytes: the chunk's own covers more.

    Raises:
        ServerProblem: 422 the page is whole by it, and not the announced one.
    """
    begun = folder.begun(row.id)
    if not begun.is_dir():
        return
    came = [path.read_bytes() for path in begun.glob(f"{row.offset}-*")]
    shutil.rmtree(begun, ignore_errors=True)
    more = max(came, key=len, default=b"")[: row.length - row.offset]
    if more:
        _write(session, folder, row, more, now)


def _write(
    session: Session, folder: PageFolder, row: UploadRow, more: bytes, now: dt.datetime
) -> None:
    part = folder.part(row.id)
    with part.open("r+b" if part.exists() else "wb") as file:
        file.seek(row.offset)
        file.truncate()
        file.write(more)
        file.flush()
        os.fsync(file.fileno())
    row.offset += len(more)
    if row.offset == row.length:
        _complete(session, folder, row, now)


def _is_checksum(header: str, chunk: bytes) -> bool:
    algorithm, _, encoded = header.partition(" ")
    if algorithm not in ("sha256", "sha1"):
        raise unreadable(f"không dùng được cách kiểm tra {algorithm}")
    digest = hashlib.new(algorithm, chunk, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode() == encoded.strip()


def _complete(session: Session, folder: PageFolder, row: UploadRow, now: dt.datetime) -> None:
    part = folder.part(row.id)
    content = part.read_bytes()
    page = session.scalars(
        select(PageRow).where(PageRow.agency == row.agency, PageRow.sha256 == row.sha256).limit(1)
    ).one()
    right_type = content.startswith(_MAGIC.get(page.mime, b"\0"))
    if hashlib.sha256(content).hexdigest() != row.sha256 or not right_type:
        part.unlink()
        session.execute(
            update(UploadRow)
            .where(UploadRow.agency == row.agency, UploadRow.id == row.id)
            .values(offset=0)
        )
        session.commit()  # the broken bytes are gone, the upload starts again
        raise ServerProblem(422, "wrong-content", "Trang nhận được không đúng mã băm hoặc loại.")
    target = folder.stored(row.agency, row.sha256)
    target.parent.mkdir(parents=True, exist_ok=True)
    part.replace(target)
    handle = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    session.execute(
        update(PageRow)
        .where(PageRow.agency == row.agency, PageRow.sha256 == row.sha256)
        .values(stored_at=now)
    )
    session.execute(
        update(AgencyRow)
        .where(AgencyRow.agency == row.agency)
        .values(stored_bytes=AgencyRow.stored_bytes + row.length)
    )


def end(session: Session, folder: PageFolder, row: UploadRow) -> None:
    """Terminate an upload and forget its bytes."""
    folder.clear(row.id)
    session.delete(row)


def sweep(session: Session, folder: PageFolder, now: dt.datetime) -> int:
    """Forget expired uploads; return how many."""
    rows = list(session.scalars(select(UploadRow).where(UploadRow.expires_at < now)))
    for row in rows:
        end(session, folder, row)
    return len(rows)
