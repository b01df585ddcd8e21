"""What routes are given: the server's parts, the packed body, the authenticated station."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import zstandard
from fastapi import Depends, Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import bundle, sealing, wire
from server.bells import Bells
from server.errors import ServerProblem, forbidden, not_authentic, too_large, unreadable
from server.models.base import StationRow
from server.models.database import ServerDatabase
from server.services.catalogues import ProvinceKeys
from server.services.files import MAX_CHUNK_BYTES, PageFolder
from server.settings import ServerSettings

POLICY = wire.Policy(push_bytes=wire.MAX_PACKED_BYTES)  # the same for every station
MAX_SKEW = dt.timedelta(minutes=10)
_AUTH = re.compile(
    r'QMC-Station id="(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", '
    r'at="(?P<at>[^"]{1,40})", signature="(?P<signature>[0-9a-f]{128})"'
)


@dataclass(frozen=True, slots=True)
class Parts:
    """The long-lived objects of one server process."""

    settings: ServerSettings
    database: ServerDatabase
    keys: ProvinceKeys
    pages: PageFolder
    bells: Bells
    clock: Callable[[], dt.datetime]


async def get_parts(request: Request) -> Parts:
    """Return the process's parts; async, or each request would go to a thread for it."""
    parts: Parts = request.app.state.parts
    return parts


PartsDep = Annotated[Parts, Depends(get_parts)]


_LIMITS = {
    "files": MAX_CHUNK_BYTES,
    "push": wire.MAX_SINGLE_BYTES,
    "courier": bundle.MAX_BUNDLE_BYTES,
}


@dataclass(frozen=True, slots=True)
class Packed:
    """A request's body as sent, and unpacked."""

    raw: bytes
    data: bytes


async def read_body(request: Request) -> Packed:
    """Read a body within the limits, packed and unpacked.

    Raises:
        ServerProblem: 413 too large, 400 damaged, 415 unknown packing.
    """
    limit = _LIMITS.get(request.url.path.split("/")[2], wire.MAX_PACKED_BYTES)
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > limit:
        raise too_large(f"tối đa {limit} byte một lần")
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise too_large(f"tối đa {limit} byte một lần")
        chunks.append(chunk)
    raw = b"".join(chunks)
    return Packed(raw, unpack(raw, request.headers.get("content-encoding", "")))


def unpack(raw: bytes, encoding: str) -> bytes:
    """Return the unpacked bytes; a bomb is stopped at the limit.

    Raises:
        ServerProblem: too large when unpacked, damaged, or an unknown packing.
    """
    if encoding in ("", "identity"):
        return raw
    limit = wire.MAX_UNPACKED_BYTES
    try:
        if encoding == "zstd":
            with zstandard.ZstdDecompressor(max_window_size=2**23).stream_reader(raw) as reader:
                data = reader.read(limit + 1)
        elif encoding == "gzip":
            with gzip.GzipFile(fileobj=io.BytesIO(raw)) as reader_:
                data = reader_.read(limit + 1)
        else:
            raise ServerProblem(415, "packing", "Không dùng được cách nén này.", encoding[:40])
    except (zstandard.ZstdError, OSError, EOFError, zlib.error) as error:
        raise unreadable("gói nén bị hỏng") from error
    if len(data) > limit:
        raise too_large(f"tối đa {limit} byte sau khi giải nén")
    return data


BodyDep = Annotated[Packed, Depends(read_body)]


@dataclass(frozen=True, slots=True)
class Signed:
    """A request that carries a station's signature, not yet looked up."""

    station: UUID
    at: str
    signature: bytes
    message: bytes


async def read_signature(request: Request, body: BodyDep) -> Signed:
    """Return who says to have sent the request.

    Raises:
        ServerProblem: 401 if nobody does.
    """
    return signature_over(request, hashlib.sha256(body.raw).hexdigest())


def signature_over(request: Request, sha256: str) -> Signed:
    """Return who says to have sent a request whose body has this hash; errors as before."""
    match = _AUTH.fullmatch(request.headers.get("authorization", ""))
    if match is None:
        raise not_authentic("thiếu chữ ký của máy")
    target = request.url.path
    if request.url.query:
        target += f"?{request.url.query}"
    message = wire.announced_bytes(request.method, target, match["at"], sha256)
    return Signed(UUID(match["id"]), match["at"], bytes.fromhex(match["signature"]), message)


SignedDep = Annotated[Signed, Depends(read_signature)]


def station_of(session: Session, signed: Signed, now: dt.datetime) -> StationRow:
    """Return the station that signed a request.

    Raises:
        ServerProblem: 401 unknown, wrong signature or a clock too far off
            (the answer carries the server's time); 403 revoked.
    """
    row = session.scalars(select(StationRow).where(StationRow.id == signed.station)).first()
    if row is None or not sealing.is_signed(row.signing_key, signed.signature, signed.message):
        raise not_authentic("chữ ký của máy không khớp")
    try:
        skew = abs(dt.datetime.fromisoformat(signed.at) - now)
    except (ValueError, TypeError):
        raise not_authentic("giờ trong chữ ký không đọc được") from None
    if skew > MAX_SKEW:
        raise ServerProblem(401, "clock", "Giờ của máy lệch quá xa máy chủ.", now.isoformat())
    if row.revoked_at is not None:
        raise forbidden("Máy này đã bị thu hồi quyền.")
    return row
