"""F1: the keys of the screen in front, then all keys, then the card on paper; from the registry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui.keys import EVERYWHERE, KEYS, Key, keys_of

_COLUMNS = 3
_EDGES = QSize(60, 90)  # scroll bar, margins and the line at the foot
_HINT = "Enter: ô sau · Shift+Enter: ô trước · Esc: lùi một bước, không mất gì"


class HelpSheet(QDialog):
    """Sheets of keys: F1 again turns between them, P asks for the printed card, Esc closes.

    Args:
        screen: group of the registry that the screen in front has, "" for all keys only.

    Signals:
        card_asked: the keys are wanted on paper.
    """

    card_asked = Signal()

    def __init__(self, parent: QWidget | None = None, screen: str = "") -> None:
        super().__init__(parent)
        self.setWindowTitle("Phím tắt")
        room = self.screen().availableSize()
        if parent is not None:
            room = room.boundedTo(parent.window().size())
        sheets = [_sheet(_COLUMNS, KEYS)]
        for count in range(_COLUMNS - 1, 0, -1):  # fewer side by side on a narrow screen
            if sheets[0].sizeHint().width() + _EDGES.width() > room.width():
                sheets[0] = _sheet(count, KEYS)
        if keys_of(screen):
            sheets.insert(0, _sheet(2, (*keys_of(screen), *keys_of(EVERYWHERE))))
        self.pages = QStackedWidget()
        wanted = QSize()
        for sheet in sheets:
            scroll = QScrollArea()  # on a small screen the arrows move it
            scroll.setFrameShape(QFrame.Shape.NoFrame)
            scroll.setWidgetResizable(True)
            scroll.setWidget(sheet)
            scroll.setAccessibleName("Phím tắt của các màn hình")
            self.pages.addWidget(scroll)
            wanted = wanted.expandedTo(sheet.sizeHint())
        turned = "F1: mọi màn hình · " if len(sheets) > 1 else ""
        foot = QLabel(f"{turned}P: in bảng phím · {_HINT}")
        foot.setProperty("soft", True)
        layout = QVBoxLayout(self)
        layout.addWidget(self.pages)
        layout.addWidget(foot)
        self.resize((wanted + _EDGES).boundedTo(room))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F1 turns to the next sheet, P prints."""
        if event.key() == Qt.Key.Key_F1:
            self.pages.setCurrentIndex((self.pages.currentIndex() + 1) % self.pages.count())
        elif event.key() == Qt.Key.Key_P:
            self.accept()
            self.card_asked.emit()
        else:
            super().keyPressEvent(event)


def card_of_keys() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Return the registry as the printed card wants it: (screen, ((press, words), …)) each."""
    screens = dict.fromkeys(key.screen for key in KEYS)
    return tuple(
        (screen, tuple((key.press, key.words) for key in keys_of(screen))) for screen in screens
    )


def _sheet(count: int, shown: Sequence[Key]) -> QWidget:
    """Return keys, screen by screen, in so many columns."""
    columns = [QVBoxLayout() for _ in range(count)]
    lines = [0] * count
    screens = Counter(key.screen for key in shown)
    for screen, _ in screens.most_common():  # the longest first, so that columns come out even
        keys = [key for key in shown if key.screen == screen]
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
