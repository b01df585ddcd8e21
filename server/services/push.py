"""Take a batch of events: every authentic one is stored, accepted or quarantined.

Idempotent by (store, n): what is there already is passed over, so a
repeated, doubled or half-lost request changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.domain import bodies, fold, sealing, wire
from app.domain.codes import read_code
from app.domain.events import (
    KINDS,
    BrokenChain,
    Event,
    UnreadableEvent,
    check_envelope,
    read_body,
    verify_chain,
)
from app.domain.fold import Dossier, NotAllowed
from app.domain.wire import PushAnswer, PushHead, Quarantined
from server.errors import ServerProblem, forbidden, unreadable
from server.models.base import (
    AgencyRow,
    CatalogueRow,
    CodeRow,
    DossierRow,
    EventRow,
    NumberRow,
    PageRow,
    StationRow,
    StoreRow,
    StreamDayRow,
    StreamRow,
)
from server.models.database import lock_agency
from server.services import catalogues
from server.services.enrolment import register_store


def take(
    session: Session,
    station: StationRow,
    head: PushHead,
    events: Sequence[Event],
    now: dt.datetime,
) -> PushAnswer:
    """Store a batch and answer what the server has.

    Args:
        session: one writing transaction.
        station: authenticated sender.
        head: first line of the push.
        events: chained by their reader; signature not yet checked.
        now: moment of storing.

    Raises:
        ServerProblem: the store is not this station's, the signature does not
            hold, an envelope could not be kept as it is, or the chain forks
            from what is stored (a cloned disk).
    """
    _check_storable(events)
    cursor = lock_agency(session, station.agency)
    if cursor is None:
        raise forbidden("Máy chủ không còn cơ quan này.")
    store = register_store(session, station, head.store, now)
    last_hash = events[-1].hash
    signed = wire.signed_bytes(head.store, events[-1].n, last_hash)
    if last_hash.hex() != head.head or not sealing.is_signed(
        station.signing_key, bytes.fromhex(head.signature), signed
    ):
        raise unreadable("chữ ký của lô sự kiện không khớp")
    if head.first > store.have + 1:
        return _answer(store.have, cursor, (), now)  # a gap: say what is here
    _check_fork(session, station.agency, events, store)
    fresh = [event for event in events if event.n > store.have]
    quarantined: list[Quarantined] = []
    if fresh:
        try:
            verify_chain(fresh, n=store.have, head=store.head)
        except BrokenChain as error:
            raise _forked(error.n) from error
        batch = _Batch(session, station, now, cursor)
        quarantined = batch.judge(fresh)
        cursor = batch.save()
        store.have, store.head = fresh[-1].n, fresh[-1].hash
    known = {q.n for q in quarantined}
    repeated = [e.n for e in events if e.n <= store.have and e.n not in known]
    quarantined += _former_refusals(session, station.agency, head.store, repeated)
    return _answer(store.have, cursor, tuple(sorted(quarantined, key=lambda q: q.n)), now)


def _check_storable(events: Sequence[Event]) -> None:
    """Refuse what would have to be changed to be kept: its chain would not verify again."""
    for event in events:
        for text, longest in ((event.kind, 40), (event.at, 40), (event.actor, 64)):
            if len(text) > longest or "\0" in text:
                raise unreadable(f"sự kiện {event.n}: kind, at hoặc actor không lưu được")


def _effective_body(event: Event) -> Any:
    """Return an event's body, or the body that it puts in the place of a refused one."""
    body = read_body(event.kind, event.v, event.body)
    while isinstance(body, bodies.EventMended):
        body = read_body(body.kind, body.v, body.body.encode())
    return body


def _answer(
    have: int, cursor: int, quarantined: tuple[Quarantined, ...], now: dt.datetime
) -> PushAnswer:
    return PushAnswer(
        have=have, cursor=cursor, server_time=now.isoformat(), quarantined=quarantined
    )


