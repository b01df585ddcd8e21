"""One line of "which paper goes to which printer"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLabel, QSpinBox, QWidget

from app.services.print_choices import FormChoice
from printing.document import PaperSize
from printing.drivers.opening import label_of

HEADINGS = ("Giấy", "In ở máy", "Khay", "Cỡ giấy", "Số bản", "")
_USUAL, _ANY_TRAY, _AS_MADE = "Máy thường dùng", "Khay thường dùng", "Theo mẫu"
_MOST_COPIES = 5


class FormChoiceLine(QWidget):
    """The widgets of one form's choice, placed into a grid by its owner.

    Signals:
        chosen: a FormChoice, when a person changed something.
    """

    chosen = Signal(object)

    def __init__(self, words: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.hide()  # only its parts are seen
        self._is_filling = False
        self.label = QLabel(words, parent)
        self.printer = QComboBox(parent)
        self.tray = QComboBox(parent)
        self.paper = QComboBox(parent)
        self.copies = QSpinBox(parent)
        self.copies.setRange(1, _MOST_COPIES)
        self.duplex = QCheckBox("Hai mặt", parent)
        for box, name in ((self.printer, "máy in"), (self.tray, "khay"), (self.paper, "cỡ giấy"),
                          (self.copies, "số bản"), (self.duplex, "hai mặt")):  # fmt: skip
            box.setAccessibleName(f"{words}: {name}")
        self.paper.addItem(_AS_MADE, "")
        for size in PaperSize:
            self.paper.addItem(size.value, size.value)
        for combo in (self.printer, self.tray, self.paper):
            combo.currentIndexChanged.connect(self._changed)
        self.copies.valueChanged.connect(self._changed)
        self.duplex.toggled.connect(self._changed)

    def place(self, grid: QGridLayout, row: int) -> None:
        """Put the parts into a row of a grid."""
        parts = (self.label, self.printer, self.tray, self.paper, self.copies, self.duplex)
        for column, part in enumerate(parts):
            grid.addWidget(part, row, column)

    def fill(
        self, choice: FormChoice, printers: Sequence[str], trays: Mapping[str, Sequence[str]]
    ) -> None:
        """Show a choice among the printers there are, and their trays."""
        self._is_filling = True
        names = [name for name in dict.fromkeys((*printers, choice.printer)) if name]
        _fill(self.printer, [(_USUAL, ""), *((label_of(n), n) for n in names)], choice.printer)
        known = [t for t in dict.fromkeys((*trays.get(choice.printer, ()), choice.tray)) if t]
        _fill(self.tray, [(_ANY_TRAY, ""), *((t, t) for t in known)], choice.tray)
        self.paper.setCurrentIndex(
            max(0, self.paper.findData(choice.paper.value if choice.paper else ""))
        )
        self.copies.setValue(choice.copies)
        self.duplex.setChecked(choice.duplex)
        self._is_filling = False

    def _changed(self, *_: object) -> None:
        if self._is_filling:
            return
        paper = self.paper.currentData()
        self.chosen.emit(
            FormChoice(
                printer=self.printer.currentData() or "",
                tray=self.tray.currentData() or "",
                paper=PaperSize(paper) if paper else None,
                copies=self.copies.value(),
                duplex=self.duplex.isChecked(),
            )
        )


def _fill(box: QComboBox, entries: Sequence[tuple[str, str]], chosen: str) -> None:
    box.clear()
    for words, value in entries:
        box.addItem(words, value)
    box.setCurrentIndex(max(0, box.findData(chosen)))
