"""Pages that arrived and wait: for a draft, a dossier, or for somebody to say whose they are.

Every page is durable before the next one is fed. The untouched image is
never changed: turning, cutting and cleaning are wishes beside it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.bodies import PageAttached
from app.domain.page_quality import Mark
from app.domain.pages import Crop, Note, PlacedPage, notes_without_twin
from app.errors import AppError
from app.models.base import DossierRow, DraftRow, PendingPageRow, PileRow
from app.scanning import watched_folder
from app.scanning.driver import ScannedPage
from app.services import page_notes, scanning
from app.services.desk import Clerk, Desk
from app.services.page_notes import PageNotes

NO_PAPER = ""
"""The paper of a page that nobody has assigned yet."""


class PageGone(AppError):
    """A page is not waiting any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingPage:
    """A page as the screen shows it.

    Attributes:
        position: place among all pages that wait for the same thing, from 1.
        size: bytes of the picture that will be sent, as far as it is known.
        marks: what the quality gate found; is_judged: it has looked.
        derived: SHA-256 of the small picture, "" while there is none.
    """

    page: UUID
    paper: str
    position: int
    sha256: str
    size: int
    device: str
    arrived_at: dt.datetime
    turned: int
    side: str
    origin: str
    marks: tuple[Mark, ...]
    is_judged: bool
    note: Note
    crop: Crop
    is_clean: bool
    derived: str


@dataclass(frozen=True, slots=True)
class PageState:
    """What can be undone about a page."""

    page: UUID
    paper: str
    position: int
    turned: int
    notes: PageNotes
    derived: str
    dropped_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class LeftOver:
    """Pages that belong to nothing any more: the program ended before they were kept.

    Attributes:
        waiting_for: what they waited for.
        count: how many.
        since: when the first one came.
    """

    waiting_for: UUID
    count: int
    since: dt.datetime


def take_in(
    desk: Desk,
    scanned: ScannedPage,
    *,
    waiting_for: UUID,
    paper: str = NO_PAPER,
    after: UUID | None = None,
    in_place_of: UUID | None = None,
) -> WaitingPage:
    """Make a page durable and put it at its place; it survives whatever happens next.

    Args:
        desk: of this station.
        scanned: the page as it came.
        waiting_for: a draft, a dossier or a pile.
        paper: which paper, `NO_PAPER` if nobody has said.
        after: the page it is put behind; at the end without one.
        in_place_of: the page it takes the place of, which is dropped.

    Raises:
        NotAPage: it is none; pages before it are kept.
        SecretPaper: the paper must not be scanned.
        StoreProblem: it could not be kept, such as for a full disk.
    """
    check_paper(desk, waiting_for, paper)
    kept = scanning.keep_image(desk, scanned.image, paper=paper, position=0, device=scanned.device)
    with desk.store.database.writing() as session:
        rows = scanning.waiting_rows(session, waiting_for)
        twin = _same_file(rows, scanned, kept.sha256)
        if twin is not None:
            return _shown(twin)
        place = len(rows)
        for i, row in enumerate(rows):
            if row.page == in_place_of:
                row.dropped_at = desk.now()
                kept = replace(kept, paper=row.paper)
                place = i
            elif row.page == after:
                place = i + 1
        fresh = scanning.pending_row(waiting_for, kept, desk.now())
        fresh.side = scanned.side
        fresh.marks = page_notes.write(PageNotes(origin=scanned.origin))
        session.add(fresh)
        ordered = [row for row in rows if row.dropped_at is None]
        ordered.insert(place, fresh)
        _number(ordered)
        session.flush()
        return _shown(fresh)


def _same_file(
    rows: Sequence[PendingPageRow], scanned: ScannedPage, sha256: str
) -> PendingPageRow | None:
    """Return the page of a watched folder's file that was taken, but not moved aside in time."""
    if not scanned.device.startswith(watched_folder.PREFIX):
        return None
    return next(
        (row for row in rows if row.device == scanned.device and row.sha256 == sha256), None
    )


def check_paper(desk: Desk, waiting_for: UUID, paper: str) -> None:
    """Refuse a secret paper of the dossier or draft.

    Raises:
        SecretPaper: it must not be scanned.
    """
    if paper == NO_PAPER:
        return
    with desk.store.database.reading() as session:
        dossier = session.scalar(select(DossierRow).where(DossierRow.id == waiting_for))
        if dossier is not None:
            procedure, on = dossier.procedure, dossier.day
        else:
            draft = session.get(DraftRow, waiting_for)
            procedure, on = _procedure_of(draft), desk.now().date()
    if procedure:
        scanning.check_may_scan(desk.catalogue(), procedure, on, paper)


