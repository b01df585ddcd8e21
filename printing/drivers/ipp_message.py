"""The part of IPP/2.0 that a counter needs, as bytes. Source: RFC 8010, RFC 8011."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class Operation(IntEnum):
    """Operations (RFC 8011 §5.4.15)."""

    PRINT_JOB = 0x0002
    VALIDATE_JOB = 0x0004
    CANCEL_JOB = 0x0008
    GET_JOB_ATTRIBUTES = 0x0009
    GET_JOBS = 0x000A
    GET_PRINTER_ATTRIBUTES = 0x000B
    CUPS_GET_PRINTERS = 0x4002


class Group(IntEnum):
    """Delimiter tags that begin a group of attributes."""

    OPERATION = 0x01
    JOB = 0x02
    END = 0x03
    PRINTER = 0x04


class Tag(IntEnum):
    """Value tags."""

    INTEGER = 0x21
    BOOLEAN = 0x22
    ENUM = 0x23
    RESOLUTION = 0x32
    RANGE = 0x33
    COLLECTION = 0x34
    END_COLLECTION = 0x37
    TEXT = 0x41
    NAME = 0x42
    KEYWORD = 0x44
    URI = 0x45
    CHARSET = 0x47
    LANGUAGE = 0x48
    MIME = 0x49
    MEMBER = 0x4A


Value = int | bool | str | tuple[int, int] | Mapping[str, Any]
Attributes = Mapping[str, tuple[Tag, Value | list[str]]]
_MAX_NAME = 1024
_DEEPEST = 8
_LOWEST_VALUE_TAG = 0x10


class UnreadableAnswer(ValueError):
    """The bytes are no IPP answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An IPP answer: status code and groups of attributes, each value a list.

    Ranges and resolutions are pairs of numbers, collections are mappings of
    their members, each a list again.
    """

    status: int
    groups: tuple[tuple[int, dict[str, list[Value]]], ...]

    def all(self, group: Group) -> list[dict[str, list[Value]]]:
        """Return the groups of that kind, in order."""
        return [found for kind, found in self.groups if kind == group]

    def attributes(self, group: Group) -> dict[str, list[Value]]:
        """Return the first group of that kind, empty if there is none."""
        return next((found for kind, found in self.groups if kind == group), {})

    @property
    def is_ok(self) -> bool:
        """True for the successful status codes."""
        return self.status < 0x0100


def write_request(
    operation: Operation,
    request_id: int,
    attributes: Attributes,
    job: Attributes | None = None,
) -> bytes:
    """Return a request without its document; charset and language are added."""
    out = bytearray(struct.pack(">BBHI", 2, 0, operation, request_id))
    out.append(Group.OPERATION)
    _write(out, "attributes-charset", Tag.CHARSET, "utf-8")
    _write(out, "attributes-natural-language", Tag.LANGUAGE, "vi")
    for name, (tag, value) in attributes.items():
        _write(out, name, tag, value)
    if job:
        out.append(Group.JOB)
        for name, (tag, value) in job.items():
            _write(out, name, tag, value)
    out.append(Group.END)
    return bytes(out)


def _write(out: bytearray, name: str, tag: Tag, value: Value | list[str]) -> None:
    """Write one attribute; a collection is a mapping of (tag, value). RFC 8010 §3.1.6."""
    if isinstance(value, list):
        for i, one in enumerate(value):
            _put(out, tag, "" if i else name, one.encode("utf-8"))
        return
    if isinstance(value, Mapping):
        _put(out, tag, name, b"")
        for member, (kind, content) in value.items():
            _put(out, Tag.MEMBER, "", member.encode("ascii"))
            _write(out, "", kind, content)
        _put(out, Tag.END_COLLECTION, "", b"")
        return
    _put(out, tag, name, _raw(tag, value))


def _put(out: bytearray, tag: Tag, name: str, raw: bytes) -> None:
    encoded = name.encode("ascii")
    out += struct.pack(">BH", tag, len(encoded)) + encoded
    out += struct.pack(">H", len(raw)) + raw


def _raw(tag: Tag, value: Value) -> bytes:
    if tag in (Tag.INTEGER, Tag.ENUM):
        assert isinstance(value, int)
        return struct.pack(">i", value)
    if tag is Tag.BOOLEAN:
        return b"\x01" if value else b"\x00"
    return str(value).encode("utf-8")


def read_answer(data: bytes) -> Answer:
    """Return an answer.

    Raises:
        UnreadableAnswer: cut off, or not IPP.
    """
    try:
        return _read(data)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise UnreadableAnswer("the answer is cut off or not IPP") from error


def _read(data: bytes) -> Answer:
    _, status, _ = struct.unpack_from(">HHI", data)
    at = 8
    groups: list[tuple[int, dict[str, list[Value]]]] = []
    name = ""
    while data[at] != Group.END:
        if data[at] < _LOWEST_VALUE_TAG:
            groups.append((data[at], {}))
            at += 1
            continue
        tag, given, raw, at = _field(data, at)
        if not groups:
            raise UnreadableAnswer("an attribute stands outside a group")
        name = given or name
        value: Value
        if tag == Tag.COLLECTION:
            value, at = _collection(data, at, 1)
        else:
            value = _value(tag, raw)
        groups[-1][1].setdefault(name, []).append(value)
    return Answer(status, tuple(groups))


def _field(data: bytes, at: int) -> tuple[int, str, bytes, int]:
    """Return tag, name, raw value and the place after one value."""
    tag = data[at]
    (length,) = struct.unpack_from(">H", data, at + 1)
    if length > _MAX_NAME:
        raise UnreadableAnswer("a name is too long")
    name = data[at + 3 : at + 3 + length].decode("utf-8")
    at += 3 + length
    (size,) = struct.unpack_from(">H", data, at)
    raw = data[at + 2 : at + 2 + size]
    if len(raw) < size:
        raise UnreadableAnswer("the answer is cut off")
    return tag, name, raw, at + 2 + size


def _collection(data: bytes, at: int, depth: int) -> tuple[dict[str, list[Value]], int]:
    """Return a collection's members and the place after it. RFC 8010 §3.1.6."""
    if depth > _DEEPEST:
        raise UnreadableAnswer("collections nest too deeply")
    members: dict[str, list[Value]] = {}
    member = ""
    while True:
        tag, _, raw, at = _field(data, at)
        if tag == Tag.END_COLLECTION:
            return members, at
        if tag == Tag.MEMBER:
            member = raw.decode("utf-8")
            members.setdefault(member, [])
            continue
        value: Value
        if tag == Tag.COLLECTION:
            value, at = _collection(data, at, depth + 1)
        else:
            value = _value(tag, raw)
        members.setdefault(member, []).append(value)


