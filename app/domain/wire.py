"""The messages between station and server, field by field.

See docs/sync-protocol.md. A push is JSON lines: one `PushHead`, then for each
event one `WireEvent` line and one line with its exact body. `store` and
`prev` are implied by the head, so nothing incompressible travels twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec

from app.domain.events import MAX_BODY_BYTES, Event

PROTOCOL = 1
MAX_BATCH_EVENTS = 200
MAX_PACKED_BYTES = 64 * 1024
MAX_UNPACKED_BYTES = 4 * 1024 * 1024
MAX_SINGLE_BYTES = MAX_BODY_BYTES + 16 * 1024  # one large event goes alone, above the batch limit
JSON_LINES = "application/x-ndjson"

_T = TypeVar("_T")
_Serial = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Hash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


class UnreadableMessage(ValueError):
    """A message does not follow the protocol; the text says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushHead:
    """First line of a push.

    Attributes:
        prev: hash of the event before the first one sent.
        first, count: number of the first event, and how many follow.
        head: hash of the last event sent.
        signature: the station's Ed25519 over `signed_bytes`, hex.
    """

    protocol: int
    store: UUID
    first: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    count: Annotated[int, msgspec.Meta(ge=1, le=MAX_BATCH_EVENTS)]
    prev: _Hash
    head: _Hash
    signature: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{128}\Z")]


