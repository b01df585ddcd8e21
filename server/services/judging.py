"""Judge a batch of events: what counts, what is set aside, and what clashes.

The fold says what an act does; here is what only the server can know: other
dossiers, other stations, reality.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain import bodies, fold
from app.domain.catalogue import Catalogue
from app.domain.clashes import MAY_CLASH, clash
from app.domain.codes import read_code
from app.domain.events import KINDS, Event, UnreadableEvent, check_envelope, genesis, write_body
from app.domain.fold import Conflict, Dossier, NotAllowed
from app.domain.wire import Quarantined
from server.models.base import (
    SERVER,
    CodeRow,
    DossierRow,
    EventRow,
    NumberRow,
    PageRow,
    StationRow,
    StoreRow,
    StreamRow,
    SubscriptionRow,
)
from server.models.database import insert_all
from server.services import catalogues
from server.services.streams import event_of_place, to_event
from server.services.tails import Tails

HOME_ONLY = frozenset({"dossier.received", "dossier.corrected", "dossier.voided", "code.corrected"})
_CODE = re.compile(rb'"code"\s*:\s*"([^"\\]{1,80})"')
_VIETNAM = dt.timezone(dt.timedelta(hours=7))
_FIRST_MOMENT = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)
_LAST_MOMENT = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)


def taking_part(session: Session, agency: str, events: Sequence[Event]) -> set[str]:
    """Return the agencies whose streams a batch of one agency's station may append to."""
    found = {agency}
    if wanted := _older(events):
        found |= set(_homes(session, agency, wanted).values())
        rows = session.scalars(
            select(DossierRow.subscribers).where(
                DossierRow.agency.in_(set(found)),
                DossierRow.id.in_(wanted),
                DossierRow.subscribers != "",
            )
        )
        for subscribers in rows:
            found |= set(subscribers.split())
    for event in events:
        if event.kind in ("stage.handed_over", "event.mended") or b'"stages"' in event.body:
            found |= _named(event)
    return found


def _older(events: Sequence[Event]) -> set[UUID]:
    """Return the dossiers that a batch does not begin itself: others may take part in them."""
    older: set[UUID] = set()
    begun: set[UUID] = set()
    for event in events:
        if event.dossier is None:
            continue
        if event.kind == "dossier.received":
            begun.add(event.dossier)
        elif event.dossier not in begun:
            older.add(event.dossier)
    return older


def _homes(session: Session, agency: str, dossiers: Iterable[UUID]) -> dict[UUID, str]:
    """Return who received the dossiers of others in which an agency takes part."""
    rows = session.execute(
        select(SubscriptionRow.dossier, SubscriptionRow.home).where(
            SubscriptionRow.agency == agency, SubscriptionRow.dossier.in_(dossiers)
        )
    )
    return {row.dossier: row.home for row in rows}


def _named(event: Event) -> set[str]:
    try:
        _, body = fold.read_act(event)
    except UnreadableEvent:
        return set()
    if isinstance(body, bodies.StageHandedOver):
        return {body.to_agency}
    stages = body.stages if isinstance(body, bodies.Received) else ()
    return {stage.agency for stage in stages if stage.agency}


def judge(
    session: Session,
    station: StationRow,
    tails: Tails,
    events: Sequence[Event],
    now: dt.datetime,
) -> list[Quarantined]:
    """Judge and store fresh events, in order; return those that do not count, with the reason."""
    batch = _Batch(session, station, tails, now)
    batch.load(events)
    batch.load_taken(events)
    quarantined: list[Quarantined] = []
    for event in events:
        reason = batch.judge(event)
        if reason is not None:
            reason = reason.replace("\0", "\ufffd")  # PostgreSQL keeps no NUL
            quarantined.append(Quarantined(n=event.n, reason=reason))
        batch.keep(event, reason)
    batch.save()
    return quarantined


