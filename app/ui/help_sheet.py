"""F1: all keys, from the registry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.ui.keys import KEYS, Key

_COLUMNS = 3
_EDGES = QSize(60, 90)  # scroll bar, margins and the line at the foot


class HelpSheet(QDialog):
    """A sheet of keys; Esc closes it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Phím tắt")
        room = self.screen().availableSize()
        inside = _sheet(_COLUMNS)
        for count in range(_COLUMNS - 1, 0, -1):  # fewer side by side on a narrow screen
            if inside.sizeHint().width() + _EDGES.width() > room.width():
                inside = _sheet(count)
        scroll = QScrollArea()  # on a small screen the arrows move it
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        scroll.setAccessibleName("Phím tắt của các màn hình")
        foot = QLabel("Enter: ô sau · Shift+Enter: ô trước · Esc: lùi một bước, không mất gì")
        foot.setProperty("soft", True)
        layout = QVBoxLayout(self)
        layout.addWidget(scroll)
        layout.addWidget(foot)
        self.resize((inside.sizeHint() + _EDGES).boundedTo(room))


def _sheet(count: int) -> QWidget:
    """Return all keys, screen by screen, in so many columns."""
    columns = [QVBoxLayout() for _ in range(count)]
    lines = [0] * count
    screens = Counter(key.screen for key in KEYS)
    for screen, _ in screens.most_common():  # the longest first, so that columns come out even
        keys = [key for key in KEYS if key.screen == screen]
        shortest = lines.index(min(lines))
        lines[shortest] += len(keys) + 2
        columns[shortest].addLayout(_block(screen, keys))
    inside = QWidget()
    side_by_side = QHBoxLayout(inside)
    side_by_side.setSpacing(28)
    for column in columns:
        column.addStretch(1)
        side_by_side.addLayout(column)
    return inside


def _block(screen: str, keys: Sequence[Key]) -> QGridLayout:
    """Return the keys of one screen under its name."""
    stack = QGridLayout()
    stack.setVerticalSpacing(2)
    head = QLabel(screen)
    head.setProperty("head", True)
    stack.addWidget(head, 0, 0, 1, 2)
    for y, key in enumerate(keys, start=1):
        press = QLabel(key.press)
        press.setProperty("head", True)
        stack.addWidget(press, y, 0)
        stack.addWidget(QLabel(key.words), y, 1)
    stack.setColumnStretch(1, 1)
    stack.setRowMinimumHeight(len(keys) + 1, 10)
    return stack
