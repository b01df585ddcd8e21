"""The register of a day, read from the store: receptions, prints, numbers, and who has them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session

from app.domain import codes
from app.domain.bodies import DayClosed, DocumentPrinted, EventMended
from app.domain.events import moment, read_body
from app.domain.fold import Dossier
from app.models import events, projection
from app.models.base import (
    CodeRow,
    DossierRow,
    EventRow,
    NumberMark,
    PrintJobRow,
    RangeRow,
    SnapshotRow,
)
from app.services.desk import VIETNAM

RECEIPT = "01"
ON_PAPER = ("printed", "saved")
_CLOCKS_MAY_DIFFER = dt.timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """One time that a receipt left, as its event says.

    Attributes:
        is_settled: False while nobody knows whether paper came out.
        order: of its event among all events here.
        place: where the event stands in the server's stream, None if it is not known.
        is_stored: the server has said that it holds the event.
    """

    version: int
    copy: int
    outcome: str
    sha256: str
    at: str
    n: int
    order: int
    place: int | None
    is_stored: bool
    is_settled: bool = True

    @property
    def left(self) -> bool:
        """True if it is in somebody's hand, on paper or as a file."""
        return self.outcome in ON_PAPER


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One dossier of the day's register.

    Attributes:
        is_of_day: received on the day; else only its paper was printed then.
        store, n, hash: of the reception event, or of what was sent in its place.
        place: of that event in the server's stream, None if it is not known.
        refusal: the server's words, "" if it took the event.
        coded: order of the event that gave it its present code, 0 for the reception.
    """

    dossier: UUID
    code: str
    former_codes: tuple[str, ...]
    received_at: dt.datetime
    is_of_day: bool
    voided: bool
    provisional: bool
    version: int
    store: UUID
    n: int
    hash: bytes
    place: int | None
    is_stored: bool
    refusal: str
    coded: int
    prints: tuple[Print, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSpan:
    """Numbers of the day that are given out but not used; inclusive."""

    first: int
    last: int
    kind: str


class Register:
    """Reads what one day of this station consists of."""

    def __init__(self, session: Session, agency: str, on: dt.date) -> None:
        self._session, self._agency, self._on = session, agency, on
        self._own = events.own_stores(session)
        self._have = {store: events.have(session, store) for store in self._own}

    def entries(self) -> Iterable[Entry]:
        """Yield the dossiers received here on the day, then those only printed on it."""
        receptions = self._session.execute(
            select(EventRow, SnapshotRow.content, DossierRow.day)
            .join(DossierRow, DossierRow.id == EventRow.dossier)
            .join(SnapshotRow, SnapshotRow.row == DossierRow.row)
            .where(
                EventRow.kind == "dossier.received",
                EventRow.store.in_(self._own),
                or_(DossierRow.day == self._on, EventRow.dossier.in_(self._printed_today())),
            )
            .order_by(DossierRow.day != self._on, EventRow.place)
        ).all()
        dossiers = [row.EventRow.dossier for row in receptions]
        prints, mended = self._prints(dossiers), self._mended(dossiers)
        coded = self._coded(dossiers)
        for row in receptions:
            event = mended.get((row.EventRow.store, row.EventRow.n), row.EventRow)
            folded = projection.read_snapshot(row.content)
            is_of_day = row.day == self._on
            yield self._entry(folded, event, is_of_day, coded.get(folded.id, 0), prints[folded.id])

    def _printed_today(self) -> list[UUID]:
        found = self._session.scalars(
            select(EventRow.dossier).where(
                EventRow.kind == "document.printed",
                self._recent(),
                EventRow.at.startswith(self._on.isoformat()),
            )
        )
        return [id for id in set(found) if id is not None]

    def _recent(self) -> ColumnElement[bool]:
        """Return a condition for own events not long before the day, found by their number.

        A store may hold years of events, and the day's are near their end.
        """
        early = (self._on - _CLOCKS_MAY_DIFFER).isoformat()
        bounds = []
        for store in self._own:
            last_before = self._session.scalar(
                select(EventRow.n)
                .where(EventRow.store == store, EventRow.at < early)
                .order_by(EventRow.n.desc())
                .limit(1)
            )
            bounds.append(and_(EventRow.store == store, EventRow.n > (last_before or 0)))
        return or_(false(), *bounds)

    def _prints(self, dossiers: list[UUID]) -> dict[UUID, list[Print]]:
        rows = self._session.scalars(
            select(EventRow)
            .where(
                EventRow.kind == "document.printed",
                EventRow.store.in_(self._own),
                EventRow.dossier.in_(dossiers),
            )
            .order_by(EventRow.place)
        )
        found: dict[UUID, list[Print]] = defaultdict(list)
        for row in rows:
            body = msgspec.json.decode(row.body, type=DocumentPrinted)
            if body.form == RECEIPT and row.dossier is not None:
                _add_print(found[row.dossier], self._print(row, body), by_eye=body.by_eye)
        return found

    def _print(self, row: EventRow, body: DocumentPrinted) -> Print:
        return Print(
            version=body.version,
            copy=body.copy,
            outcome=body.outcome,
            sha256=body.sha256,
            at=row.at,
            n=row.n,
            order=row.place,
            place=row.seq,
            is_stored=self._is_stored(row),
            is_settled=body.outcome != "unknown",
        )

    def _mended(self, dossiers: list[UUID]) -> dict[tuple[UUID, int], EventRow]:
        """Return the events that stand in the place of refused ones."""
        rows = self._session.scalars(
            select(EventRow)
            .where(EventRow.kind == "event.mended", EventRow.dossier.in_(dossiers))
            .order_by(EventRow.place)
        )
        found = {}
        for row in rows:
            body = msgspec.json.decode(row.body, type=EventMended)
            found[(body.store, body.n)] = row
        return found

    def _coded(self, dossiers: list[UUID]) -> dict[UUID, int]:
        rows = self._session.execute(
            select(EventRow.dossier, func.max(EventRow.place))
            .where(EventRow.kind == "code.corrected", EventRow.dossier.in_(dossiers))
            .group_by(EventRow.dossier)
        )
        return {row[0]: row[1] for row in rows if row[0] is not None}

    def _is_stored(self, row: EventRow) -> bool:
        is_known = row.seq is not None or row.n <= self._have.get(row.store, 0)
        return is_known and row.refusal is None

    def _entry(
        self, folded: Dossier, event: EventRow, is_of_day: bool, coded: int, prints: list[Print]
    ) -> Entry:
        return Entry(
            dossier=folded.id,
            code=folded.code,
            former_codes=folded.former_codes,
            received_at=folded.received_at.astimezone(VIETNAM),
            is_of_day=is_of_day,
            voided=folded.voided,
            provisional=folded.provisional,
            version=folded.receipt_version,
            store=event.store,
            n=event.n,
            hash=event.hash,
            place=event.seq,
            is_stored=self._is_stored(event),
            refusal=event.refusal or "",
            coded=coded,
            prints=tuple(prints),
        )

    def jobs_without_event(self, entries: Iterable[Entry]) -> list[tuple[str, int]]:
        """Return (code, job) of the print jobs that put out a receipt of which no event tells."""
        known = {(e.dossier, p.version, p.copy) for e in entries for p in e.prints}
        first = dt.datetime.combine(self._on, dt.time(), VIETNAM)
        rows = self._session.scalars(
            select(PrintJobRow).where(
                PrintJobRow.form == RECEIPT,
                PrintJobRow.state == "printed",
                PrintJobRow.updated_at >= first,
                PrintJobRow.updated_at < first + dt.timedelta(days=1),
            )
        )
        return [
            (row.title.rpartition(" ")[2], row.id)
            for row in rows
            if (row.dossier, row.version, row.copy) not in known
        ]

    def numbers(self) -> tuple[list[int], tuple[NumberSpan, ...]]:
        """Return the numbers drawn here that no dossier bears, and those left over."""
        bearing = self._session.scalars(
            select(CodeRow.code).where(CodeRow.code.like(f"%-{self._on:%y%m%d}-%"))
        )
        parts = [codes.read_code(code) for code in bearing]
        used = {p.number for p in parts if p and (p.agency, p.day) == (self._agency, self._on)}
        rows = self._session.execute(
            select(RangeRow, NumberMark.last)
            .outerjoin(
                NumberMark,
                and_(NumberMark.range_id == RangeRow.id, NumberMark.day == self._on),
            )
            .where(
                RangeRow.incarnation.in_(self._own),
                RangeRow.agency == self._agency,
                RangeRow.from_day <= self._on,
                RangeRow.to_day >= self._on,
            )
            .order_by(RangeRow.first)
        ).all()
        missing: list[int] = []
        unused: list[NumberSpan] = []
        for row, last in rows:
            drawn_to = row.first - 1 if last is None else last
            missing += [n for n in range(row.first, drawn_to + 1) if n not in used]
            if drawn_to < row.last:
                unused.append(NumberSpan(first=drawn_to + 1, last=row.last, kind=row.kind))
        return missing, tuple(unused)

    def closings(self) -> int:
        """Return how often this day was closed before."""
        return len(self.closing_events())

    def closing_events(self) -> list[tuple[dt.datetime, str, DayClosed]]:
        """Return (moment, clerk, body) of every closing of this day, in order."""
        rows = self._session.scalars(
            select(EventRow)
            .where(EventRow.kind == "day.closed", self._recent())
            .order_by(EventRow.place)
        )
        found = []
        for row in rows:
            body, at = read_body(row.kind, row.v, row.body), moment(row.at)
            if body.day == self._on and at is not None:
                found.append((at, row.actor, body))
        return found


def _add_print(prints: list[Print], new: Print, *, by_eye: bool) -> None:
    """Add a print; what an eye settled stands in the place of the unknown outcome."""
    if by_eye:
        for i, former in enumerate(prints):
            if (former.version, former.copy, former.outcome) == (new.version, new.copy, "unknown"):
                prints[i] = new
                return
    prints.append(new)
