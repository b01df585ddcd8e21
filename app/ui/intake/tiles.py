"""The procedures of the last weeks, one key each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

_LONGEST = 56  # letters; the rest of a name stands in the tool tip


class Tiles(QWidget):
    """Up to eight procedures; Alt and a digit pick one.

    Signals:
        picked: code of a procedure (str).
    """

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stack = QVBoxLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.setSpacing(4)
        self._codes: list[str] = []

    def show_procedures(self, found: Sequence[tuple[str, str]]) -> None:
        """Show (code, words) each."""
        while self._stack.count():
            item = self._stack.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._codes = [code for code, _ in found]
        for i, (code, words) in enumerate(found):
            short = words if len(words) <= _LONGEST else f"{words[:_LONGEST].rstrip(' ,;')}…"
            button = QPushButton(f"Alt+{i + 1}  {short}")
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setAccessibleName(words)
            button.setToolTip(words)
            button.setProperty("tile", True)
            button.clicked.connect(lambda _=False, code=code: self.picked.emit(code))
            self._stack.addWidget(button)
        self._stack.addStretch(1)

    def pick(self, number: int) -> bool:
        """Pick a tile by its number from 1; False if there is none."""
        if not 1 <= number <= len(self._codes):
            return False
        self.picked.emit(self._codes[number - 1])
        return True
