"""The sync screen: how things stand, how long it takes, what waits, and what needs a person."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.keys import key_button
from app.ui.widgets.card import Card
from app.ui.widgets.list_table import ListTable
from app.ui.widgets.strip import Strip

COLUMNS = (("Lúc", 120), ("Hồ sơ", 180), ("Việc", 200), ("Tình trạng", 0))
_PARTS = 1000


class SyncView(QWidget):
    """State, queue and refusals.

    Signals:
        sync_asked: F5.
        opened: Enter on a row (int).
        export_asked, import_asked: to and from a stick.
    """

    sync_asked = Signal()
    opened = Signal(int)
    export_asked = Signal()
    import_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = Strip()
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.state.setProperty("head", True)
        self.facts = QLabel()
        self.facts.setWordWrap(True)
        self.progress = QProgressBar()
        self.progress.setRange(0, _PARTS)
        self.progress.setAccessibleName("Tiến độ gửi")
        self.progress.setTextVisible(False)
        self.rest = QLabel()
        self.rest.setProperty("soft", True)
        self.table = ListTable("Việc chờ gửi và bị trả lại", COLUMNS)
        self.table.keys = {
            Qt.Key.Key_Return: lambda: self.opened.emit(self.table.currentRow()),
            Qt.Key.Key_Enter: lambda: self.opened.emit(self.table.currentRow()),
        }
        self.table.say_when_empty("Không có việc nào chờ gửi, không có việc nào cần xem.")
        now = key_button("sync_now")
        now.setProperty("main", True)
        now.clicked.connect(self.sync_asked)
        self.export_button = key_button("export_queue")
        self.import_button = key_button("import_bundle")
        self.export_button.clicked.connect(self.export_asked)
        self.import_button.clicked.connect(self.import_asked)
        card = Card("Đồng bộ với máy chủ")
        row = QHBoxLayout()
        row.addWidget(self.state, 1)
        row.addWidget(self.export_button)
        row.addWidget(self.import_button)
        row.addWidget(now)
        card.add(row)
        card.add(self.facts)
        going = QHBoxLayout()
        going.addWidget(self.progress, 1)
        going.addWidget(self.rest)
        card.add(going)
        hint = QLabel("Enter  Xem và chọn cách giải quyết, hoặc mở hồ sơ")
        hint.setProperty("soft", True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 6)
        layout.addWidget(self.notice)
        layout.addWidget(card)
        layout.addWidget(self.table, 1)
        layout.addWidget(hint)
        self.show_progress(None, "")

    def show_rows(
        self, rows: Sequence[tuple[str, str, str, str]], tones: Sequence[str] = ()
    ) -> None:
        """Show what clashes, was refused, or waits; a tone each."""
        current = theme.current()
        colours = [getattr(current, tone).text for tone in tones]
        self.table.show_rows(rows, colours, column=3)

    def show_progress(self, share: float | None, words: str) -> None:
        """Show how far the sending has come; None while nothing waits."""
        self.progress.setVisible(share is not None)
        self.rest.setVisible(share is not None)
        self.progress.setValue(round(_PARTS * (share or 0)))
        self.rest.setText(words)
