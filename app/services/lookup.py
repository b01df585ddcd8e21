"""Read-only lists and searches; they page by key and count nothing."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, text
from sqlalchemy.orm import Session

from app.domain.bodies import Looked
from app.domain.fold import Dossier
from app.domain.reports import WITHOUT_RESULT, Timeliness
from app.domain.status import BusinessState, SyncState
from app.domain.text import folded_words
from app.errors import AppError
from app.models import events, projection
from app.models.base import (
    CodeRow,
    CourseRow,
    DossierRow,
    EventRow,
    PageRow,
    SearchWordRow,
)
from app.services.desk import VIETNAM, Clerk, Desk

PAGE = 50
LOCAL = "+7 hours"
_MOST_WORDS = 64  # that begin alike
_MOST_PAGES = 40  # of matches that are looked through for those a filter lets pass


class NoSuchDossier(AppError):
    """No dossier on this station answers to the code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A line of a list; IDs and phones are not in it."""

    row: int
    id: UUID
    code: str
    procedure: str
    submitter: str
    owner: str
    received_at: dt.datetime
    due_at: dt.datetime
    state: BusinessState
    payment: str
    voided: bool
    provisional: bool
    page_count: int
    sync: SyncState

    @property
    def state_words(self) -> str:
        """The state as shown, an undone reception included."""
        return "Đã hoàn tác" if self.voided else self.state.words


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """Up to `PAGE` lines, newest first; `next_before` continues, None at the end."""

    lines: tuple[Listed, ...]
    next_before: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which dossiers a list shows; every field narrows it.

    Attributes:
        day: received on it; `first_day` and `last_day`, both included, likewise.
        open_only: still to be worked on.
        waiting_only: an own event is not at the server yet.
        needs_look: refused or in conflict.
        overdue_at: open and due before this moment.
        due_from, due_to: open, without a result, and due in between.
        state: business state.
        procedure: national code; `procedures` any of several.
        clerk: user id of who received it.
        channel: 1 at the counter, 2 online, 3 by post, 0 any.
        weekday, hour: of the reception; Monday is 0.
        ended_first, ended_last: the work ended in between; with `stands` how, see `Timeliness`.
        counts_on: belongs to a report that begins on this day: not ended before it, nor void.
    """

    day: dt.date | None = None
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    open_only: bool = False
    waiting_only: bool = False
    needs_look: bool = False
    overdue_at: dt.datetime | None = None
    due_from: dt.datetime | None = None
    due_to: dt.datetime | None = None
    state: BusinessState | None = None
    procedure: str = ""
    procedures: tuple[str, ...] = ()
    clerk: str = ""
    channel: int = 0
    weekday: int | None = None
    hour: int | None = None
    ended_first: dt.date | None = None
    ended_last: dt.date | None = None
    stands: Timeliness | None = None
    counts_on: dt.date | None = None


def _narrowed(session: Session, query: Select[Any], wanted: Filter) -> Select[Any]:
    if wanted.day is not None:
        query = query.where(DossierRow.day == wanted.day)
    if wanted.first_day is not None:
        query = query.where(DossierRow.day >= wanted.first_day)
    if wanted.last_day is not None:
        query = query.where(DossierRow.day <= wanted.last_day)
    if wanted.open_only:
        query = query.where(DossierRow.is_open)
    if wanted.overdue_at is not None:
        query = query.where(_at_work(), DossierRow.due_at < wanted.overdue_at)
    if wanted.due_from is not None and wanted.due_to is not None:
        query = query.where(
            _at_work(), DossierRow.due_at >= wanted.due_from, DossierRow.due_at < wanted.due_to
        )
    if wanted.needs_look:
        query = query.where(DossierRow.needs_look)
    if wanted.state is not None:
        query = query.where(DossierRow.state == int(wanted.state))
    if wanted.procedure:
        query = query.where(DossierRow.procedure == wanted.procedure)
    if wanted.procedures:
        query = query.where(DossierRow.procedure.in_(wanted.procedures))
    if wanted.waiting_only:
        query = query.where(DossierRow.id.in_(_waiting(session)))
    if wanted.weekday is not None:
        weekday = str((wanted.weekday + 1) % 7)
        query = query.where(func.strftime("%w", DossierRow.received_at, LOCAL) == weekday)
    if wanted.hour is not None:
        hour = f"{wanted.hour:02d}"
        query = query.where(func.strftime("%H", DossierRow.received_at, LOCAL) == hour)
    conditions = list(_of_course(wanted))
    if conditions:
        query = query.join(CourseRow, CourseRow.row == DossierRow.row).where(*conditions)
    return query


