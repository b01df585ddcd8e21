"""Write a judged batch: events, their places in the streams, and the dossiers they change."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.events import KINDS, Event
from server.models.base import DossierRow, EventRow, StreamRow, SubscriptionRow
from server.models.database import insert_all
from server.services.case_files import CaseFile
from server.services.streams import event_of_place, to_event
from server.services.tails import Tails


class Entries:
    """Collects what a batch leaves behind, and writes it in a few statements.

    Args:
        session: writing, with the agency locked.
        agency: of the station that sent the batch.
        tails: ends of the streams.
        files: the batch's dossiers.
    """

    def __init__(
        self, session: Session, agency: str, tails: Tails, files: dict[UUID, CaseFile]
    ) -> None:
        self._session, self._agency, self._tails, self._files = session, agency, tails, files
        self._events: list[dict[str, Any]] = []
        self._subscriptions: list[dict[str, Any]] = []

    def keep(self, event: Event, reason: str | None) -> None:
        """Keep an event that was judged; put it into the streams if it counts."""
        kind = KINDS.get(event.kind)
        in_stream = reason is None and kind is not None and kind.of_dossier and not kind.is_audit
        if not in_stream or event.dossier is None:
            self._add_row(event, self._agency, reason, None)
            return
        file = self._files[event.dossier]
        self.append(file, event, self._agency)
        self._subscribe(event.dossier, file)

    def append(self, file: CaseFile, event: Event, origin: str) -> None:
        """Put an accepted event into the stream of its home, and of all who take part."""
        self._tails.lock([file.home, *file.subscribers])
        seq = self._tails.append(file.home, event, origin=origin)
        for subscriber in file.subscribers:
            self._tails.append(subscriber, event, origin=origin, home_seq=seq)
        self._add_row(event, origin, None, seq)
        file.fresh.append(event)

    def _add_row(self, event: Event, origin: str, reason: str | None, seq: int | None) -> None:
        self._events.append(
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

    def _subscribe(self, id: UUID, file: CaseFile) -> None:
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
        self._write()
        rows = self._session.execute(
            select(StreamRow.seq, EventRow)
            .join(EventRow, event_of_place())
            .where(StreamRow.agency == file.home, StreamRow.dossier == id)
            .order_by(StreamRow.seq)
        ).all()
        for agency in fresh:
            self._subscriptions.append({"agency": agency, "dossier": id, "home": file.home})
            for seq, row in rows:
                self._tails.append(agency, to_event(row), origin=row.agency, home_seq=seq)
        file.subscribers = (*file.subscribers, *fresh)

    def save(self) -> None:
        """Write everything."""
        self._write()
        self._save_dossiers()

    def _write(self) -> None:
        insert_all(self._session, EventRow, self._events)
        insert_all(self._session, SubscriptionRow, self._subscriptions)
        self._events.clear()
        self._subscriptions.clear()
        self._tails.save()

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
