"""The register screen: the day book, books of certifications, what a day does not agree on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui.forms.person_form import read_day
from app.ui.keys import key_button
from app.ui.widgets.card import field, label_for
from app.ui.widgets.list_table import ListTable
from app.ui.widgets.page_row import PageRow
from app.ui.widgets.strip import Strip

PAGES = ("Sổ theo dõi hồ sơ", "Sổ chứng thực", "Đối chiếu ngày")
REGISTER = (("STT", 44), ("Mã hồ sơ", 160), ("Thủ tục", 0), ("Chủ hồ sơ", 0),
            ("Cơ quan", 0),
            ("Nhận", 118), ("Hẹn trả", 118), ("Trả", 118), ("Ghi chú", 0))  # fmt: skip
BOOK = (("Số", 60), ("Ngày", 100), ("Mã hồ sơ", 168), ("Người yêu cầu", 0), ("Loại việc", 0),
        ("Số bản", 70), ("Phí", 90))  # fmt: skip
DAY = (("Hồ sơ, số", 190), ("Việc chưa khớp", 0), ("Cần làm", 0))
_DAY_PX = 104


class RegisterView(QWidget):
    """Three books behind one line of days.

    Signals:
        page_chosen: number of a book (int).
        days_typed: the days changed.
        stepped: by how many days to move, −1 or 1 (int).
        book_chosen: name of a book of certifications (str).
    """

    page_chosen = Signal(int)
    days_typed = Signal()
    stepped = Signal(int)
    book_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = Strip()
        self._pages = PageRow(PAGES, self.page_chosen.emit)
        self.first_day = field("Từ ngày", "từ ngày", digits=True)
        self.last_day = field("Đến ngày", "đến ngày", digits=True)
        self.procedure = field("Mã tắt thủ tục", "mã tắt")
        self.book = QComboBox()
        self.book.setAccessibleName("Quyển sổ chứng thực")
        self.book.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.register = ListTable(PAGES[0], REGISTER)
        self.certifications = ListTable(PAGES[1], BOOK)
        self.differences = ListTable(PAGES[2], DAY)
        self.tables = QStackedWidget()
        for table in (self.register, self.certifications, self.differences):
            table.keys = {
                Qt.Key.Key_Left: partial(self.stepped.emit, -1),
                Qt.Key.Key_Right: partial(self.stepped.emit, 1),
                **self._pages.keys,
            }
            self.tables.addWidget(table)
        self.register.say_when_empty("Không có hồ sơ nào trong những ngày này.  ← →  Ngày khác")
        self.certifications.say_when_empty("Chưa có số chứng thực nào trong quyển này.")
        self.differences.say_when_empty("Khớp: không có việc nào chưa khớp.")
        self.total = QLabel()
        self.total.setProperty("head", True)
        self.total.setWordWrap(True)
        self.seal = QLabel()
        self.seal.setProperty("soft", True)
        self.seal.setWordWrap(True)
        self.seal.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.preview_button = key_button("print_register")
        self.export_button = key_button("export_register", "Excel")
        self.close_button = key_button("close_register")
        self.close_button.setProperty("main", True)
        self._lay_out()
        self.first_day.editingFinished.connect(self.days_typed)
        self.last_day.editingFinished.connect(self.days_typed)
        self.procedure.editingFinished.connect(self.days_typed)
        self.book.activated.connect(lambda: self.book_chosen.emit(self.book.currentText()))

    def _lay_out(self) -> None:
        top = self._pages
        self._labels: list[QLabel] = []
        for words, line, width in (
            ("Từ", self.first_day, _DAY_PX), ("đến", self.last_day, _DAY_PX),
            ("Thủ tục", self.procedure, 80),
        ):  # fmt: skip
            line.setFixedWidth(width)
            self._labels.append(label_for(words, line))
            top.addWidget(self._labels[-1])
            top.addWidget(line)
        top.addWidget(self.book)
        bottom = QHBoxLayout()
        said = QVBoxLayout()
        said.addWidget(self.total)
        said.addWidget(self.seal)
        bottom.addLayout(said, 1)
        for button in (self.preview_button, self.export_button, self.close_button):
            bottom.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 6)
        layout.setSpacing(6)
        layout.addWidget(self.notice)
        layout.addLayout(top)
        layout.addWidget(self.tables, 1)
        layout.addLayout(bottom)

    def show_page(self, number: int) -> None:
        """Turn to a book."""
        self._pages.show_page(number)
        self.tables.setCurrentIndex(number)
        for widget in (*self._labels, self.first_day, self.last_day, self.procedure):
            widget.setVisible(number == 0)
        if number == 2:  # a day is closed, not a period
            self._labels[0].setVisible(True)
            self.first_day.setVisible(True)
        self.book.setVisible(number == 1)
        self.table.setFocus()

    @property
    def table(self) -> ListTable:
        """The book that is shown."""
        found = self.tables.currentWidget()
        assert isinstance(found, ListTable)
        return found

    def show_days(self, first: dt.date, last: dt.date) -> None:
        """Show which days are listed."""
        self.first_day.setText(f"{first:%d/%m/%Y}")
        self.last_day.setText(f"{last:%d/%m/%Y}")

    def days(self) -> tuple[dt.date | None, dt.date | None]:
        """Return the days typed, None where nothing readable stands."""
        found: list[dt.date | None] = []
        for line in (self.first_day, self.last_day):
            try:
                found.append(dt.date.fromisoformat(read_day(line.text())))
            except ValueError:
                found.append(None)
        return found[0], found[1]

    def show_books(self, names: Sequence[str], chosen: str) -> None:
        """Show the books of certifications."""
        self.book.clear()
        self.book.addItems(list(names))
        self.book.setCurrentText(chosen)

    def show_rows(
        self, rows: Sequence[Sequence[str]], void: Collection[int], total: str, seal: str
    ) -> None:
        """Show the book: void numbers struck through, the total, and its seal."""
        self.table.show_rows(rows, struck=void)
        self.total.setText(total)
        self.seal.setText(seal)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter leaves a field for the book."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.table.setFocus()
            return
        super().keyPressEvent(event)