def _of_course(wanted: Filter) -> Iterable[ColumnElement[bool]]:
    """Yield what is asked of the course of the work."""
    if wanted.clerk:
        yield CourseRow.clerk == wanted.clerk
    if wanted.channel:
        yield CourseRow.channel == wanted.channel
    ended, due = func.date(CourseRow.ended_at, LOCAL), func.date(DossierRow.due_at, LOCAL)
    if wanted.ended_first is not None:
        begin = dt.datetime.combine(wanted.ended_first, dt.time(), VIETNAM)
        yield CourseRow.ended_at >= begin
    if wanted.ended_last is not None:
        end = dt.datetime.combine(wanted.ended_last, dt.time.max, VIETNAM)
        is_going_on = wanted.stands in (Timeliness.PENDING, Timeliness.OVERDUE)
        yield (
            or_(CourseRow.ended_at.is_(None), CourseRow.ended_at > end)
            if is_going_on
            else CourseRow.ended_at <= end
        )
    if wanted.counts_on is not None:
        begin = dt.datetime.combine(wanted.counts_on, dt.time(), VIETNAM)
        yield DossierRow.voided.is_(False)
        yield or_(
            CourseRow.ended_at.is_(None),
            CourseRow.ended_at >= begin,
            DossierRow.day >= wanted.counts_on,
        )
    ended_otherwise = DossierRow.state.in_([int(state) for state in WITHOUT_RESULT])
    if wanted.stands is Timeliness.EARLY:
        yield and_(ended < due, ~ended_otherwise)
    elif wanted.stands is Timeliness.ON_TIME:
        yield or_(ended == due, ended_otherwise)
    elif wanted.stands is Timeliness.LATE:
        yield and_(ended > due, ~ended_otherwise)
    elif wanted.stands is not None:
        last = (wanted.ended_last or dt.date.max).isoformat()
        is_over = and_(due < last, DossierRow.state != int(BusinessState.AWAITING_SUPPLEMENT))
        yield is_over if wanted.stands is Timeliness.OVERDUE else ~is_over


def _at_work() -> ColumnElement[bool]:
    """Return a condition for work whose end is awaited: a result is no longer overdue."""
    return and_(DossierRow.is_open, DossierRow.state != int(BusinessState.FINISHED))


def newest(desk: Desk, wanted: Filter | None = None, *, before: int | None = None) -> ListPage:
    """Return a page of dossiers, newest first.

    Args:
        wanted: narrows the list.
        before: the former page's `next_before`.
    """
    with desk.store.database.reading() as session:
        return _page(session, _narrowed(session, _columns(before), wanted or Filter()))


COUNTED_TO = 999


def count(desk: Desk, wanted: Filter) -> int:
    """Return how many dossiers a filter shows; counts no further than `COUNTED_TO`."""
    with desk.store.database.reading() as session:
        some = _narrowed(session, select(DossierRow.row), wanted).limit(COUNTED_TO).subquery()
        return session.scalar(select(func.count()).select_from(some)) or 0


