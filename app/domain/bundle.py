"""Bundles that travel on a stick: sealed to the reader, signed by the writer.

Layout: the mark `QMCB1` LF, a JSON head LF, the sealed text, 64 bytes of
Ed25519 signature over all before. The sealed text is zstd of items, each with
its length in four bytes before it. See docs/sync-protocol.md, "Courier".
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import msgspec
import zstandard

from app.domain import sealing
from app.domain.wire import Digest, NumberRange, PlanRequest, Problem, PushAnswer

MAX_BUNDLE_BYTES = 16 * 1024 * 1024
MAX_ITEMS_BYTES = 96 * 1024 * 1024
_MARK = b"QMCB1\n"
_LONGEST_HEAD = 4096
_SIGNATURE_BYTES = 64
_LENGTH = struct.Struct(">I")
_LEVEL = 9


class NotABundle(ValueError):
    """A file is no bundle, was changed, or is not for this reader.

    Attributes:
        words: what is wrong, one Vietnamese sentence.
    """

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleHead:
    """What anybody may read of a bundle.

    Attributes:
        kind: "queue" from a station to the server, "answers" back to it.
        station: whose queue it is.
        name, agency: of that station, for people who carry sticks.
        made_at: RFC 3339.
    """

    kind: Literal["queue", "answers"]
    station: UUID
    name: str
    agency: str
    made_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueNote:
    """First item of a queue: what the station has, and what it asks for; pushes follow."""

    cursor: int
    catalogue: int
    plan: PlanRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreAnswer:
    """What the server said to the pushes of one store.

    Attributes:
        problem: why it took nothing more of it, None if it did.
    """

    store: UUID
    answers: tuple[PushAnswer, ...]
    problem: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswersNote:
    """First item of the answers; pull pages follow, and last perhaps a catalogue.

    Attributes:
        incarnation: that the ranges are for.
        pages: how many of the items that follow are pages of the stream.
        digest: of the stream up to the last page's end.
    """

    stores: tuple[StoreAnswer, ...]
    incarnation: UUID
    ranges: tuple[NumberRange, ...]
    pages: int
    digest: Digest
    server_time: str


def read_head(data: bytes) -> BundleHead:
    """Return the head of a bundle; nothing is verified yet.

    Raises:
        NotABundle: it is none.
    """
    if not data.startswith(_MARK):
        raise NotABundle("Tệp này không phải gói chuyển dữ liệu của chương trình.")
    line, end, _ = data[len(_MARK) : len(_MARK) + _LONGEST_HEAD].partition(b"\n")
    try:
        if not end:
            raise ValueError("no end of the head")
        return msgspec.json.decode(line, type=BundleHead)
    except (msgspec.DecodeError, ValueError) as error:
        raise NotABundle("Phần đầu của gói chuyển dữ liệu bị hỏng.") from error


def write_bundle(
    head: BundleHead, items: Iterable[bytes], *, public: bytes, sign: Callable[[bytes], bytes]
) -> bytes:
    """Return a bundle that only the holder of `public`'s private half can read."""
    packed = zstandard.compress(b"".join(_LENGTH.pack(len(i)) + i for i in items), _LEVEL)
    sealed = sealing.seal(public, packed, _purpose(head))
    data = _MARK + msgspec.json.encode(head) + b"\n" + sealed
    return data + sign(_signed(data))


def open_bundle(
    data: bytes, *, signer: bytes, unseal: Callable[[bytes, str], bytes]
) -> list[bytes]:
    """Return the items of a bundle.

    Args:
        data: the whole file.
        signer: raw Ed25519 public key of who must have signed it.
        unseal: opens what was sealed to the reader, for a purpose.

    Raises:
        NotABundle: changed, cut off, sealed to another reader, or a bomb.
    """
    head = read_head(data)
    body, signature = data[:-_SIGNATURE_BYTES], data[-_SIGNATURE_BYTES:]
    if not sealing.is_signed(signer, signature, _signed(body)):
        raise NotABundle("Gói chuyển dữ liệu bị hỏng hoặc bị sửa: chữ ký không khớp.")
    start = data.index(b"\n", len(_MARK)) + 1
    try:
        packed = unseal(body[start:], _purpose(head))
    except sealing.NotOpened as error:
        raise NotABundle("Gói chuyển dữ liệu này không dành cho máy này.") from error
    return _items(_unpacked(packed))


def _unpacked(packed: bytes) -> bytes:
    try:
        with zstandard.ZstdDecompressor(max_window_size=2**24).stream_reader(packed) as reader:
            data = reader.read(MAX_ITEMS_BYTES + 1)
    except zstandard.ZstdError as error:
        raise NotABundle("Gói chuyển dữ liệu bị hỏng bên trong.") from error
    if len(data) > MAX_ITEMS_BYTES:
        raise NotABundle("Gói chuyển dữ liệu bung ra quá lớn, không nhận.")
    return data


def _items(data: bytes) -> list[bytes]:
    items, at = [], 0
    while at < len(data):
        if at + _LENGTH.size > len(data):
            raise NotABundle("Gói chuyển dữ liệu bị cắt ngang.")
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        if at + length > len(data):
            raise NotABundle("Gói chuyển dữ liệu bị cắt ngang.")
        items.append(data[at : at + length])
        at += length
    return items


def _purpose(head: BundleHead) -> str:
    return f"qmc-bundle-{head.kind} {head.station}"


def _signed(data: bytes) -> bytes:
    return b"qmc-bundle-1\n" + data
