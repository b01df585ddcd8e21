"""Paper goes on to a unit or another agency, with a slip; a scan of the slip confirms it.

Source: NĐ 118/2025/NĐ-CP Điều 18 k2 as amended by NĐ 309/2026: on the working day of reception,
or at the beginning of the next one if received after 15:00.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import bodies
from app.domain.codes import slip_number
from app.domain.fold import Dossier
from app.domain.status import BusinessState
from app.models import events, projection
from app.models.base import CourseRow, DossierRow, SnapshotRow
from app.services import lookup, processing
from app.services.acting import NotNow, load, record, require, require_words
from app.services.desk import VIETNAM, Clerk, Desk

_MARK = "slip:last"
_SAME_DAY_UNTIL = dt.time(15)
_MOST = 200


class NoSuchSlip(NotNow):
    """No dossier here was handed over with this slip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnSlip:
    """A dossier on a slip, or on the list before there is one.

    Attributes:
        by: until when it should go on, by the law.
        is_taken: somebody confirmed that they have it.
    """

    id: UUID
    code: str
    procedure: str
    owner: str
    papers: int
    received_at: dt.datetime
    due_at: dt.datetime
    by: dt.datetime
    is_taken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """A slip that was made: its number stands on it as a barcode."""

    number: str
    to_agency: str
    to_unit: str
    dossiers: tuple[OnSlip, ...]


def waiting(desk: Desk, limit: int = _MOST) -> tuple[OnSlip, ...]:
    """Return dossiers received here that never went on, the oldest first.

    What lacked papers and has them now waits too.
    """
    with desk.store.database.reading() as session:
        rows = session.scalars(
            select(SnapshotRow.content)
            .join(DossierRow, DossierRow.row == SnapshotRow.row)
            .join(CourseRow, CourseRow.row == DossierRow.row)
            .where(
                DossierRow.is_open,
                DossierRow.state.in_((int(BusinessState.RECEIVED), int(BusinessState.IN_WORK))),
                DossierRow.agency == desk.store.station.agency,
                CourseRow.with_agency == "",
                CourseRow.holder == "",
            )
            .order_by(DossierRow.row)
            .limit(limit)
        ).all()
        return tuple(_on_slip(desk, projection.read_snapshot(raw)) for raw in rows)


def by_code(desk: Desk, code: str) -> OnSlip:
    """Return a dossier to be put on a list, by a code as scanned or typed.

    Raises:
        NoSuchDossier: none bears the code.
        NotNow: it cannot go on: void, closed, or with a result.
    """
    dossier = lookup.by_code(desk, code)
    with desk.store.database.reading() as session:
        folded = load(session, dossier)
    _check(folded)
    return _on_slip(desk, folded)


def _check(folded: Dossier) -> None:
    if not folded.is_open or folded.state in (
        BusinessState.FINISHED, BusinessState.AWAITING_SUPPLEMENT,
    ):  # fmt: skip
        state = "Đã hoàn tác" if folded.voided else folded.state.words
        raise NotNow(
            f"Hồ sơ {folded.code} đang “{state}”, không bàn giao được.", "Bỏ qua hồ sơ này."
        )


def _on_slip(desk: Desk, folded: Dossier) -> OnSlip:
    received = folded.received_at.astimezone(VIETNAM)
    return OnSlip(
        id=folded.id,
        code=folded.code,
        procedure=folded.procedure,
        owner=folded.owner.name,
        papers=sum(p.count for p in folded.papers),
        received_at=received,
        due_at=folded.due_at.astimezone(VIETNAM),
        by=must_go_by(desk, received),
        is_taken=bool(folded.holder),
    )