@dataclass(slots=True)
class _File:
    """A dossier while a batch is judged.

    Attributes:
        home: agency that received it.
        dossier: as folded, None before its reception.
        is_known: there was a row before this batch.
        fresh: its accepted events of this batch.
        rivals: what other stations did to it, with places; None until it is asked.
    """

    home: str
    dossier: Dossier | None = None
    is_known: bool = False
    is_changed: bool = False
    subscribers: tuple[str, ...] = ()
    fresh: list[Event] | None = None
    rivals: list[tuple[int, Event]] | None = None


class _Batch:
    """Judges a batch in memory and writes it in a few statements."""

    def __init__(
        self, session: Session, station: StationRow, tails: Tails, now: dt.datetime
    ) -> None:
        self._session = session
        self._station = station
        self._agency = station.agency
        self._tails = tails
        self._now = now
        self._files: dict[UUID, _File] = {}
        self._numbers: dict[tuple[dt.date, int], UUID] = {}
        self._codes: dict[str, UUID] = {}
        self._catalogues: dict[int, Catalogue | None] = {}
        self._asked: set[tuple[str, dt.date, int]] = set()
        self._own_stores: list[UUID] | None = None
        self._rows: dict[type[Any], list[dict[str, Any]]] = {
            kind: [] for kind in (EventRow, NumberRow, CodeRow, PageRow, SubscriptionRow)
        }

    # ---- what is there already ---------------------------------------------------------------

    def load(self, events: Sequence[Event]) -> None:
        """Fetch the dossiers that the events are about."""
        wanted = {event.dossier for event in events if event.dossier is not None}
        older = _older(events)
        homes = _homes(self._session, self._agency, older) if older else {}
        self._files = {id: _File(homes.get(id, self._agency)) for id in wanted}
        rows = self._session.execute(
            select(
                DossierRow.agency, DossierRow.id, DossierRow.snapshot, DossierRow.subscribers
            ).where(
                DossierRow.agency.in_({file.home for file in self._files.values()}),
                DossierRow.id.in_(wanted),
            )
        )
        for agency, id, snapshot, subscribers in rows:
            file = self._files[id]
            if file.home == agency:
                file.dossier = msgspec.json.decode(snapshot, type=Dossier)
                file.is_known = True
                file.subscribers = tuple(subscribers.split())

    def load_taken(self, events: Sequence[Event]) -> None:
        """Ask once which of the batch's new codes are taken already."""
        wanted: dict[dt.date, set[int]] = {}
        for event in events:
            found = _CODE.search(event.body) if event.kind == "dossier.received" else None
            parts = None if found is None else read_code(found[1].decode("utf-8", "replace"))
            if parts is not None and parts.agency == self._agency:
                wanted.setdefault(parts.day, set()).add(parts.number)
                self._asked.add((parts.agency, parts.day, parts.number))
        for day, numbers in wanted.items():
            rows = self._session.execute(
                select(NumberRow.number, NumberRow.dossier).where(
                    NumberRow.agency == self._agency,
                    NumberRow.day == day,
                    NumberRow.number.between(min(numbers), max(numbers)),
                )
            )
            for number, dossier in rows:
                self._numbers[day, number] = dossier

    def _rivals(self, id: UUID, file: _File) -> list[tuple[int, Event]]:
        """Return what other stations did to a dossier, of kinds that may clash, in order."""
        if file.rivals is None:
            file.rivals = []
            if file.is_known:
                if self._own_stores is None:
                    self._own_stores = list(
                        self._session.scalars(
                            select(StoreRow.id).where(
                                StoreRow.agency == self._agency,
                                StoreRow.station == self._station.id,
                            )
                        )
                    )
                rows = self._session.execute(
                    select(StreamRow.seq, EventRow)
                    .join(EventRow, event_of_place())
                    .where(
                        StreamRow.agency == file.home,
                        StreamRow.dossier == id,
                        StreamRow.store.not_in(self._own_stores),
                        EventRow.kind.in_([*MAY_CLASH, "event.mended"]),
                    )
                    .order_by(StreamRow.seq)
                )
                file.rivals = [(seq, to_event(row)) for seq, row in rows]
        return file.rivals

    # ---- one event ---------------------------------------------------------------------------

    def judge(self, event: Event) -> str | None:
        """Return why an event does not count, None after letting it into the fold."""
        try:
            check_envelope(event)
            kind, body = fold.read_act(event)
            if event.dossier is None:
                return None
            file = self._files[event.dossier]
            if kind == "conflict.raised":
                return "Chỉ máy chủ nêu xung đột."
            if kind in HOME_ONLY and file.home != self._agency:
                return f"Chỉ cơ quan tiếp nhận ({file.home}) làm được việc này."
            after = self._after(file, event, kind, body)
        except UnreadableEvent as error:
            return f"Máy chủ không đọc được sự kiện: {error}."
        except NotAllowed as error:
            return error.reason
        reason = self._refuse(file.dossier, after, body)
        if reason is not None:
            return reason
        self._note_codes(file.dossier, after)
        file.dossier, file.is_changed = after, True
        if isinstance(body, bodies.PageAttached):
            self._note_page(event.dossier, body)
        return None

    def _after(self, file: _File, event: Event, kind: str, body: Any) -> Dossier:
        """Return the dossier after an event; one that clashes waits for a person.

        Raises:
            NotAllowed: the fold's guard says no.
            UnreadableEvent: a body cannot be read.
        """
        assert event.dossier is not None
        before = file.dossier
        rival = self._rival(event.dossier, file, event, kind, body)
        earlier = None if before is None else self._waiting_before(before, event)
        if rival is None:
            try:
                after = fold.apply(before, event)
            except NotAllowed:
                if earlier is None:
                    raise
            else:
                if fold.needs_replay(before, after):
                    return self._replayed(event.dossier, file, event)
                return after
        assert before is not None
        return fold.apply(self._raise(event.dossier, file, before, event, rival, earlier), event)

    def _rival(self, id: UUID, file: _File, event: Event, kind: str, body: Any) -> Event | None:
        """Return the first act that clashes with an event and that its actor could not see."""
        if kind not in MAY_CLASH or file.dossier is None:
            return None
        idle = frozenset[tuple[UUID, int]]().union(*(c.set_aside for c in file.dossier.conflicts))
        for seq, other in self._rivals(id, file):
            if seq > event.base and (other.store, other.n) not in idle:
                other_kind, other_body = fold.read_act(other)
                if clash(kind, body, other_kind, other_body):
                    return other
        return None

    def _waiting_before(self, before: Dossier, event: Event) -> Conflict | None:
        """Return the conflict in which an earlier act of the same store waits, unseen by it."""
        for conflict in before.conflicts:
            if conflict.joins or conflict.keep == "second" or conflict.second_store != event.store:
                continue
            raised = self._session.scalar(
                select(StreamRow.seq).where(
                    StreamRow.agency == before.agency,
                    StreamRow.store == conflict.store,
                    StreamRow.n == conflict.n,
                )
            )
            if raised is None or raised > event.base:  # None: raised in this very batch
                return conflict
        return None

    def _raise(
        self,
        id: UUID,
        file: _File,
        before: Dossier,
        event: Event,
        rival: Event | None,
        earlier: Conflict | None,
    ) -> Dossier:
        """Put a conflict before an event; return the dossier with it."""
        if earlier is not None:
            first = (earlier.first_store, earlier.first_n)
        else:
            assert rival is not None
            first = (rival.store, rival.n)
        body = bodies.ConflictRaised(
            first_store=first[0],
            first_n=first[1],
            second_store=event.store,
            second_n=event.n,
            about=fold.read_act(event)[0],
            joins=0 if earlier is None else earlier.n,
        )
        raised = self._next_of_server(file.home, id, "conflict.raised", body)
        after = fold.apply(before, raised)
        self._append(file, raised, file.home)
        return after

    def _next_of_server(self, home: str, dossier: UUID, kind: str, body: Any) -> Event:
        """Return the next event of the server's own store at an agency; it counts as kept."""
        store = self._session.scalars(
            select(StoreRow).where(StoreRow.agency == home, StoreRow.station == SERVER)
        ).first()
        if store is None:
            id = uuid4()
            store = StoreRow(
                agency=home, id=id, station=SERVER, have=0, head=genesis(id), created_at=self._now
            )
            self._session.add(store)
        event = Event(
            store=store.id,
            n=store.have + 1,
            prev=store.head,
            dossier=dossier,
            base=0,
            kind=kind,
            v=KINDS[kind].v,
            at=self._now.isoformat(timespec="seconds"),
            actor="server",
            body=write_body(body),
        )
        store.have, store.head = event.n, event.hash
        self._session.flush()
        return event

    def _replayed(self, id: UUID, file: _File, event: Event) -> Dossier:
        """Return the dossier folded anew, for a decision reaches back."""
        rows = self._session.scalars(
            select(EventRow)
            .join(StreamRow, event_of_place())
            .where(StreamRow.agency == file.home, StreamRow.dossier == id)
            .order_by(StreamRow.seq)
        )
        events = [*map(to_event, rows), *(file.fresh or []), event]
        dossier = fold.replay(events).dossier
        assert dossier is not None
        return dossier

    # ---- what the fold cannot know ------------------------------------------------------------

    def _refuse(self, before: Dossier | None, after: Dossier, body: Any) -> str | None:
        """Return what clashes with other dossiers, or with reality."""
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
            if self._catalogue(body.catalogue) is None:
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
                select(CodeRow.dossier).where(
                    CodeRow.agency == dossier.agency, CodeRow.code == code
                )
            )
            self._codes.setdefault(code, owner or dossier.id)
            return None if owner in (None, dossier.id) else f"Mã {code} đã dùng cho hồ sơ khác."
        local_day = dossier.received_at.astimezone(_VIETNAM).date()
        if parts.agency != dossier.agency or not self._is_day_of(dossier, parts.day, local_day):
            return f"Mã hồ sơ {code} không khớp cơ quan hoặc ngày tiếp nhận."
        key = (parts.day, parts.number)
        owner = self._numbers.get(key)
        if owner is None and (dossier.agency, *key) not in self._asked:
            owner = self._session.scalar(
                select(NumberRow.dossier).where(
                    NumberRow.agency == dossier.agency,
                    NumberRow.day == parts.day,
                    NumberRow.number == parts.number,
                )
            )
        if owner not in (None, dossier.id):
            return f"Số hồ sơ {code} đã dùng cho hồ sơ khác."
        if owner is None:
            self._numbers[key] = dossier.id
            self._rows[NumberRow].append(
                {"agency": dossier.agency, "day": parts.day, "number": parts.number,
                 "dossier": dossier.id}
            )  # fmt: skip
        return None

    def _is_day_of(self, dossier: Dossier, day: dt.date, received_on: dt.date) -> bool:
        """A code names the day of reception; one that replaces a provisional code may be later."""
        today = self._now.astimezone(_VIETNAM).date()
        return day == received_on or (bool(dossier.former_codes) and received_on < day <= today)

    def _is_page_known(self, page: UUID) -> bool:
        known = self._session.get(PageRow, (self._agency, page)) is not None
        return known or any(row["page"] == page for row in self._rows[PageRow])

    def _catalogue(self, version: int) -> Catalogue | None:
        if version not in self._catalogues:
            self._catalogues[version] = catalogues.version(self._session, version)
        return self._catalogues[version]

    def _has_procedure(self, body: bodies.Received) -> bool:
        """Tell whether the procedure was in force in the version it was received under."""
        catalogue = self._catalogue(body.catalogue)
        try:
            return catalogue is not None and bool(
                catalogue.procedure(body.procedure, body.received_at.astimezone(_VIETNAM).date())
            )
        except KeyError:
            return False

    # ---- what is written ----------------------------------------------------------------------

    def _note_codes(self, before: Dossier | None, after: Dossier) -> None:
        if before is None or after.code not in (before.code, *before.former_codes):
            self._rows[CodeRow].append(
                {"agency": after.agency, "code": after.code, "dossier": after.id}
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

    def keep(self, event: Event, reason: str | None) -> None:
        """Keep an event that was judged; put it into the streams if it counts."""
        kind = KINDS.get(event.kind)
        in_stream = reason is None and kind is not None and kind.of_dossier and not kind.is_audit
        if not in_stream or event.dossier is None:
            self._add_row(event, self._agency, reason, None)
            return
        file = self._files[event.dossier]
        self._append(file, event, self._agency)
        self._subscribe(event.dossier, file)

    def _append(self, file: _File, event: Event, origin: str) -> None:
        """Put an accepted event into the stream of its home, and of all who take part."""
        self._tails.lock([file.home, *file.subscribers])
        seq = self._tails.append(file.home, event, origin=origin)
        for subscriber in file.subscribers:
            self._tails.append(subscriber, event, origin=origin, home_seq=seq)
        self._add_row(event, origin, None, seq)
        if file.fresh is None:
            file.fresh = []
        file.fresh.append(event)

    def _add_row(self, event: Event, origin: str, reason: str | None, seq: int | None) -> None:
        self._rows[EventRow].append(
            {
                "agency": origin,
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
                "recorded_at": self._tails.recorded_at,
            }
        )

    def _subscribe(self, id: UUID, file: _File) -> None:
        """Let agencies that the dossier now names take part, with all that happened before."""
        dossier = file.dossier
        assert dossier is not None
        named = {dossier.with_agency, *(stage.agency for stage in dossier.stages)}
        fresh = sorted(named - {"", file.home, *file.subscribers})
        if not fresh:
            return
        self._tails.lock(fresh)
        fresh = [agency for agency in fresh if self._tails.seq(agency) is not None]
        if not fresh:
            return  # a partner that is not on this server
        self._write_rows()
        self._tails.save()
        rows = self._session.execute(
            select(StreamRow.seq, EventRow)
            .join(EventRow, event_of_place())
            .where(StreamRow.agency == file.home, StreamRow.dossier == id)
            .order_by(StreamRow.seq)
        ).all()
        for agency in fresh:
            self._rows[SubscriptionRow].append({"agency": agency, "dossier": id, "home": file.home})
            for seq, row in rows:
                self._tails.append(agency, to_event(row), origin=row.agency, home_seq=seq)
        file.subscribers = (*file.subscribers, *fresh)

    def save(self) -> None:
        """Write everything."""
        self._write_rows()
        self._tails.save()
        self._save_dossiers()

    def _write_rows(self) -> None:
        for kind, rows in self._rows.items():
            if rows:
                insert_all(self._session, kind, rows)
                rows.clear()

    def _save_dossiers(self) -> None:
        fresh: list[dict[str, Any]] = []
        known: list[dict[str, Any]] = []
        for id, file in self._files.items():
            dossier = file.dossier
            if dossier is None or not file.is_changed:
                continue
            row = {
                "agency": file.home,
                "id": id,
                "code": dossier.code,
                "state": int(dossier.state),
                "due_at": dossier.due_at,
                "snapshot": msgspec.json.encode(dossier),
                "subscribers": " ".join(file.subscribers),
            }
            (known if file.is_known else fresh).append(row)
        insert_all(self._session, DossierRow, fresh)
        if known:
            self._session.execute(update(DossierRow), known)
