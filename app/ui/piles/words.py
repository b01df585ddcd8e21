"""What the screen of piles says."""

from __future__ import annotations

from uuid import UUID

from app.domain.routing import Fate
from app.services.pile_proposals import Group, Proposal, ProposedPage
from app.ui.piles.view import GroupLine, PageThumb


def words_of(page: ProposedPage) -> str:
    """Return what is to be said of a page."""
    words = [note.words for note in page.placed.notes]
    if page.stage not in ("", "plain"):
        words.append("Mã mờ, đọc được sau khi làm rõ ảnh: so lại với tờ giấy.")
    if not page.is_read:
        words.append("Đang đọc mã…")
    return f"Trang {page.number}. " + " ".join(words)


def state_of(proposal: Proposal) -> str:
    """Return how a pile stands."""
    dossiers = sum(group.fate is Fate.KEEP for group in proposal.groups)
    dropped = sum(page.placed.fate is Fate.DROP for page in proposal.pages)
    parts = [f"{len(proposal.pages)} trang", f"{dossiers} hồ sơ"]
    if proposal.unread_count:
        parts.append(f"đang đọc mã, còn {proposal.unread_count} trang")
    if proposal.waiting_count:
        parts.append(f"{proposal.waiting_count} trang chờ xếp")
    if dropped:
        parts.append(f"{dropped} trang sẽ bỏ (xem lại được)")
    return " · ".join(parts) + ". F9 lưu vào các hồ sơ; trang chờ ở lại."


def group_line(number: int, group: Group) -> GroupLine:
    """Return a group's line in the list."""
    count = f"{len(group.pages)} trang"
    if group.fate is Fate.WAIT:
        return GroupLine(title=f"0  ⚠ Chờ xếp · {count}", words="Chọn hồ sơ cho từng trang",
                         tone="wait")  # fmt: skip
    if group.fate is Fate.DROP:
        return GroupLine(title=f"–  Sẽ bỏ · {count}", words="Del để lấy lại", tone="plain")
    has_notes = any(note.asks for page in group.pages for note in page.placed.notes)
    mark = "⚠ " if has_notes else ""
    return GroupLine(
        title=f"{number}  {mark}{group.code} · {count}", words=group.words, tone="plain"
    )


def page_thumb(page: ProposedPage) -> PageThumb:
    """Return a page's caption and tone."""
    asks = any(note.asks for note in page.placed.notes)
    mark = " ⚠" if asks else " •" if page.placed.notes else ""
    head = " ▸" if page.placed.is_separator else ""
    return PageThumb(
        page=page.id, caption=f"{page.number}{head}{mark}", tone="wait" if asks else "plain"
    )


def row_of(groups: tuple[Group, ...], former: Group | None, page: UUID | None) -> int:
    """Return which group to show: the same dossier, else where the page went, else the first."""
    if former is not None:
        for row, group in enumerate(groups):
            if (group.fate, group.dossier) == (former.fate, former.dossier):
                return row
    for row, group in enumerate(groups):
        if any(one.id == page for one in group.pages):
            return row
    waiting = [row for row, group in enumerate(groups) if group.fate is Fate.WAIT]
    return waiting[0] if waiting else 0 if groups else -1
