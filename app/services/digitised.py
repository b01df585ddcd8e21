"""What was digitised, by whom and from what: read from the events, for the national portal.

Source: TT 01/2023/TT-VPCP Điều 8; QĐ 766/QĐ-TTg (share of papers digitised,
share of data reused).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.domain import bodies
from app.domain.events import UnreadableEvent, read_body
from app.domain.papers import GivenPaper, Paper
from app.models import events, projection
from app.services.desk import Desk


class How(StrEnum):
    """How a paper of a dossier is there."""

    DIGITISED = "digitised"
    REUSED = "reused"
    PRESENTED = "presented"
    SECRET = "secret"
    PAPER_ONLY = "paper_only"

    @property
    def words(self) -> str:
        """As reported."""
        return {
            How.DIGITISED: "đã số hoá",
            How.REUSED: "khai thác từ cơ sở dữ liệu",
            How.PRESENTED: "xuất trình, không số hoá",
            How.SECRET: "giấy tờ mật, không số hoá",
            How.PAPER_ONLY: "chưa số hoá",
        }[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFact:
    """One attached page.

    Attributes:
        origin: as of `app.domain.pages.Origin`; "" on events of older programs.
        sha256: of what the server holds; original: of the untouched image.
        by: user id of who attached it; attached_at: when.
        taken_at: when it was scanned, None if the event does not say.
    """

    page: UUID
    paper: str
    position: int
    origin: str
    sha256: str
    original: str
    mime: str
    size: int
    dpi: int
    device: str
    by: str
    attached_at: dt.datetime
    taken_at: dt.datetime | None
    note: str
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperFact:
    """One paper that was handed in, or replaced by data."""

    key: str
    name: str
    how: How
    pages: int


@dataclass(frozen=True, slots=True)
class Digitised:
    """All of a dossier, pages in order of paper and place."""

    pages: tuple[PageFact, ...]
    papers: tuple[PaperFact, ...]

    @property
    def share(self) -> float:
        """Share of the papers that had to be digitised and were, or were reused; 1 if none had."""
        counted = [p for p in self.papers if p.how not in (How.PRESENTED, How.SECRET)]
        done = [p for p in counted if p.how is not How.PAPER_ONLY]
        return len(done) / len(counted) if counted else 1.0


def facts_of(desk: Desk, dossier: UUID) -> Digitised:
    """Return what was digitised of a dossier; attached pages that were removed are left out.

    Raises:
        KeyError: there is no such dossier.
    """
    attached: dict[UUID, PageFact] = {}
    with desk.store.database.reading() as session:
        folded = projection.load(session, dossier)
        if folded is None:
            raise KeyError(dossier)
        for row in events.of_dossier(session, dossier):
            if row.kind != "page.attached" or row.refusal:
                continue
            try:
                body = read_body(row.kind, row.v, row.body)
            except UnreadableEvent:
                continue
            assert isinstance(body, bodies.PageAttached)
            attached[body.page] = _fact(body, row.actor, dt.datetime.fromisoformat(row.at))
    there = [attached[page.page] for page in folded.pages if page.page in attached]
    asked: dict[str, Paper] = {}
    for procedure in desk.catalogue().procedures_on(folded.received_at.date()):
        if procedure.code == folded.procedure:
            asked = {paper.key: paper for paper in procedure.papers}
    counts: dict[str, int] = {}
    for page in there:
        counts[page.paper] = counts.get(page.paper, 0) + 1
    return Digitised(
        pages=tuple(sorted(there, key=lambda page: (page.paper, page.position))),
        papers=tuple(
            _paper(given, asked.get(given.key), counts.get(given.key, 0)) for given in folded.papers
        ),
    )


def _fact(body: bodies.PageAttached, actor: str, at: dt.datetime) -> PageFact:
    return PageFact(
        page=body.page,
        paper=body.paper,
        position=body.position,
        origin=body.origin,
        sha256=body.sha256,
        original=body.original or body.sha256,
        mime=body.mime,
        size=body.size,
        dpi=body.dpi,
        device=body.device,
        by=actor,
        attached_at=at,
        taken_at=body.taken_at,
        note=body.note,
        marks=body.marks,
    )


def _paper(given: GivenPaper, asked: Paper | None, pages: int) -> PaperFact:
    if asked is not None and asked.is_secret:
        how = How.SECRET
    elif pages:
        how = How.DIGITISED
    elif given.replaced_by_data:
        how = How.REUSED
    elif asked is not None and asked.presented_only:
        how = How.PRESENTED
    else:
        how = How.PAPER_ONLY
    name = given.name or (asked.name if asked is not None else given.key)
    return PaperFact(key=given.key, name=name, how=how, pages=pages)
