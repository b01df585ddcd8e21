"""The processing screen: queues by due date, one key per act, whose turn it is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.keys import key_button
from app.ui.widgets.card import Card, label_for
from app.ui.widgets.list_table import ListTable
from app.ui.widgets.page_row import PageRow
from app.ui.widgets.strip import Strip

COLUMNS = (("", 30), ("Mã hồ sơ", 168), ("Thủ tục", 0), ("Chủ hồ sơ", 0), ("Hạn", 140),
           ("Đang ở", 150), ("Trình ký", 96))  # fmt: skip
QUEUES = ("Của tôi", "Chờ nhận", "Chờ ký", "Chờ bổ sung", "Tất cả")
_MARKS = "123456789ABCDEF"
_LETTERS = "TCPKDGXR"


class ProcessingView(QWidget):
    """A queue, what is known of the row under the cursor, and the keys of the acts.

    Signals:
        queue_chosen: number of a queue, from 0 (int).
        unit_chosen: name of an office, "" for what went to none (str).
        looked_at: the cursor moved to a row (int).
        end_reached: the last row is under the cursor: more may follow.
        marked: Space on a row (int).
        opened: Enter on a row (int).
        letter: a key of `_LETTERS` was pressed (str).
        act_chosen: verb that was offered (str).
    """

    queue_chosen = Signal(int)
    unit_chosen = Signal(str)
    looked_at = Signal(int)
    end_reached = Signal()
    marked = Signal(int)
    opened = Signal(int)
    letter = Signal(str)
    act_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = Strip()
        self._pages = PageRow(QUEUES, self.queue_chosen.emit)
        self.unit = QComboBox()
        self.unit.setAccessibleName("Phòng, bộ phận")
        self.unit.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.unit.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.table = ListTable("Hồ sơ cần xử lý", COLUMNS)
        self.table.keys = {
            Qt.Key.Key_Space: lambda: self.marked.emit(self.table.currentRow()),
            Qt.Key.Key_Return: lambda: self.opened.emit(self.table.currentRow()),
            Qt.Key.Key_Enter: lambda: self.opened.emit(self.table.currentRow()),
            **self._pages.keys,
            **{ord(mark): partial(self.letter.emit, mark) for mark in _LETTERS},
        }
        self.table.itemSelectionChanged.connect(self._moved)
        self.about = Card("")
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.about.add(self.words)
        self.act_button = key_button("process_main", "Nhận xử lý")
        self.act_button.setProperty("main", True)
        self.more_button = key_button("process_more", "Việc khác…")
        self.unit_button = key_button("choose_unit", "Đổi phòng")
        self._lay_out()
        self.unit.activated.connect(lambda: self.unit_chosen.emit(self.unit.currentData()))
        self.show_rows((), ())

    def _lay_out(self) -> None:
        top = self._pages
        top.addWidget(label_for("Phòng, bộ phận", self.unit))
        top.addWidget(self.unit)
        hint = QLabel(
            "T Nhận · C Chuyển · P Trình ký · K Ký · D Trả lại dự thảo · G Xong bước · "
            "X Lùi hẹn · R Ghi kết quả · Space Chọn nhiều · Enter Mở"
        )
        hint.setProperty("soft", True)
        hint.setWordWrap(True)
        bottom = QHBoxLayout()
        bottom.addWidget(hint, 1)
        for button in (self.unit_button, self.more_button, self.act_button):
            bottom.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 6)
        layout.setSpacing(6)
        layout.addWidget(self.notice)
        layout.addLayout(top)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.about)
        layout.addLayout(bottom)

    def _moved(self) -> None:
        row = self.table.currentRow()
        if row >= 0:
            self.looked_at.emit(row)
            if row == self.table.rowCount() - 1:
                self.end_reached.emit()

    def show_queue(self, number: int, counts: Sequence[str]) -> None:
        """Show which queue is on, and how much each has."""
        self._pages.show_page(number)
        self._pages.show_counts(counts)

    def show_units(self, units: Sequence[tuple[str, str]], chosen: str) -> None:
        """Show the offices: (name, words) each."""
        self.unit.clear()
        for name, words in units:
            self.unit.addItem(words, name)
        self.unit.setCurrentIndex(max(0, self.unit.findData(chosen)))

    def show_rows(self, rows: Sequence[Sequence[str]], tones: Sequence[str]) -> None:
        """Show a queue; `tones` colours the due dates."""
        current = theme.current()
        colours = [getattr(current, tone).text for tone in tones]
        self.table.blockSignals(True)
        self.table.show_rows(rows, colours, column=4)
        self.table.blockSignals(False)
        self.about.setVisible(bool(rows))
        if rows:
            self.looked_at.emit(self.table.currentRow())

    def show_about(self, title: str, words: str) -> None:
        """Show what is known of the row under the cursor."""
        self.about.title.setText(title)
        self.words.setText(words)

    def show_act(self, words: str) -> None:
        """Show what F9 does here."""
        self.act_button.setText(f"F9  {words}")
        self.act_button.setAccessibleName(words)

    def offer_acts(self, acts: Sequence[tuple[str, str]]) -> None:
        """Let one of the acts be chosen by its number or letter: (verb, words) each."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for mark, (verb, words) in zip(_MARKS, acts, strict=False):
            menu.addAction(f"&{mark}  {words}", partial(self.act_chosen.emit, verb))
        menu.setActiveAction(menu.actions()[0])
        menu.popup(self.table.mapToGlobal(QPoint(40, 40)))
