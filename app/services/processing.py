"""What an officer or leader does with a dossier, and the queue they work from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnExpressionArgument, and_, func, or_, select
from sqlalchemy.orm import Session

from app.domain import bodies
from app.domain.catalogue import Procedure, agency_kind_words
from app.domain.fold import Dossier
from app.domain.status import BusinessState
from app.models import books
from app.models.base import CourseRow, DossierRow
from app.services.acting import NotNow, act, load, record, require, require_words
from app.services.desk import VIETNAM, Clerk, Desk
from app.services.lookup import COUNTED_TO
from app.services.paperwork.told import read

PAGE = 50
_Condition = ColumnExpressionArgument[bool]
_AT_WORK = (int(BusinessState.RECEIVED), int(BusinessState.IN_WORK),
            int(BusinessState.AWAITING_PAYMENT))  # fmt: skip


class Queue(StrEnum):
    """Which dossiers somebody works on."""

    MINE = "mine"
    UNIT = "unit"
    TO_SIGN = "to_sign"
    WAITING = "waiting"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A line of a queue; no ID or phone number is in it.

    Attributes:
        paused: the clock stands still for the citizen.
        proposal: "", "made", "signed" or "declined".
    """

    row: int
    id: UUID
    code: str
    procedure: str
    owner: str
    received_at: dt.datetime
    due_at: dt.datetime
    state: BusinessState
    holder: str
    unit: str
    with_agency: str
    stage: str
    proposal: str
    extended: bool

    @property
    def paused(self) -> bool:
        """True while the citizen has to bring something."""
        return self.state is BusinessState.AWAITING_SUPPLEMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkPage:
    """Up to `PAGE` lines by due date; `next_after` continues, None at the end."""

    lines: tuple[Work, ...]
    next_after: tuple[dt.datetime, int] | None


def queue(
    desk: Desk,
    clerk: Clerk,
    which: Queue,
    *,
    unit: str = "",
    after: tuple[dt.datetime, int] | None = None,
) -> WorkPage:
    """Return open dossiers without a result, the most urgent first.

    Args:
        desk, clerk: whose queue.
        which: mine; handed to the unit and taken by nobody; laid before the leader; waiting for
            the citizen; or all of the agency's.
        unit: for `Queue.UNIT`; "" for those handed to no unit yet.
        after: the former page's `next_after`.
    """
    query = (
        select(DossierRow, CourseRow)
        .join(CourseRow, CourseRow.row == DossierRow.row)
        .where(*_conditions(which, clerk.user, unit))
    )
    if after is not None:
        query = query.where(
            or_(
                DossierRow.due_at > after[0],
                and_(DossierRow.due_at == after[0], DossierRow.row > after[1]),
            )
        )
    with desk.store.database.reading() as session:
        rows = session.execute(query.order_by(DossierRow.due_at, DossierRow.row).limit(PAGE)).all()
        lines = tuple(_work(row, course) for row, course in rows)
    more = (lines[-1].due_at, lines[-1].row) if len(lines) == PAGE else None
    return WorkPage(lines=lines, next_after=more)


def how_many(desk: Desk, clerk: Clerk, which: Queue, *, unit: str = "") -> str:
    """Return how many a queue has, "" for none; counts no further than `lookup.COUNTED_TO`."""
    some = (
        select(DossierRow.row)
        .join(CourseRow, CourseRow.row == DossierRow.row)
        .where(*_conditions(which, clerk.user, unit))
        .limit(COUNTED_TO)
        .subquery()
    )
    with desk.store.database.reading() as session:
        count = session.scalar(select(func.count()).select_from(some)) or 0
    return f"{count}+" if count >= COUNTED_TO else str(count) if count else ""


def _conditions(which: Queue, user: str, unit: str) -> Sequence[_Condition]:
    open_ones = (DossierRow.is_open, DossierRow.state != int(BusinessState.FINISHED))
    at_work = DossierRow.state.in_(_AT_WORK)
    if which is Queue.MINE:
        return (*open_ones, CourseRow.holder == user, at_work)
    if which is Queue.UNIT:
        return (*open_ones, CourseRow.holder == "", CourseRow.unit == unit, at_work)
    if which is Queue.TO_SIGN:
        return (*open_ones, CourseRow.proposal == "made")
    if which is Queue.WAITING:
        return (*open_ones, DossierRow.state == int(BusinessState.AWAITING_SUPPLEMENT))
    return open_ones


