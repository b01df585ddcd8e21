"""The part of IPP/2.0 that a counter needs, as bytes. Source: RFC 8010, RFC 8011."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum


class Operation(IntEnum):
    """Operations (RFC 8011 §5.4.15)."""

    PRINT_JOB = 0x0002
    VALIDATE_JOB = 0x0004
    CANCEL_JOB = 0x0008
    GET_JOB_ATTRIBUTES = 0x0009
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
    TEXT = 0x41
    NAME = 0x42
    KEYWORD = 0x44
    URI = 0x45
    CHARSET = 0x47
    LANGUAGE = 0x48
    MIME = 0x49


Value = int | bool | str
Attributes = Mapping[str, tuple[Tag, Value]]
_MAX_NAME = 1024


class UnreadableAnswer(ValueError):
    """The bytes are no IPP answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An IPP answer: status code and groups of attributes, each value a list."""

    status: int
    groups: tuple[tuple[int, dict[str, list[Value]]], ...]

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


def _write(out: bytearray, name: str, tag: Tag, value: Value) -> None:
    raw = _raw(tag, value)
    encoded = name.encode("ascii")
    out += struct.pack(">BH", tag, len(encoded)) + encoded
    out += struct.pack(">H", len(raw)) + raw


def _raw(tag: Tag, value: Value) -> bytes:
    if tag in (Tag.INTEGER, Tag.ENUM):
        return struct.pack(">i", int(value))
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
        tag = data[at]
        at += 1
        if tag < 0x10:
            groups.append((tag, {}))
            continue
        (length,) = struct.unpack_from(">H", data, at)
        if length > _MAX_NAME or not groups:
            raise UnreadableAnswer("an attribute stands outside a group")
        name = data[at + 2 : at + 2 + length].decode("utf-8") or name
        at += 2 + length
        (size,) = struct.unpack_from(">H", data, at)
        raw = data[at + 2 : at + 2 + size]
        if len(raw) < size:
            raise UnreadableAnswer("the answer is cut off")
        at += 2 + size
        groups[-1][1].setdefault(name, []).append(_value(tag, raw))
    return Answer(status, tuple(groups))


def _value(tag: int, raw: bytes) -> Value:
    if tag in (Tag.INTEGER, Tag.ENUM):
        return int(struct.unpack(">i", raw)[0])
    if tag == Tag.BOOLEAN:
        return raw != b"\x00"
    return raw.decode("utf-8", "replace")


def strings(attributes: Mapping[str, Sequence[Value]], name: str) -> list[str]:
    """Return an attribute's values as text, empty if it is absent."""
    return [str(value) for value in attributes.get(name, ())]


def number(attributes: Mapping[str, Sequence[Value]], name: str) -> int:
    """Return an attribute's first value as a number, 0 if it is absent or none."""
    values = attributes.get(name, ())
    return int(values[0]) if values and not isinstance(values[0], str) else 0
