"""A plain list of rows of words, worked by keys."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

ROW_PX = 32


class ListTable(QTableWidget):
    """Rows of words; single keys act on the row that is chosen.

    Args:
        name: for screen readers.
        headings: with widths; 0 takes what room is left.
        wraps: rows grow with their words, for short lists whose words must be read whole.
    """

    def __init__(
        self, name: str, headings: Sequence[tuple[str, int]], *, wraps: bool = False
    ) -> None:
        super().__init__(0, len(headings))
        self.setAccessibleName(name)
        self.setHorizontalHeaderLabels([words for words, _ in headings])
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_PX)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setWordWrap(wraps)
        self._wraps = wraps
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        for column, (_, width) in enumerate(headings):
            if width:
                self.setColumnWidth(column, width)
            else:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self.keys: Mapping[int, Callable[[], object]] = {}
        self._empty = ""

    def say_when_empty(self, words: str) -> None:
        """Stand these words where the rows would be while there are none; keys work on."""
        self._empty = words
        self.setAccessibleDescription(words)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows, or the words that stand for none."""
        super().paintEvent(event)
        if self.rowCount() or not self._empty:
            return
        painter = QPainter(self.viewport())
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        room = self.viewport().rect().adjusted(24, 12, -24, -12)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(room, int(flags), self._empty)
        painter.end()

    def show_rows(
        self,
        rows: Sequence[Sequence[str]],
        colours: Sequence[str] = (),
        column: int = 0,
        struck: Collection[int] = (),
    ) -> None:
        """Show rows; the same row number stays chosen.

        Args:
            rows: words of each column.
            colours: of the words in `column`, a row each; none leaves them as they are.
            column: which one is coloured.
            struck: numbers of rows that are void: struck through.
        """
        chosen = max(0, self.currentRow())
        self.setRowCount(len(rows))
        for y, row in enumerate(rows):
            for x, words in enumerate(row):
                item = QTableWidgetItem(words)
                item.setToolTip(words)
                if colours and x == column:
                    item.setForeground(QColor(colours[y]))
                if y in struck:
                    font = item.font()
                    font.setStrikeOut(True)
                    item.setFont(font)
                self.setItem(y, x, item)
        if rows:
            self.selectRow(min(chosen, len(rows) - 1))
        self._grow()

    def _grow(self) -> None:
        """Make each row as high as its words need, where they wrap."""
        if not self._wraps:
            return
        self.resizeRowsToContents()
        for row in range(self.rowCount()):
            self.setRowHeight(row, max(ROW_PX, self.rowHeight(row)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Words wrap elsewhere when the room changes."""
        super().resizeEvent(event)
        self._grow()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Do what a single key stands for; the arrows move as ever."""
        act = self.keys.get(event.key())
        if act is not None and event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        ):
            act()
            return
        ends = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: self.rowCount() - 1}
        if event.key() in ends and self.rowCount():  # of the list, not of the row
            self.selectRow(ends[Qt.Key(event.key())])
            return
        if event.text().strip() and event.text().isprintable():
            event.ignore()  # a letter looks for no row: it may be the screen's
            return
        super().keyPressEvent(event)