def _check_fork(session: Session, agency: str, events: Sequence[Event], store: StoreRow) -> None:
    """Refuse a repeated event that is not the one stored under its number."""
    repeated = {event.n: event.hash for event in events if event.n <= store.have}
    if not repeated:
        return
    rows = session.execute(
        select(EventRow.n, EventRow.hash).where(
            EventRow.agency == agency,
            EventRow.store == store.id,
            EventRow.n.between(min(repeated), max(repeated)),
        )
    )
    for n, stored in rows:
        if n in repeated and repeated[n] != stored:
            raise _forked(n)


def _forked(n: int) -> ServerProblem:
    return ServerProblem(
        409,
        "forked",
        "Hai máy đang dùng cùng một kho hồ sơ.",
        f"Sự kiện số {n} khác với bản máy chủ đã có. Ổ đĩa này là bản sao của máy khác: "
        "dừng dùng máy này và báo quản trị; hồ sơ trên máy vẫn còn.",
    )


def _former_refusals(
    session: Session, agency: str, store: UUID, numbers: Sequence[int]
) -> list[Quarantined]:
    if not numbers:
        return []
    rows = session.execute(
        select(EventRow.n, EventRow.refusal).where(
            EventRow.agency == agency,
            EventRow.store == store,
            EventRow.n.between(min(numbers), max(numbers)),
            EventRow.refusal.is_not(None),
        )
    )
    return [Quarantined(n=n, reason=reason or "") for n, reason in rows]


