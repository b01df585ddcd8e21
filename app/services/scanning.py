"""Pages: durable on arrival, attached to a paper of a dossier, or kept for a draft."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.domain import bodies
from app.domain.fold import NotAllowed
from app.errors import AppError
from app.models import events, projection
from app.models.base import PageRow, PendingPageRow
from app.services.desk import Clerk, Desk

MAX_PAGE_BYTES = 20 * 1024 * 1024
_MIMES = {"JPEG": "image/jpeg", "PNG": "image/png"}
_MAX_PIXELS = 120_000_000  # an A4 sheet at 600 dpi has 35 million


class NotAPage(AppError):
    """An image cannot be taken as a page."""


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
    mime, (width, height), dpi = _measure(image)
    if mime is None:
        raise NotAPage("Trang phải là ảnh JPEG hoặc PNG.", "Quét lại, hoặc chọn tệp khác.")
    sha256 = desk.store.blobs.put(image)
    return KeptPage(
        page=uuid4(),
        sha256=sha256,
        size=len(image),
        mime=mime,
        paper=paper,
        position=position,
        width=width,
        height=height,
        dpi=dpi,
        device=device,
    )


def _measure(image: bytes) -> tuple[str | None, tuple[int, int], int]:
    """Return (mime, size in pixels, dpi) of an image that can be opened whole.

    Raises:
        NotAPage: it cannot.
    """
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = _MAX_PIXELS
    try:
        with Image.open(io.BytesIO(image)) as opened:
            mime, size = _MIMES.get(opened.format or ""), opened.size
            dpi = round(float(opened.info.get("dpi", (0, 0))[0]))
            opened.load()
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise NotAPage("Ảnh trang này bị hỏng.", "Quét lại trang này.") from error
    return mime, size, dpi


def add_to_draft(desk: Desk, draft: UUID, page: KeptPage) -> None:
    """Remember a page for a draft, in the store."""
    with desk.store.database.writing() as session:
        session.add(
            PendingPageRow(
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
                arrived_at=desk.now(),
            )
        )


def pages_of_draft(desk: Desk, draft: UUID) -> tuple[KeptPage, ...]:
    """Return a draft's pages in order."""
    with desk.store.database.reading() as session:
        rows = session.scalars(
            select(PendingPageRow)
            .where(PendingPageRow.draft == draft)
            .order_by(PendingPageRow.arrived_at, PendingPageRow.position)
        )
        return tuple(_kept(row) for row in rows)


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
        AppError: the dossier does not allow it now.
        StoreProblem: nothing was attached.
    """
    with desk.store.acting() as session:
        last = session.scalar(
            select(func.max(PageRow.position)).where(
                PageRow.dossier == dossier, PageRow.paper == page.paper
            )
        )
        position = (last or 0) + 1
        attach(session, _body(page, position), dossier, clerk.user, desk.now())
    desk.store.unacknowledged_copy(page.sha256)
    return KeptPage(**{f: getattr(page, f) for f in KeptPage.__slots__} | {"position": position})


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


def pending_body(row: PendingPageRow) -> bodies.PageAttached:
    """Return the event body of a draft's page."""
    return _body(_kept(row), row.position)


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
