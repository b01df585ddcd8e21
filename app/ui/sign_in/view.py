"""The sign-in screen: name and secret; a new PIN the first time."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.ui.widgets.card import Card, field, label_for
from app.ui.widgets.strip import Strip

_WIDTH = 460


class SignInView(QWidget):
    """Name, password or PIN, and a field for a new PIN when one is needed.

    Signals:
        submitted: user (str), secret (str), new PIN (str, may be empty).
    """

    submitted = Signal(str, str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.user = field("Tên đăng nhập")
        self.secret = field("Mật khẩu hoặc mã PIN", digits=True)
        self.secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.new_pin = field("Mã PIN mới", "6 chữ số trở lên", digits=True)
        self.new_pin.setEchoMode(QLineEdit.EchoMode.Password)
        self.notice = Strip()
        self._users: tuple[str, ...] = ()
        self.waiting = QLabel()
        self.waiting.setWordWrap(True)
        self.waiting.setProperty("soft", True)
        self.known = QLabel()
        self.known.setWordWrap(True)
        self.known.setProperty("soft", True)
        self.enter = QPushButton("Enter  Đăng nhập")
        self.enter.setProperty("main", True)
        self.card = Card("Đăng nhập")
        self.card.setFixedWidth(_WIDTH)
        grid = QGridLayout()
        self._pin_label = label_for("Mã PIN mới", self.new_pin)
        rows = (
            (label_for("Tên đăng nhập", self.user), self.user),
            (label_for("Mật khẩu hoặc PIN", self.secret), self.secret),
            (self._pin_label, self.new_pin),
        )
        for y, (label, line) in enumerate(rows):
            grid.addWidget(label, y, 0)
            grid.addWidget(line, y, 1)
        self.card.add(self.notice)
        self.card.add(self.known)
        self.card.add(grid)
        self.card.add(self.enter)
        self.card.add(self.waiting)
        layout = QVBoxLayout(self)
        layout.addStretch(2)
        layout.addWidget(self.card, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        self.ask_new_pin(asked=False)
        self.user.returnPressed.connect(self.secret.setFocus)
        self.secret.returnPressed.connect(self._submit)
        self.new_pin.returnPressed.connect(self._submit)
        self.enter.clicked.connect(self._submit)

    def show_station(self, title: str, waiting: str, known: Sequence[tuple[str, str]]) -> None:
        """Show whose counter this is, what waits, and who can sign in offline.

        Args:
            known: (user, name for people) of each.
        """
        self.card.title.setText(title)
        self.waiting.setText(waiting)
        self._users = tuple(user for user, _ in known)
        words = ", ".join(f"{user} ({name})" for user, name in known)
        turned = " · ↑ ↓ đổi người" if len(known) > 1 else ""
        self.known.setText(f"Đã từng đăng nhập: {words}{turned}" if known else "")
        self.known.setVisible(bool(known))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The up and down keys turn through those who signed in here before."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is None or not self._users:
            super().keyPressEvent(event)
            return
        now = self.user.text().strip()
        at = self._users.index(now) + step if now in self._users else 0
        self.user.setText(self._users[at % len(self._users)])
        self.secret.clear()
        self.secret.setFocus()

    def ask_new_pin(self, *, asked: bool) -> None:
        """Show or hide the field for a new PIN."""
        self.new_pin.setVisible(asked)
        self._pin_label.setVisible(asked)

    def set_busy(self, busy: bool) -> None:
        """Hold the button while an answer is awaited."""
        self.enter.setDisabled(busy)
        self.enter.setText("Đang đăng nhập…" if busy else "Enter  Đăng nhập")

    def clear_secrets(self) -> None:
        """Forget what was typed secretly."""
        self.secret.clear()
        self.new_pin.clear()

    def _submit(self) -> None:
        if self.enter.isEnabled():
            self.submitted.emit(self.user.text().strip(), self.secret.text(), self.new_pin.text())
