"""Judge a batch of events: what counts, what is set aside, and what clashes.

The fold says what an act does. What it cannot know is asked here: other
stations' acts (clashes), and other dossiers and reality (`claims`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import bodies, fold
from app.domain.clashes import MAY_CLASH, clash
from app.domain.events import KINDS, Event, UnreadableEvent, check_envelope, genesis, write_body
from app.domain.fold import Conflict, Dossier, NotAllowed
from app.domain.wire import Quarantined
from server.models.base import SERVER, EventRow, StationRow, StoreRow, StreamRow
from server.services import case_files
from server.services.case_files import CaseFile
from server.services.claims import Claims
from server.services.entries import Entries
from server.services.streams import event_of_place, to_event
from server.services.tails import Tails

HOME_ONLY = frozenset({"dossier.received", "dossier.corrected", "dossier.voided", "code.corrected"})


def judge(
    session: Session,
    station: StationRow,
    tails: Tails,
    events: Sequence[Event],
    now: dt.datetime,
) -> list[Quarantined]:
    """Judge and store fresh events, in order; return those that do not count, with the reason."""
    files = case_files.load(session, station.agency, events)
    claims = Claims(session, station, now)
    claims.load(events)
    entries = Entries(session, station.agency, tails, files)
    judging = _Judge(session, station, files, claims, entries, now)
    quarantined: list[Quarantined] = []
    for event in events:
        reason = judging.judge(event)
        if reason is not None:
            reason = reason.replace("\0", "\ufffd")  # PostgreSQL keeps no NUL
            quarantined.append(Quarantined(n=event.n, reason=reason))
        entries.keep(event, reason)
    claims.save()
    entries.save()
    return quarantined


class _Judge:
    """Judges events one after the other, in memory."""

    def __init__(
        self,
        session: Session,
        station: StationRow,
        files: dict[UUID, CaseFile],
        claims: Claims,
        entries: Entries,
        now: dt.datetime,
    ) -> None:
        self._session = session
        self._station = station
        self._agency = station.agency
        self._files, self._claims, self._entries, self._now = files, claims, entries, now
        self._own_stores: list[UUID] | None = None
        self._known_rivals: dict[UUID, list[tuple[int, Event]]] = {}

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
        reason = self._claims.refusal(file.dossier, after, body)
        if reason is not None:
            return reason
        self._claims.note(file.dossier, after, body)
        file.dossier, file.is_changed = after, True
        return None

    def _after(self, file: CaseFile, event: Event, kind: str, body: Any) -> Dossier:
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
                after = fold.apply(before, event, act=(kind, body))
            except NotAllowed:
                if earlier is None:
                    raise
            else:
                if fold.needs_replay(before, after):
                    return self._replayed(event.dossier, file, event)
                return after
        assert before is not None
        reason = self._claims.refusal(before, before, body)
        if reason is not None:  # before anything about it stands in the stream
            raise NotAllowed(reason)
        return fold.apply(self._raise(event.dossier, file, before, event, rival, earlier), event)

    def _rival(self, id: UUID, file: CaseFile, event: Event, kind: str, body: Any) -> Event | None:
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
        file: CaseFile,
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
        self._entries.append(file, raised, file.home)
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

    def _replayed(self, id: UUID, file: CaseFile, event: Event) -> Dossier:
        """Return the dossier folded anew, for a decision reaches back."""
        stored = case_files.events_of(self._session, file.home, id)
        dossier = fold.replay([*stored, *file.fresh, event]).dossier
        assert dossier is not None
        return dossier

    def _rivals(self, id: UUID, file: CaseFile) -> list[tuple[int, Event]]:
        """Return what other stations did to a dossier, of kinds that may clash, in order."""
        if id not in self._known_rivals:
            self._known_rivals[id] = []
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
                self._known_rivals[id] = [(seq, to_event(row)) for seq, row in rows]
        return self._known_rivals[id]
