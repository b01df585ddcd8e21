"""The list as a table model that fetches pages by key as they are needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from app.domain.status import BusinessState, SyncState
from app.services.lookup import Listed, ListPage
from app.ui import theme

HEADINGS = ("Mã hồ sơ", "Người nộp", "Thủ tục", "Nhận", "Hẹn trả", "Trạng thái", "Gửi")
_Index = QModelIndex | QPersistentModelIndex
_SYNC = {SyncState.WAITING: "⇡ chờ gửi", SyncState.STORED: "✓", SyncState.QUARANTINED: "✖ cần xem"}
_MARKS = {
    BusinessState.RECEIVED: "●", BusinessState.IN_WORK: "●",
    BusinessState.AWAITING_SUPPLEMENT: "▲", BusinessState.AWAITING_PAYMENT: "▲",
    BusinessState.FINISHED: "★", BusinessState.RETURNED: "✓",
}  # fmt: skip


class DossierModel(QAbstractTableModel):
    """Rows of `Listed`, newest first.

    Args:
        fetch: returns a page, given the former page's `next_before`.
        name: returns a procedure's name by its code.
    """

    def __init__(self, name: Callable[[str], str]) -> None:
        super().__init__()
        self._name = name
        self._fetch: Callable[[int | None], ListPage] | None = None
        self._lines: list[Listed] = []
        self._next: int | None = None

    def show(self, fetch: Callable[[int | None], ListPage]) -> None:
        """Begin a new list with its first page."""
        self.beginResetModel()
        self._fetch = fetch
        page = fetch(None)
        self._lines, self._next = list(page.lines), page.next_before
        self.endResetModel()

    def line(self, row: int) -> Listed | None:
        """Return a row's dossier."""
        return self._lines[row] if 0 <= row < len(self._lines) else None

    @property
    def lines(self) -> Sequence[Listed]:
        """The rows fetched so far."""
        return self._lines

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Return how many rows were fetched."""
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(HEADINGS)

    def canFetchMore(self, parent: _Index) -> bool:
        """Tell whether another page waits."""
        return not parent.isValid() and self._next is not None

    def fetchMore(self, parent: _Index) -> None:
        """Append the next page."""
        if parent.isValid() or self._next is None or self._fetch is None:
            return
        page = self._fetch(self._next)
        first = len(self._lines)
        if page.lines:
            self.beginInsertRows(QModelIndex(), first, first + len(page.lines) - 1)
            self._lines += page.lines
            self.endInsertRows()
        self._next = page.next_before

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a heading."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell's words, or its colour."""
        line = self.line(index.row())
        if line is None:
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._words(line, index.column())
        if role == Qt.ItemDataRole.ForegroundRole and index.column() in (5, 6):
            if line.sync is SyncState.QUARANTINED:
                return QColor(theme.current().bad.text)
            return QColor(theme.current().work.text)
        return None

    def _words(self, line: Listed, column: int) -> str:
        if column == 0:
            return line.code
        if column == 1:
            return line.submitter
        if column == 2:
            return self._name(line.procedure)
        if column == 3:
            return f"{line.received_at:%H:%M %d/%m}"
        if column == 4:
            return f"{line.due_at:%H:%M %d/%m}"
        if column == 5:
            mark = "✖" if line.voided else _MARKS.get(line.state, "■")
            return f"{mark} {line.state_words}"
        return _SYNC[line.sync]
