"""F1: all keys, from the registry."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QVBoxLayout, QWidget

from app.ui.keys import KEYS

_ACROSS = 3


class HelpSheet(QDialog):
    """A sheet of keys; Esc closes it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Phím tắt")
        columns = QGridLayout()
        columns.setHorizontalSpacing(28)
        for i, screen in enumerate(dict.fromkeys(key.screen for key in KEYS)):
            stack = QGridLayout()
            head = QLabel(screen)
            head.setProperty("head", True)
            stack.addWidget(head, 0, 0, 1, 2)
            keys = [key for key in KEYS if key.screen == screen]
            for y, key in enumerate(keys, start=1):
                press = QLabel(key.press)
                press.setProperty("head", True)
                stack.addWidget(press, y, 0)
                stack.addWidget(QLabel(key.words), y, 1)
            stack.setRowStretch(len(keys) + 1, 1)
            columns.addLayout(stack, i // _ACROSS, i % _ACROSS)
        foot = QLabel("Enter: ô sau · Shift+Enter: ô trước · Esc: lùi một bước, không mất gì")
        foot.setProperty("soft", True)
        layout = QVBoxLayout(self)
        layout.addLayout(columns)
        layout.addWidget(foot)
