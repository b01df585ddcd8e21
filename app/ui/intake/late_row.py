"""Late entry: what was written by hand while there was no power, from a sheet of the pad."""

from __future__ import annotations

import datetime as dt
import re

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

from app.ui.forms.person_form import read_day
from app.ui.widgets.card import Card, field, label_for, mark_fault

_TIME = re.compile(r"(\d{1,2})[:hg.]?(\d{2})")


class LateRow(Card):
    """Number of the sheet, day, time, reason, and who allows it.

    Signals:
        changed: something was typed.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Ghi bù sau khi mất điện", parent)
        self.pad = field("Số giấy viết tay", "Quét mã trên giấy viết tay")
        self.day = field("Ngày nhận", "ngày/tháng/năm", digits=True)
        self.time = field("Giờ nhận", "giờ:phút", digits=True)
        self.reason = field("Lý do ghi bù", "Ví dụ: mất điện từ 8 giờ đến 10 giờ")
        self.supervisor = field("Người phụ trách cho phép", "tên đăng nhập")
        self.pin = field("Mã PIN của người phụ trách", "mã PIN", digits=True)
        self.pin.setEchoMode(QLineEdit.EchoMode.Password)
        self._leave_labels = (
            label_for("Người cho phép", self.supervisor), label_for("PIN", self.pin)
        )  # fmt: skip
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        for x, (words, line) in enumerate(
            (("Số giấy", self.pad), ("Ngày", self.day), ("Giờ", self.time))
        ):
            grid.addWidget(label_for(words, line), 0, 2 * x)
            grid.addWidget(line, 0, 2 * x + 1)
        grid.addWidget(label_for("Lý do", self.reason), 1, 0)
        grid.addWidget(self.reason, 1, 1, 1, 5)
        grid.addWidget(self._leave_labels[0], 2, 0)
        grid.addWidget(self.supervisor, 2, 1)
        grid.addWidget(self._leave_labels[1], 2, 2)
        grid.addWidget(self.pin, 2, 3)
        self.add(grid)
        for line in self.lines:
            line.textEdited.connect(self.changed)

    @property
    def lines(self) -> tuple[QLineEdit, ...]:
        """The fields in their order."""
        return (self.pad, self.day, self.time, self.reason, self.supervisor, self.pin)

    def ask_leave(self, *, asked: bool) -> None:
        """Show the fields for a supervisor's leave, or hide them from a supervisor."""
        for part in (*self._leave_labels, self.supervisor, self.pin):
            part.setVisible(asked)

    def begin(self, today: dt.date, pad: str = "") -> None:
        """Show the row, empty but for what is known."""
        for line in self.lines:
            line.clear()
            mark_fault(line, "")
        self.pad.setText(pad)
        self.day.setText(f"{today:%d/%m/%Y}")
        self.show()

    def moment(self, zone: dt.tzinfo | None) -> dt.datetime | None:
        """Return when it was received, None if day or time cannot be read."""
        match = _TIME.fullmatch(self.time.text().strip())
        try:
            day = dt.date.fromisoformat(read_day(self.day.text()))
            at = dt.time(int(match[1]), int(match[2])) if match else None
        except ValueError:
            return None
        return None if at is None else dt.datetime.combine(day, at, zone)

    def content(self) -> dict[str, str]:
        """Return what was typed, for a draft; never the PIN."""
        return {"pad": self.pad.text(), "day": self.day.text(), "time": self.time.text(),
                "reason": self.reason.text(), "supervisor": self.supervisor.text()}  # fmt: skip

    def restore(self, content: dict[str, str]) -> None:
        """Put a draft's fields back."""
        for name, text in content.items():
            line = getattr(self, name, None)
            if isinstance(line, QLineEdit):
                line.setText(text)
        self.show()
