"""A row of numbered pages above a list: the figure turns to one, the one on show is marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton


class PageRow(QHBoxLayout):
    """Buttons that show their figure and take no focus.

    Args:
        names: of the pages, in order; the first has figure 1.
        chosen: called with a page's number, from 0.
    """

    def __init__(self, names: Sequence[str], chosen: Callable[[int], object]) -> None:
        super().__init__()
        self.setSpacing(4)
        self._names, self._chosen = tuple(names), chosen
        self._buttons: list[QPushButton] = []
        for i, words in enumerate(names):
            button = QPushButton(f"{i + 1} {words}")
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setProperty("small", True)
            button.setAccessibleName(words)
            button.clicked.connect(partial(chosen, i))
            self._buttons.append(button)
            self.addWidget(button)
        self.addStretch(1)

    @property
    def keys(self) -> dict[int, Callable[[], object]]:
        """What a list's figures do: for `ListTable.keys`."""
        return {Qt.Key.Key_1 + i: partial(self._chosen, i) for i in range(len(self._names))}

    def show_page(self, number: int) -> None:
        """Mark the page on show."""
        for i, button in enumerate(self._buttons):
            button.setChecked(i == number)

    def show_counts(self, counts: Sequence[str]) -> None:
        """Show beside each name how much is there, "" for nothing."""
        for i, (button, count) in enumerate(zip(self._buttons, counts, strict=True)):
            button.setText(f"{i + 1} {self._names[i]}" + (f" {count}" if count else ""))
