"""What stands over everything while the window is locked: who, and a PIN."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from app.ui.keys import key_button
from app.ui.widgets.card import Card, field
from app.ui.widgets.strip import Strip

_WIDTH = 420


class LockCover(QWidget):
    """The lock.

    Signals:
        entered: a PIN (str).
        switch_asked: another clerk takes over.
    """

    entered = Signal(str)
    switch_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = Strip()
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.pin = field("Mã PIN", "mã PIN, rồi Enter", digits=True)
        self.pin.setEchoMode(QLineEdit.EchoMode.Password)
        self.switch_button = key_button("switch_user")
        self.switch_button.clicked.connect(self.switch_asked)
        self.card = Card("Đã khoá")
        self.card.setFixedWidth(_WIDTH)
        for part in (self.notice, self.words, self.pin, self.switch_button):
            self.card.add(part)
        layout = QVBoxLayout(self)
        layout.addStretch(2)
        layout.addWidget(self.card, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        self.pin.returnPressed.connect(self._enter)

    def show_clerk(self, name: str, words: str) -> None:
        """Show whose window this is; nothing of a citizen stands here."""
        self.card.title.setText(f"Đã khoá — {name}")
        self.words.setText(words)
        self.pin.clear()
        self.pin.setFocus()

    def set_busy(self, *, busy: bool) -> None:
        """Hold the PIN while it is looked at."""
        self.pin.setReadOnly(busy)

    def _enter(self) -> None:
        if self.pin.text() and not self.pin.isReadOnly():
            self.entered.emit(self.pin.text())
