"""F1: all keys, from the registry."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.keys import KEYS

_COLUMNS = 3


class HelpSheet(QDialog):
    """A sheet of keys; Esc closes it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Phím tắt")
        columns = [QVBoxLayout() for _ in range(_COLUMNS)]
        heights = [0] * _COLUMNS
        for screen in dict.fromkeys(key.screen for key in KEYS):
            shortest = heights.index(min(heights))
            columns[shortest].addLayout(_stack(screen))
            heights[shortest] += sum(key.screen == screen for key in KEYS) + 1
        side_by_side = QHBoxLayout()
        side_by_side.setSpacing(28)
        for column in columns:
            column.setSpacing(8)
            column.addStretch(1)
            side_by_side.addLayout(column)
        foot = QLabel("Enter: ô sau · Shift+Enter: ô trước · Esc: lùi một bước, không mất gì")
        foot.setProperty("soft", True)
        layout = QVBoxLayout(self)
        layout.addLayout(side_by_side)
        layout.addWidget(foot)


def _stack(screen: str) -> QGridLayout:
    stack = QGridLayout()
    stack.setVerticalSpacing(2)
    head = QLabel(screen)
    head.setProperty("head", True)
    stack.addWidget(head, 0, 0, 1, 2)
    for y, key in enumerate((key for key in KEYS if key.screen == screen), start=1):
        press = QLabel(key.press)
        press.setProperty("head", True)
        stack.addWidget(press, y, 0)
        stack.addWidget(QLabel(key.words), y, 1)
    stack.setColumnStretch(1, 1)
    return stack
