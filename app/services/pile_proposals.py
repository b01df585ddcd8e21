"""Where the pages of a pile would go: its codes, what the store knows of them, and decisions."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import routing
from app.domain.codes import read_code
from app.domain.routing import (
    Decision,
    Fate,
    Known,
    Mark,
    MarkKind,
    NoteKind,
    PilePage,
    Placed,
    Standing,
)
from app.errors import AppError
from app.models.base import CodeRow, DossierRow, PendingPageRow, PileRow
from app.services.desk import Desk

BLANK_INK = 0.0002  # share of the page; one short written date has four times as much


class NoSuchPile(AppError):
    """There is no such pile, or it has ended."""


class PageMemory(msgspec.Struct, omit_defaults=True):
    """What is remembered of a page's barcodes, and what a person decided for it."""

    is_read: bool = False
    is_readable: bool = True
    ink: float = 1.0
    has_unread_bars: bool = False
    stage: str = ""
    marks: tuple[tuple[str, str, str], ...] = ()
    decision: tuple[str, str, str, bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedPage:
    """A page with where it goes.

    Attributes:
        number: its place in the pile, from 1.
        stage: which treatment read its code, "" if there was none to read.
    """

    number: int
    placed: Placed
    sha256: str
    side: str
    turned: int
    stage: str
    is_read: bool

    @property
    def is_decided(self) -> bool:
        """True if a person said where it goes."""
        return any(note.kind is NoteKind.DECIDED for note in self.placed.notes)

    @property
    def id(self) -> UUID:
        """The page's id, before and after it is kept."""
        return self.placed.page


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Pages of one dossier, or those that wait, or those that will be dropped.

    Attributes:
        fate: of all its pages.
        dossier: None for pages that wait or are dropped.
        words: what a person recognises the dossier by: procedure and owner.
    """

    fate: Fate
    dossier: UUID | None
    code: str
    words: str
    pages: tuple[ProposedPage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What would become of a pile.

    Attributes:
        groups: dossiers in the order they were met, then what waits, then what is dropped.
        mark: changes with everything that `keep` would do.
    """

    pile: UUID
    pages: tuple[ProposedPage, ...]
    groups: tuple[Group, ...]
    mark: str

    @property
    def unread_count(self) -> int:
        """How many pages have not been read yet."""
        return sum(not page.is_read for page in self.pages)

    @property
    def waiting_count(self) -> int:
        """How many pages wait for a person."""
        return sum(page.placed.fate is Fate.WAIT for page in self.pages)


def memory_of(raw: str) -> PageMemory:
    """Return what is remembered of a page; nothing yet for ""."""
    return msgspec.json.decode(raw, type=PageMemory) if raw else PageMemory()


def packed(reading: PageMemory) -> str:
    """Return a page's memory as it is stored."""
    return msgspec.json.encode(reading).decode()


def open_pile(session: Session, pile: UUID) -> PileRow:
    """Return a pile that has not ended.

    Raises:
        NoSuchPile: there is none.
    """
    row = session.get(PileRow, pile)
    if row is None or row.ended_at is not None:
        raise NoSuchPile(
            "Không có chồng giấy này, hoặc đã lưu xong.", "Mở danh sách chồng giấy để chọn lại."
        )
    return row


def propose(desk: Desk, pile: UUID) -> Proposal:
    """Return where every page would go now; reading changes nothing.

    Raises:
        NoSuchPile: it has ended.
    """
    with desk.store.database.reading() as session:
        open_pile(session, pile)
        rows = session.scalars(
            select(PendingPageRow)
            .where(PendingPageRow.draft == pile)
            .order_by(PendingPageRow.position)
        ).all()
        readings = [memory_of(row.reading) for row in rows]
        given = [_pile_page(row, one) for row, one in zip(rows, readings, strict=True)]
        known = _known(session, desk, given)
        pages = tuple(
            ProposedPage(
                number=i,
                placed=placed,
                sha256=row.sha256,
                side=row.side,
                turned=row.turned,
                stage=reading.stage,
                is_read=reading.is_read,
            )
            for i, (row, reading, placed) in enumerate(
                zip(rows, readings, routing.route(given, known), strict=True), start=1
            )
        )
        words = _words(session, desk, {p.placed.dossier for p in pages} - {None})
    return Proposal(pile=pile, pages=pages, groups=_groups(pages, words), mark=_mark(pages))


def _pile_page(row: PendingPageRow, reading: PageMemory) -> PilePage:
    decision = reading.decision
    return PilePage(
        page=row.page,
        side=row.side,
        is_blank=reading.ink < BLANK_INK,
        is_readable=reading.is_readable,
        has_unread_bars=reading.has_unread_bars,
        marks=tuple(Mark(MarkKind(kind), code, paper) for kind, code, paper in reading.marks),
        decision=None
        if decision is None
        else Decision(
            Fate(decision[0]), UUID(decision[1]) if decision[1] else None, decision[2], decision[3]
        ),
    )


def _known(session: Session, desk: Desk, pages: Iterable[PilePage]) -> dict[str, Known]:
    """Return what the store knows of every code in the pile, and of dossiers decided for."""
    codes, decided = set(), set()
    for page in pages:
        codes |= {mark.code for mark in page.marks if mark.is_separator}
        if page.decision is not None and page.decision.dossier is not None:
            decided.add(page.decision.dossier)
    known = {code: _standing(session, desk, code) for code in codes}
    rows = session.execute(
        select(DossierRow.id, DossierRow.code).where(DossierRow.id.in_(decided))
    ).all()
    for row in rows:
        known.setdefault(row.code, Known(Standing.OPEN, row.id, row.code))
    return known


def _standing(session: Session, desk: Desk, code: str) -> Known:
    rows = session.execute(
        select(
            DossierRow.id, DossierRow.code, DossierRow.voided, DossierRow.is_open,
            DossierRow.agency, DossierRow.needs_look,
        )
        .join(CodeRow, CodeRow.dossier == DossierRow.id)
        .where(CodeRow.code == code)
    ).all()  # fmt: skip
    if not rows:
        parts = read_code(code)
        is_ours = parts is None or parts.agency == desk.store.station.agency
        return Known(Standing.UNKNOWN if is_ours else Standing.ELSEWHERE)
    if len(rows) > 1:
        return Known(Standing.DOUBTFUL)
    row = rows[0]
    if row.voided:
        return Known(Standing.VOID, row.id, row.code)
    return Known(Standing.OPEN if row.is_open else Standing.CLOSED, row.id, row.code)


def _words(session: Session, desk: Desk, dossiers: Collection[UUID | None]) -> dict[UUID, str]:
    names = {procedure.code: procedure.name for procedure in desk.catalogue().procedures}
    rows = session.execute(
        select(DossierRow.id, DossierRow.procedure, DossierRow.owner).where(
            DossierRow.id.in_(dossiers)
        )
    ).all()
    return {row.id: f"{row.owner} · {names.get(row.procedure, row.procedure)}" for row in rows}


def _groups(pages: Sequence[ProposedPage], words: dict[UUID, str]) -> tuple[Group, ...]:
    found: dict[UUID, list[ProposedPage]] = {}
    waiting, dropped = [], []
    for page in pages:
        placed = page.placed
        if placed.fate is Fate.DROP:
            dropped.append(page)
        elif placed.fate is Fate.WAIT or placed.dossier is None:
            waiting.append(page)
        else:
            found.setdefault(placed.dossier, []).append(page)
    groups = [
        Group(
            fate=Fate.KEEP,
            dossier=dossier,
            code=own[0].placed.code,
            words=words.get(dossier, ""),
            pages=tuple(own),
        )
        for dossier, own in sorted(found.items(), key=lambda item: _first(item[1]))
    ]
    for fate, rest in ((Fate.WAIT, waiting), (Fate.DROP, dropped)):
        if rest:
            groups.append(Group(fate=fate, dossier=None, code="", words="", pages=tuple(rest)))
    return tuple(groups)


def _first(pages: Sequence[ProposedPage]) -> tuple[bool, int]:
    """Return a group's place: by what the codes say, so that moving pages renumbers nothing."""
    by_code = [page.number for page in pages if not page.is_decided]
    return not by_code, min(by_code or [page.number for page in pages])


def _mark(pages: Sequence[ProposedPage]) -> str:
    """Return a text that changes with everything that `keep` would do."""
    said = "\n".join(
        f"{p.id} {p.placed.fate.value} {p.placed.dossier} {p.placed.paper} {p.turned} {p.is_read}"
        for p in pages
    )
    return hashlib.sha256(said.encode()).hexdigest()[:16]