def must_go_by(desk: Desk, received_at: dt.datetime) -> dt.datetime:
    """Return until when a paper dossier should be on its way (Điều 18 k2)."""
    calendar = desk.catalogue().calendar(received_at.date())
    day = received_at.date()
    if calendar.is_working(day) and received_at.time() < _SAME_DAY_UNTIL:
        return calendar.closing(day, received_at)
    following = next(calendar.working_days_from(day + dt.timedelta(days=1)))
    opens = calendar.sessions_on(following)[0].opens
    return dt.datetime.combine(following, opens, received_at.tzinfo)


def hand_over(
    desk: Desk,
    clerk: Clerk,
    dossiers: Sequence[UUID],
    *,
    to_agency: str = "",
    to_unit: str = "",
    note: str = "",
) -> Slip:
    """Note that dossiers went on together; all of them or none.

    Args:
        desk, clerk: who gives.
        dossiers: in the order of the list.
        to_agency: code of another agency, "" for the own one.
        to_unit: of that agency, as people call it.
        note: printed on the slip.

    Raises:
        NotYours: none of the clerk's roles may.
        NotNow: nothing on the list, nobody named, or one of them cannot go on.
    """
    require(clerk, "hand_over")
    if not dossiers:
        raise NotNow("Danh sách bàn giao còn trống.", "Quét hoặc gõ mã từng hồ sơ.")
    agency = to_agency or desk.store.station.agency
    if agency == desk.store.station.agency:
        to_unit = require_words(to_unit, "Chưa nói giao cho ai.", "Chọn phòng, bộ phận nhận.")
    with desk.store.acting() as session:
        number = _next_slip(session)
        found = []
        for dossier in dict.fromkeys(dossiers):
            folded = load(session, dossier)
            _check(folded)
            body = bodies.StageHandedOver(
                to_agency=agency,
                to_unit=to_unit,
                note=" ".join(note.split()),
                slip=number,
                stage=processing.next_stage(desk, folded),
            )
            record(session, desk, clerk, "stage.handed_over", body, dossier)
            found.append(_on_slip(desk, load(session, dossier)))
    return Slip(number=number, to_agency=agency, to_unit=to_unit, dossiers=tuple(found))


def _next_slip(session: Session) -> str:
    last = int(events.get_fact(session, _MARK, "0")) + 1
    events.set_fact(session, _MARK, str(last))
    return slip_number(events.incarnation(session), last)


def find_slip(desk: Desk, number: str) -> Slip:
    """Return what was handed over with a slip, as it stands now.

    Raises:
        NoSuchSlip: nothing here was.
    """
    with desk.store.database.reading() as session:
        folded = _of_slip(session, number)
    first = folded[0]
    return Slip(
        number=number.strip().upper(),
        to_agency=first.with_agency,
        to_unit=first.unit,
        dossiers=tuple(_on_slip(desk, one) for one in folded),
    )


def _of_slip(session: Session, number: str) -> list[Dossier]:
    rows = session.scalars(
        select(SnapshotRow.content)
        .join(CourseRow, CourseRow.row == SnapshotRow.row)
        .where(CourseRow.slip == number.strip().upper(), CourseRow.slip != "")
        .order_by(SnapshotRow.row)
    ).all()
    if not rows:
        raise NoSuchSlip(
            f"Không thấy phiếu bàn giao {number} trên máy này.",
            "Bấm F5 để nhận dữ liệu mới; hoặc quét lại mã trên phiếu.",
        )
    return [projection.read_snapshot(raw) for raw in rows]


def confirm(desk: Desk, clerk: Clerk, number: str) -> int:
    """Note that the clerk has what a slip lists; returns how many were taken.

    What somebody took already stays with them.

    Raises:
        NotYours: no officer, leader or supervisor.
        NoSuchSlip: nothing was handed over with it.
    """
    require(clerk, "process")
    count = 0
    with desk.store.acting() as session:
        for folded in _of_slip(session, number):
            if folded.holder or not folded.is_open:
                continue
            body = bodies.StageTaken(unit=folded.unit, stage=processing.next_stage(desk, folded))
            record(session, desk, clerk, "stage.taken", body, folded.id)
            count += 1
    return count