class _Batch:
    """Judges a batch in memory and writes it in a few statements."""

    def __init__(
        self, session: Session, station: StationRow, now: dt.datetime, cursor: int
    ) -> None:
        self._session = session
        self._station = station
        self._agency = station.agency
        self._recorded_at = now.isoformat(timespec="seconds")
        self._cursor = cursor
        self._dossiers: dict[UUID, Dossier | None] = {}
        self._changed: set[UUID] = set()
        self._known: set[UUID] = set()
        self._numbers: dict[tuple[dt.date, int], UUID] = {}
        self._codes: dict[str, UUID] = {}
        self._versions: frozenset[int] | None = None
        self._rows: dict[type[Any], list[dict[str, Any]]] = {
            kind: [] for kind in (EventRow, StreamRow, NumberRow, CodeRow, PageRow)
        }
        self._stream_hashes: list[bytes] = []

    def judge(self, events: Sequence[Event]) -> list[Quarantined]:
        """Judge events in order; return those that do not count, with the reason."""
        self._load(events)
        quarantined: list[Quarantined] = []
        for event in events:
            reason = self._judge(event)
            if reason is not None:
                reason = reason.replace("\0", "\ufffd")  # PostgreSQL keeps no NUL
                quarantined.append(Quarantined(n=event.n, reason=reason))
            self._add_event(event, reason)
        return quarantined

    def _load(self, events: Sequence[Event]) -> None:
        wanted = {event.dossier for event in events if event.dossier is not None}
        self._dossiers = dict.fromkeys(wanted)
        rows = self._session.execute(
            select(DossierRow.id, DossierRow.snapshot).where(
                DossierRow.agency == self._agency, DossierRow.id.in_(wanted)
            )
        )
        for id, snapshot in rows:
            self._dossiers[id] = msgspec.json.decode(snapshot, type=Dossier)
            self._known.add(id)

    def _judge(self, event: Event) -> str | None:
        """Return why an event does not count, None after letting it into the fold."""
        try:
            check_envelope(event)
            body = _effective_body(event)
            if event.dossier is None:
                return None
            before = self._dossiers.get(event.dossier)
            after = fold.apply(before, event)
        except UnreadableEvent as error:
            return f"Máy chủ không đọc được sự kiện: {error}."
        except NotAllowed as error:
            return error.reason
        reason = self._refuse(before, after, body)
        if reason is not None:
            return reason
        self._dossiers[event.dossier] = after
        self._changed.add(event.dossier)
        self._note_codes(before, after)
        if isinstance(body, bodies.PageAttached):
            self._note_page(event.dossier, body)
        return None

    def _refuse(self, before: Dossier | None, after: Dossier, body: Any) -> str | None:
        """Return what the fold cannot know: what clashes with other dossiers, or with reality."""
        moments = (after.received_at, after.due_at, *(s.due_at for s in after.stages))
        if not all(_FIRST_MOMENT < moment < _LAST_MOMENT for moment in moments):
            return "Ngày giờ trong hồ sơ không có thật."
        if isinstance(body, bodies.PageAttached) and self._is_page_known(body.page):
            return "Trang này đã gắn vào một hồ sơ rồi."
        if isinstance(body, bodies.Received):
            if body.practice:
                return "Hồ sơ tập sự không được gửi lên máy chủ."
            if body.agency != self._agency:
                return f"Máy này thuộc cơ quan {self._agency}, không tiếp nhận cho {body.agency}."
            if body.catalogue not in self._catalogue_versions():
                return f"Máy chủ không có danh mục bản {body.catalogue}."
            if not self._has_procedure(body):
                return f"Danh mục bản {body.catalogue} không có thủ tục {body.procedure}."
        if before is None or before.code != after.code:
            return self._claim_code(after)
        return None

    def _claim_code(self, dossier: Dossier) -> str | None:
        """Reserve a dossier's new code and number for it; return why that cannot be."""
        code, parts = dossier.code, read_code(dossier.code)
        owner: UUID | None
        if parts is None:
            if not dossier.provisional or not code.isprintable():
                return f"Mã hồ sơ {code} không đúng dạng."
            owner = self._codes.get(code) or self._session.scalar(
                select(CodeRow.dossier).where(CodeRow.agency == self._agency, CodeRow.code == code)
            )
            self._codes.setdefault(code, owner or dossier.id)
            return None if owner in (None, dossier.id) else f"Mã {code} đã dùng cho hồ sơ khác."
        local_day = dossier.received_at.astimezone(_VIETNAM).date()
        if parts.agency != self._agency or not self._is_day_of(dossier, parts.day, local_day):
            return f"Mã hồ sơ {code} không khớp cơ quan hoặc ngày tiếp nhận."
        key = (parts.day, parts.number)
        owner = self._numbers.get(key) or self._session.scalar(
            select(NumberRow.dossier).where(
                NumberRow.agency == self._agency,
                NumberRow.day == parts.day,
                NumberRow.number == parts.number,
            )
        )
        if owner not in (None, dossier.id):
            return f"Số hồ sơ {code} đã dùng cho hồ sơ khác."
        if owner is None:
            self._numbers[key] = dossier.id
            self._rows[NumberRow].append(
                {"agency": self._agency, "day": parts.day, "number": parts.number,
                 "dossier": dossier.id}
            )  # fmt: skip
        return None

    def _is_day_of(self, dossier: Dossier, day: dt.date, received_on: dt.date) -> bool:
        """A code names the day of reception; one that replaces a provisional code may be later."""
        today = dt.datetime.fromisoformat(self._recorded_at).astimezone(_VIETNAM).date()
        return day == received_on or (bool(dossier.former_codes) and received_on < day <= today)

    def _is_page_known(self, page: UUID) -> bool:
        known = self._session.get(PageRow, (self._agency, page)) is not None
        return known or any(row["page"] == page for row in self._rows[PageRow])

    def _catalogue_versions(self) -> frozenset[int]:
        if self._versions is None:
            self._versions = frozenset(self._session.scalars(select(CatalogueRow.version)))
        return self._versions

    def _has_procedure(self, body: bodies.Received) -> bool:
        """Tell whether the procedure was in force in the version it was received under."""
        catalogue = catalogues.version(self._session, body.catalogue)
        try:
            return catalogue is not None and bool(
                catalogue.procedure(body.procedure, body.received_at.astimezone(_VIETNAM).date())
            )
        except KeyError:
            return False

    def _note_codes(self, before: Dossier | None, after: Dossier) -> None:
        if before is None or after.code not in (before.code, *before.former_codes):
            self._rows[CodeRow].append(
                {"agency": self._agency, "code": after.code, "dossier": after.id}
            )

    def _note_page(self, dossier: UUID, body: bodies.PageAttached) -> None:
        self._rows[PageRow].append(
            {
                "agency": self._agency,
                "page": body.page,
                "dossier": dossier,
                "station": self._station.id,
                "sha256": body.sha256,
                "size": body.size,
                "mime": body.mime,
                "stored_at": self._stored_at(body.sha256),
            }
        )

    def _stored_at(self, sha256: str) -> dt.datetime | None:
        """The same image of the same agency need not come twice."""
        return self._session.scalar(
            select(PageRow.stored_at)
            .where(
                PageRow.agency == self._agency,
                PageRow.sha256 == sha256,
                PageRow.stored_at.is_not(None),
            )
            .limit(1)
        )

    def _add_event(self, event: Event, reason: str | None) -> None:
        kind = KINDS.get(event.kind)
        in_stream = reason is None and kind is not None and kind.of_dossier and not kind.is_audit
        seq = None
        if in_stream:
            self._cursor += 1
            seq = self._cursor
            self._rows[StreamRow].append(
                {"agency": self._agency, "seq": seq, "home": self._agency, "store": event.store,
                 "n": event.n, "recorded_at": self._recorded_at}
            )  # fmt: skip
            self._stream_hashes.append(event.hash)
        self._rows[EventRow].append(
            {
                "agency": self._agency,
                "store": event.store,
                "n": event.n,
                "prev": event.prev,
                "hash": event.hash,
                "dossier": event.dossier,
                "base": event.base,
                "kind": event.kind,
                "v": event.v,
                "at": event.at,
                "actor": event.actor,
                "body": event.body,
                "refusal": reason,
                "seq": seq,
                "recorded_at": self._recorded_at,
            }
        )

    def save(self) -> int:
        """Write everything; return the stream's last sequence."""
        session = self._session
        for kind, rows in self._rows.items():
            if rows:
                session.execute(insert(kind), rows)
        self._save_dossiers()
        if self._stream_hashes:
            self._roll()
            session.execute(
                update(AgencyRow)
                .where(AgencyRow.agency == self._agency)
                .values(last_seq=self._cursor)
            )
        return self._cursor

    def _save_dossiers(self) -> None:
        fresh: list[dict[str, Any]] = []
        known: list[dict[str, Any]] = []
        for id in self._changed:
            dossier = self._dossiers[id]
            assert dossier is not None
            row = {
                "agency": self._agency,
                "id": id,
                "code": dossier.code,
                "state": int(dossier.state),
                "due_at": dossier.due_at,
                "snapshot": msgspec.json.encode(dossier),
            }
            (known if id in self._known else fresh).append(row)
        if fresh:
            self._session.execute(insert(DossierRow), fresh)
        if known:
            self._session.execute(update(DossierRow), known)

    def _roll(self) -> None:
        """Carry the day's rolling hash forward, one row a day."""
        day = self._recorded_at[:10]
        row = self._session.get(StreamDayRow, (self._agency, day))
        count, hash_ = (0, "") if row is None else (row.count, row.hash)
        for event_hash in self._stream_hashes:
            hash_ = wire.roll(hash_, event_hash)
        count += len(self._stream_hashes)
        if row is None:
            row = StreamDayRow(agency=self._agency, day=day)
            self._session.add(row)
        row.count, row.hash, row.upto = count, hash_, self._cursor
        self._session.flush()


def refused(session: Session, agency: str) -> Iterable[EventRow]:
    """Return the quarantined events of an agency, newest first."""
    return session.scalars(
        select(EventRow)
        .where(EventRow.agency == agency, EventRow.refusal.is_not(None))
        .order_by(EventRow.recorded_at.desc())
        .limit(500)
    )


_VIETNAM = dt.timezone(dt.timedelta(hours=7))
_FIRST_MOMENT = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)
_LAST_MOMENT = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)
