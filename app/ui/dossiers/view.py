"""The list of dossiers with its search line and the quick view."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.ui.dossiers.model import DossierModel
from app.ui.keys import key_button
from app.ui.widgets.card import Card, field
from app.ui.widgets.strip import Strip

_MARKS = "123456789ABCDEF"
FILTERS = ("0 Tất cả", "1 Hôm nay", "2 Chờ gửi", "3 Quá hạn", "4 Cần xem")


class DossiersView(QWidget):
    """Search, list, quick view.

    Signals:
        sought: text changed (str).
        filter_chosen: number of a quick filter (int).
        looked_at: row to show in the quick view (int).
        reprint_asked: Ctrl+R.
        preview_asked: Ctrl+P.
        papers_asked: Ctrl+B.
        paper_chosen: key of a form that was offered (str).
    """

    sought = Signal(str)
    filter_chosen = Signal(int)
    looked_at = Signal(int)
    reprint_asked = Signal()
    preview_asked = Signal()
    papers_asked = Signal()
    paper_chosen = Signal(str)

    def __init__(self, model: DossierModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = Strip()
        self.line = field("Tìm hồ sơ", "Mã, tên không dấu, số căn cước, số điện thoại")
        self.table = QTableView()
        self.table.setAccessibleName("Danh sách hồ sơ")
        self.table.setModel(model)
        self.empty = QLabel()
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.quick = Card("Xem nhanh")
        self.quick_words = QLabel()
        self.quick_words.setWordWrap(True)
        self.quick_words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.quick.add(self.quick_words)
        self._filters: list[QPushButton] = []
        self._set_up_table()
        self._lay_out()
        self.line.textChanged.connect(self.sought)
        self.line.installEventFilter(self)
        self.table.installEventFilter(self)

    def _set_up_table(self) -> None:
        table = self.table
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(32)
        table.setWordWrap(False)
        header = table.horizontalHeader()
        for column, width in ((0, 176), (3, 96), (4, 96), (5, 170), (6, 96)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            table.setColumnWidth(column, width)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)

    def _lay_out(self) -> None:
        filters = QHBoxLayout()
        for i, words in enumerate(FILTERS):
            button = QPushButton(words)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setAccessibleName(f"Lọc: {words[2:]}")
            button.clicked.connect(lambda _=False, i=i: self.filter_chosen.emit(i))
            self._filters.append(button)
            filters.addWidget(button)
        filters.addWidget(self.line, 1)
        actions = QHBoxLayout()
        actions.addStretch(1)
        for verb, asked in (
            ("other_papers", self.papers_asked),
            ("preview", self.preview_asked),
            ("reprint", self.reprint_asked),
        ):
            button = key_button(verb)
            button.clicked.connect(asked)
            actions.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 6)
        for part in (self.notice,):
            layout.addWidget(part)
        layout.addLayout(filters)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.empty, 1)
        layout.addWidget(self.quick)
        layout.addLayout(actions)
        self.quick.hide()
        self.empty.hide()

    def show_filter(self, number: int) -> None:
        """Show which quick filter is on."""
        for i, button in enumerate(self._filters):
            button.setChecked(i == number)

    def offer_papers(self, forms: Sequence[tuple[str, str]]) -> None:
        """Let one of the forms be chosen by its number or letter: (key, name) each."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for mark, (form, name) in zip(_MARKS, forms, strict=False):
            menu.addAction(f"&{mark}  {name}", partial(self.paper_chosen.emit, form))
        menu.setActiveAction(menu.actions()[0])
        menu.popup(self.table.viewport().mapToGlobal(self.table.viewport().rect().topLeft()))

    def show_empty(self, words: str) -> None:
        """Say why the list is empty, or show the list with empty words."""
        self.empty.setText(words)
        self.empty.setVisible(bool(words))
        self.table.setVisible(not words)

    def show_quick(self, title: str, words: str) -> None:
        """Show a dossier under the list."""
        self.quick.title.setText(title)
        self.quick_words.setText(words)
        self.quick.show()

    def hide_quick(self) -> None:
        """Hide the quick view."""
        self.quick.hide()

    @property
    def current_row(self) -> int:
        """The row under the cursor, -1 for none."""
        return self.table.currentIndex().row()

    def eventFilter(self, receiver: QObject, event: QEvent) -> bool:
        """Down leaves the search line; single keys act on the list."""
        if event.type() is not QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        key = event.key()
        if receiver is self.line:
            if key in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.table.setFocus()
                self.table.selectRow(max(0, self.current_row))
                return True
            return False
        if key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.quick.isVisible() and key == Qt.Key.Key_Space:
                self.hide_quick()
            else:
                self.looked_at.emit(self.current_row)
            return True
        if Qt.Key.Key_0 <= key <= Qt.Key.Key_4:
            self.filter_chosen.emit(key - Qt.Key.Key_0)
            return True
        return False