def _work(row: DossierRow, course: CourseRow) -> Work:
    return Work(
        row=row.row,
        id=row.id,
        code=row.code,
        procedure=row.procedure,
        owner=row.owner,
        received_at=row.received_at.astimezone(VIETNAM),
        due_at=row.due_at.astimezone(VIETNAM),
        state=BusinessState(row.state),
        holder=course.holder,
        unit=course.unit,
        with_agency=course.with_agency,
        stage=course.stage,
        proposal=course.proposal,
        extended=course.extended,
    )


def take(desk: Desk, clerk: Clerk, dossiers: Sequence[UUID], unit: str = "") -> int:
    """Take dossiers up; the clerk holds them from now on. Returns how many.

    Raises:
        NotYours: no officer, leader or supervisor.
        NotNow: the state of one does not allow it; none was taken.
    """
    require(clerk, "process")
    with desk.store.acting() as session:
        for dossier in dossiers:
            stage = next_stage(desk, load(session, dossier))
            body = bodies.StageTaken(unit=unit, stage=stage)
            record(session, desk, clerk, "stage.taken", body, dossier)
    return len(dossiers)


def propose(
    desk: Desk, clerk: Clerk, dossier: UUID, outcome: Literal["grant", "refuse"], words: str
) -> Dossier:
    """Lay an answer before the leader.

    Raises:
        NotYours: no officer, leader or supervisor.
        NotNow: one waits already, no words, or the state does not allow it.
    """
    require(clerk, "process")
    words = require_words(words, "Trình ký cần trích yếu.", "Gõ trích yếu kết quả, hoặc lý do.")
    body = bodies.ProposalMade(outcome=outcome, words=words)
    return act(desk, clerk, "proposal.made", body, dossier)


def sign(desk: Desk, clerk: Clerk, dossier: UUID, note: str = "") -> Dossier:
    """Agree to what was laid before the leader.

    Raises:
        NotYours: no leader.
        NotNow: nothing waits.
    """
    require(clerk, "sign")
    body = bodies.ProposalSigned(note=" ".join(note.split()))
    return act(desk, clerk, "proposal.signed", body, dossier)


def decline(desk: Desk, clerk: Clerk, dossier: UUID, reason: str) -> Dossier:
    """Send what was laid before the leader back.

    Raises:
        NotYours: no leader.
        NotNow: nothing waits, or no reason.
    """
    require(clerk, "sign")
    reason = require_words(reason, "Trả lại dự thảo cần lý do.", "Gõ chỗ phải sửa.")
    return act(desk, clerk, "proposal.declined", bodies.ProposalDeclined(reason=reason), dossier)


def extend(desk: Desk, clerk: Clerk, dossier: UUID, to: dt.date, reason: str) -> Dossier:
    """Move the due date once, to the closing time of a working day; form 04 apologises.

    Source: provincial decisions under NĐ 118/2025/NĐ-CP: one day before the due date at the
    latest, and once only.

    Raises:
        NotYours: no officer, leader or supervisor.
        NotNow: a day off, no reason, moved before, or not later than the present date.
    """
    require(clerk, "process")
    reason = require_words(
        reason, "Xin lùi hạn cần lý do.", "Gõ lý do, sẽ in trên văn bản xin lỗi."
    )
    calendar = desk.catalogue().calendar(to)
    if not calendar.is_working(to):
        raise NotNow(f"Ngày {to:%d/%m/%Y} là ngày nghỉ.", "Chọn một ngày làm việc.")
    due = calendar.closing(to, desk.now())
    return act(desk, clerk, "due.extended", bodies.DueExtended(due_at=due, reason=reason), dossier)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageLine:
    """One stage of a linked group: whose turn it is, and how it stands.

    Attributes:
        due_at: None where the term is open, or the stage is optional and not begun.
        words: "chưa tới lượt", "đang làm", "đã xong …".
    """

    key: str
    name: str
    agency: str
    due_at: dt.datetime | None
    is_done: bool
    is_current: bool
    words: str


