"""The compact panel of certified copies: name, pages, copies, fee; Enter goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.domain.amounts import amount_line, in_figures
from app.domain.fees import CopyLine
from app.ui.widgets.card import field

_HEADINGS = ("#", "Loại giấy tờ", "Số trang", "Số bản", "Phí (đồng)")
_MOST = 12


class CopiesTable(QWidget):
    """Lines of papers to be certified.

    Signals:
        changed: a line was typed.
        finished: Enter on an empty line after at least one full line.
    """

    changed = Signal()
    finished = Signal()

    def __init__(self, price: Callable[[CopyLine], int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._price = price
        self._rows: list[tuple[QLineEdit, QLineEdit, QLineEdit, QLabel]] = []
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        for column, heading in enumerate(_HEADINGS):
            label = QLabel(heading)
            label.setProperty("soft", True)
            self._grid.addWidget(label, 0, column)
        for column, share in ((1, 6), (2, 2), (3, 2), (4, 2)):
            self._grid.setColumnStretch(column, share)
        outer.addLayout(self._grid)
        self.total = QLabel()
        self.total.setWordWrap(True)
        self.total.setProperty("head", True)
        outer.addWidget(self.total)
        outer.addStretch(1)
        self._add_row()

    def lines(self) -> tuple[CopyLine, ...]:
        """Return the lines that have anything typed; unreadable numbers are 0."""
        found = []
        for name, pages, copies, _ in self._rows:
            if name.text().strip() or pages.text().strip() or copies.text().strip():
                found.append(
                    CopyLine(
                        name=name.text().strip() or "Giấy tờ, văn bản",
                        pages=_number(pages.text()),
                        copies=_number(copies.text()),
                    )
                )
        return tuple(found)

    def restore(self, lines: Sequence[CopyLine]) -> None:
        """Put a draft's lines back."""
        self.clear()
        for line in lines:
            name, pages, copies, _ = self._rows[-1]
            name.setText(line.name)
            pages.setText(str(line.pages or ""))
            copies.setText(str(line.copies or ""))
            self._add_row()
        self._draw()

    def clear(self) -> None:
        """Leave one empty line."""
        while len(self._rows) > 1:
            for widget in self._rows.pop():
                self._grid.removeWidget(widget)
                widget.deleteLater()
        for line in self._rows[0][:3]:
            line.clear()
        self._draw()

    def first(self) -> QWidget:
        """Return where typing begins."""
        return self._rows[0][0]

    def _add_row(self) -> None:
        if len(self._rows) >= _MOST:
            return
        y = len(self._rows) + 1
        name = field(f"Giấy tờ {y}", "Căn cước, bằng tốt nghiệp…")
        pages = field(f"Số trang của giấy tờ {y}", digits=True)
        copies = field(f"Số bản của giấy tờ {y}", digits=True)
        fee = QLabel()
        fee.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._grid.addWidget(QLabel(str(y)), y, 0)
        for column, widget in enumerate((name, pages, copies, fee), start=1):
            self._grid.addWidget(widget, y, column)
            if self.isVisible():
                widget.show()  # at once, so that it can take the focus
        for line in (name, pages, copies):
            line.textEdited.connect(self._edited)
            line.returnPressed.connect(self._next)
        self._rows.append((name, pages, copies, fee))

    def _edited(self) -> None:
        self._draw()
        self.changed.emit()

    def _next(self) -> None:
        """Enter: the next field, the next line, or done."""
        for y, (name, pages, copies, _) in enumerate(self._rows):
            if name.hasFocus():
                if not name.text().strip() and y:
                    self.finished.emit()
                else:
                    pages.setFocus()
            elif pages.hasFocus():
                copies.setFocus()
            elif copies.hasFocus():
                if not copies.text().strip():
                    copies.setText("1")
                    self._edited()
                if y == len(self._rows) - 1:
                    self._add_row()
                self._rows[min(y + 1, len(self._rows) - 1)][0].setFocus()
            else:
                continue
            return

    def _draw(self) -> None:
        total = count = 0
        for name, pages, copies, fee in self._rows:
            line = CopyLine(
                name=name.text(), pages=_number(pages.text()), copies=_number(copies.text())
            )
            if line.pages and line.copies:
                amount = self._price(line)
                fee.setText(in_figures(amount))
                total, count = total + amount, count + line.copies
            else:
                fee.setText("")
        words = f"Cộng {count} bản: {in_figures(total)} đồng — {amount_line(total)}"
        self.total.setText(words if count else "")


def _number(text: str) -> int:
    text = text.strip()
    return int(text) if text.isdigit() and len(text) < 6 else 0