def _value(tag: int, raw: bytes) -> Value:
    if tag in (Tag.INTEGER, Tag.ENUM):
        return int(struct.unpack(">i", raw)[0])
    if tag == Tag.BOOLEAN:
        return raw != b"\x00"
    if tag in (Tag.RANGE, Tag.RESOLUTION):
        first, second = struct.unpack_from(">ii", raw)
        return int(first), int(second)
    return raw.decode("utf-8", "replace")


def strings(attributes: Mapping[str, Sequence[Value]], name: str) -> list[str]:
    """Return an attribute's values as text, empty if it is absent."""
    return [str(value) for value in attributes.get(name, ())]


def number(attributes: Mapping[str, Sequence[Value]], name: str) -> int:
    """Return an attribute's first value as a number, 0 if it is absent or none."""
    values = attributes.get(name, ())
    return int(values[0]) if values and isinstance(values[0], int) else 0


def pairs(attributes: Mapping[str, Sequence[Value]], name: str) -> list[tuple[int, int]]:
    """Return an attribute's ranges or resolutions, empty if it is absent."""
    return [value for value in attributes.get(name, ()) if isinstance(value, tuple)]


def collections(
    attributes: Mapping[str, Sequence[Value]], name: str
) -> list[Mapping[str, list[Value]]]:
    """Return an attribute's collections, empty if it is absent."""
    return [value for value in attributes.get(name, ()) if isinstance(value, Mapping)]
