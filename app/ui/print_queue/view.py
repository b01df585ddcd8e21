"""The list of what still has to come out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.keys import key_button
from app.ui.widgets.list_table import ListTable
from app.ui.widgets.strip import Strip

_HEADINGS = (("Lúc", 110), ("Giấy", 300), ("Máy in", 150), ("Số tờ", 70), ("Tình trạng", 0))


class PrintQueueView(QWidget):
    """Jobs that wait, and what can be done with the chosen one.

    Signals:
        again, elsewhere, to_file, came_out, did_not, looked, dropped: keys of the list.
        day_asked: the day is to be closed.
    """

    again = Signal()
    elsewhere = Signal()
    to_file = Signal()
    came_out = Signal()
    did_not = Signal()
    looked = Signal()
    dropped = Signal()
    day_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = Strip()
        self.table = ListTable("Lệnh in đang chờ", _HEADINGS)
        self.empty = QLabel("Không có giấy nào chờ in.")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setMinimumHeight(40)
        self._buttons: dict[str, QPushButton] = {}
        key = Qt.Key
        self.table.keys = {
            key.Key_Return: self.again.emit,
            key.Key_Enter: self.again.emit,
            key.Key_M: self.elsewhere.emit,
            key.Key_T: self.to_file.emit,
            key.Key_D: self.came_out.emit,
            key.Key_C: self.did_not.emit,
            key.Key_X: self.looked.emit,
            key.Key_Delete: self.dropped.emit,
        }
        self._lay_out(
            (
                ("print_again", self.again.emit),
                ("print_elsewhere", self.elsewhere.emit),
                ("print_to_file", self.to_file.emit),
                ("print_came_out", self.came_out.emit),
                ("print_did_not", self.did_not.emit),
                ("print_look", self.looked.emit),
                ("print_drop", self.dropped.emit),
            )
        )

    def _lay_out(self, acts: Sequence[tuple[str, Callable[[], object]]]) -> None:
        rows = (QHBoxLayout(), QHBoxLayout())
        for i, (verb, act) in enumerate(acts):
            button = key_button(verb)
            button.clicked.connect(act)
            self._buttons[verb] = button
            rows[i >= 4].addWidget(button)
        close = key_button("close_day")
        close.clicked.connect(self.day_asked)
        for row in rows:
            row.addStretch(1)
        rows[1].addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 6)
        layout.addWidget(self.notice)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.empty, 1)
        layout.addWidget(self.words)
        for row in rows:
            layout.addLayout(row)

    def show_jobs(self, rows: Sequence[Sequence[str]], colours: Sequence[str]) -> None:
        """Show the jobs, or that there are none."""
        self.table.show_rows(rows, colours, column=len(_HEADINGS) - 1)
        self.table.setVisible(bool(rows))
        self.empty.setVisible(not rows)

    def allow(self, verbs: set[str]) -> None:
        """Show which acts the chosen job allows."""
        for verb, button in self._buttons.items():
            button.setEnabled(verb in verbs)
