"""Pages: durable on arrival, attached to a paper of a dossier, or kept for a draft."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.domain import bodies
from app.domain.catalogue import Catalogue
from app.domain.fold import NotAllowed
from app.errors import AppError
from app.models import events, projection
from app.models.base import DossierRow, PageRow, PendingPageRow
from app.scanning import pictures
from app.services import page_notes
from app.services.desk import Clerk, Desk

MAX_PAGE_BYTES = 20 * 1024 * 1024
_MIMES = {"JPEG": "image/jpeg", "PNG": "image/png"}


class NotAPage(AppError):
    """An image cannot be taken as a page."""


class SecretPaper(AppError):
    """A secret paper must not be scanned (TT 01/2023/TT-VPCP Điều 8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPage:
    """A page whose image is durable on this station.

    Attributes:
        page: id, for assigning and removing.
        width, height: pixels; dpi: 0 if the image does not say.
    """

    page: UUID
    sha256: str
    size: int
    mime: str
    paper: str
    position: int
    width: int
    height: int
    dpi: int
    device: str


def check_may_scan(catalogue: Catalogue, procedure: str, on: dt.date, paper: str) -> None:
    """Refuse a paper that the catalogue calls secret.

    Raises:
        SecretPaper: it is.
    """
    for known in catalogue.procedures_on(on):
        if procedure not in (known.code, known.short):
            continue
        for one in known.papers:
            if one.key == paper and one.is_secret:
                raise SecretPaper(
                    f"“{one.name}” là giấy tờ mật, không được quét.",
                    "Bỏ trang của giấy tờ này (Del) và chuyển bản giấy theo đường văn thư mật "
                    "(TT 01/2023/TT-VPCP Điều 8).",
                    "Hồ sơ và các trang khác vẫn còn.",
                )


def keep_image(desk: Desk, image: bytes, *, paper: str, position: int, device: str) -> KeptPage:
    """Make an image durable and return it as a page that belongs to nothing yet.

    Raises:
        NotAPage: no JPEG or PNG, damaged, or too large.
        StoreProblem: it could not be kept.
    """
    if len(image) > MAX_PAGE_BYTES:
        raise NotAPage(
            f"Trang này nặng {len(image) // 2**20} MB, quá lớn.", "Quét lại ở 300 dpi, màu xám."
        )
    try:
        seen = pictures.look(image)
        if seen.kind in _MIMES:
            pictures.load(image)
    except pictures.NotAPicture as error:
        raise NotAPage("Ảnh trang này bị hỏng.", "Quét lại trang này.") from error
    if seen.kind not in _MIMES:
        raise NotAPage("Trang phải là ảnh JPEG hoặc PNG.", "Quét lại, hoặc chọn tệp khác.")
    sha256 = desk.store.blobs.put(image)
    return KeptPage(
        page=uuid4(),
        sha256=sha256,
        size=len(image),
        mime=_MIMES[seen.kind],
        paper=paper,
        position=position,
        width=seen.width,
        height=seen.height,
        dpi=seen.dpi,
        device=device,
    )


def add_to_draft(desk: Desk, draft: UUID, page: KeptPage) -> None:
    """Remember a page for a draft, in the store."""
    with desk.store.database.writing() as session:
        session.add(pending_row(draft, page, desk.now()))


def pending_row(draft: UUID, page: KeptPage, now: dt.datetime) -> PendingPageRow:
    """Return the row of a kept page that waits for a draft, a dossier or a pile."""
    return PendingPageRow(
        page=page.page,
        draft=draft,
        paper=page.paper,
        position=page.position,
        sha256=page.sha256,
        size=page.size,
        mime=page.mime,
        width=page.width,
        height=page.height,
        dpi=page.dpi,
        device=page.device,
        arrived_at=now,
    )


def pages_of_draft(desk: Desk, draft: UUID) -> tuple[KeptPage, ...]:
    """Return a draft's pages in order; what was thrown away is left out."""
    with desk.store.database.reading() as session:
        return tuple(_kept(row) for row in waiting_rows(session, draft))


def waiting_rows(session: Session, draft: UUID) -> list[PendingPageRow]:
    """Return the rows of what waits for a draft, in order, without what was thrown away."""
    return list(
        session.scalars(
            select(PendingPageRow)
            .where(PendingPageRow.draft == draft, PendingPageRow.dropped_at.is_(None))
            .order_by(PendingPageRow.position, PendingPageRow.arrived_at)
        )
    )


def assign(desk: Desk, page: UUID, paper: str) -> None:
    """Say to which paper a draft's page belongs."""
    with desk.store.database.writing() as session:
        session.execute(
            update(PendingPageRow).where(PendingPageRow.page == page).values(paper=paper)
        )


def drop_from_draft(desk: Desk, page: UUID) -> None:
    """Forget a draft's page."""
    with desk.store.database.writing() as session:
        session.execute(delete(PendingPageRow).where(PendingPageRow.page == page))


def attach_page(desk: Desk, clerk: Clerk, dossier: UUID, page: KeptPage) -> KeptPage:
    """Attach a kept page to a dossier as its paper's next page.

    Raises:
        SecretPaper: its paper must not be scanned.
        AppError: the dossier does not allow it now.
        StoreProblem: nothing was attached.
    """
    with desk.store.acting() as session:
        row = session.scalar(select(DossierRow).where(DossierRow.id == dossier))
        if row is not None:
            check_may_scan(desk.catalogue(), row.procedure, row.day, page.paper)
        position = last_position(session, dossier, page.paper) + 1
        attach(session, _body(page, position), dossier, clerk.user, desk.now())
    desk.store.unacknowledged_copy(page.sha256)
    return replace(page, position=position)


def last_position(session: Session, dossier: UUID, paper: str) -> int:
    """Return the highest position among a paper's attached pages, 0 if there is none."""
    found = session.scalar(
        select(func.max(PageRow.position)).where(PageRow.dossier == dossier, PageRow.paper == paper)
    )
    return found or 0


def attach(
    session: Session, body: bodies.PageAttached, dossier: UUID, actor: str, now: dt.datetime
) -> None:
    """Record that a page belongs to a dossier; its upload then waits its turn.

    Raises:
        AppError: the dossier does not allow it now.
    """
    try:
        projection.record(session, events.Act("page.attached", body, actor, now, dossier))
    except NotAllowed as error:
        raise AppError(error.reason) from error
    session.execute(update(PageRow).where(PageRow.page == body.page).values(is_own=True))


def attach_waiting(
    session: Session, waiting_for: UUID, dossier: UUID, clerk: Clerk, now: dt.datetime
) -> list[bodies.PageAttached]:
    """Attach what waits for a draft or a dossier, in order; return what was recorded.

    What was thrown away is forgotten. Nothing waits afterwards.

    Raises:
        AppError: the dossier does not allow it now.
    """
    placed: Counter[str] = Counter()
    attached: list[bodies.PageAttached] = []
    for row in waiting_rows(session, waiting_for):
        if row.paper not in placed:
            placed[row.paper] = last_position(session, dossier, row.paper)
        placed[row.paper] += 1
        body = replace(pending_body(row), position=placed[row.paper])
        attach(session, body, dossier, clerk.user, now)
        attached.append(body)
    session.execute(delete(PendingPageRow).where(PendingPageRow.draft == waiting_for))
    return attached


def pending_body(row: PendingPageRow) -> bodies.PageAttached:
    """Return the event body of a waiting page: of its cleaned image, if that is made."""
    notes = page_notes.read(row.marks)
    body = replace(
        _body(_kept(row), row.position),
        turned=row.turned,  # type: ignore[arg-type] # one of four, kept so by waiting_pages
        origin=notes.origin,
        taken_at=row.arrived_at,
        side=row.side,
        note=notes.note,
        marks=notes.marks,
    )
    if not row.derived:
        return body
    return replace(
        body,
        sha256=row.derived,
        size=notes.size,
        mime=notes.mime,  # type: ignore[arg-type] # as page_care made it
        width=notes.width,
        height=notes.height,
        dpi=notes.dpi,
        turned=0,
        original=row.sha256,
        original_size=row.size,
    )


def _body(page: KeptPage, position: int) -> bodies.PageAttached:
    return bodies.PageAttached(
        page=page.page,
        sha256=page.sha256,
        size=page.size,
        mime=page.mime,  # type: ignore[arg-type] # one of two, checked on arrival
        paper=page.paper,
        position=position,
        width=page.width,
        height=page.height,
        dpi=page.dpi,
        device=page.device,
    )


def _kept(row: PendingPageRow) -> KeptPage:
    return KeptPage(**{name: getattr(row, name) for name in KeptPage.__slots__})
