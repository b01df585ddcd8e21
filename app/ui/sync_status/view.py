"""The sync screen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.ui.keys import key_button
from app.ui.widgets.card import Card
from app.ui.widgets.strip import Strip

_HEADINGS = ("Lúc", "Hồ sơ", "Việc", "Tình trạng")


class SyncView(QWidget):
    """State, queue and refusals.

    Signals:
        sync_asked: F5.
    """

    sync_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = Strip()
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.state.setProperty("head", True)
        self.facts = QLabel()
        self.facts.setWordWrap(True)
        self.table = QTableWidget(0, len(_HEADINGS))
        self.table.setAccessibleName("Việc chờ gửi và bị trả lại")
        self.table.setHorizontalHeaderLabels(_HEADINGS)
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        for column, width in ((0, 130), (1, 190), (2, 190)):
            self.table.setColumnWidth(column, width)
        now = key_button("sync_now")
        now.setProperty("main", True)
        now.clicked.connect(self.sync_asked)
        card = Card("Đồng bộ với máy chủ")
        row = QHBoxLayout()
        row.addWidget(self.state, 1)
        row.addWidget(now)
        card.add(row)
        card.add(self.facts)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 6)
        layout.addWidget(self.notice)
        layout.addWidget(card)
        layout.addWidget(self.table, 1)

    def show_rows(self, rows: Sequence[tuple[str, str, str, str]]) -> None:
        """Show what waits or was refused."""
        self.table.setRowCount(len(rows))
        for y, row in enumerate(rows):
            for x, words in enumerate(row):
                item = QTableWidgetItem(words)
                item.setToolTip(words)
                self.table.setItem(y, x, item)
