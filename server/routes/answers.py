"""How routes read messages and answer with them."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
import zstandard
from fastapi import Response

from app.domain import wire
from server.errors import unreadable

T = TypeVar("T")
LARGEST = 2**53


def as_json(value: Any) -> Response:
    """Answer a message."""
    return Response(msgspec.json.encode(value), media_type="application/json")


def as_packed(data: bytes, accept: str, media_type: str = wire.JSON_LINES) -> Response:
    """Answer bytes, packed with zstd if the caller takes that."""
    if "zstd" in accept:
        packed = zstandard.ZstdCompressor(level=6).compress(data)
        return Response(packed, headers={"Content-Encoding": "zstd"}, media_type=media_type)
    return Response(data, media_type=media_type)


def read_message(data: bytes, kind: type[T]) -> T:
    """Return a request's message.

    Raises:
        ServerProblem: 400, it is not one.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(str(error)) from error