def find(
    desk: Desk, sought: str, wanted: Filter | None = None, *, before: int | None = None
) -> ListPage:
    """Return dossiers that match, newest first.

    Words match in any order and without marks, each as a beginning; digits
    match codes, ID and phone numbers, whole or by their last four or six.

    Args:
        sought: words.
        wanted: narrows what matches; not what bears exactly this code.
        before: the former page's `next_before`.
    """
    words = folded_words(sought)
    with desk.store.database.reading() as session:
        if not words:
            return ListPage(lines=(), next_before=None)
        exact = session.scalars(
            select(CodeRow.dossier).where(CodeRow.code == sought.strip().upper())
        ).all()
        if exact:
            return _page(session, _columns(before).where(DossierRow.id.in_(exact)))
        lines: list[Listed] = []
        for _ in range(_MOST_PAGES if wanted and wanted != Filter() else 1):
            rows = _matching_rows(session, words, before)
            query = _columns(None).where(DossierRow.row.in_(rows))
            lines += _page(session, _narrowed(session, query, wanted or Filter())).lines
            before = rows[-1] if len(rows) == PAGE else None
            if before is None or len(lines) >= PAGE:
                break
        return ListPage(lines=tuple(lines), next_before=before)


def _matching_rows(session: Session, words: Sequence[str], before: int | None) -> list[int]:
    terms = [_term(session, word) for word in words]
    if not all(terms):
        return []
    found = session.execute(
        text(
            "SELECT rowid FROM dossier_search WHERE dossier_search MATCH :match"
            " AND rowid < :before ORDER BY rowid DESC LIMIT :limit"
        ),
        {"match": " AND ".join(terms), "before": before or 2**62, "limit": PAGE},
    )
    return list(found.scalars())


def _term(session: Session, word: str) -> str:
    """Return what finds a word's beginning in the search index, "" if nothing begins so.

    The index merges whole lists for a beginning longer than it knows, which takes long for a
    frequent family name; for whole words, even several, it walks the lists only as far as asked.
    """
    if not projection.is_counted(word):
        return f'"{word}"*'
    column = SearchWordRow.word
    known = session.scalars(
        select(column).where(column >= word, column < word + "\u007f").limit(_MOST_WORDS + 1)
    ).all()
    if len(known) > _MOST_WORDS:
        return f'"{word}"*'
    found = " OR ".join(f'"{one}"' for one in known)
    return f"({found})" if known else ""


def _columns(before: int | None) -> Select[*tuple[Any, ...]]:
    query = select(
        DossierRow.row, DossierRow.id, DossierRow.code, DossierRow.procedure,
        DossierRow.submitter, DossierRow.owner, DossierRow.received_at, DossierRow.due_at,
        DossierRow.state, DossierRow.payment, DossierRow.voided, DossierRow.provisional,
        DossierRow.page_count, DossierRow.needs_look,
    )  # fmt: skip
    return query if before is None else query.where(DossierRow.row < before)


def _page(session: Session, query: Select[*tuple[Any, ...]]) -> ListPage:
    rows = session.execute(query.order_by(DossierRow.row.desc()).limit(PAGE)).all()
    lines = _listed_all(session, rows)
    return ListPage(lines=lines, next_before=lines[-1].row if len(lines) == PAGE else None)


def _waiting(session: Session) -> Select[UUID | None]:
    """Select the dossiers with an own event, of any incarnation, that the server lacks."""
    lacking = [
        and_(EventRow.store == store, EventRow.n > events.have(session, store))
        for store in events.own_stores(session)
    ]
    return select(EventRow.dossier).where(or_(*lacking))


def _listed_all(session: Session, rows: Sequence[Row[Any]]) -> tuple[Listed, ...]:
    ids = [row.id for row in rows]
    waiting = set(session.scalars(_waiting(session).where(EventRow.dossier.in_(ids))))
    return tuple(_listed(row, is_waiting=row.id in waiting) for row in rows)


