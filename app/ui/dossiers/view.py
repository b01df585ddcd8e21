"""The list of dossiers with its filters, the quick view, and a dossier whole."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QPushButton,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.ui.dossiers.model import DossierModel
from app.ui.dossiers.sheet import DossierSheet
from app.ui.forms.person_form import read_day
from app.ui.keys import key_button
from app.ui.widgets.card import Card, field, label_for
from app.ui.widgets.strip import Strip

_MARKS = "123456789ABCDEF"
FILTERS = ("Tất cả", "Hôm nay", "Chờ gửi", "Sắp hạn", "Quá hạn", "Bổ sung", "Có kết quả",
           "Cần xem")  # fmt: skip
_SAVED = Qt.Key.Key_8
_DAY_PX, _PROCEDURE_PX = 104, 96


class DossiersView(QWidget):
    """Search, list, quick view; Enter turns to the dossier whole.

    Signals:
        sought: text or a field of the filter changed.
        filter_chosen: number of a quick filter (int).
        looked_at: row to show in the quick view (int).
        opened: row to show whole (int).
        reprint_asked, preview_asked, papers_asked, acts_asked, saved_asked: keys.
        paper_chosen: key of a form that was offered (str).
        act_chosen: verb that was offered (str).
        saved_chosen: number of a saved filter (int); -1 saves the present one.
        reveal_asked: numbers are to be shown whole.
    """

    sought = Signal()
    filter_chosen = Signal(int)
    looked_at = Signal(int)
    opened = Signal(int)
    reprint_asked = Signal()
    preview_asked = Signal()
    papers_asked = Signal()
    acts_asked = Signal()
    saved_asked = Signal()
    paper_chosen = Signal(str)
    act_chosen = Signal(str)
    saved_chosen = Signal(int)
    reveal_asked = Signal()

    def __init__(self, model: DossierModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = Strip()
        self.line = field("Tìm hồ sơ", "Mã, tên không dấu, số căn cước, số điện thoại")
        self.first_day = field("Nhận từ ngày", "từ ngày", digits=True)
        self.last_day = field("Nhận đến ngày", "đến ngày", digits=True)
        self.procedure = field("Mã tắt thủ tục", "mã tắt")
        self.mine = QCheckBox("&Tôi nhận")
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
        self.sheet = DossierSheet()
        self._filters: list[QPushButton] = []
        self._pages = QStackedWidget()
        self._set_up_table()
        self._lay_out()
        for line in (self.line, self.first_day, self.last_day, self.procedure):
            line.textChanged.connect(self.sought)
            line.installEventFilter(self)
        self.mine.toggled.connect(self.sought)
        self.table.installEventFilter(self)
        self.sheet.reveal_asked.connect(self.reveal_asked)

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
        filters.setSpacing(4)
        for i, words in enumerate(FILTERS):
            button = QPushButton(f"{i} {words}")
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setAccessibleName(f"Lọc: {words}")
            button.setProperty("small", True)
            button.clicked.connect(partial(self.filter_chosen.emit, i))
            self._filters.append(button)
            filters.addWidget(button)
        self.saved_button = QPushButton("8 Đã lưu…")
        self.saved_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.saved_button.setAccessibleName("Bộ lọc đã lưu")
        self.saved_button.setProperty("small", True)
        self.saved_button.clicked.connect(self.saved_asked)
        filters.addWidget(self.saved_button)
        filters.addStretch(1)
        search = QHBoxLayout()
        search.addWidget(self.line, 1)
        for words, line, width in (
            ("Từ", self.first_day, _DAY_PX), ("đến", self.last_day, _DAY_PX),
            ("Thủ tục", self.procedure, _PROCEDURE_PX),
        ):  # fmt: skip
            line.setFixedWidth(width)
            search.addWidget(label_for(words, line))
            search.addWidget(line)
        search.addWidget(self.mine)
        top = QWidget()
        upper = QVBoxLayout(top)
        upper.setContentsMargins(0, 0, 0, 0)
        upper.addLayout(filters)
        upper.addLayout(search)
        upper.addWidget(self.table, 1)
        upper.addWidget(self.empty, 1)
        upper.addWidget(self.quick)
        self._pages.addWidget(top)
        self._pages.addWidget(self.sheet)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 6)
        layout.addWidget(self.notice)
        layout.addWidget(self._pages, 1)
        layout.addLayout(self._actions())
        self.quick.hide()
        self.empty.hide()

    def _actions(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addStretch(1)
        self.buttons: dict[str, QPushButton] = {}
        for verb, words in (
            ("more_acts", "Việc khác…"), ("pay_dossier", "Thu tiền"), ("correct", "Sửa"),
            ("other_papers", "Giấy khác…"), ("preview", "Xem"), ("reprint", "In lại"),
            ("export_list", "Excel"),
        ):  # fmt: skip
            self.buttons[verb] = key_button(verb, words)
            row.addWidget(self.buttons[verb])
        return row

    # ---- the filter ------------------------------------------------------------

    def days(self) -> tuple[dt.date | None, dt.date | None]:
        """Return the days typed, None where nothing or nothing readable stands."""
        found: list[dt.date | None] = []
        for line in (self.first_day, self.last_day):
            try:
                found.append(dt.date.fromisoformat(read_day(line.text())))
            except ValueError:
                found.append(None)
        return found[0], found[1]

    def clear_filter(self) -> None:
        """Empty the words and the fields, saying so once."""
        self.blockSignals(True)
        for line in (self.line, self.first_day, self.last_day, self.procedure):
            line.clear()
        self.mine.setChecked(False)
        self.blockSignals(False)

    def show_filter(self, number: int) -> None:
        """Show which quick filter is on."""
        for i, button in enumerate(self._filters):
            button.setChecked(i == number)

    def show_counts(self, counts: Sequence[int | None], most: int) -> None:
        """Show how many each quick filter has; None and 0 show no number."""
        for i, (button, count) in enumerate(zip(self._filters, counts, strict=True)):
            number = "" if not count else f" {most}+" if count >= most else f" {count}"
            button.setText(f"{i} {FILTERS[i]}{number}")

    # ---- what is offered ---------------------------------------------------------

    def offer_papers(self, forms: Sequence[tuple[str, str]]) -> None:
        """Let one of the forms be chosen by its number or letter: (key, name) each."""
        self._offer(forms, self.paper_chosen)

    def offer_acts(self, acts: Sequence[tuple[str, str]]) -> None:
        """Let one of the acts be chosen by its number or letter: (verb, words) each."""
        self._offer(acts, self.act_chosen)

    def _offer(self, entries: Sequence[tuple[str, str]], chosen: object) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for mark, (key, name) in zip(_MARKS, entries, strict=False):
            menu.addAction(f"&{mark}  {name}", partial(chosen.emit, key))  # type: ignore[attr-defined]
        menu.setActiveAction(menu.actions()[0])
        menu.popup(self._pages.mapToGlobal(QPoint(40, 40)))

    def offer_saved(self, names: Sequence[str]) -> None:
        """Let one of the saved filters be chosen, or the present one be saved."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for i, (mark, name) in enumerate(zip(_MARKS, names, strict=False)):
            menu.addAction(f"&{mark}  {name}", partial(self.saved_chosen.emit, i))
        menu.addAction("&0  Lưu bộ lọc đang dùng…", partial(self.saved_chosen.emit, -1))
        menu.setActiveAction(menu.actions()[0])
        menu.popup(self.saved_button.mapToGlobal(QPoint(0, self.saved_button.height())))

    # ---- list, quick view, sheet ---------------------------------------------------

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

    def turn(self, *, to_sheet: bool) -> None:
        """Show the dossier whole, or the list."""
        self._pages.setCurrentIndex(int(to_sheet))
        (self.sheet.table if to_sheet else self.table).setFocus()

    @property
    def shows_sheet(self) -> bool:
        """True while a dossier is shown whole."""
        return self._pages.currentWidget() is self.sheet

    @property
    def current_row(self) -> int:
        """The row under the cursor, -1 for none."""
        return self.table.currentIndex().row()

    def eventFilter(self, receiver: QObject, event: QEvent) -> bool:
        """Down leaves the search line; single keys act on the list."""
        if event.type() is not QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        key = event.key()
        if receiver is not self.table:
            if key in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.table.setFocus()
                self.table.selectRow(max(0, self.current_row))
                return True
            return False
        if event.modifiers() not in (
            Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier,
        ):  # fmt: skip
            return False
        return self._list_key(key)

    def _list_key(self, key: int) -> bool:
        if key == Qt.Key.Key_Space:
            if self.quick.isVisible():
                self.hide_quick()
            else:
                self.looked_at.emit(self.current_row)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(self.current_row)
        elif Qt.Key.Key_0 <= key < Qt.Key.Key_0 + len(FILTERS):
            self.filter_chosen.emit(key - Qt.Key.Key_0)
        elif key == _SAVED:
            self.saved_asked.emit()
        else:
            return False
        return True
