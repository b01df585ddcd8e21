"""Pick a procedure by short code or words without marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QVBoxLayout, QWidget

_ROWS = 8
_NO_MATCH = "Không thấy thủ tục nào. Gõ ít chữ hơn, hoặc gõ mã tắt."


class ProcedurePicker(QLineEdit):
    """A line with a list of matches under it; Enter takes the highlighted one, or stays if none is.

    Signals:
        picked: a procedure was chosen.
            code (str): its national code.
    """

    picked = Signal(str)

    def __init__(
        self,
        search: Callable[[str], Sequence[tuple[str, str]]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._search = search
        self._codes: list[str] = []
        self._shown = ""
        self.setAccessibleName("Thủ tục")
        self.setPlaceholderText("Gõ mã tắt hoặc tên thủ tục, không cần dấu: khai sinh")
        self._popup = QFrame(self.window(), Qt.WindowType.ToolTip)
        self._popup.setFrameShape(QFrame.Shape.StyledPanel)
        self._list = QListWidget(self._popup)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.itemClicked.connect(self._take)
        layout = QVBoxLayout(self._popup)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._list)
        self.textEdited.connect(self._offer)
        self.destroyed.connect(self._popup.deleteLater)

    def show_procedure(self, words: str) -> None:
        """Show what is chosen."""
        self._shown = words
        self.setText(words)
        self.setCursorPosition(0)
        self._popup.hide()

    def _offer(self, text: str) -> None:
        self._list.clear()
        if not text.strip():
            self._codes = []
            self._popup.hide()
            return
        matches = self._search(text)
        self._codes = [code for code, _ in matches]
        self._list.addItems([words for _, words in matches] or [_NO_MATCH])
        self._list.setCurrentRow(0 if matches else -1)
        rows = min(_ROWS, max(1, len(matches)))
        height = max(24, self._list.sizeHintForRow(0)) * rows + 6
        self._popup.setGeometry(
            *self.mapToGlobal(self.rect().bottomLeft()).toTuple(), self.width(), height
        )
        self._popup.show()

    def _take(self) -> None:
        row = self._list.currentRow()
        if 0 <= row < len(self._codes):
            self._popup.hide()
            self.picked.emit(self._codes[row])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move in the list and take from it."""
        shown = self._popup.isVisible()
        key = event.key()
        if shown and key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            step = 1 if key == Qt.Key.Key_Down else -1
            last = self._list.count() - 1
            self._list.setCurrentRow(min(last, max(0, self._list.currentRow() + step)))
        elif shown and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab):
            self._take()
        elif shown and key == Qt.Key.Key_Escape:
            self._popup.hide()
            self.setText(self._shown)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Tab takes from the list instead of leaving."""
        if (
            event.type() is QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Tab
            and self._popup.isVisible()
            and self._codes
        ):
            self.keyPressEvent(event)
            return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the list, show again what is chosen."""
        self._popup.hide()
        if self._shown:
            self.setText(self._shown)
        super().focusOutEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """The list never stands over another screen."""
        self._popup.hide()
        super().hideEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Select all, so that typing replaces."""
        super().focusInEvent(event)
        self.selectAll()