def _listed(row: Row[Any], *, is_waiting: bool) -> Listed:
    sync = SyncState.WAITING if is_waiting else SyncState.STORED
    if row.needs_look:
        sync = SyncState.QUARANTINED
    return Listed(
        row=row.row,
        id=row.id,
        code=row.code,
        procedure=row.procedure,
        submitter=row.submitter,
        owner=row.owner,
        received_at=row.received_at.astimezone(VIETNAM),
        due_at=row.due_at.astimezone(VIETNAM),
        state=BusinessState(row.state),
        payment=row.payment,
        voided=row.voided,
        provisional=row.provisional,
        page_count=row.page_count,
        sync=sync,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One event of a dossier, for people."""

    at: str
    kind: str
    actor: str
    stored: bool
    refusal: str
    is_mended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A dossier whole: folded state, events, and how many pages the server holds."""

    dossier: Dossier
    timeline: tuple[TimelineEntry, ...]
    pages_stored: int
    sync: SyncState


def by_code(desk: Desk, code: str) -> UUID:
    """Return the dossier that ever bore `code`; a bare end of digits means today's.

    Of two that bear it the one that the server takes is meant.

    Raises:
        NoSuchDossier: none on this station.
    """
    sought = code.strip().upper()
    with desk.store.database.reading() as session:
        found = session.scalar(
            select(CodeRow.dossier)
            .join(DossierRow, DossierRow.id == CodeRow.dossier)
            .where(CodeRow.code == sought)
            .order_by(DossierRow.needs_look, DossierRow.row.desc())
            .limit(1)
        )
        if found is None and re.fullmatch(r"\d{1,5}", sought):
            found = session.scalar(
                select(DossierRow.id)
                .where(
                    DossierRow.day == desk.now().date(),
                    DossierRow.code.endswith(f"-{int(sought):04d}"),
                )
                .order_by(DossierRow.row.desc())
                .limit(1)
            )
    if found is None:
        raise NoSuchDossier(
            f"Không thấy hồ sơ {code} trên máy này.",
            "Kiểm tra lại mã, hoặc tìm theo tên; khi có mạng, bấm F5 để nhận dữ liệu mới.",
        )
    return found


def show(desk: Desk, dossier: UUID) -> Shown:
    """Return a dossier with its events.

    Raises:
        NoSuchDossier: none on this station.
    """
    with desk.store.database.reading() as session:
        folded = projection.load(session, dossier)
        if folded is None:
            raise NoSuchDossier("Không thấy hồ sơ này trên máy.")
        rows = session.scalars(
            select(EventRow)
            .where(EventRow.dossier == dossier)
            .order_by(EventRow.seq.is_(None), EventRow.seq, EventRow.place)
        ).all()
        own = set(events.own_stores(session))
        known = {store: events.have(session, store) for store in own}
        timeline = tuple(
            TimelineEntry(
                at=row.at,
                kind=row.kind,
                actor=row.actor,
                stored=row.store not in own or row.n <= known[row.store],
                refusal=row.refusal or "",
                is_mended=row.is_mended,
            )
            for row in rows
        )
        stored = session.scalars(
            select(PageRow.page).where(PageRow.dossier == dossier, PageRow.stored_at.is_not(None))
        ).all()
    sync = SyncState.STORED if all(e.stored for e in timeline) else SyncState.WAITING
    if folded.open_conflicts or any(e.refusal and not e.is_mended for e in timeline):
        sync = SyncState.QUARANTINED
    return Shown(dossier=folded, timeline=timeline, pages_stored=len(set(stored)), sync=sync)


def of_citizen(desk: Desk, id_number: str, limit: int = 10) -> tuple[Listed, ...]:
    """Return a citizen's dossiers on this station, newest first."""
    if not id_number:
        return ()
    with desk.store.database.reading() as session:
        rows = session.execute(
            _columns(None)
            .where(DossierRow.id_number == id_number)
            .order_by(DossierRow.row.desc())
            .limit(limit)
        ).all()
        return _listed_all(session, rows)


def viewed(desk: Desk, clerk: Clerk, dossier: UUID, *, reveals: bool = False) -> None:
    """Record that somebody looked at a dossier's personal data.

    Args:
        desk, clerk, dossier: who looked at what.
        reveals: ID and phone numbers were shown whole.
    """
    kind = "id.revealed" if reveals else "dossier.viewed"
    with desk.store.acting() as session:
        projection.record(session, events.Act(kind, Looked(), clerk.user, desk.now(), dossier))