def _procedure_of(draft: DraftRow | None) -> str:
    import msgspec

    if draft is None:
        return ""
    content = msgspec.json.decode(draft.content)
    return str(content.get("procedure") or "") if isinstance(content, dict) else ""


def waiting(desk: Desk, waiting_for: UUID) -> tuple[WaitingPage, ...]:
    """Return what waits, in order."""
    with desk.store.database.reading() as session:
        return tuple(_shown(row) for row in scanning.waiting_rows(session, waiting_for))


def count_dropped(desk: Desk, waiting_for: UUID) -> int:
    """Return how many pages were thrown away and can be had back."""
    with desk.store.database.reading() as session:
        found = session.scalar(
            select(func.count()).where(
                PendingPageRow.draft == waiting_for, PendingPageRow.dropped_at.is_not(None)
            )
        )
    return found or 0


# ---- what a person does to a page ------------------------------------------------------------


def turn(desk: Desk, page: UUID, by: int = 90) -> None:
    """Turn a page clockwise by a multiple of 90 degrees."""
    with desk.store.database.writing() as session:
        row = _row(session, page)
        notes = page_notes.read(row.marks)
        row.turned = (row.turned + by) % 360
        _make_anew(row, replace(notes, crop=notes.crop.turned(by)))


def cut(desk: Desk, page: UUID, part: Crop) -> None:
    """Keep a part of what is left of a page; `WHOLE` gives all of it back."""
    with desk.store.database.reading() as session:
        before = page_notes.read(_row(session, page).marks).crop
    _note(desk, page, crop=part if part.is_whole else part.inside(before))


def clean(desk: Desk, page: UUID, is_clean: bool) -> None:
    """Make a page's letters clear, or show it as it came."""
    _note(desk, page, is_clean=is_clean)


def note(desk: Desk, page: UUID, what: Note) -> None:
    """Say that something is stuck on a sheet, or was taken off for this image."""
    _note(desk, page, note=what)


def assign(desk: Desk, pages: Sequence[UUID], paper: str) -> None:
    """Say to which paper pages belong.

    Raises:
        SecretPaper: it must not be scanned.
    """
    for page in pages:
        with desk.store.database.reading() as session:
            waiting_for = _row(session, page).draft
        check_paper(desk, waiting_for, paper)
    with desk.store.database.writing() as session:
        for page in pages:
            _row(session, page).paper = paper


def move(desk: Desk, page: UUID, by: int) -> None:
    """Move a page forward or back among those that wait with it; stops at either end."""
    with desk.store.database.writing() as session:
        row = _row(session, page)
        rows = scanning.waiting_rows(session, row.draft)
        here = next(i for i, one in enumerate(rows) if one.page == page)
        there = min(max(here + by, 0), len(rows) - 1)
        rows.insert(there, rows.pop(here))
        _number(rows)


def drop(desk: Desk, page: UUID) -> None:
    """Throw a page away; it can be had back until the draft ends."""
    with desk.store.database.writing() as session:
        row = _row(session, page)
        row.dropped_at = desk.now()
        session.flush()
        _number(scanning.waiting_rows(session, row.draft))


def states(desk: Desk, waiting_for: UUID) -> tuple[PageState, ...]:
    """Return how all pages stand, thrown away or not: what `restore` takes back."""
    with desk.store.database.reading() as session:
        rows = session.scalars(select(PendingPageRow).where(PendingPageRow.draft == waiting_for))
        return tuple(
            PageState(
                row.page, row.paper, row.position, row.turned,
                page_notes.read(row.marks), row.derived, row.dropped_at,
            )
            for row in rows
        )  # fmt: skip


def restore(desk: Desk, former: Sequence[PageState]) -> None:
    """Put pages back as they stood; pages that came since stay as they are."""
    with desk.store.database.writing() as session:
        for state in former:
            row = session.get(PendingPageRow, state.page)
            if row is None:
                continue
            row.paper, row.position, row.turned = state.paper, state.position, state.turned
            row.marks = page_notes.write(state.notes)
            row.derived, row.dropped_at = state.derived, state.dropped_at


# ---- what becomes of them ---------------------------------------------------------------------


def faults(desk: Desk, waiting_for: UUID) -> tuple[str, ...]:
    """Return what the law would have otherwise, in words; it blocks nothing.

    Source: TT 01/2023/TT-VPCP Điều 8 (a sheet with a note has two images).
    """
    pages = waiting(desk, waiting_for)
    found = []
    for paper in dict.fromkeys(page.paper for page in pages):
        placed = [PlacedPage(page.page, page.note) for page in pages if page.paper == paper]
        alone = set(notes_without_twin(placed))
        found += [
            f"Trang {page.position} {page.note.words}: cần hai ảnh, có và không có giấy dán."
            for page in pages
            if page.page in alone
        ]
    return tuple(found)


