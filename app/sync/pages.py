"""Send page images by tus 1.0.0, on a connection of their own, after the events."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import select, update

from app.models import events
from app.models.base import EventRow, PageRow
from app.models.problems import DamagedStore
from app.models.store import Store
from app.sync.http import Connection, ServerRefused, ServerUnreachable

CHUNK_BYTES = 64 * 1024
_TUS = {"Tus-Resumable": "1.0.0"}
_START_AGAIN = (404, 409, 410, 422, 460)
_NOT_ANNOUNCED = 403


@dataclass(frozen=True, slots=True)
class Waiting:
    """A page whose image the server does not hold yet."""

    sha256: str
    size: int
    upload: str


def waiting_pages(store: Store) -> list[Waiting]:
    """Return own pages whose event the server has, but not the image; oldest first."""
    with store.database.reading() as session:
        known = {s: events.have(session, s) for s in events.own_stores(session)}
        rows = session.execute(
            select(PageRow.sha256, PageRow.size, PageRow.upload)
            .where(PageRow.is_own, PageRow.stored_at.is_(None), PageRow.removed.is_(False))
            .group_by(PageRow.sha256)
            .order_by(PageRow.page)
        ).all()
        last = {
            s: session.scalar(
                select(EventRow.n)
                .where(EventRow.store == s, EventRow.kind == "page.attached")
                .order_by(EventRow.n.desc())
                .limit(1)
            )
            or 0
            for s in known
        }
    if any(last[s] > known[s] for s in known):
        return []  # events first
    return [Waiting(row.sha256, row.size, row.upload) for row in rows]


def send_pages(
    store: Store,
    connection: Connection,
    *,
    now: Callable[[], dt.datetime],
    pause: Callable[[], bool] = lambda: False,
) -> int:
    """Send what waits, a chunk at a time; return how many pages the server stored.

    Args:
        store: of this station.
        connection: for pages alone.
        now: clock for what is noted.
        pause: answers True when events wait, or waits for them itself; asked before
            each chunk and each few KB of one.

    Raises:
        ServerUnreachable: the line broke, and broke again before anything arrived.
            What arrived stays; the offset is asked for next time.
        DamagedStore: an image is damaged or missing here; all others were sent.
    """
    count = 0
    damage: DamagedStore | None = None
    line = _Line(connection)
    for page in waiting_pages(store):
        if pause():
            break
        try:
            is_stored = _send_on(store, line, page, pause)
        except DamagedStore as problem:
            damage = problem  # the other pages go on
            continue
        if is_stored:
            with store.database.writing() as session:
                session.execute(
                    update(PageRow)
                    .where(PageRow.sha256 == page.sha256)
                    .values(stored_at=now(), upload="")
                )
            store.drop_copy(page.sha256)
            count += 1
    if damage is not None:
        raise damage
    return count


@dataclass(slots=True)
class _Line:
    """A connection, and how much of the present page the server said to hold; -1 before."""

    connection: Connection
    offset: int = -1


def _send_on(store: Store, line: _Line, page: Waiting, pause: Callable[[], bool]) -> bool:
    """Send one page; where the line broke go on at once, as long as something arrives."""
    line.offset = before = -1
    while True:
        try:
            return _send(store, line, page, pause)
        except ServerUnreachable:
            if line.offset <= before:
                raise
            before = line.offset


def _send(store: Store, line: _Line, page: Waiting, pause: Callable[[], bool]) -> bool:
    """Send one page; False if it was paused or must start again next time."""
    try:
        target, line.offset = _begin(store, line.connection, page)
        if line.offset == page.size:
            return True  # the server has it, though it may be gone here
        content = store.blobs.get(page.sha256)
        while line.offset < len(content):
            if pause():
                return False
            chunk = content[line.offset : line.offset + CHUNK_BYTES]
            line.offset = _patch(line.connection, target, line.offset, chunk, pause)
    except ServerRefused as refused:
        if refused.status in _START_AGAIN:
            _note_upload(store, page.sha256, "")
            return False
        if refused.status == _NOT_ANNOUNCED:
            return False  # its event was set aside: the others go on
        raise
    return True


def _begin(store: Store, connection: Connection, page: Waiting) -> tuple[str, int]:
    """Return (path, offset) of the upload, going on with one that was begun."""
    if page.upload:
        try:
            reply = connection.ask("HEAD", page.upload, b"", _TUS)
            return page.upload, int(reply.headers.get("upload-offset", "0"))
        except ServerRefused as refused:
            if refused.status not in _START_AGAIN:
                raise
    metadata = "sha256 " + base64.b64encode(page.sha256.encode()).decode()
    headers = _TUS | {"Upload-Length": str(page.size), "Upload-Metadata": metadata}
    reply = connection.ask("POST", "/v1/files", b"", headers)
    target = urlsplit(reply.headers.get("location", "")).path
    _note_upload(store, page.sha256, target)
    return target, int(reply.headers.get("upload-offset", "0"))


def _patch(
    connection: Connection, target: str, offset: int, chunk: bytes, pause: Callable[[], bool]
) -> int:
    digest = base64.b64encode(hashlib.sha256(chunk).digest()).decode()
    headers = _TUS | {
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": str(offset),
        "Upload-Checksum": f"sha256 {digest}",
    }
    reply = connection.ask("PATCH", target, chunk, headers, hold=pause)
    return int(reply.headers.get("upload-offset", "0"))


def _note_upload(store: Store, sha256: str, target: str) -> None:
    with store.database.writing() as session:
        session.execute(update(PageRow).where(PageRow.sha256 == sha256).values(upload=target))
