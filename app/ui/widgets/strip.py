"""A notice above the form: what happened, what to do, which key does it. Never modal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget
from shiboken6 import isValid

from app.errors import AppError
from app.ui import theme

_LINE_PX = 260
_asking: list[Strip] = []  # those with ways on, the newest last


@dataclass(frozen=True, slots=True)
class Choice:
    """A way on: words on the button and what it does."""

    words: str
    act: Callable[[], object]


class Strip(QWidget):
    """One notice with up to four ways on, or one line to answer in; hidden when there is nothing.

    The ways on are numbered: Alt+1 … Alt+4 press them from anywhere. Of several notices in a
    window the newest has the numbers; the one before it gets them back when that one goes. A line
    takes the focus; Enter gives the answer, Esc gives it up, and the focus goes back.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(10, 4, 6, 4)
        self._layout.addWidget(self.words, 1)
        self._buttons: list[QPushButton] = []
        self._line: QLineEdit | None = None
        self._back: QWidget | None = None
        self._look = ("", "")
        self.hide()

    def ask(
        self, words: str, done: Callable[[str], object], *, placeholder: str = "", text: str = ""
    ) -> None:
        """Ask for a line of text.

        Args:
            words: what is asked.
            done: called with what was typed; not if Esc was pressed.
            placeholder: an example.
            text: what stands there already.
        """
        back = QApplication.focusWidget()
        self.say(words, tone="wait")
        line = QLineEdit(text)
        line.setAccessibleName(words)
        line.setPlaceholderText(placeholder)
        line.setMinimumWidth(_LINE_PX)
        line.selectAll()
        self._layout.addWidget(line, 1)
        self._line, self._back = line, back

        def answer() -> None:
            typed = line.text()
            self.give_up()
            done(typed)

        line.returnPressed.connect(answer)
        line.show()  # what is not shown yet takes no focus
        line.setFocus()

    @property
    def is_asking(self) -> bool:
        """True while a line waits for an answer."""
        return self._line is not None

    def give_up(self) -> bool:
        """Take a question back and the focus to where it was; False if nothing was asked."""
        if self._line is None:
            return False
        back = self._back
        self.clear()
        if back is not None and isValid(back):
            back.setFocus()
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc gives an answer up."""
        if event.key() == Qt.Key.Key_Escape and self.give_up():
            return
        super().keyPressEvent(event)

    def say(self, words: str, *choices: Choice, tone: str = "work") -> None:
        """Show a notice.

        Args:
            words: what happened and what to do.
            choices: ways on, first is the usual one.
            tone: good, wait, work or bad.
        """
        is_plain = not (choices or self._buttons or self._line)
        look = (tone, theme.current().name)
        if is_plain and look == self._look and not self.isHidden():  # progress: only words change
            self.words.setText(words)
            self.setAccessibleName(words)
            return
        self.clear()
        self._look = look
        self.words.setText(words)
        self.setStyleSheet(
            f"Strip {{ {theme.tone_sheet(getattr(theme.current(), tone))} }}"
            f"Strip QLabel {{ color: {getattr(theme.current(), tone).text};"
            " background: transparent; }"
        )
        for choice in choices:
            button = QPushButton(choice.words, self)
            button.setAccessibleName(choice.words)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(choice.act)
            self._layout.addWidget(button)
            self._buttons.append(button)
        self.setAccessibleName(words)
        if choices:
            _asking.append(self)
        self.show()
        _number_newest()

    def number(self, *, on: bool) -> None:
        """Give the ways on their numbers, or take them off."""
        for i, button in enumerate(self._buttons, start=1):
            words = button.accessibleName()
            button.setText(f"Alt+{i}  {words}" if on else words)
            button.setShortcut(f"Alt+{i}" if on else "")

    def showEvent(self, event: QShowEvent) -> None:
        """Its screen comes to the front."""
        super().showEvent(event)
        _number_newest()

    def hideEvent(self, event: QHideEvent) -> None:
        """It goes, or its screen does."""
        super().hideEvent(event)
        _number_newest()

    def say_problem(self, problem: AppError, *choices: Choice) -> None:
        """Show what the world refused."""
        self.say(str(problem), *choices, tone="bad")

    def clear(self) -> None:
        """Hide the notice."""
        for button in self._buttons:
            self._layout.removeWidget(button)
            button.deleteLater()
        self._buttons = []
        if self in _asking:
            _asking.remove(self)
        if self._line is not None:
            self._layout.removeWidget(self._line)
            self._line.hide()
            self._line.deleteLater()
            self._line = self._back = None
        self.hide()


def _number_newest() -> None:
    """In each window the newest notice that can be seen has the numbers."""
    taken = set()
    for strip in reversed(_asking):
        if not isValid(strip):
            continue
        window = strip.window()
        is_newest = strip.isVisible() and window not in taken
        if is_newest:
            taken.add(window)
        strip.number(on=is_newest)
    _asking[:] = [strip for strip in _asking if isValid(strip)]
