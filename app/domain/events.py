"""Events: one fact that somebody caused, never changed, never deleted.

An event's identity is (`store`, `n`). The hash chain covers the envelope and
the hash of the body, so a body can be erased by law and the chain still
verifies. `docs/events.md` fixes every kind and body.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import MISSING, dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from app.domain import bodies

MAX_BODY_BYTES = 256 * 1024
_CHAIN_MARK = "qmc-event-1"


class UnreadableEvent(ValueError):
    """An event's kind, version or body cannot be read; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of one store, as it lies in a store and travels on the wire.

    Attributes:
        store: incarnation that made it.
        n: its number there, from 1, without gaps.
        prev: SHA-256 of the event before it, `genesis(store)` for the first.
        dossier: None for events of the station itself.
        base: the last sequence of that dossier in its home stream that the
            actor could see, own events apart; 0 if none.
        kind, v: what happened, and the version of its body.
        at: wall time with offset, RFC 3339, exactly as written.
        actor: user id.
        body: exact UTF-8 JSON.
    """

    store: UUID
    n: int
    prev: bytes
    dossier: UUID | None
    base: int
    kind: str
    v: int
    at: str
    actor: str
    body: bytes
    _hash: list[bytes] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def hash(self) -> bytes:
        """SHA-256 of the envelope and of the body's SHA-256; the next one's `prev`."""
        if not self._hash:  # an event never changes, and is asked several times
            self._hash.append(envelope_hash(self, hashlib.sha256(self.body).digest()))
        return self._hash[0]


def envelope_hash(event: Event, body_sha256: bytes) -> bytes:
    """Return an event's hash from its envelope and the hash of its body."""
    lines = (
        _CHAIN_MARK,
        str(event.store),
        str(event.n),
        event.prev.hex(),
        str(event.dossier or "-"),
        str(event.base),
        event.kind,
        str(event.v),
        event.at,
        event.actor,
        body_sha256.hex(),
    )
    return hashlib.sha256("\n".join(lines).encode()).digest()


def genesis(store: UUID) -> bytes:
    """Return what the first event of a store carries as `prev`."""
    return hashlib.sha256(b"qmc-store-1\n" + store.bytes).digest()


class BrokenChain(ValueError):
    """An event does not follow the one before it.

    Attributes:
        n: number of the first event that does not fit.
    """

    def __init__(self, n: int) -> None:
        super().__init__(f"event {n} does not follow the event before it")
        self.n = n


def verify_chain(events: Iterable[Event], *, n: int, head: bytes) -> bytes:
    """Check that `events` follow event `n` with hash `head`; return the new head.

    Raises:
        BrokenChain: a number or a `prev` does not fit.
    """
    for event in events:
        n += 1
        if event.n != n or event.prev != head:
            raise BrokenChain(n)
        head = event.hash
    return head


@dataclass(frozen=True, slots=True)
class Kind:
    """What is known of one kind of event.

    Attributes:
        name: never reused.
        v: version that is written today; all versions ever shipped are read.
        body: type of today's body.
        of_dossier: False for events of the station.
        is_audit: pushed, never pulled.
        upcasters: by old version, turns a body of it into one of the next.
    """

    name: str
    v: int
    body: type[Any]
    of_dossier: bool = True
    is_audit: bool = False
    upcasters: tuple[Callable[[dict[str, Any]], dict[str, Any]], ...] = ()


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("dossier.received", 1, bodies.Received),
        Kind("dossier.corrected", 1, bodies.Corrected),
        Kind("dossier.voided", 1, bodies.Voided),
        Kind("papers.added", 1, bodies.PapersAdded),
        Kind("page.attached", 1, bodies.PageAttached),
        Kind("page.removed", 1, bodies.PageRemoved),
        Kind("fee.charged", 1, bodies.FeeCharged),
        Kind("fee.paid", 1, bodies.FeePaid),
        Kind("fee.refunded", 1, bodies.FeeRefunded),
        Kind("document.printed", 1, bodies.DocumentPrinted),
        Kind("supplement.requested", 1, bodies.SupplementRequested),
        Kind("supplement.received", 1, bodies.SupplementReceived),
        Kind("dossier.refused", 1, bodies.Ended),
        Kind("dossier.withdrawn", 1, bodies.Ended),
        Kind("dossier.stopped", 1, bodies.Ended),
        Kind("stage.handed_over", 1, bodies.StageHandedOver),
        Kind("stage.taken", 1, bodies.StageTaken),
        Kind("stage.completed", 1, bodies.StageCompleted),
        Kind("agency.acknowledged", 1, bodies.AgencyAcknowledged),
        Kind("due.extended", 1, bodies.DueExtended),
        Kind("proposal.made", 1, bodies.ProposalMade),
        Kind("proposal.signed", 1, bodies.ProposalSigned),
        Kind("proposal.declined", 1, bodies.ProposalDeclined),
        Kind("result.recorded", 1, bodies.ResultRecorded),
        Kind("result.returned", 1, bodies.ResultReturned),
        Kind("external.code_set", 1, bodies.ExternalCodeSet),
        Kind("note.added", 1, bodies.NoteAdded),
        Kind("online.claimed", 1, bodies.OnlineClaimed),
        Kind("conflict.raised", 1, bodies.ConflictRaised),
        Kind("conflict.decided", 1, bodies.ConflictDecided),
        Kind("code.corrected", 1, bodies.CodeCorrected),
        Kind("event.mended", 1, bodies.EventMended),
        Kind("shift.opened", 1, bodies.ShiftOpened, of_dossier=False),
        Kind("shift.closed", 1, bodies.ShiftClosed, of_dossier=False),
        Kind("day.closed", 1, bodies.DayClosed, of_dossier=False),
        Kind("dossier.viewed", 1, bodies.Looked, is_audit=True),
        Kind("id.revealed", 1, bodies.Looked, is_audit=True),
        Kind("data.exported", 1, bodies.Exported, of_dossier=False, is_audit=True),
    )
}


