"""A clerk's hands: every key pressed counts, Shift and Ctrl and the keys of Telex too."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from tests.support.seat import Seat

_NONE = Qt.KeyboardModifier.NoModifier
_MODIFIERS = (
    Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)  # fmt: skip


def telex(text: str) -> int:
    """Return how many keys a text takes by Telex: a mark is one more key, a capital Shift.

    “ễ” is e, e and x: three keys; “Đ” is Shift, d and d.
    """
    count = 0
    for letter in text:
        marks = unicodedata.normalize("NFD", letter.replace("đ", "d\u0335").replace("Đ", "D\u0335"))
        count += len(marks) + letter.isupper()
    return count


@dataclass
class Hands:
    """Press keys at a seat and count them; what a scanner reads is no key.

    Attributes:
        pressed: how many keys so far.
        told: what was done, with how many keys.
    """

    seat: Seat
    pressed: int = 0
    told: list[tuple[str, int]] = field(default_factory=list)

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = _NONE) -> None:
        """Press one key where the focus is, with what is held down meanwhile."""
        self._count(key.name, 1 + sum(bool(modifiers & one) for one in _MODIFIERS))
        QTest.keyClick(self._focus, key, modifiers)
        QApplication.processEvents()

    def type(self, text: str, *, enter: bool = True) -> None:
        """Type a text as an input method hands it on, and Enter."""
        self._count(text, telex(text))
        for letter in text:
            if letter.isascii():
                QTest.keyClick(self._focus, letter)
            else:  # as an input method hands it on: a letter without a key
                for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                    QApplication.sendEvent(self._focus, QKeyEvent(kind, 0, _NONE, letter))
        if enter:
            self.press(Qt.Key.Key_Return)

    def scan(self, text: str) -> None:
        """Hold something before the scanner."""
        self.told.append(("scan", 0))
        self.seat.counter.route(text)
        QApplication.processEvents()

    @property
    def _focus(self) -> QWidget:
        """What has the focus; a window that has just come has none for a moment."""
        self.seat.until(lambda: QApplication.focusWidget() is not None)
        found = QApplication.focusWidget()
        assert found is not None
        return found

    def _count(self, what: str, keys: int) -> None:
        self.pressed += keys
        self.told.append((what, keys))
