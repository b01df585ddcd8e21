"""A chunk of a page as it comes in: of what comes slowly a line that breaks loses nothing."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from server.deps import Parts, PartsDep, Signed, signature_over, station_of
from server.errors import ServerProblem, too_large
from server.services import files
from server.services.files import MAX_CHUNK_BYTES

SLOW_S = 0.3  # without a byte: from then on what comes is written down as it comes


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk that arrived whole, and whose signature it carries."""

    raw: bytes
    signed: Signed


@dataclass(slots=True)
class _Coming:
    """A chunk on its way.

    Attributes:
        path: where it is written as it comes, None until it proves slow.
        is_nobodys: it is not written down: no station announced it by a hash and signed it,
            or another request counted it already.
    """

    parts: Parts
    request: Request
    upload: UUID
    offset: int
    sha256: str
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0
    path: Path | None = None
    is_nobodys: bool = False

    def take(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.size > MAX_CHUNK_BYTES:
            raise too_large(f"tối đa {MAX_CHUNK_BYTES} byte một lần")
        self.pieces.append(piece)

    def write_down(self) -> None:
        """Write what is here to a file of the upload, if its station sends it."""
        if self.path is not None or self.is_nobodys:
            return
        if not self.sha256 or not self._is_ours():
            self.is_nobodys = True
            return
        try:
            path = self.parts.pages.new_begun(self.upload, self.offset)
            path.write_bytes(b"".join(self.pieces))
        except OSError:  # the chunk may yet arrive whole
            self.is_nobodys = True
        else:
            self.path = path

    def _is_ours(self) -> bool:
        now = self.parts.clock()
        try:
            signed = signature_over(self.request, self.sha256)
            with self.parts.database.reading() as session:
                return files.is_at(session, station_of(session, signed, now), self.upload,
                                   self.offset, now)  # fmt: skip
        except ServerProblem:
            return False

    def add(self, piece: bytes) -> None:
        try:
            if self.path is not None:
                with self.path.open("r+b") as file:
                    file.seek(0, os.SEEK_END)
                    file.write(piece)
        except OSError:  # another request went on from what came so far, or the disk is full
            self.path, self.is_nobodys = None, True

    def forget(self) -> None:
        if self.path is not None:
            self.path.unlink(missing_ok=True)
            with suppress(OSError):  # another chunk of the upload lies there
                self.path.parent.rmdir()


async def read_chunk(
    request: Request,
    parts: PartsDep,
    id: UUID,
    upload_offset: Annotated[int, Header()] = -1,
    upload_checksum: Annotated[str, Header()] = "",
) -> AsyncIterator[Chunk]:
    """Read a chunk; what came before a break is kept for `files.gather`.

    Raises:
        ServerProblem: 413 too large, 401 nobody signed it.
    """
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > MAX_CHUNK_BYTES:
        raise too_large(f"tối đa {MAX_CHUNK_BYTES} byte một lần")
    coming = _Coming(parts, request, id, upload_offset, _sha256(upload_checksum))
    try:
        await _take_all(request, coming)
    except ClientDisconnect:
        if coming.size:
            await run_in_threadpool(coming.write_down)
        raise
    except ServerProblem:
        await run_in_threadpool(coming.forget)
        raise
    raw = b"".join(coming.pieces)
    try:
        yield Chunk(raw, signature_over(request, hashlib.sha256(raw).hexdigest()))
    finally:
        if coming.path is not None:
            await run_in_threadpool(coming.forget)


async def _take_all(request: Request, coming: _Coming) -> None:
    stream = request.stream()
    while True:
        piece = asyncio.ensure_future(anext(stream, None))
        try:
            done, _ = await asyncio.wait({piece}, timeout=SLOW_S)
            if not done and coming.size:
                await run_in_threadpool(coming.write_down)
            more = await piece
        finally:
            piece.cancel()
        if more is None:
            return
        coming.take(more)
        if coming.path is not None:
            await run_in_threadpool(coming.add, more)


def _sha256(checksum: str) -> str:
    """Return the hash in a header Upload-Checksum as hex digits, "" if there is none."""
    algorithm, _, encoded = checksum.partition(" ")
    if algorithm != "sha256":
        return ""
    try:
        return base64.b64decode(encoded.strip(), validate=True).hex()
    except (binascii.Error, ValueError):
        return ""


ChunkDep = Annotated[Chunk, Depends(read_chunk)]
