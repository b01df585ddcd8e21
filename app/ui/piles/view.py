"""A pile on screen: dossiers at the left, the pages of one at the right, words below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QIcon, QImage, QKeyEvent, QPixmap
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.keys import key_button
from app.ui.widgets.card import Card, field
from app.ui.widgets.strip import Strip
from printing.raster import Raster

THUMB_HEIGHT_PX = 168
_THUMB = QSize(120, THUMB_HEIGHT_PX)
_CELL = QSize(136, THUMB_HEIGHT_PX + 30)
_GROUPS_WIDTH = 330
_HINT = (
    "1…9 chuyển sang hồ sơ · 0 để chờ · C gõ mã · S tách từ đây · J nối vào hồ sơ trước · "
    "R xoay · Del bỏ, lấy lại · Enter xem lớn · Ctrl+Z hoàn tác"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLine:
    """A line of the left list: title, what it is, and a tone of the theme."""

    title: str
    words: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageThumb:
    """A page of the right list."""

    page: UUID
    caption: str
    tone: str


class PilesView(QWidget):
    """Groups, thumbnails, notes.

    Signals:
        scan_asked, files_asked, keep_asked: F6, Ctrl+O, F9.
        group_shown: a line of the left list is current (int).
        page_shown: a page is current (UUID), or None.
        moved: a digit was pressed over the marked pages (int).
        split, joined, turned, dropped, enlarged: S, J, R, Del, Enter over them.
        sent_to: a code was typed for them (str).
    """

    scan_asked = Signal()
    files_asked = Signal()
    keep_asked = Signal()
    group_shown = Signal(int)
    page_shown = Signal(object)
    moved = Signal(int)
    split = Signal()
    joined = Signal()
    turned = Signal()
    dropped = Signal()
    enlarged = Signal()
    sent_to = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = Strip()
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.groups = QListWidget()
        self.groups.setAccessibleName("Các hồ sơ trong chồng giấy")
        self.groups.setFixedWidth(_GROUPS_WIDTH)
        self.groups.setWordWrap(True)
        self.groups.setSpacing(2)
        self.pages = QListWidget()
        self.pages.setAccessibleName("Các trang của hồ sơ đang chọn")
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setMinimumHeight(44)
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.target = field("Chuyển tới mã hồ sơ", "C  Chuyển tới mã hồ sơ (hoặc số cuối hôm nay)")
        self.both_sides = key_button("both_sides", "Hai mặt")
        self.both_sides.setCheckable(True)
        self._set_up_pages()
        self._lay_out()
        self.groups.currentRowChanged.connect(self.group_shown)
        self.pages.currentItemChanged.connect(lambda *_: self.page_shown.emit(self.current_page))
        self.target.returnPressed.connect(self._send)
        for watched in (self.pages, self.groups, self.target):
            watched.installEventFilter(self)

    def _set_up_pages(self) -> None:
        pages = self.pages
        pages.setViewMode(QListView.ViewMode.IconMode)
        pages.setResizeMode(QListView.ResizeMode.Adjust)
        pages.setMovement(QListView.Movement.Static)
        pages.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        pages.setIconSize(_THUMB)
        pages.setGridSize(_CELL)
        pages.setUniformItemSizes(True)

    def _lay_out(self) -> None:
        card = Card("Chồng giấy")
        card.add(self.state)
        middle = QHBoxLayout()
        middle.addWidget(self.groups)
        right = QVBoxLayout()
        right.addWidget(self.pages, 1)
        right.addWidget(self.words)
        hint = QLabel(_HINT)
        hint.setProperty("soft", True)
        hint.setWordWrap(True)
        right.addWidget(hint)
        middle.addLayout(right, 1)
        actions = QHBoxLayout()
        actions.addWidget(self.target, 1)
        actions.addWidget(self.both_sides)
        for verb, words, asked in (
            ("pile_files", "Từ tệp", self.files_asked),
            ("scan_pile", "Quét", self.scan_asked),
            ("keep_pile", "", self.keep_asked),
        ):
            button = key_button(verb, words)
            button.setProperty("main", verb == "keep_pile")
            button.clicked.connect(asked)
            actions.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 6)
        layout.addWidget(self.notice)
        layout.addWidget(card)
        layout.addLayout(middle, 1)
        layout.addLayout(actions)

    # ---- showing -------------------------------------------------------------------

    def show_groups(self, lines: Sequence[GroupLine], current: int) -> None:
        """Show the left list; `group_shown` is not emitted."""
        self.groups.blockSignals(True)
        self.groups.clear()
        for line in lines:
            item = QListWidgetItem(f"{line.title}\n{line.words}" if line.words else line.title)
            tone: theme.Tone = getattr(theme.current(), line.tone)
            if line.tone != "plain":
                item.setForeground(QColor(tone.text))
                item.setBackground(QColor(tone.back))
            item.setToolTip(item.text())
            self.groups.addItem(item)
        self.groups.setCurrentRow(current)
        self.groups.blockSignals(False)

    def show_pages(
        self, thumbs: Sequence[PageThumb], current: UUID | None, *, keeps_place: bool = False
    ) -> None:
        """Show the right list; pictures stay where the pages are the same as before.

        Args:
            thumbs: in order.
            current: has the focus if it is among them.
            keeps_place: else the page that now stands in its place has it, not the first.
        """
        self.pages.blockSignals(True)
        shown = [self._page_at(row) for row in range(self.pages.count())]
        if shown != [thumb.page for thumb in thumbs]:
            self._fill_pages(thumbs, current, self.pages.currentRow() if keeps_place else 0)
        for row, thumb in enumerate(thumbs):
            item = self.pages.item(row)
            tone: theme.Tone = getattr(theme.current(), thumb.tone)
            is_plain = thumb.tone == "plain"
            item.setText(thumb.caption)
            item.setForeground(QBrush() if is_plain else QColor(tone.text))
            item.setBackground(QBrush() if is_plain else QColor(tone.back))
        self.pages.blockSignals(False)
        self.page_shown.emit(self.current_page)

    def _fill_pages(self, thumbs: Sequence[PageThumb], current: UUID | None, row: int) -> None:
        self.pages.clear()
        row = max(0, min(row, len(thumbs) - 1))
        for i, thumb in enumerate(thumbs):
            item = QListWidgetItem(_empty_icon(), thumb.caption)
            item.setData(Qt.ItemDataRole.UserRole, thumb.page)
            item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
            self.pages.addItem(item)
            row = i if thumb.page == current else row
        if thumbs:
            self.pages.setCurrentRow(row)

    def _page_at(self, row: int) -> UUID | None:
        item = self.pages.item(row)
        page = None if item is None else item.data(Qt.ItemDataRole.UserRole)
        return page if isinstance(page, UUID) else None

    def show_picture(self, page: UUID, picture: Raster) -> None:
        """Show a page's thumbnail, if the page is on show."""
        for row in range(self.pages.count()):
            if self._page_at(row) == page:
                self.pages.item(row).setIcon(_icon(_pixmap(picture)))

    @property
    def current_page(self) -> UUID | None:
        """The page that the keys work on, None if none is on show."""
        return self._page_at(self.pages.currentRow())

    @property
    def marked_pages(self) -> list[UUID]:
        """The selected pages in their order, or else the current one."""
        marked = [
            page
            for row in range(self.pages.count())
            if (page := self._page_at(row)) is not None and self.pages.item(row).isSelected()
        ]
        return marked or [page for page in [self.current_page] if page is not None]

    # ---- keys ------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Single keys work in the lists only, never where something is typed."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        key = event.key()
        if watched is self.target:
            if key == Qt.Key.Key_Escape:
                self.target.clear()
                self.pages.setFocus()
                return True
            return False
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        if watched is self.groups:
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Right):
                self.pages.setFocus()
                return True
            return False
        return self._page_key(key)

    def _page_key(self, key: int) -> bool:
        if Qt.Key.Key_0 <= key <= Qt.Key.Key_9:
            self.moved.emit(key - Qt.Key.Key_0)
            return True
        acts = {
            Qt.Key.Key_S: self.split, Qt.Key.Key_J: self.joined, Qt.Key.Key_R: self.turned,
            Qt.Key.Key_Delete: self.dropped, Qt.Key.Key_Return: self.enlarged,
            Qt.Key.Key_Enter: self.enlarged,
        }  # fmt: skip
        if key == Qt.Key.Key_C:
            self.target.setFocus()
            return True
        act = acts.get(Qt.Key(key))
        if act is None:
            return False
        act.emit()
        return True

    def _send(self) -> None:
        text = self.target.text().strip()
        if text:
            self.sent_to.emit(text)


def _empty_icon() -> QIcon:
    picture = QPixmap(_THUMB)
    picture.fill(QColor(theme.current().plain.back))
    return _icon(picture)


def _icon(picture: QPixmap) -> QIcon:
    """Return an icon that is not tinted when it is selected: what is on paper stays legible."""
    icon = QIcon(picture)
    icon.addPixmap(picture, QIcon.Mode.Selected)
    return icon


def _pixmap(picture: Raster) -> QPixmap:
    image = QImage(
        picture.pixels, picture.width, picture.height, picture.stride, QImage.Format.Format_RGB888
    )
    return QPixmap.fromImage(image)  # copies: the bytes may go