@dataclass(frozen=True, slots=True, kw_only=True)
class WireEvent:
    """The envelope of one event; its body is the next line.

    In a pull `store`, `n` and `prev` say whose event it is, `seq` is the
    stream's own order, `home` the place in the stream of the dossier's home
    if that is another one; `echo` means the puller made it and no body follows.
    """

    n: _Serial
    kind: str
    v: _Serial
    at: str
    actor: str
    dossier: UUID | None = None
    base: _Serial = 0
    store: UUID | None = None
    prev: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""
    seq: _Serial = 0
    home: _Serial = 0
    recorded_at: str = ""
    echo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """An event the server keeps but does not let into the fold, with its words."""

    n: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PushAnswer:
    """What the server has after a push.

    Attributes:
        have: highest gap-free number stored of that store, quarantined included.
        cursor: last sequence of the home stream.
        quarantined: of the events of this request.
    """

    have: int
    cursor: int
    server_time: str
    quarantined: tuple[Quarantined, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PullHead:
    """First line of a pull's answer; `more` says that another page waits."""

    protocol: int
    stream: str
    after: _Serial
    upto: _Serial
    count: _Serial
    more: bool
    server_time: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """What a store says first in every pass.

    Attributes:
        store: the incarnation that makes events now.
        contacts: how often it has said this, this time included; counted
            durably before it is said.
        passing: id of the pass; saying the same again in one pass is harmless.
    """

    store: UUID
    contacts: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    passing: UUID
    protocol: int = PROTOCOL


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """What the server answers to `Hello`.

    Attributes:
        have: highest gap-free number held of that store.
        stream: the stream that this station pulls.
        cursor: last sequence of it.
        own_stores: every incarnation of the station that the server knows, oldest first.
        courier_key, courier_signature: X25519 key that bundles are sealed to,
            signed by the province over `courier_bytes`.
    """

    server_time: str
    have: int
    stream: str
    cursor: int
    own_stores: tuple[UUID, ...]
    policy: Policy
    courier_key: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""
    courier_signature: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{128})?\Z")] = ""
    protocol: int = PROTOCOL


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """How much of a stream can be had in whole parts.

    Attributes:
        part: entries in each part; part k (from 0) holds `part * k + 1` to
            `part * (k + 1)`.
        parts: how many there are.
    """

    stream: str
    part: int
    parts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a station found when it compared its copy of a stream with the server's.

    Attributes:
        upto: compared up to this sequence.
        differs_at: place of the first event that differs, 0 if both sides are equal.
        store, n: of the server's event there.
        ours, theirs: hashes of the event, hex; "" if there is none.
    """

    stream: str
    upto: _Serial
    differs_at: _Serial = 0
    store: UUID | None = None
    n: _Serial = 0
    ours: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""
    theirs: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRange:
    """Numbers first..last of one agency that one incarnation may use alone.

    A lease holds for one day, a standing range for every day from..to.
    """

    id: str
    agency: str
    first: int
    last: int
    from_day: str
    to_day: str
    kind: str = "range"  # or "lease"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolRequest:
    """What a station sends with its one-time code; keys are raw bytes in hex."""

    code: str
    name: str
    signing_key: str
    sealing_key: str
    incarnation: UUID
    protocol: int = PROTOCOL


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolAnswer:
    """What an enrolled station is told."""

    station: UUID
    station_name: str
    agency: str
    province_key: str  # Ed25519, signs catalogues
    recovery_key: str  # X25519, sealed to for recovery
    ranges: tuple[NumberRange, ...]
    policy: Policy
    server_time: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeAnswer:
    """The server's time, and the newest protocol it speaks."""

    server_time: str
    protocol: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UserAnswer:
    """Whose token it is."""

    user: str
    agency: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the server lets its stations decide alone.

    Attributes:
        push_bytes: what a push may have, packed; a server that does not say takes 32 KB.
    """

    offline_sign_in_days: int = 14
    keep_closed_days: int = 90
    session_hours: int = 12
    push_bytes: int = 32 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """A clerk's sign-in."""

    username: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAnswer:
    """Who signed in, and for how long the token holds."""

    token: str
    user: str
    display_name: str
    roles: tuple[str, ...]
    agency: str
    expires_at: str
    policy: Policy
    server_time: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRequest:
    """Ask for a small block of today's numbers; `key` makes a retry harmless."""

    key: UUID
    incarnation: UUID
    day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """Ask for the standing range of an incarnation, new or known.

    Attributes:
        wants_more: four fifths of today's numbers are used; the reserve is asked for.
        holds: what it has been given and still counts, for a server that was
            put back to an old copy.
    """

    incarnation: UUID
    wants_more: bool = False
    holds: tuple[NumberRange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NumbersAnswer:
    """Ranges and leases granted."""

    ranges: tuple[NumberRange, ...]
    server_time: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Count and rolling hash of a stream up to a sequence, and of each day.

    Attributes:
        after: with a lower end asked for, `count` and `hash` roll the entries
            above it and no days are told.
    """

    stream: str
    upto: int
    count: int
    hash: str
    after: int = 0
    days: dict[str, tuple[int, str]] = field(default_factory=dict)
    server_time: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCatalogue:
    """A catalogue as it travels: the exact bytes are what is signed."""

    version: int
    payload: str  # JSON object: {"version": int, "files": {name: TOML text}}
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An RFC 9457 problem; `title` and `detail` are Vietnamese.

    Attributes:
        n: number of the event it is about, 0 for none.
    """

    type: str
    title: str
    status: int
    detail: str = ""
    n: int = 0


def signed_bytes(store: UUID, last: int, head: bytes) -> bytes:
    """Return what a batch's signature covers: the chain head after event `last`."""
    return b"qmc-push-1\n" + store.bytes + last.to_bytes(8, "big") + head


def request_bytes(method: str, target: str, at: str, body: bytes) -> bytes:
    """Return what a station signs to authenticate one request.

    Args:
        method: capital letters.
        target: path with query, as sent.
        at: the server's time as the station knows it, RFC 3339.
        body: as sent, packed.
    """
    return announced_bytes(method, target, at, hashlib.sha256(body).hexdigest())


def announced_bytes(method: str, target: str, at: str, sha256: str) -> bytes:
    """Return what `request_bytes` does, for a body of which only the hash is known yet."""
    return f"qmc-request-1\n{method}\n{target}\n{at}\n{sha256}".encode()


def courier_bytes(key: bytes) -> bytes:
    """Return what the province's signature over the courier key covers."""
    return b"qmc-courier-1\n" + key


def catalogue_bytes(payload: str) -> bytes:
    """Return what the province's signature over a catalogue covers."""
    return b"qmc-catalogue-1\n" + payload.encode()


def roll(before: str, event_hash: bytes) -> str:
    """Return a stream's rolling hash after one more event; "" to begin with."""
    start = bytes.fromhex(before) if before else bytes(32)
    return hashlib.sha256(start + event_hash).hexdigest()


def write_push(head: PushHead, events: Sequence[Event]) -> bytes:
    """Return the unpacked bytes of a push."""
    lines = [msgspec.json.encode(head)]
    for event in events:
        lines.append(_line(event))
        lines.append(event.body)
    return b"\n".join(lines) + b"\n"


def _line(event: Event, **more: object) -> bytes:
    envelope: dict[str, object] = {"n": event.n, "kind": event.kind, "v": event.v}
    envelope |= {"at": event.at, "actor": event.actor}
    if event.dossier is not None:
        envelope["dossier"] = str(event.dossier)
    if event.base:
        envelope["base"] = event.base
    return msgspec.json.encode(envelope | more)


def read_push(data: bytes) -> tuple[PushHead, list[Event]]:
    """Return the head and events of a push; `prev` of each is filled in.

    Raises:
        UnreadableMessage: not what `write_push` writes. The hash chain and
            signature are not checked here.
    """
    lines = _split(data)
    head = _decode(lines[0], PushHead, 1)
    if head.protocol != PROTOCOL:
        raise UnreadableMessage(f"protocol {head.protocol} is not spoken here")
    if len(lines) != 1 + 2 * head.count:
        raise UnreadableMessage(f"{head.count} events announced, {len(lines) - 1} lines follow")
    events: list[Event] = []
    prev = bytes.fromhex(head.prev)
    for i in range(head.count):
        envelope = _decode(lines[1 + 2 * i], WireEvent, 2 + 2 * i)
        if envelope.n != head.first + i:
            raise UnreadableMessage(f"line {2 + 2 * i}: event {envelope.n} out of order")
        body = lines[2 + 2 * i]
        if len(body) > MAX_BODY_BYTES:
            raise UnreadableMessage(f"line {3 + 2 * i}: body is too large")
        event = Event(
            store=head.store,
            n=envelope.n,
            prev=prev,
            dossier=envelope.dossier,
            base=envelope.base,
            kind=envelope.kind,
            v=envelope.v,
            at=envelope.at,
            actor=envelope.actor,
            body=body,
        )
        events.append(event)
        prev = event.hash
    return head, events


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEvent:
    """An event at its place in a stream.

    Attributes:
        seq, recorded_at: its place there, and when it was stored.
        event: None for an echo of the puller's own.
        home_seq: place in the stream of the dossier's home; 0 for `seq`.
    """

    seq: int
    recorded_at: str
    store: UUID
    n: int
    event: Event | None
    home_seq: int = 0


def write_pull(head: PullHead, entries: Iterable[StreamEvent]) -> bytes:
    """Return the unpacked bytes of a pull's answer."""
    lines = [msgspec.json.encode(head)]
    for entry in entries:
        place: dict[str, object] = {"store": str(entry.store), "seq": entry.seq}
        if entry.home_seq not in (0, entry.seq):
            place["home"] = entry.home_seq
        place["recorded_at"] = entry.recorded_at
        if entry.event is None:
            echo = {"n": entry.n, "kind": "", "v": 0, "at": "", "actor": "", "echo": True}
            lines.append(msgspec.json.encode(echo | place))
        else:
            lines.append(_line(entry.event, prev=entry.event.prev.hex(), **place))
            lines.append(entry.event.body)
    return b"\n".join(lines) + b"\n"


def read_pull(data: bytes) -> tuple[PullHead, list[StreamEvent]]:
    """Return the head and entries of a pull's answer.

    Raises:
        UnreadableMessage: not what `write_pull` writes.
    """
    lines = _split(data)
    head = _decode(lines[0], PullHead, 1)
    entries: list[StreamEvent] = []
    at = 1
    for _ in range(head.count):
        if at >= len(lines):
            raise UnreadableMessage("fewer events than announced")
        envelope = _decode(lines[at], WireEvent, at + 1)
        at += 1
        if envelope.store is None:
            raise UnreadableMessage(f"line {at}: the store is missing")
        event = None
        if not envelope.echo:
            if at >= len(lines) or not envelope.prev:
                raise UnreadableMessage(f"line {at}: body or hash is missing")
            event = Event(
                store=envelope.store,
                n=envelope.n,
                prev=bytes.fromhex(envelope.prev),
                dossier=envelope.dossier,
                base=envelope.base,
                kind=envelope.kind,
                v=envelope.v,
                at=envelope.at,
                actor=envelope.actor,
                body=lines[at],
            )
            at += 1
        entries.append(
            StreamEvent(
                seq=envelope.seq,
                recorded_at=envelope.recorded_at,
                store=envelope.store,
                n=envelope.n,
                event=event,
                home_seq=envelope.home,
            )
        )
    if at != len(lines):
        raise UnreadableMessage("more events than announced")
    return head, entries


def _split(data: bytes) -> list[bytes]:
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    if not lines:
        raise UnreadableMessage("empty message")
    return lines


def _decode(line: bytes, type_: type[_T], number: int) -> _T:
    try:
        return msgspec.json.decode(line, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableMessage(f"line {number}: {error}") from error
