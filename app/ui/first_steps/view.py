"""The first steps: a row each, tried by Enter, ticked when it worked."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.keys import key_button
from app.ui.widgets.list_table import ListTable
from app.ui.widgets.strip import Strip

COLUMNS = (("", 36), ("Bước", 130), ("Làm gì", 0), ("Kết quả", 240))


class FirstStepsView(QWidget):
    """Steps with their state.

    Signals:
        asked: Enter on a row (int).
    """

    asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = Strip()
        title = QLabel("Thử thiết bị trước người dân đầu tiên")
        title.setProperty("head", True)
        words = QLabel(
            "Mỗi bước bỏ qua được và làm lại được bất cứ lúc nào (Cài đặt, F8). Chưa có máy in hay "
            "máy quét vẫn tiếp nhận được."
        )
        words.setWordWrap(True)
        self.table = ListTable("Các bước đầu", COLUMNS, wraps=True)
        self.table.keys = {
            Qt.Key.Key_Return: lambda: self.asked.emit(self.table.currentRow()),
            Qt.Key.Key_Enter: lambda: self.asked.emit(self.table.currentRow()),
        }
        self.scan_button = key_button("scan_back")
        self.end_button = key_button("end_steps")
        self.end_button.setProperty("main", True)
        bottom = QHBoxLayout()
        hint = QLabel("↑ ↓ Chọn bước · Enter Làm bước đang chọn")
        hint.setProperty("soft", True)
        bottom.addWidget(hint, 1)
        bottom.addWidget(self.scan_button)
        bottom.addWidget(self.end_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 6)
        layout.setSpacing(6)
        layout.addWidget(self.notice)
        layout.addWidget(title)
        layout.addWidget(words)
        layout.addWidget(self.table, 1)
        layout.addLayout(bottom)

    def show_rows(self, rows: Sequence[Sequence[str]], done: Sequence[bool]) -> None:
        """Show the steps; what worked stands in green."""
        tones = theme.current()
        colours = [tones.good.text if one else tones.text for one in done]
        self.table.show_rows(rows, colours, column=3)