def stages(desk: Desk, dossier: UUID) -> tuple[StageLine, ...]:
    """Return the stages of a linked dossier with agency, due date and state; () of another.

    Raises:
        NoSuchDossier: there is none.
    """
    with desk.store.database.reading() as session:
        told = read(session, desk, dossier)
    folded, procedure = told.dossier, told.procedure
    dues = {s.stage: s.due_at.astimezone(VIETNAM) for s in folded.stages}
    current = _current_stage(procedure, folded)
    lines = []
    for stage in procedure.stages:
        state = folded.stage_states.get(stage.key)
        agency = told.agency_name(state.agency) if state and state.agency else ""
        lines.append(
            StageLine(
                key=stage.key,
                name=stage.name,
                agency=agency or agency_kind_words(stage.agency_kind),
                due_at=dues.get(stage.key),
                is_done=bool(state and state.done_at),
                is_current=stage.key == current,
                words=_stage_words(folded, stage.key, is_current=stage.key == current),
            )
        )
    return tuple(lines)


def _stage_words(dossier: Dossier, stage: str, *, is_current: bool) -> str:
    state = dossier.stage_states.get(stage)
    if state is not None and state.done_at is not None:
        result = f": {state.result}" if state.result else ""
        return f"đã xong {state.done_at.astimezone(VIETNAM):%d/%m %H:%M}{result}"
    if state is not None and state.taken_at is not None:
        return f"đang làm từ {state.taken_at.astimezone(VIETNAM):%d/%m %H:%M}"
    if state is not None and state.acknowledged_at is not None:
        return f"cơ quan đã nhận {state.acknowledged_at.astimezone(VIETNAM):%d/%m %H:%M}"
    if state is not None and state.handed_at is not None:
        return f"đã chuyển {state.handed_at.astimezone(VIETNAM):%d/%m %H:%M}, chưa xác nhận"
    return "đang tới lượt" if is_current else "chưa tới lượt"


def _current_stage(procedure: Procedure, dossier: Dossier) -> str:
    """Return the first stage that is not done and not optional unless begun; "" at the end."""
    for stage in procedure.stages:
        state = dossier.stage_states.get(stage.key)
        if state is not None and state.done_at is not None:
            continue
        if stage.optional and state is None:
            continue
        return stage.key
    return ""


def next_stage(desk: Desk, dossier: Dossier) -> str:
    """Return the stage of a linked dossier whose turn it is, "" of another."""
    try:
        procedure = desk.catalogue().procedure(
            dossier.procedure, dossier.received_at.astimezone(VIETNAM).date()
        )
    except KeyError:  # abolished since; its stages are those of the hand-overs
        return dossier.stage
    return _current_stage(procedure, dossier)


def complete_stage(desk: Desk, clerk: Clerk, dossier: UUID, stage: str, result: str) -> Dossier:
    """Note that one stage of a linked group is done, with its result.

    Raises:
        NotYours: no officer, leader or supervisor.
        NotNow: the state does not allow it.
    """
    require(clerk, "process")
    body = bodies.StageCompleted(stage=stage, result=" ".join(result.split()))
    return act(desk, clerk, "stage.completed", body, dossier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A result as typed.

    Attributes:
        number: as on the document, "" to take the next of `book`.
        book: suffix of a book of certifications, "" for none.
    """

    name: str
    number: str = ""
    issued_on: dt.date | None = None
    copies: int = 1
    place: str = ""
    book: str = ""


def record_result(desk: Desk, clerk: Clerk, dossier: UUID, result: Result) -> Dossier:
    """Note that the result exists and waits at the counter.

    Raises:
        NotYours: none of the clerk's roles may.
        NotNow: no name, a proposal still waits for the leader, or the state does not allow it.
    """
    require(clerk, "record")
    with desk.store.acting() as session:
        record_result_in(session, desk, clerk, dossier, result)
        return load(session, dossier)


def record_result_in(
    session: Session, desk: Desk, clerk: Clerk, dossier: UUID, result: Result
) -> None:
    """Do as `record_result` within a transaction; roles are asked by the caller."""
    name = require_words(result.name, "Kết quả cần tên.", "Gõ tên, ví dụ: “Giấy khai sinh”.")
    folded = load(session, dossier)
    if folded.proposal is not None and folded.proposal.state == "made":
        raise NotNow(f"Hồ sơ {folded.code} đang chờ lãnh đạo ký.", "Ký hoặc trả lại trước đã.")
    now = desk.now()
    book = number = ""
    if result.book:
        book = books.name_of(session, result.book, now.year)
        number = str(books.take(session, book))
    body = bodies.ResultRecorded(
        name=name,
        number=" ".join(result.number.split()) or number,
        issued_on=result.issued_on or now.date(),
        copies=result.copies,
        place=" ".join(result.place.split()),
        book=book,
    )
    record(session, desk, clerk, "result.recorded", body, dossier)
