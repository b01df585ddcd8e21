"""The catalogue screen: seven tables behind one line, narrowed by words and by a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from app.ui.forms.person_form import read_day
from app.ui.keys import key_button
from app.ui.widgets.card import field, label_for
from app.ui.widgets.list_table import ListTable
from app.ui.widgets.page_row import PageRow
from app.ui.widgets.strip import Strip

VERSIONS, PROCEDURES, FEES, CALENDAR, FORMS, AGENCIES, CHANGES = range(7)
PAGES = ("Các bản", "Thủ tục", "Lệ phí", "Lịch", "Mẫu in", "Cơ quan", "Thay đổi")
COLUMNS = (
    (("Bản", 60), ("Tên", 0), ("Nhận lúc", 140), ("Thủ tục", 80), ("", 150)),
    (("Mã", 86), ("Tắt", 60), ("Tên thủ tục", 0), ("Thời hạn", 128), ("Lệ phí", 120),
     ("Giấy tờ", 70), ("Hiệu lực", 168)),
    (("Loại", 120), ("Của", 0), ("Mức", 0), ("Lĩnh vực, cơ quan", 200)),
    (("Loại", 120), ("Ngày", 0), ("Giờ, lý do", 0), ("Căn cứ", 190)),
    (("Mẫu", 110), ("Tên", 0), ("Căn cứ", 0), ("Hiệu lực", 170), ("Ghi chú", 170)),
    (("Mã", 110), ("Tên", 0), ("Loại", 120), ("Phòng, bộ phận", 0), ("Tài khoản", 0),
     ("Hiệu lực", 170)),
    (("Từ ngày", 96), ("Mục", 110), ("Tên", 0), ("Điều", 120), ("Trước", 0), ("Sau", 0)),
)  # fmt: skip
_EMPTY = {
    CHANGES: "Bản này không đổi gì so với bản trước, và không có gì sắp đổi.",
}
_DAY_PX = 104


class CatalogueView(QWidget):
    """The catalogue, read only.

    Signals:
        page_chosen: number of a table (int).
        narrowed: the words or the day changed.
        opened: Enter on a row.
        looked_at: the cursor moved to a row (int).
    """

    page_chosen = Signal(int)
    narrowed = Signal()
    opened = Signal()
    looked_at = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = Strip()
        self._pages = PageRow(PAGES, self.page_chosen.emit)
        self.seek = field("Tìm trong bảng", "mã, tên, không cần dấu")
        self.day = field("Xem theo ngày", "ngày", digits=True)
        self.tables = QStackedWidget()
        for number, (words, columns) in enumerate(zip(PAGES, COLUMNS, strict=True)):
            table = ListTable(words, columns)
            table.keys = {
                Qt.Key.Key_Return: self.opened.emit,
                Qt.Key.Key_Enter: self.opened.emit,
                **self._pages.keys,
            }
            table.currentCellChanged.connect(lambda row, *_: self.looked_at.emit(row))
            table.say_when_empty(_EMPTY.get(number, "Không có dòng nào khớp với chữ đang tìm."))
            self.tables.addWidget(table)
        self.about = QLabel()
        self.about.setWordWrap(True)
        self.said = QLabel()
        self.said.setProperty("soft", True)
        self.said.setWordWrap(True)
        self.sample_button = key_button("sample_receipt", "Giấy hẹn mẫu")
        self.leaflet_button = key_button("sample_leaflet", "Hướng dẫn")
        self.export_button = key_button("export_catalogue", "Excel")
        self._lay_out()
        self.seek.textChanged.connect(lambda _: self.narrowed.emit())
        self.day.editingFinished.connect(self.narrowed)

    def _lay_out(self) -> None:
        top = self._pages
        self.day.setFixedWidth(_DAY_PX)
        top.addWidget(label_for("Ngày", self.day))
        top.addWidget(self.day)
        top.addWidget(self.seek, 1)
        bottom = QHBoxLayout()
        bottom.addWidget(self.said, 1)
        for button in (self.leaflet_button, self.export_button, self.sample_button):
            bottom.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 6)
        layout.setSpacing(6)
        layout.addWidget(self.notice)
        layout.addLayout(top)
        layout.addWidget(self.tables, 1)
        layout.addWidget(self.about)
        layout.addLayout(bottom)

    @property
    def table(self) -> ListTable:
        """The table on show."""
        found = self.tables.currentWidget()
        assert isinstance(found, ListTable)
        return found

    def show_page(self, number: int) -> None:
        """Turn to a table; the keys go there, unless words are being typed."""
        self._pages.show_page(number)
        self.tables.setCurrentIndex(number)
        for button in (self.sample_button, self.leaflet_button):
            button.setVisible(number == PROCEDURES)
        if not self.seek.hasFocus():
            self.table.setFocus()

    def show_rows(self, rows: Sequence[Sequence[str]], said: str) -> None:
        """Fill the table on show; `said` stands under it."""
        self.table.show_rows(rows)
        self.said.setText(said)

    def show_about(self, words: str) -> None:
        """Show what a row has no column for."""
        self.about.setText(words)
        self.about.setVisible(bool(words))

    def show_day(self, day: dt.date) -> None:
        """Show which day the catalogue is read of."""
        self.day.setText(f"{day:%d/%m/%Y}")

    def chosen_day(self) -> dt.date | None:
        """Return the day typed, None where nothing readable stands."""
        try:
            return dt.date.fromisoformat(read_day(self.day.text()))
        except ValueError:
            return None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and the down key leave a field for the table."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
            self.table.setFocus()
            return
        super().keyPressEvent(event)
