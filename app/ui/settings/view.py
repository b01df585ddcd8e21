"""The settings screen: rows of choices, turned by the arrows."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.keys import key_button
from app.ui.widgets.card import Card
from app.ui.widgets.list_table import ListTable
from app.ui.widgets.strip import Strip

COLUMNS = (("Cài đặt", 300), ("Đang dùng", 220), ("Ý nghĩa", 0))


class SettingsView(QWidget):
    """Choices of the clerk above, facts of the station below.

    Signals:
        turned: row and way, −1 or 1 (int, int).
    """

    turned = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = Strip()
        self.table = ListTable("Cài đặt của tôi", COLUMNS)
        self.table.keys = {
            Qt.Key.Key_Left: lambda: self._turn(-1),
            Qt.Key.Key_Right: lambda: self._turn(1),
            Qt.Key.Key_Return: lambda: self._turn(1),
            Qt.Key.Key_Enter: lambda: self._turn(1),
            Qt.Key.Key_Space: lambda: self._turn(1),
        }
        self.station = Card("Máy này")
        self.facts = QLabel()
        self.facts.setWordWrap(True)
        self.facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.station.add(self.facts)
        self.pin_button = key_button("change_pin")
        self.practice_button = key_button("turn_practice")
        self.steps_button = key_button("first_steps")
        hint = QLabel("← → hoặc Enter  Đổi lựa chọn")
        hint.setProperty("soft", True)
        bottom = QHBoxLayout()
        bottom.addWidget(hint, 1)
        for button in (self.steps_button, self.practice_button, self.pin_button):
            bottom.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 6)
        layout.setSpacing(6)
        layout.addWidget(self.notice)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.station)
        layout.addLayout(bottom)

    def show_rows(self, rows: Sequence[Sequence[str]]) -> None:
        """Show the choices."""
        self.table.show_rows(rows)

    def _turn(self, by: int) -> None:
        if self.table.currentRow() >= 0:
            self.turned.emit(self.table.currentRow(), by)