def unassigned(desk: Desk, waiting_for: UUID) -> int:
    """Return how many pages belong to no paper yet."""
    return sum(page.paper == NO_PAPER for page in waiting(desk, waiting_for))


def keep(
    desk: Desk, clerk: Clerk, dossier: UUID, waiting_for: UUID | None = None
) -> tuple[PageAttached, ...]:
    """Attach what waits for a dossier, or for `waiting_for`; return what was recorded.

    Raises:
        SecretPaper: a page belongs to a paper that must not be scanned.
        AppError: a page belongs to no paper yet, or the dossier allows none
            now; everything waits on.
        StoreProblem: nothing was attached.
    """
    waiting_for = waiting_for or dossier
    for page in waiting(desk, waiting_for):
        check_paper(desk, dossier, page.paper)
        if page.paper == NO_PAPER:
            raise AppError(
                f"Trang {page.position} chưa thuộc giấy tờ nào.",
                "Bấm số của giấy tờ (1…9) cho trang đó, hoặc Del để bỏ trang.",
                "Các trang đã quét vẫn còn.",
            )
    with desk.store.acting(needs_journal=False) as session:
        attached = scanning.attach_waiting(session, waiting_for, dossier, clerk, desk.now())
    for body in attached:
        desk.store.unacknowledged_copy(body.sha256)
    return tuple(attached)


def left_over(desk: Desk) -> tuple[LeftOver, ...]:
    """Return the pages that belong to nothing that is open, oldest first.

    They wait for a draft that is gone, or for a dossier that nobody went
    back to; a crash leaves them behind, and nothing is lost.
    """
    with desk.store.database.reading() as session:
        drafts = set(session.scalars(select(DraftRow.id)))
        piles = set(session.scalars(select(PileRow.id).where(PileRow.ended_at.is_(None))))
        rows = session.execute(
            select(
                PendingPageRow.draft,
                func.count().label("count"),
                func.min(PendingPageRow.arrived_at).label("since"),
            )
            .where(PendingPageRow.dropped_at.is_(None))
            .group_by(PendingPageRow.draft)
            .order_by(func.min(PendingPageRow.arrived_at))
        ).all()
    return tuple(
        LeftOver(row.draft, row[1], row.since)
        for row in rows
        if row.draft not in drafts and row.draft not in piles
    )


def hand_over(desk: Desk, waiting_for: UUID, to: UUID) -> int:
    """Let pages that were left over wait for something else; return how many."""
    with desk.store.database.writing() as session:
        there = scanning.waiting_rows(session, to)
        moved = scanning.waiting_rows(session, waiting_for)
        for row in moved:
            row.draft = to
        _number([*there, *moved])
    return len(moved)


def _note(desk: Desk, page: UUID, **changes: object) -> None:
    with desk.store.database.writing() as session:
        row = _row(session, page)
        notes = replace(page_notes.read(row.marks), **changes)  # type: ignore[arg-type]
        if "note" in changes:
            row.marks = page_notes.write(notes)
        else:
            _make_anew(row, notes)


def _make_anew(row: PendingPageRow, notes: PageNotes) -> None:
    """Forget the small picture and its marks: another one is wished for."""
    row.derived = ""
    row.marks = page_notes.write(replace(notes, is_judged=False))


def _row(session: Session, page: UUID) -> PendingPageRow:
    row = session.get(PendingPageRow, page)
    if row is None:
        raise PageGone("Trang này không còn trong danh sách chờ.", "Mở lại màn hình Quét.")
    return row


def _number(rows: Sequence[PendingPageRow]) -> None:
    for position, row in enumerate(rows, start=1):
        row.position = position


def _shown(row: PendingPageRow) -> WaitingPage:
    notes = page_notes.read(row.marks)
    return WaitingPage(
        page=row.page,
        paper=row.paper,
        position=row.position,
        sha256=row.sha256,
        size=notes.size if row.derived else row.size,
        device=row.device,
        arrived_at=row.arrived_at,
        turned=row.turned,
        side=row.side,
        origin=notes.origin,
        marks=tuple(Mark(mark) for mark in notes.marks),
        is_judged=notes.is_judged,
        note=notes.note,
        crop=notes.crop,
        is_clean=notes.is_clean,
        derived=row.derived,
    )
