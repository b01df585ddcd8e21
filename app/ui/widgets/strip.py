"""A notice above the form: what happened, what to do, which key does it. Never modal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.errors import AppError
from app.ui import theme


@dataclass(frozen=True, slots=True)
class Choice:
    """A way on: words on the button and what it does."""

    words: str
    act: Callable[[], object]


class Strip(QWidget):
    """One notice with up to four ways on; hidden when there is nothing to say.

    The ways on are numbered: Alt+1 … Alt+4 press them from anywhere.
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
        self.hide()

    def say(self, words: str, *choices: Choice, tone: str = "work") -> None:
        """Show a notice.

        Args:
            words: what happened and what to do.
            choices: ways on, first is the usual one.
            tone: good, wait, work or bad.
        """
        self.clear()
        self.words.setText(words)
        self.setStyleSheet(
            f"Strip {{ {theme.tone_sheet(getattr(theme.current(), tone))} }}"
            f"Strip QLabel {{ color: {getattr(theme.current(), tone).text};"
            " background: transparent; }"
        )
        for i, choice in enumerate(choices, start=1):
            button = QPushButton(f"Alt+{i}  {choice.words}", self)
            button.setShortcut(f"Alt+{i}")
            button.setAccessibleName(choice.words)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(choice.act)
            self._layout.addWidget(button)
            self._buttons.append(button)
        self.setAccessibleName(words)
        self.show()

    def say_problem(self, problem: AppError, *choices: Choice) -> None:
        """Show what the world refused."""
        self.say(str(problem), *choices, tone="bad")

    def clear(self) -> None:
        """Hide the notice."""
        for button in self._buttons:
            self._layout.removeWidget(button)
            button.deleteLater()
        self._buttons = []
        self.hide()
