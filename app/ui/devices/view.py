"""The devices screen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.services.print_choices import FORM_WORDS
from app.ui import theme
from app.ui.devices.form_choice import HEADINGS, FormChoiceLine
from app.ui.devices.rows import DeviceRow
from app.ui.keys import key_button
from app.ui.widgets.card import Card, field, label_for
from app.ui.widgets.list_table import ListTable
from app.ui.widgets.strip import Strip

_COLUMNS = (("Loại", 110), ("Tên", 220), ("Tình trạng", 0))


class DevicesView(QWidget):
    """Devices with their state, an address to add, and what is printed where.

    Signals:
        test_asked, remove_asked, look_asked: keys.
        address_entered: address of a printer to add (str).
    """

    test_asked = Signal()
    remove_asked = Signal()
    look_asked = Signal()
    address_entered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = Strip()
        self.table = ListTable("Thiết bị của máy này", _COLUMNS, wraps=True)
        key = Qt.Key
        self.table.keys = {
            key.Key_Return: self.test_asked.emit,
            key.Key_Enter: self.test_asked.emit,
            key.Key_Delete: self.remove_asked.emit,
        }
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.address = field(
            "Địa chỉ máy in", "Ví dụ: ipp://192.168.1.20 hoặc socket://192.168.1.30:9100"
        )
        self.spare = QComboBox()
        self.spare.setAccessibleName("Máy in dự phòng")
        self.choices_card = Card("Giấy nào in ở máy nào")
        self.lines = {
            form: FormChoiceLine(words, self.choices_card) for form, words in FORM_WORDS.items()
        }
        self.address.returnPressed.connect(
            lambda: self.address_entered.emit(self.address.text().strip())
        )
        self._lay_out()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 6)
        layout.addWidget(self.notice)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.words)
        add = QHBoxLayout()
        add.addWidget(label_for("Thêm máy in (Enter)", self.address))
        add.addWidget(self.address, 1)
        layout.addLayout(add)
        grid = QGridLayout()
        for column, heading in enumerate(HEADINGS):
            label = QLabel(heading)
            label.setProperty("soft", True)
            grid.addWidget(label, 0, column)
        for row, line in enumerate(self.lines.values(), start=1):
            line.place(grid, row)
        grid.setColumnStretch(1, 2)
        grid.setColumnStretch(2, 1)
        self.choices_card.add(grid)
        spare = QHBoxLayout()
        spare.addWidget(label_for("Máy in dự phòng, khi máy đã chọn không in được", self.spare))
        spare.addWidget(self.spare, 1)
        self.choices_card.add(spare)
        layout.addWidget(self.choices_card)
        acts = QHBoxLayout()
        self.bundle_button = key_button("device_bundle")
        acts.addWidget(self.bundle_button)
        acts.addStretch(1)
        for verb, asked in (
            ("device_look", self.look_asked),
            ("device_remove", self.remove_asked),
            ("device_test", self.test_asked),
        ):
            button = key_button(verb)
            button.clicked.connect(asked)
            acts.addWidget(button)
        layout.addLayout(acts)

    def show_rows(self, rows: Sequence[DeviceRow]) -> None:
        """Show the devices."""
        colours = [getattr(theme.current(), row.tone).text for row in rows]
        self.table.show_rows([(r.kind, r.name, r.state) for r in rows], colours, column=2)
