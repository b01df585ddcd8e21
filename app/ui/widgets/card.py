"""A framed block with a heading, and fields with their labels."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QLayout, QLineEdit, QVBoxLayout, QWidget


class Card(QFrame):
    """A framed block; `body` takes the content."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.title = QLabel(title)
        self.title.setProperty("head", True)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(10, 6, 10, 8)
        self.body.setSpacing(4)
        self.body.addWidget(self.title)

    def add(self, content: QWidget | QLayout, stretch: int = 0) -> None:
        """Add a widget or a layout under the heading."""
        if isinstance(content, QWidget):
            self.body.addWidget(content, stretch)
        else:
            self.body.addLayout(content, stretch)


def field(name: str, placeholder: str = "", *, digits: bool = False) -> QLineEdit:
    """Return a line to type into, named for screen readers."""
    line = QLineEdit()
    line.setAccessibleName(name)
    line.setPlaceholderText(placeholder)
    line.setClearButtonEnabled(False)
    if digits:
        line.setInputMethodHints(
            Qt.InputMethodHint.ImhLatinOnly | Qt.InputMethodHint.ImhNoPredictiveText
        )
    return line


def open_box(name: str) -> QComboBox:
    """Return a box that offers words and takes others, named for screen readers."""
    box = QComboBox()
    box.setEditable(True)
    line = field(name)
    box.setLineEdit(line)
    box.setAccessibleName(name)
    return box


def may_shrink(box: QComboBox, letters: int = 6) -> None:
    """Let a box be narrower than its longest entry, down to so many letters."""
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(letters)


def label_for(text: str, buddy: QWidget) -> QLabel:
    """Return a small label that belongs to a field."""
    label = QLabel(text)
    label.setProperty("soft", True)
    label.setBuddy(buddy)
    return label


def mark_fault(line: QWidget, words: str) -> None:
    """Mark a field as one to mend, or clear the mark with empty words."""
    line.setProperty("fault", bool(words))
    line.setToolTip(words)
    line.setAccessibleDescription(words)
    line.style().unpolish(line)
    line.style().polish(line)
