"""Page images by tus 1.0.0: core, creation, checksum, termination, expiration."""

from __future__ import annotations

import base64
import datetime as dt
import re
from email.utils import format_datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Response

from server.deps import PartsDep, SignedDep, station_of
from server.errors import ServerProblem, unreadable
from server.models.base import UploadRow
from server.routes.answers import says
from server.routes.chunks import ChunkDep
from server.services import files

router = APIRouter(prefix="/v1/files")
TUS = "1.0.0"
_CHUNK = "application/offset+octet-stream"
_COMMON = {"Tus-Resumable": TUS, "Cache-Control": "no-store"}


def _check_version(version: str) -> None:
    if version != TUS:
        raise ServerProblem(412, "tus-version", "Cần tus 1.0.0.")


@router.options("", **says(status=204, signed=False))
def options() -> Response:
    """Say what is spoken here."""
    return Response(
        status_code=204,
        headers={
            "Tus-Resumable": TUS,
            "Tus-Version": TUS,
            "Tus-Max-Size": str(files.MAX_PAGE_BYTES),
            "Tus-Extension": "creation,checksum,termination,expiration",
            "Tus-Checksum-Algorithm": "sha256,sha1",
        },
    )


@router.post("", **says(status=201, also=(412, 507)))
def create(
    parts: PartsDep,
    signed: SignedDep,
    tus_resumable: Annotated[str, Header()] = "",
    upload_length: Annotated[int, Header()] = -1,
    upload_metadata: Annotated[str, Header()] = "",
) -> Response:
    """Begin an upload of a page that an accepted `page.attached` announced."""
    _check_version(tus_resumable)
    sha256 = _metadata(upload_metadata).get("sha256", "")
    if upload_length <= 0 or not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise unreadable("cần Upload-Length và Upload-Metadata với sha256")
    now = parts.clock()
    with parts.database.writing() as session:
        station = station_of(session, signed, now)
        row = files.create(
            session, parts.pages, station, sha256=sha256, length=upload_length, now=now,
            keep=dt.timedelta(hours=parts.settings.upload_hours),
            quota=parts.settings.page_quota_bytes,
        )  # fmt: skip
        headers = _headers(row) | {"Location": f"/v1/files/{row.id}"}
    return Response(status_code=201, headers=headers)


def _metadata(header: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in header.split(","):
        key, _, value = pair.strip().partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode("utf-8")
        except ValueError as error:  # not ASCII, not base64, or not UTF-8
            raise unreadable("Upload-Metadata không phải base64") from error
    return found


@router.head("/{id}", **says(also=(404, 410, 412)))
def head(
    parts: PartsDep, signed: SignedDep, id: UUID, tus_resumable: Annotated[str, Header()] = ""
) -> Response:
    """Say how far an upload is."""
    _check_version(tus_resumable)
    now = parts.clock()
    with parts.database.writing() as session:
        row = files.find(session, station_of(session, signed, now), id, now)
        files.gather(session, parts.pages, row, now)
        return Response(status_code=200, headers=_headers(row))


@router.patch("/{id}", **says(takes=_CHUNK, status=204, also=(404, 409, 410, 412, 460)))
def patch(
    parts: PartsDep,
    chunk: ChunkDep,
    id: UUID,
    tus_resumable: Annotated[str, Header()] = "",
    upload_offset: Annotated[int, Header()] = -1,
    upload_checksum: Annotated[str, Header()] = "",
    content_type: Annotated[str, Header()] = "",
) -> Response:
    """Append a chunk at the offset."""
    _check_version(tus_resumable)
    if content_type != _CHUNK:
        raise ServerProblem(415, "content-type", "Cần application/offset+octet-stream.")
    now = parts.clock()
    with parts.database.writing() as session:
        row = files.find(session, station_of(session, chunk.signed, now), id, now)
        files.append(
            session, parts.pages, row, offset=upload_offset, chunk=chunk.raw,
            checksum=upload_checksum, now=now,
        )  # fmt: skip
        headers = _headers(row)
    return Response(status_code=204, headers=headers)


@router.delete("/{id}", **says(status=204, also=(404, 410, 412)))
def terminate(
    parts: PartsDep, signed: SignedDep, id: UUID, tus_resumable: Annotated[str, Header()] = ""
) -> Response:
    """Forget an upload."""
    _check_version(tus_resumable)
    now = parts.clock()
    with parts.database.writing() as session:
        row = files.find(session, station_of(session, signed, now), id, now)
        files.end(session, parts.pages, row)
    return Response(status_code=204, headers=_COMMON)


def _headers(row: UploadRow) -> dict[str, str]:
    return _COMMON | {
        "Upload-Offset": str(row.offset),
        "Upload-Length": str(row.length),
        "Upload-Expires": format_datetime(row.expires_at, usegmt=True),
    }
