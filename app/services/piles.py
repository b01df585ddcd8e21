"""Piles: paper of several dossiers scanned in one go, routed by its codes, kept when a person says.

A pile is durable from its first page on. Its pages are read one by one, so that a process that
ends in the middle goes on where it stopped; nothing belongs to a dossier before `keep`.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.domain import routing
from app.domain.routing import Decision, Fate
from app.errors import AppError
from app.models.base import PageRow, PendingPageRow, PileRow
from app.models.problems import DamagedStore
from app.scanning.barcodes import read_page
from app.services import scanning
from app.services.desk import Clerk, Desk
from app.services.pile_proposals import (
    NoSuchPile,
    PageMemory,
    ProposedPage,
    memory_of,
    open_pile,
    packed,
    propose,
)
from printing.raster import Raster


class ProposalChanged(AppError):
    """What would be kept is not what the person saw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PileSummary:
    """A pile that has not ended."""

    id: UUID
    actor: str
    device: str
    begun_at: datetime
    page_count: int
    unread_count: int


@dataclass(frozen=True, slots=True)
class Former:
    """What stood of a page before a change, for undoing it."""

    page: UUID
    turned: int
    reading: str
    dropped_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What `keep` did.

    Attributes:
        pages: how many went to each dossier, by code.
        problems: why a dossier's pages stayed in the pile.
        has_ended: nothing is left in the pile.
    """

    pages: dict[str, int]
    problems: tuple[str, ...]
    has_ended: bool


# ---- taking pages in -------------------------------------------------------------------------


def begin(desk: Desk, clerk: Clerk, device: str) -> UUID:
    """Begin a pile; it lasts until it is kept or thrown away."""
    pile = uuid4()
    with desk.store.database.writing() as session:
        session.add(PileRow(id=pile, actor=clerk.user, device=device, begun_at=desk.now()))
    return pile


def add_page(desk: Desk, pile: UUID, image: bytes, *, device: str, side: str = "") -> UUID:
    """Keep an image as the pile's next page; it is durable when this returns.

    Args:
        side: "front" or "back" of a sheet, "" if the device does not say.

    Raises:
        NotAPage: it is no picture that can be kept; the pile is as it was.
        NoSuchPile: it has ended.
    """
    page = scanning.keep_image(desk, image, paper="", position=0, device=device)
    with desk.store.database.writing() as session:
        open_pile(session, pile)
        last = session.scalar(
            select(func.max(PendingPageRow.position)).where(PendingPageRow.draft == pile)
        )
        session.add(
            PendingPageRow(
                page=page.page, draft=pile, paper="", position=(last or 0) + 1, sha256=page.sha256,
                size=page.size, mime=page.mime, width=page.width, height=page.height,
                dpi=page.dpi, device=page.device, arrived_at=desk.now(), side=side,
            )
        )  # fmt: skip
    return page.page


def open_piles(desk: Desk) -> tuple[PileSummary, ...]:
    """Return the piles that have not ended, newest first."""
    with desk.store.database.reading() as session:
        rows = session.scalars(
            select(PileRow).where(PileRow.ended_at.is_(None)).order_by(PileRow.begun_at.desc())
        ).all()
        return tuple(
            PileSummary(
                id=row.id,
                actor=row.actor,
                device=row.device,
                begun_at=row.begun_at,
                page_count=len(readings := _readings(session, row.id)),
                unread_count=sum(not memory_of(reading).is_read for reading in readings),
            )
            for row in rows
        )


def _readings(session: Session, pile: UUID) -> Sequence[str]:
    return session.scalars(select(PendingPageRow.reading).where(PendingPageRow.draft == pile)).all()


# ---- reading barcodes ------------------------------------------------------------------------


def read_next(desk: Desk, pile: UUID) -> bool:
    """Read the barcodes of the first page not yet read; False if there is none.

    Takes up to a second on a bad page: never on the GUI thread.
    """
    with desk.store.database.reading() as session:
        rows = session.execute(
            select(
                PendingPageRow.page, PendingPageRow.sha256, PendingPageRow.dpi,
                PendingPageRow.reading,
            )
            .where(PendingPageRow.draft == pile)
            .order_by(PendingPageRow.position)
        ).all()  # fmt: skip
    unread = next((row for row in rows if not memory_of(row.reading).is_read), None)
    if unread is None:
        return False
    found = _read(desk, unread.sha256, unread.dpi)
    with desk.store.database.writing() as session:
        row = session.get(PendingPageRow, unread.page)
        if row is not None:  # it may have been thrown away meanwhile
            row.reading = packed(
                msgspec.structs.replace(found, decision=memory_of(row.reading).decision)
            )
    return True


def _read(desk: Desk, sha256: str, dpi: int) -> PageMemory:
    """Return what is to be remembered of a page: dossier codes, never another text."""
    try:
        image = desk.store.blobs.get(sha256)
    except DamagedStore:
        return PageMemory(is_read=True, is_readable=False)
    found = read_page(image, dpi=dpi)
    marks = [routing.mark_of(one.text) for one in found.barcodes]
    return PageMemory(
        is_read=True,
        is_readable=found.is_readable,
        has_unread_bars=found.has_unread_bars,
        ink=round(found.ink, 6),
        stage=found.stage,
        marks=tuple(dict.fromkeys((m.kind.value, m.code, m.paper) for m in marks)),
    )


# ---- what a person changes -------------------------------------------------------------------


def decide(desk: Desk, pages: Collection[UUID], decision: Decision | None) -> tuple[Former, ...]:
    """Put a person's decision over the rules for some pages, None to follow the rules again.

    Returns:
        What stood before, for `put_back`.
    """
    chosen = None
    if decision is not None:
        dossier = str(decision.dossier) if decision.dossier else ""
        chosen = (decision.fate.value, dossier, decision.paper, decision.begins)
    is_dropped = decision is not None and decision.fate is Fate.DROP
    with desk.store.database.writing() as session:
        rows = _rows(session, pages)
        former = tuple(_former(row) for row in rows)
        for row in rows:
            row.reading = packed(msgspec.structs.replace(memory_of(row.reading), decision=chosen))
            row.dropped_at = desk.now() if is_dropped else None
    return former


def turn(desk: Desk, pages: Collection[UUID], degrees: int) -> tuple[Former, ...]:
    """Turn pages clockwise by a multiple of 90 degrees; the image itself stays as it was scanned.

    Returns:
        What stood before, for `put_back`.
    """
    if degrees % 90:
        raise ValueError(degrees)
    with desk.store.database.writing() as session:
        rows = _rows(session, pages)
        former = tuple(_former(row) for row in rows)
        for row in rows:
            row.turned = (row.turned + degrees) % 360
    return former


def put_back(desk: Desk, former: Iterable[Former]) -> None:
    """Undo a change; pages that were kept or thrown away meanwhile are left out."""
    with desk.store.database.writing() as session:
        for one in former:
            session.execute(
                update(PendingPageRow)
                .where(PendingPageRow.page == one.page)
                .values(turned=one.turned, reading=one.reading, dropped_at=one.dropped_at)
            )


def _rows(session: Session, pages: Collection[UUID]) -> Sequence[PendingPageRow]:
    return session.scalars(select(PendingPageRow).where(PendingPageRow.page.in_(pages))).all()


def _former(row: PendingPageRow) -> Former:
    return Former(row.page, row.turned, row.reading, row.dropped_at)


# ---- the end ---------------------------------------------------------------------------------


def keep(desk: Desk, clerk: Clerk, pile: UUID, *, seen: str) -> Kept:
    """Attach every page that has a dossier; dossier by dossier, each whole or not at all.

    Safe to repeat: what was kept before is not kept again. What was dropped from a dossier goes
    with it. Pages that wait stay in the pile; with none left it ends.

    Args:
        seen: `mark` of the proposal that the person agreed to.

    Raises:
        NoSuchPile: it has ended.
        ProposalChanged: pages, codes or decisions changed since; nothing was kept.
        AppError: some page has not been read yet; nothing was kept.
    """
    proposal = propose(desk, pile)
    if proposal.unread_count:
        raise AppError(
            f"Còn {proposal.unread_count} trang chưa đọc mã.", "Đợi đọc xong rồi lưu.",
            "Chồng giấy được giữ nguyên.",
        )  # fmt: skip
    if proposal.mark != seen:
        raise ProposalChanged(
            "Chồng giấy đã khác với lúc xem.", "Xem lại các nhóm rồi lưu.",
            "Chưa trang nào được lưu vào hồ sơ.",
        )  # fmt: skip
    kept: dict[str, int] = {}
    problems: list[str] = []
    for group in proposal.groups:
        if group.fate is not Fate.KEEP or group.dossier is None:
            continue
        try:
            left_out = [
                page.id
                for page in proposal.pages
                if page.placed.fate is Fate.DROP and page.placed.dossier == group.dossier
            ]
            kept[group.code] = _keep_group(desk, clerk, group.dossier, group.pages, left_out)
        except AppError as problem:
            problems.append(f"{group.code}: {problem}")
    return Kept(pages=kept, problems=tuple(problems), has_ended=_end_if_empty(desk, pile))


def _keep_group(
    desk: Desk,
    clerk: Clerk,
    dossier: UUID,
    pages: Sequence[ProposedPage],
    left_out: Sequence[UUID],
) -> int:
    """Attach a dossier's pages in one transaction; return how many.

    Its covers and blank backs go with them: alone they would be somebody else's pages.
    """
    papers = {page.id: page.placed.paper for page in pages}
    turned = {page.id: _turned_copy(desk, page) for page in pages if page.turned}
    hashes = []
    with desk.store.acting(needs_journal=False) as session:
        last = {
            row.paper: row.position
            for row in session.execute(
                select(PageRow.paper, func.max(PageRow.position).label("position"))
                .where(PageRow.dossier == dossier)
                .group_by(PageRow.paper)
            )
        }
        rows = sorted(_rows(session, papers), key=lambda row: row.position)
        for row in rows:
            paper = papers[row.page]
            last[paper] = last.get(paper, 0) + 1
            body = replace(scanning.pending_body(row), paper=paper, position=last[paper])
            scanning.attach(session, body, dossier, clerk.user, desk.now())
            derived = turned.get(row.page, row.derived)
            session.execute(update(PageRow).where(PageRow.page == row.page).values(derived=derived))
            hashes.append(row.sha256)
            session.delete(row)
        session.execute(delete(PendingPageRow).where(PendingPageRow.page.in_(left_out)))
    for sha256 in hashes:
        desk.store.unacknowledged_copy(sha256)
    return len(hashes)


def _turned_copy(desk: Desk, page: ProposedPage) -> str:
    """Keep a page as it was turned beside its untouched original; return its SHA-256."""
    from PIL import Image

    out = io.BytesIO()
    with Image.open(io.BytesIO(desk.store.blobs.get(page.sha256))) as opened:
        dpi = opened.info.get("dpi", (0, 0))
        opened.convert("RGB" if opened.mode != "L" else "L").rotate(-page.turned, expand=True).save(
            out, "JPEG", quality=90, dpi=tuple(round(float(one)) for one in dpi)
        )
    return desk.store.blobs.put(out.getvalue())


def _end_if_empty(desk: Desk, pile: UUID) -> bool:
    if any(page.placed.fate is not Fate.DROP for page in propose(desk, pile).pages):
        return False
    discard(desk, pile)
    return True


def picture(desk: Desk, page: UUID, *, height_px: int) -> Raster:
    """Return a page as it will be seen, at most `height_px` high.

    Raises:
        NoSuchPile: the page waits in no pile any more.
        DamagedStore: its image is gone.
    """
    import cv2
    import numpy as np

    with desk.store.database.reading() as session:
        row = session.get(PendingPageRow, page)
        if row is None:
            raise NoSuchPile("Trang này không còn trong chồng giấy.")
        sha256, height, turned = row.sha256, row.height, row.turned
    coarse = next((n for n in (8, 4, 2) if height / n >= height_px), 1)
    flags = {
        8: cv2.IMREAD_REDUCED_COLOR_8, 4: cv2.IMREAD_REDUCED_COLOR_4,
        2: cv2.IMREAD_REDUCED_COLOR_2, 1: cv2.IMREAD_COLOR,
    }  # fmt: skip
    image: Any = cv2.imdecode(np.frombuffer(desk.store.blobs.get(sha256), np.uint8), flags[coarse])
    image = np.rot90(image, -turned // 90)
    shrink = min(1.0, height_px / image.shape[0])
    image = cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    return Raster(rgb.shape[1], rgb.shape[0], rgb.shape[1] * 3, rgb.tobytes())


def discard(desk: Desk, pile: UUID) -> None:
    """End a pile; pages that belong to no dossier go. Harmless if it has ended."""
    with desk.store.database.writing() as session:
        session.execute(delete(PendingPageRow).where(PendingPageRow.draft == pile))
        session.execute(
            update(PileRow)
            .where(PileRow.id == pile, PileRow.ended_at.is_(None))
            .values(ended_at=desk.now())
        )
