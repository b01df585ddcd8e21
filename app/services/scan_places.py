"""What pages are scanned for: a dossier or a draft with its papers; what waits for a scan."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.domain.catalogue import Procedure
from app.domain.fold import Dossier
from app.domain.papers import GivenPaper, Paper
from app.models import projection
from app.models.base import DossierRow
from app.services import intake
from app.services.desk import Desk

_LATER_LIMIT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperSlot:
    """A paper that pages can belong to.

    Attributes:
        sheets: documents handed in, 0 if nobody said.
        attached: pages that the dossier has already.
        is_secret: it must not be scanned.
        is_presented: it is shown and handed back, and need not be scanned.
    """

    key: str
    name: str
    sheets: int = 0
    attached: int = 0
    is_secret: bool = False
    is_presented: bool = False


@dataclass(frozen=True, slots=True)
class ScanPlace:
    """Where scanned pages go.

    Attributes:
        waiting_for: id of the dossier or the draft.
        is_dossier: pages are attached on F9; else they wait for the reception.
        title: as shown.
        papers: numbered from 1 in this order.
    """

    waiting_for: UUID
    is_dossier: bool
    title: str
    papers: tuple[PaperSlot, ...]


@dataclass(frozen=True, slots=True)
class ScanLater:
    """A dossier that was received with papers that nobody scanned yet."""

    dossier: UUID
    code: str
    submitter: str
    procedure: str
    received_at: dt.datetime


def of_dossier(desk: Desk, dossier: UUID) -> ScanPlace:
    """Return a dossier as a place for pages.

    Raises:
        KeyError: there is no such dossier here.
    """
    with desk.store.database.reading() as session:
        found = projection.load(session, dossier)
    if found is None:
        raise KeyError(dossier)
    procedure = _procedure(desk, found.procedure, found.received_at.date())
    counts: dict[str, int] = {}
    for page in found.pages:
        counts[page.paper] = counts.get(page.paper, 0) + 1
    name = procedure.name if procedure is not None else found.procedure
    asked = procedure.papers if procedure is not None else ()
    return ScanPlace(dossier, True, f"{found.code} — {name}", _slots(asked, found.papers, counts))


def of_draft(desk: Desk, draft: UUID, procedure: str) -> ScanPlace:
    """Return a reception under way as a place for pages."""
    found = _procedure(desk, procedure, desk.now().date()) if procedure else None
    name = found.name if found is not None else "chưa chọn thủ tục"
    papers = _slots(found.papers if found is not None else (), (), {})
    return ScanPlace(draft, False, f"Hồ sơ đang nhập — {name}", papers)


def scan_later(desk: Desk) -> tuple[ScanLater, ...]:
    """Return open dossiers of this agency whose papers were not scanned yet, newest first."""
    agency = desk.store.station.agency
    with desk.store.database.reading() as session:
        rows = session.execute(
            select(DossierRow.id, DossierRow.code, DossierRow.submitter, DossierRow.received_at)
            .where(
                DossierRow.agency == agency,
                DossierRow.is_open,
                DossierRow.page_count == 0,
                DossierRow.voided.is_(False),
            )
            .order_by(DossierRow.row.desc())
            .limit(_LATER_LIMIT)
        ).all()
        folded = {row.id: projection.load(session, row.id) for row in rows}
    found = []
    for row in rows:
        dossier = folded[row.id]
        if dossier is None:
            continue
        procedure = _procedure(desk, dossier.procedure, dossier.received_at.date())
        if _needs_scan(dossier, procedure):
            name = procedure.name if procedure is not None else dossier.procedure
            found.append(ScanLater(row.id, row.code, row.submitter, name, row.received_at))
    return tuple(found)


def _needs_scan(dossier: Dossier, procedure: Procedure | None) -> bool:
    """Tell whether a paper was taken that the law wants digitised.

    Source: TT 01/2023/TT-VPCP Điều 8 (what is only presented, and what is
    secret, is not).
    """
    asked = {p.key: p for p in procedure.papers} if procedure is not None else {}
    for given in dossier.papers:
        paper = asked.get(given.key)
        exempt = paper is not None and (paper.presented_only or paper.is_secret)
        if given.count and not exempt:
            return True
    return False


def _procedure(desk: Desk, code: str, on: dt.date) -> Procedure | None:
    try:
        return intake.find_procedure(desk.catalogue(), code, on)
    except intake.UnknownProcedure:
        return None


def _slots(
    asked: Sequence[Paper], given: Sequence[GivenPaper], attached: dict[str, int]
) -> tuple[PaperSlot, ...]:
    counts = {paper.key: paper.count for paper in given}
    slots = [
        PaperSlot(
            key=paper.key, name=paper.name, sheets=counts.get(paper.key, 0),
            attached=attached.get(paper.key, 0), is_secret=paper.is_secret,
            is_presented=paper.presented_only,
        )
        for paper in asked
    ]  # fmt: skip
    known = {paper.key for paper in asked}
    slots += [
        PaperSlot(
            key=one.key, name=one.name or one.key, sheets=one.count,
            attached=attached.get(one.key, 0),
        )
        for one in given
        if one.key not in known
    ]  # fmt: skip
    if "khac" not in {slot.key for slot in slots}:
        slots.append(PaperSlot(key="khac", name="Giấy tờ khác", attached=attached.get("khac", 0)))
    return tuple(slots)
