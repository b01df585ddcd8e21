"""The cash screen: the shift, its payments, what is still owed, and the other shifts of today."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from app.ui.keys import key_button
from app.ui.widgets.card import Card
from app.ui.widgets.list_table import ListTable
from app.ui.widgets.page_row import PageRow
from app.ui.widgets.strip import Strip

PAGES = ("Đã thu trong ca", "Chưa thu", "Các ca hôm nay")
PAYMENTS = (("Lúc", 70), ("Mã hồ sơ", 168), ("Người nộp", 0), ("Cách thu", 130),
            ("Số tiền", 110))  # fmt: skip
OWING = (("Mã hồ sơ", 168), ("Thủ tục", 0), ("Người nộp", 0), ("Nhận", 120),
         ("Còn thu", 110))  # fmt: skip
SHIFTS = (("Cán bộ", 0), ("Mở ca", 90), ("Đóng ca", 90), ("Hồ sơ", 70), ("Tiền mặt", 110),
          ("Chuyển khoản", 110), ("Phải có", 110), ("Đếm được", 110), ("Lý do", 0))  # fmt: skip


class CashView(QWidget):
    """Money of a shift.

    Signals:
        page_chosen: number of a list (int).
        pay_asked: Enter on a dossier that owes (int).
    """

    page_chosen = Signal(int)
    pay_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = Strip()
        self._pages = PageRow(PAGES, self.page_chosen.emit)
        self.shift = Card("Ca của tôi")
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.shift.add(self.words)
        self.payments = ListTable(PAGES[0], PAYMENTS)
        self.owing = ListTable(PAGES[1], OWING)
        self.shifts = ListTable(PAGES[2], SHIFTS)
        self.payments.say_when_empty("Chưa thu khoản nào. Quét mã hồ sơ để thu tiền.")
        self.owing.say_when_empty("Không có hồ sơ nào còn phải thu.")
        self.shifts.say_when_empty("Chưa ai mở ca hay thu tiền hôm nay.")
        self.tables = QStackedWidget()
        for table in (self.payments, self.owing, self.shifts):
            table.keys = self._pages.keys
            self.tables.addWidget(table)
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.owing.keys = {
                **self.owing.keys, key: lambda: self.pay_asked.emit(self.owing.currentRow())
            }  # fmt: skip
        self.open_button = key_button("open_shift")
        self.print_button = key_button("print_shift")
        self.pay_button = key_button("take_money")
        self.close_button = key_button("close_shift")
        self.close_button.setProperty("main", True)
        self._lay_out()

    def _lay_out(self) -> None:
        top = self._pages
        bottom = QHBoxLayout()
        bottom.addStretch(1)
        for button in (self.open_button, self.pay_button, self.print_button, self.close_button):
            bottom.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 6)
        layout.setSpacing(6)
        layout.addWidget(self.notice)
        layout.addWidget(self.shift)
        layout.addLayout(top)
        layout.addWidget(self.tables, 1)
        layout.addLayout(bottom)

    def show_page(self, number: int) -> None:
        """Turn to a list."""
        self._pages.show_page(number)
        self.tables.setCurrentIndex(number)
        self.table.setFocus()

    @property
    def table(self) -> ListTable:
        """The list that is shown."""
        found = self.tables.currentWidget()
        assert isinstance(found, ListTable)
        return found

    def show_shift(self, title: str, words: str) -> None:
        """Show how the shift stands."""
        self.shift.title.setText(title)
        self.words.setText(words)

    def show_rows(self, page: int, rows: Sequence[Sequence[str]]) -> None:
        """Show a list's rows."""
        (self.payments, self.owing, self.shifts)[page].show_rows(rows)
