"""The hand-over screen: a list by scanning, to whom, and F9 makes the slip."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.keys import key_button
from app.ui.widgets.card import field, label_for, open_box
from app.ui.widgets.list_table import ListTable
from app.ui.widgets.strip import Strip

COLUMNS = (("Mã hồ sơ", 168), ("Thủ tục", 0), ("Chủ hồ sơ", 0), ("Giấy tờ", 64), ("Nhận", 104),
           ("Phải chuyển trước", 128), ("", 96))  # fmt: skip


class HandOverView(QWidget):
    """What goes on together.

    Signals:
        entered: a code was typed (str).
        dropped: row that stays (int).
        agency_chosen: code of an agency (str).
    """

    entered = Signal(str)
    dropped = Signal(int)
    agency_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = Strip()
        self.line = field("Mã hồ sơ để bàn giao", "Quét lần lượt từng hồ sơ, hoặc gõ mã rồi Enter")
        self.agency = QComboBox()
        self.agency.setAccessibleName("Cơ quan nhận")
        self.unit = open_box("Phòng, bộ phận nhận")
        self.unit.setMinimumWidth(200)
        self.note = field("Ghi chú trên phiếu", "nếu cần")
        self.table = ListTable("Danh sách bàn giao", COLUMNS)
        self.table.keys = {Qt.Key.Key_Delete: lambda: self.dropped.emit(self.table.currentRow())}
        self.table.say_when_empty(
            "Danh sách còn trống. Quét mã trên từng hồ sơ, hoặc F7 lấy mọi hồ sơ chờ bàn giao.\n"
            "Hồ sơ nhận trước 15:00 chuyển trong ngày; sau 15:00 chuyển đầu giờ ngày làm việc sau."
        )
        self.total = QLabel()
        self.total.setProperty("head", True)
        self.load_button = key_button("load_waiting")
        self.print_button = key_button("print_slip")
        self.give_button = key_button("hand_over")
        self.give_button.setProperty("main", True)
        self._lay_out()
        self.line.returnPressed.connect(lambda: self.entered.emit(self.line.text()))
        self.line.installEventFilter(self)
        self.agency.activated.connect(lambda: self.agency_chosen.emit(self.agency.currentData()))
        self.show_rows((), ())

    def _lay_out(self) -> None:
        to = QHBoxLayout()
        for words, widget, stretch in (
            ("Cơ quan", self.agency, 2), ("Phòng, bộ phận", self.unit, 2),
            ("Ghi chú", self.note, 3),
        ):  # fmt: skip
            to.addWidget(label_for(words, widget))
            to.addWidget(widget, stretch)
        bottom = QHBoxLayout()
        bottom.addWidget(self.total, 1)
        for button in (self.load_button, self.print_button, self.give_button):
            bottom.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 6)
        layout.setSpacing(6)
        layout.addWidget(self.notice)
        layout.addWidget(self.line)
        layout.addLayout(to)
        layout.addWidget(self.table, 1)
        layout.addLayout(bottom)

    def show_rows(self, rows: Sequence[Sequence[str]], late: Sequence[bool]) -> None:
        """Show the list; what should have gone stands in red."""
        tones = theme.current()
        self.table.show_rows(rows, [tones.bad.text if one else tones.text for one in late], 5)
        self.total.setText(f"{len(rows)} hồ sơ" if rows else "")

    def show_agencies(self, agencies: Sequence[tuple[str, str]]) -> None:
        """Show who may take paper over: (code, name) each."""
        self.agency.clear()
        for code, name in agencies:
            self.agency.addItem(name, code)

    def show_units(self, units: Sequence[str], chosen: str = "") -> None:
        """Show the offices of the agency that was chosen."""
        self.unit.clear()
        self.unit.addItems(list(units))
        self.unit.setCurrentText(chosen or (units[0] if units else ""))

    def eventFilter(self, receiver: QObject, event: QEvent) -> bool:
        """Down leaves the line for the list."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            is_down = event.key() == Qt.Key.Key_Down
            if receiver is self.line and is_down and self.table.rowCount():
                self.table.setFocus()
                return True
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes to the next field, from the last one back to the line."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            chain = (self.agency, self.unit, self.note, self.line)
            at = next((i for i, widget in enumerate(chain) if widget.hasFocus()), -1)
            if 0 <= at < len(chain) - 1:
                chain[at + 1].setFocus()
            return
        super().keyPressEvent(event)
