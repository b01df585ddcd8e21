"""Count the drawer: note by note, or the total; the difference shows while it is typed."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QWidget

from app.domain.amounts import in_figures
from app.services.shifts import difference_words
from app.ui.course.dialogs import ActDialog
from app.ui.widgets.card import field, label_for

NOTES = (500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000)
_MOST_DIGITS = 12


class CountDialog(ActDialog):
    """How many of each note, the sum beside what the book says, and why they differ."""

    def __init__(self, must_hold: int, parent: QWidget | None = None) -> None:
        super().__init__(
            "Đóng ca: đếm tiền mặt", "Enter  Ô sau        F9  Đóng ca, in phiếu        Esc  Thôi",
            parent,
        )  # fmt: skip
        self._must_hold = must_hold
        self.counts: list[QLineEdit] = []
        grid = QGridLayout()
        for i, note in enumerate(NOTES):
            line = field(f"Số tờ {in_figures(note)} đồng", "số tờ", digits=True)
            line.setFixedWidth(90)
            line.textEdited.connect(self._summed)
            grid.addWidget(label_for(f"{in_figures(note)} đ ×", line), i % 5, 3 * (i // 5))
            grid.addWidget(line, i % 5, 3 * (i // 5) + 1)
            self.counts.append(line)
        grid.setColumnMinimumWidth(2, 24)
        grid.setColumnStretch(5, 1)
        self.total = field("Tổng tiền mặt đếm được", "hoặc gõ thẳng tổng số tiền", digits=True)
        self.total.textEdited.connect(self._compare)
        self.words = QLabel(f"Sổ ghi phải có {in_figures(must_hold)} đ.")
        self.words.setWordWrap(True)
        self.words.setProperty("head", True)
        self.reason = field("Lý do chênh lệch", "ghi rõ nếu thừa, thiếu")
        self.body.addLayout(grid)
        self.body.addWidget(label_for("Tổng tiền mặt đếm được", self.total))
        self.body.addWidget(self.total)
        self.body.addWidget(self.words)
        self.body.addWidget(label_for("Lý do chênh lệch", self.reason))
        self.body.addWidget(self.reason)
        self.counts[0].setFocus()

    def _summed(self) -> None:
        total = sum(
            note * read_amount(line.text())
            for note, line in zip(NOTES, self.counts, strict=True)
        )  # fmt: skip
        self.total.setText(in_figures(total) if total else "")
        self._compare()

    def _compare(self) -> None:
        counted = self.counted()
        if counted == self._must_hold:
            self.words.setText(f"Khớp sổ: {in_figures(counted)} đ.")
        else:
            self.words.setText(difference_words(counted, self._must_hold))

    def counted(self) -> int:
        """Return what was counted, đồng."""
        return read_amount(self.total.text())


def read_amount(text: str) -> int:
    """Return a number typed with or without dots; 0 if it is none."""
    digits = text.replace(".", "").replace(" ", "").strip()
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS
    return int(digits) if is_number else 0
