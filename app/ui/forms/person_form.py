"""The fields of a person: filled by a card, or typed."""

from __future__ import annotations

import re

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QWidget

from app.domain.bodies import Person
from app.domain.cards import Card
from app.domain.text import clean
from app.ui.widgets.card import field, label_for, mark_fault, may_shrink

_KEYS = ("name", "id_number", "born", "phone", "address", "email")


def show_day(iso: str) -> str:
    """Return an ISO day as dd/mm/yyyy; anything else as it is."""
    match = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", iso)
    return f"{match[3]}/{match[2]}/{match[1]}" if match else iso


def read_day(text: str) -> str:
    """Return a day typed as ddmmyyyy or d/m/yyyy as ISO; anything else as it is."""
    text = text.strip()
    match = re.fullmatch(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})", text) or re.fullmatch(
        r"(\d{2})(\d{2})(\d{4})", text
    )
    if match is None:
        return text
    return f"{match[3]}-{int(match[2]):02d}-{int(match[1]):02d}"


_DIGITS_PX = 104  # a day or a telephone number, whole


class PersonForm(QWidget):
    """Name, ID number, day of birth, sex, phone, address.

    Signals:
        changed: anything was typed or filled in.
        id_entered: the ID number has its twelve digits.
            id_number (str)
    """

    changed = Signal()
    id_entered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = field("Họ và tên")
        self.id_number = field("Số căn cước", "12 chữ số", digits=True)
        self.born = field("Ngày sinh", "ngày/tháng/năm", digits=True)
        self.sex = QComboBox()
        self.sex.addItems(["", "Nam", "Nữ"])
        self.sex.setAccessibleName("Giới tính")
        self.phone = field("Điện thoại", "10 chữ số", digits=True)
        self.address = field("Nơi cư trú")
        self.email = field("Thư điện tử", "nếu có")
        self.kind = QComboBox()
        self.kind.addItems(["Cá nhân", "Doanh nghiệp", "Cơ quan nhà nước", "Tổ chức khác"])
        self.kind.setAccessibleName("Đối tượng")
        self.note = QLabel()
        self.note.setProperty("soft", True)
        self.note.setWordWrap(True)
        self.note.hide()
        self._source = "typed"
        self._lay_out()
        for line in (self.name, self.id_number, self.born, self.phone, self.address, self.email):
            line.textEdited.connect(self._edited)
        self.sex.activated.connect(self.changed)
        self.kind.activated.connect(self.changed)
        self.born.editingFinished.connect(self._tidy_born)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        rows = (
            (("Họ và tên", self.name, 3),),
            (("Số căn cước", self.id_number, 1), ("Ngày sinh", self.born, 1)),
            (("Giới tính", self.sex, 1), ("Điện thoại", self.phone, 1)),
            (("Nơi cư trú", self.address, 3),),
            (("Đối tượng", self.kind, 1), ("Thư điện tử", self.email, 1)),
        )
        for y, row in enumerate(rows):
            for x, (words, widget, span) in enumerate(row):
                grid.addWidget(label_for(words, widget), y, x * 2)
                grid.addWidget(widget, y, x * 2 + 1, 1, span)
        grid.addWidget(self.note, len(rows), 0, 1, 4)
        grid.setColumnStretch(1, 3)
        grid.setColumnStretch(3, 2)
        for line in (self.born, self.phone):
            line.setMinimumWidth(_DIGITS_PX)
        may_shrink(self.kind)

    def fill(self, card: Card) -> None:
        """Fill in from a card; what the card does not say stays."""
        self._source = card.source
        self.name.setText(card.name or self.name.text())
        self.id_number.setText(card.id_number)
        self.born.setText(show_day(card.born) or self.born.text())
        if card.sex:
            self.sex.setCurrentText(card.sex)
        self.address.setText(card.address or self.address.text())
        self.address.setCursorPosition(0)
        words = "Thông tin từ mã QR, chưa xác thực." if card.source == "qr" else ""
        self.say(" ".join([words, *card.warnings]).strip())
        self.clear_faults()
        self.changed.emit()
        self.id_entered.emit(card.id_number)

    def fill_known(self, person: Person) -> bool:
        """Fill what is still empty from what was recorded before; True if anything was."""
        before = self.content()
        for key in _KEYS:
            line = getattr(self, key)
            if not line.text().strip():
                line.setText(show_day(getattr(person, key)))
                line.setCursorPosition(0)
        if not self.sex.currentText():
            self.sex.setCurrentText(person.sex)
        was_filled = self.content() != before
        if was_filled:
            if self._source == "typed":
                self._source = "known"
            self.changed.emit()
        return was_filled

    @property
    def chain(self) -> tuple[QWidget, ...]:
        """The fields in the order of typing."""
        return (self.name, self.id_number, self.born, self.sex, self.phone, self.address,
                self.kind, self.email)  # fmt: skip

    def say(self, words: str) -> None:
        """Show a line under the fields."""
        self.note.setText(words)
        self.note.setVisible(bool(words))

    def person(self) -> Person:
        """Return what stands in the fields."""
        return Person(
            name=clean(self.name.text()),
            id_number=self.id_number.text().strip(),
            born=read_day(self.born.text()),
            sex=self.sex.currentText(),
            phone=self.phone.text().strip(),
            address=clean(self.address.text()),
            email=self.email.text().strip(),
            kind=self.kind.currentIndex() + 1,
            source=self._source,
        )

    def content(self) -> dict[str, str]:
        """Return the fields as typed, for a draft."""
        typed = {key: getattr(self, key).text() for key in _KEYS}
        kind = str(self.kind.currentIndex())
        return typed | {"sex": self.sex.currentText(), "source": self._source, "kind": kind}

    def restore(self, content: dict[str, str]) -> None:
        """Put a draft's fields back."""
        for key in _KEYS:
            getattr(self, key).setText(content.get(key, ""))
        self.sex.setCurrentText(content.get("sex", ""))
        self._source = content.get("source", "typed")
        self.kind.setCurrentIndex(int(content.get("kind", "0")))

    def tidy(self) -> None:
        """Show days as people write them."""
        self._tidy_born()

    def clear(self) -> None:
        """Empty all fields."""
        self.restore({})
        self.say("")
        self.clear_faults()

    def mark(self, key: str, words: str) -> QWidget:
        """Mark one field as one to mend; return it."""
        line: QWidget = getattr(self, key, self.name)
        mark_fault(line, words)
        return line

    def clear_faults(self) -> None:
        """Take all marks off."""
        for key in _KEYS:
            mark_fault(getattr(self, key), "")

    def first_empty(self) -> QWidget:
        """Return the field where typing goes on."""
        for line in (self.name, self.id_number, self.phone):
            if not line.text().strip():
                return line
        return self.phone

    def _edited(self) -> None:
        sender = self.sender()
        if isinstance(sender, QWidget):
            mark_fault(sender, "")
        self.changed.emit()
        if sender is self.id_number:
            digits = re.sub(r"[\s.\-]", "", self.id_number.text())
            if len(digits) == 12:
                self.id_entered.emit(digits)

    def _tidy_born(self) -> None:
        self.born.setText(show_day(read_day(self.born.text())))
