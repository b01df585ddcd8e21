"""The frame: omni box, navigation, connection chip, device bar. Knows screens by name only."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.keys import bind, key_of
from app.ui.sync_runner import Chip
from app.ui.widgets.card import field
from app.ui.widgets.strip import Strip

_NAV_WIDTH = 184
_NARROW = 1000
_MINIMUM = (1000, 560)


class Window(QMainWindow):
    """One clerk's window.

    Signals:
        omni_entered: text typed into the omni box (str).
        screen_chosen: name of a screen (str).
        closing: before the window goes.
        escaped: Esc was pressed and nothing else took it.
    """

    omni_entered = Signal(str)
    screen_chosen = Signal(str)
    closing = Signal()
    escaped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Quầy Một Cửa")
        self.setMinimumSize(*_MINIMUM)
        self.omni = field(
            "Quét mã hoặc tìm", "Quét mã, hoặc gõ mã hồ sơ, số căn cước, tên, điện thoại"
        )
        self.chip = QLabel()
        self.user = QLabel()
        self.strip = Strip()
        self.screens = QStackedWidget()
        self._nav: dict[str, QPushButton] = {}
        self._nav_words: dict[str, str] = {}
        self._nav_box = QVBoxLayout()
        self._nav_side = QWidget()
        self._screens: dict[str, QWidget] = {}
        self.devices = QLabel()
        self._lay_out()
        self.omni.returnPressed.connect(lambda: self.omni_entered.emit(self.omni.text()))
        self.omni_key = bind("omni", self, self._to_omni)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._keep_focus)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(10, 6, 10, 6)
        key = QLabel(key_of("omni").press)
        key.setProperty("soft", True)
        top.addWidget(self.omni, 1)
        top.addWidget(key)
        top.addSpacing(12)
        top.addWidget(self.chip)
        top.addSpacing(12)
        top.addWidget(self.user)
        self._nav_side.setFixedWidth(_NAV_WIDTH)
        self._nav_side.setLayout(self._nav_box)
        self._nav_box.setContentsMargins(8, 4, 4, 4)
        self._nav_box.setSpacing(2)
        self._nav_box.addStretch(1)
        page = QVBoxLayout()
        strip = QHBoxLayout()
        strip.setContentsMargins(10, 0, 10, 0)  # in line with the screens' own cards
        strip.addWidget(self.strip)
        page.addLayout(strip)
        page.addWidget(self.screens, 1)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self._nav_side)
        middle.addLayout(page, 1)
        outer = QVBoxLayout()
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self._practice = QLabel()
        self._practice.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._practice.hide()
        outer.addWidget(self._practice)
        outer.addLayout(top)
        outer.addLayout(middle, 1)
        self._open_side = QWidget()
        self._open_side.setLayout(outer)
        self._sides = QStackedWidget()
        self._sides.addWidget(self._open_side)
        self.setCentralWidget(self._sides)
        self.statusBar().addWidget(self.devices, 1)
        self.statusBar().setSizeGripEnabled(False)

    def show_practice(self, *, on: bool) -> None:
        """Say across the top that nothing here is real."""
        self._practice.setText("TẬP SỰ — hồ sơ ở đây không gửi đi đâu, giấy in ra không có giá trị")
        self._practice.setStyleSheet(theme.tone_sheet(theme.current().wait))
        self._practice.setVisible(on)
        if on:
            self.setWindowTitle("Quầy Một Cửa — TẬP SỰ")

    def cover(self, widget: QWidget) -> None:
        """Show nothing but this."""
        self._sides.addWidget(widget)
        self._sides.setCurrentWidget(widget)
        self.statusBar().hide()

    def uncover(self) -> None:
        """Show the window's own content again."""
        self._sides.setCurrentWidget(self._open_side)
        self.statusBar().show()

    def add_place(self, name: str, words: str, key: str = "") -> None:
        """Add a screen's place in the navigation; the screen itself may come later."""
        button = QPushButton(f"{words}   {key}".rstrip())
        button.setProperty("nav", True)
        button.setCheckable(True)
        button.setAutoExclusive(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setAccessibleName(words)
        button.clicked.connect(lambda: self.screen_chosen.emit(name))
        self._nav[name] = button
        self._nav_words[name] = button.text()
        self._nav_box.insertWidget(len(self._nav) - 1, button)

    def put(self, name: str, screen: QWidget) -> None:
        """Add a screen that was built."""
        self.screens.addWidget(screen)
        self._screens[name] = screen

    def show_screen(self, name: str) -> None:
        """Turn to a screen."""
        self.screens.setCurrentWidget(self._screens[name])
        for place, button in self._nav.items():  # a screen without a place marks none
            button.setAutoExclusive(False)
            button.setChecked(place == name)
            button.setAutoExclusive(True)

    def show_count(self, name: str, count: int) -> None:
        """Show beside a screen's name how much waits there."""
        if name not in self._nav_words:
            return
        words, gap, key = self._nav_words[name].partition("   ")
        self._nav[name].setText(f"{words} ({count}){gap}{key}" if count else f"{words}{gap}{key}")

    @property
    def current_screen(self) -> str:
        """Name of the screen on show."""
        current = self.screens.currentWidget()
        return next(name for name, screen in self._screens.items() if screen is current)

    def show_chip(self, chip: Chip) -> None:
        """Show the state of the connection: colour, mark and words."""
        self.chip.setText(chip.words)
        self.chip.setAccessibleName(chip.words)
        self.chip.setStyleSheet(theme.tone_sheet(getattr(theme.current(), chip.tone)))

    def _keep_focus(self, before: QWidget | None, now: QWidget | None) -> None:
        """Leave the keys where they are, if a screen behind asks for them.

        An answer that comes late, or a timer that clears a screen, would else take them out of
        the hands of who has gone on to another screen.
        """
        if now is None or before is None or now.window() is not self or not self.isVisible():
            return
        if not now.isVisible() and before.isVisible():
            before.setFocus()

    def _to_omni(self) -> None:
        self.omni.setFocus()
        self.omni.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes one step back."""
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the page the navigation's room when the window is narrow."""
        self._nav_side.setVisible(self.width() >= _NARROW)
        super().resizeEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Let work end before the widgets die."""
        self.closing.emit()
        super().closeEvent(event)
