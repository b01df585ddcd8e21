"""The case fields of a procedure, from its schema; a card fills the person it belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QComboBox, QGridLayout, QLineEdit, QWidget

from app.domain.cards import Card
from app.domain.catalogue import CaseField, FieldType
from app.ui.forms.person_form import read_day, show_day
from app.ui.widgets.card import field, label_for, mark_fault

_WOMEN = ("mother", "bride", "wife")
_MEN = ("father", "groom", "husband")


class CaseForm(QWidget):
    """Fields two in a row; names take a whole one.

    Signals:
        changed: something was typed or chosen.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1)
        self._widgets: dict[str, QWidget] = {}
        self._fields: dict[str, CaseField] = {}

    def show_fields(self, case_fields: Sequence[CaseField]) -> None:
        """Show the fields of a procedure, all empty."""
        while self._grid.count():
            item = self._grid.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._widgets, self._fields = {}, {}
        x = y = 0
        for case_field in case_fields:
            widget = self._widget(case_field)
            wide = case_field.type is FieldType.TEXT and "name" in case_field.key
            if wide and x:
                x, y = 0, y + 1
            words = case_field.label + (" *" if case_field.required else "")
            span = 2 if wide else 1
            self._grid.addWidget(label_for(words, widget), 2 * y, x, 1, span)
            self._grid.addWidget(widget, 2 * y + 1, x, 1, span)
            x, y = (0, y + 1) if wide or x else (1, y)
            self._widgets[case_field.key] = widget
            self._fields[case_field.key] = case_field

    def _widget(self, case_field: CaseField) -> QWidget:
        if case_field.type is FieldType.CHOICE:
            box = QComboBox()
            box.addItems(["", *case_field.choices])
            box.setAccessibleName(case_field.label)
            box.activated.connect(self.changed)
            return box
        is_day = case_field.type is FieldType.DATE
        line = field(case_field.label, "ngày/tháng/năm" if is_day else "", digits=is_day)
        line.textEdited.connect(self._edited)
        if is_day:
            line.editingFinished.connect(lambda: line.setText(show_day(read_day(line.text()))))
        return line

    def _edited(self) -> None:
        sender = self.sender()
        if isinstance(sender, QWidget):
            mark_fault(sender, "")
        self.changed.emit()

    @property
    def widgets(self) -> tuple[QWidget, ...]:
        """The fields in their order."""
        return tuple(self._widgets.values())

    def values(self) -> dict[str, str]:
        """Return the fields as typed; days as ISO."""
        found = {}
        for key, widget in self._widgets.items():
            text = _text(widget)
            is_day = self._fields[key].type is FieldType.DATE
            found[key] = read_day(text) if is_day else text
        return found

    def restore(self, values: dict[str, str]) -> None:
        """Put values back; those of fields that are not shown are passed over."""
        for key, value in values.items():
            self._set(key, value)

    def mark(self, key: str, words: str) -> QWidget | None:
        """Mark a field as one to mend; return it."""
        widget = self._widgets.get(key)
        if widget is not None:
            mark_fault(widget, words)
        return widget

    def clear_faults(self) -> None:
        """Take all marks off."""
        for widget in self._widgets.values():
            mark_fault(widget, "")

    # ---- people among the fields -------------------------------------------------

    def people(self) -> tuple[str, ...]:
        """Return whose cards the fields have room for, as keys: "mother", "father"."""
        return tuple(
            key.removesuffix("_id")
            for key in self._widgets
            if key.endswith("_id") and f"{key.removesuffix('_id')}_name" in self._widgets
        )

    def person_in_focus(self) -> str:
        """Return the person whose fields have the focus, "" for none."""
        focus = QApplication.focusWidget()
        key = next((k for k, widget in self._widgets.items() if widget is focus), "")
        return next((who for who in self.people() if key.startswith(f"{who}_")), "")

    def person_for(self, card: Card) -> str:
        """Return the person whom a card most likely belongs to and whose number is still empty."""
        empty = [who for who in self.people() if not _text(self._widgets[f"{who}_id"])]
        likely = _WOMEN if card.sex == "Nữ" else _MEN if card.sex == "Nam" else ()
        fitting = [who for who in empty if who.startswith(likely)] if likely else []
        others = [who for who in empty if not who.startswith((*_WOMEN, *_MEN))]
        return next(iter([*fitting, *others, *([] if likely else empty)]), "")

    def fill_person(self, who: str, card: Card) -> None:
        """Fill one person's fields from a card."""
        self._set(f"{who}_name", card.name)
        self._set(f"{who}_id", card.id_number)
        self._set(f"{who}_born", card.born)
        self.changed.emit()

    def after_person(self, who: str) -> QWidget | None:
        """Return the first empty field behind a person's, None if there is none."""
        keys = list(self._widgets)
        mine = [i for i, key in enumerate(keys) if key.startswith(f"{who}_")]
        behind = keys[max(mine, default=-1) + 1 :]
        return next((self._widgets[key] for key in behind if not _text(self._widgets[key])), None)

    def first_empty(self) -> QWidget | None:
        """Return the first empty field, None if there is none."""
        return next((w for w in self._widgets.values() if not _text(w)), None)

    def label_of(self, who: str) -> str:
        """Return how the form calls a person."""
        return self._fields[f"{who}_name"].label if f"{who}_name" in self._fields else who

    def _set(self, key: str, value: str) -> None:
        widget = self._widgets.get(key)
        if isinstance(widget, QComboBox):
            widget.setCurrentText(value)
        elif isinstance(widget, QLineEdit):
            widget.setText(show_day(value))
            widget.setCursorPosition(0)

    def __iter__(self) -> Iterator[QWidget]:
        """Yield the fields in their order."""
        return iter(self._widgets.values())


def _text(widget: QWidget) -> str:
    if isinstance(widget, QComboBox):
        return widget.currentText()
    return widget.text().strip() if isinstance(widget, QLineEdit) else ""