KIND_WORDS: dict[str, str] = {
    "dossier.received": "tiếp nhận",
    "dossier.corrected": "sửa giấy tiếp nhận",
    "dossier.voided": "hoàn tác",
    "papers.added": "bổ sung giấy tờ",
    "page.attached": "gắn trang quét",
    "page.removed": "bỏ trang quét",
    "fee.charged": "đổi mức phí",
    "fee.paid": "thu phí",
    "fee.refunded": "hoàn phí",
    "document.printed": "in giấy",
    "supplement.requested": "yêu cầu bổ sung",
    "supplement.received": "nhận bổ sung",
    "dossier.refused": "từ chối tiếp nhận",
    "dossier.withdrawn": "rút hồ sơ",
    "dossier.stopped": "dừng xử lý",
    "stage.handed_over": "bàn giao",
    "stage.taken": "nhận xử lý",
    "stage.completed": "xong một bước",
    "agency.acknowledged": "cơ quan giải quyết đã nhận",
    "due.extended": "lùi ngày hẹn",
    "proposal.made": "trình ký",
    "proposal.signed": "ký duyệt",
    "proposal.declined": "trả lại dự thảo",
    "result.recorded": "có kết quả",
    "result.returned": "trả kết quả",
    "external.code_set": "gắn mã hệ thống khác",
    "note.added": "ghi chú",
    "online.claimed": "nhận hồ sơ trực tuyến",
    "conflict.raised": "hai việc trái nhau",
    "conflict.decided": "quyết định giữa hai việc",
    "code.corrected": "đổi mã hồ sơ",
    "event.mended": "gửi lại việc bị từ chối",
    "shift.opened": "mở ca",
    "shift.closed": "đóng ca",
    "day.closed": "khoá sổ ngày",
    "dossier.viewed": "xem hồ sơ",
    "id.revealed": "xem số giấy tờ",
    "data.exported": "xuất dữ liệu",
}
"""How clerks read a kind, in small letters."""


def kind_words(kind: str) -> str:
    """Return how clerks read a kind; one that a newer version made is named as such."""
    return KIND_WORDS.get(kind, "việc của phiên bản mới hơn")


def write_body(body: Any) -> bytes:
    """Return a body as the exact JSON bytes that are stored and sent."""
    return msgspec.json.encode(_without_defaults(body))


def read_body(kind: str, v: int, raw: bytes) -> Any:
    """Return the body of an event in today's shape; unknown fields are passed over.

    Raises:
        UnreadableEvent: unknown kind or version, or the JSON does not fit.
    """
    known = KINDS.get(kind)
    if known is None:
        raise UnreadableEvent(f"unknown kind {kind!r}")
    if not 1 <= v <= known.v:
        raise UnreadableEvent(f"unknown version {v} of {kind}")
    if len(raw) > MAX_BODY_BYTES:
        raise UnreadableEvent(f"body of {len(raw)} bytes is larger than {MAX_BODY_BYTES}")
    try:
        if v == known.v:
            return msgspec.json.decode(raw, type=known.body)
        old: dict[str, Any] = msgspec.json.decode(raw, type=dict[str, Any])
        for upcast in known.upcasters[v - 1 :]:
            old = upcast(old)
        return msgspec.convert(old, known.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableEvent(f"body of {kind}: {error}") from error


def check_envelope(event: Event) -> None:
    """Check what every event must be, whatever its kind.

    Raises:
        UnreadableEvent: the envelope cannot be taken as it stands.
    """
    known = KINDS.get(event.kind)
    if known is not None and known.of_dossier and event.dossier is None:
        raise UnreadableEvent(f"{event.kind} names no dossier")
    if not 0 < len(event.actor) <= 64 or not event.actor.isprintable():
        raise UnreadableEvent("the actor must have 1 to 64 printable characters")
    if moment(event.at) is None:
        raise UnreadableEvent(f"not a moment with offset: {event.at!r}")


def moment(text: str) -> dt.datetime | None:
    """Return an aware moment from RFC 3339 text, or None."""
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _without_defaults(value: Any) -> Any:
    """Return plain JSON values, leaving out fields that hold their default.

    Small bodies matter on a bad line; a reader fills the defaults in again.
    """
    builtins = msgspec.to_builtins(value)
    return _prune(value, builtins)


def _prune(value: Any, plain: Any) -> Any:
    fields = getattr(type(value), "__dataclass_fields__", None)
    if fields is not None:
        kept = {}
        for name, spec in fields.items():
            inner = getattr(value, name)
            default = spec.default if spec.default_factory is MISSING else spec.default_factory()
            if inner != default:
                kept[name] = _prune(inner, plain[name])
        return kept
    if isinstance(value, (list, tuple)):
        return [_prune(v, p) for v, p in zip(value, plain, strict=True)]
    return plain
