"""The ends of the streams that one transaction appends to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain import wire
from app.domain.events import Event
from server.models.base import AgencyRow, StreamDayRow, StreamRow
from server.models.database import insert_all, lock_agencies


@dataclass(slots=True)
class _Tail:
    seq: int
    recorded_at: str
    hashes: list[bytes] = field(default_factory=list)


class Tails:
    """Streams under lock; what is appended is written by `save`, all at once.

    Attributes:
        recorded_at: moment of storing, UTC. A clock that was set back does not
            take a stream back a day: its places are stored at the end of its last.
    """

    def __init__(self, session: Session, now: dt.datetime) -> None:
        self.recorded_at = now.isoformat(timespec="seconds")
        self._session = session
        self._tails: dict[str, _Tail] = {}
        self._rows: list[dict[str, Any]] = []
        self._days: list[StreamDayRow] = []  # kept, or the session would forget them

    def lock(self, agencies: Iterable[str]) -> None:
        """Lock the streams of agencies; those that do not exist are passed over."""
        missing = set(agencies) - set(self._tails)
        if not missing:
            return
        for agency, seq in lock_agencies(self._session, missing).items():
            self._tails[agency] = _Tail(seq, self.recorded_at)
        rows = self._session.scalars(  # today's, which `_roll` asks for, or a later one
            select(StreamDayRow)
            .where(StreamDayRow.agency.in_(missing), StreamDayRow.day >= self.recorded_at[:10])
            .order_by(StreamDayRow.day)
        )
        for row in rows:
            self._days.append(row)
            if row.day > self.recorded_at[:10]:
                self._tails[row.agency].recorded_at = f"{row.day}T23:59:59+00:00"

    def seq(self, agency: str) -> int | None:
        """Return the last sequence of a stream that is locked; None for no such agency."""
        tail = self._tails.get(agency)
        return None if tail is None else tail.seq

    def append(self, agency: str, event: Event, *, origin: str, home_seq: int | None = None) -> int:
        """Put an event at the end of an agency's stream; return its place.

        Args:
            agency: whose stream; locked before.
            event: of a dossier.
            origin: agency of the store that made it.
            home_seq: its place in the home stream; None if this is that stream.
        """
        tail = self._tails[agency]
        tail.seq += 1
        tail.hashes.append(event.hash)
        self._rows.append(
            {
                "agency": agency,
                "seq": tail.seq,
                "origin": origin,
                "store": event.store,
                "n": event.n,
                "dossier": event.dossier,
                "home_seq": tail.seq if home_seq is None else home_seq,
                "recorded_at": tail.recorded_at,
            }
        )
        return tail.seq

    def save(self) -> None:
        """Write places, counters and rolling hashes of the day."""
        if not self._rows:
            return
        insert_all(self._session, StreamRow, self._rows)
        self._rows.clear()
        for agency, tail in self._tails.items():
            if tail.hashes:
                self._session.execute(
                    update(AgencyRow).where(AgencyRow.agency == agency).values(last_seq=tail.seq)
                )
                self._roll(agency, tail)
        self._session.flush()

    def _roll(self, agency: str, tail: _Tail) -> None:
        """Carry the day's rolling hash forward, one row a day."""
        day = tail.recorded_at[:10]
        row = self._session.get(StreamDayRow, (agency, day))
        if row is None:
            row = StreamDayRow(agency=agency, day=day, count=0, hash="", upto=0)
            self._session.add(row)
        for event_hash in tail.hashes:
            row.hash = wire.roll(row.hash, event_hash)
        row.count += len(tail.hashes)
        row.upto = tail.seq
        tail.hashes.clear()
