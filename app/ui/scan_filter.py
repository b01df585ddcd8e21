"""Tell a scanner that types like a keyboard from a person.

It acts on what windows receive, before any widget: keys that come faster
than a hand are held back. In a text field the first key is let through and
taken back later; elsewhere it is held too, lest the first digit of a code
tick a row or a space press a button. What turns out to be a person is given
to the focus widget, nothing is lost.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QKeyEvent, Qt, QWindow
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

SHORTEST = 6
_GRACE_MS = 15  # keys held so much longer than the gap are given back
_TOUCHES = (QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.Wheel)
_ENDS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab)
_COMMANDS = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
)
_HELD_DOWN = (
    Qt.Key.Key_Shift,
    Qt.Key.Key_Control,
    Qt.Key.Key_Alt,
    Qt.Key.Key_AltGr,
    Qt.Key.Key_Meta,
    Qt.Key.Key_CapsLock,
    Qt.Key.Key_Mode_switch,
)


@dataclass(frozen=True, slots=True)
class _Stroke:
    key: int
    modifiers: Qt.KeyboardModifier
    text: str


@dataclass(frozen=True, slots=True)
class _Before:
    """A text field as it was before the first key."""

    field: QLineEdit
    text: str
    cursor: int


def _is_secret(focus: QWidget | None) -> bool:
    """Tell whether a password or PIN is typed: it is never read as a code."""
    return isinstance(focus, QLineEdit) and focus.echoMode() is not QLineEdit.EchoMode.Normal


def _listener() -> QWidget | None:
    """Return what keys go to: in an open menu or list, not what had them before."""
    popup = QApplication.activePopupWidget()
    if popup is not None:
        return popup.focusWidget() or popup
    return QApplication.focusWidget()


class ScanFilter(QObject):
    """Install on the application.

    Attributes:
        touched_at: when a hand last did something, monotonic seconds.

    Signals:
        scanned: a scanner's text, without its terminator.
            text (str): raw; keep it in memory only.
    """

    scanned = Signal(str)

    def __init__(self, app: QApplication, *, gap_ms: int = 35) -> None:
        super().__init__(app)
        self._gap_ms = gap_ms
        self._held: list[_Stroke] = []  # swallowed, to be replayed or read as a scan
        self._passed = ""  # the first key of a burst, already in a text field
        self._before: _Before | None = None
        self._last_ms = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._hold_ms = gap_ms + _GRACE_MS
        self._timer.timeout.connect(self._time_out)
        self._was_asked_again = False
        self.touched_at = time.monotonic()
        app.installEventFilter(self)

    def eventFilter(self, receiver: QObject, event: QEvent) -> bool:
        """Hold back fast keys at the window; everything else passes."""
        kind = event.type()
        if kind in _TOUCHES:
            self.touched_at = time.monotonic()
        if kind is not QEvent.Type.KeyPress or not isinstance(receiver, QWindow):
            return False
        if not isinstance(event, QKeyEvent) or _is_secret(_listener()):
            return False
        return self._key(event)

    def _key(self, event: QKeyEvent) -> bool:
        if event.key() in _HELD_DOWN:
            return False  # Shift before a capital letter is part of a scan
        now = event.timestamp() or time.monotonic() * 1000
        is_fast = now - self._last_ms <= self._gap_ms
        self._last_ms = now
        if event.key() in _ENDS:
            return self._end(is_fast)
        text = event.text()
        if not text or not text.isprintable() or event.modifiers() & _COMMANDS:
            self._give_back()
            return False
        stroke = _Stroke(event.key(), event.modifiers(), text)
        if is_fast and (self._held or self._passed):
            self._hold(stroke)
            return True
        self._give_back()
        return self._begin(stroke)

    def _begin(self, stroke: _Stroke) -> bool:
        """Take the first key of what may be a burst; True holds it."""
        focus = _listener()
        self._before = None
        self._passed = ""
        if isinstance(focus, QLineEdit):
            self._before = _Before(focus, focus.text(), focus.cursorPosition())
        if isinstance(focus, (QLineEdit, QPlainTextEdit, QTextEdit)) or (
            isinstance(focus, QComboBox) and focus.isEditable()
        ):
            self._passed = stroke.text  # the next key's time tells; nothing is held yet
            return False
        self._hold(stroke)
        return True

    def _hold(self, stroke: _Stroke) -> None:
        self._held.append(stroke)
        self._was_asked_again = False
        self._timer.start(self._hold_ms)

    def _time_out(self) -> None:
        """Give keys back, but only after those that wait in the queue were seen.

        A moment in which the program was busy must not cut a scan in two.
        """
        if self._was_asked_again:
            self._give_back()
        else:
            self._was_asked_again = True
            self._timer.start(0)

    def _end(self, is_fast: bool) -> bool:
        """Read a terminator; True swallows it."""
        text = self._passed + "".join(stroke.text for stroke in self._held)
        if not is_fast or len(text) < SHORTEST:
            self._give_back()
            return False
        before, self._held, self._passed, self._before = self._before, [], "", None
        self._timer.stop()
        if before is not None:
            before.field.setText(before.text)
            before.field.setCursorPosition(before.cursor)
        self.scanned.emit(text)
        return True

    def _give_back(self) -> None:
        """It was a person: let the focus widget have the keys."""
        self._timer.stop()
        held, self._held, self._passed, self._before = self._held, [], "", None
        focus = _listener()
        if focus is None:
            return
        for stroke in held:
            self._replay(focus, stroke)

    @staticmethod
    def _replay(focus: QWidget, stroke: _Stroke) -> None:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QApplication.sendEvent(
                focus, QKeyEvent(kind, stroke.key, stroke.modifiers, stroke.text)
            )
