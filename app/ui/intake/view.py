"""The reception screen: who, what, which papers, how much; F9 does it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.domain.catalogue import CaseField, FieldType, Procedure
from app.domain.fees import CopyLine, FeeKind, fee_words, line_price
from app.services.intake import Fault, Quote
from app.ui.intake.copies_table import CopiesTable
from app.ui.intake.papers_table import PapersTable
from app.ui.intake.person_form import PersonForm, read_day, show_day
from app.ui.intake.procedure_picker import ProcedurePicker
from app.ui.intake.result_card import ResultCard
from app.ui.keys import key_button
from app.ui.widgets.card import Card, field, label_for, mark_fault
from app.ui.widgets.strip import Strip

AUTOSAVE_MS = 600
_RELATIONS = (("self", "Tự nộp"), ("for", "Nộp thay"), ("authorised", "Được uỷ quyền"))


class IntakeView(QWidget):
    """Form for one new dossier.

    Signals:
        procedure_picked: code (str).
        id_entered: the submitter's ID number is whole (str).
        touched: something changed; emitted at once.
        edited: something changed; emitted within a second of typing, at most once a second.
        submitted: F9.
        scan_asked: F6.
        files_asked: Ctrl+O.
        next_asked: F2, from the outcome of the last dossier.
    """

    procedure_picked = Signal(str)
    id_entered = Signal(str)
    touched = Signal()
    edited = Signal()
    submitted = Signal()
    scan_asked = Signal()
    files_asked = Signal()
    next_asked = Signal()

    def __init__(
        self, search: Callable[[str], Sequence[tuple[str, str]]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.picker = ProcedurePicker(search)
        self.due = QLabel()
        self.due.setProperty("head", True)
        self.citizen = Strip()
        self.notice = Strip()
        self.person = PersonForm()
        self.owner = field("Chủ hồ sơ", "Họ tên chủ hồ sơ (khi nộp thay)")
        self.papers = PapersTable()
        self.copies = CopiesTable(self._price)
        self.fee = QLabel()
        self.fee.setWordWrap(True)
        self.return_via = QComboBox()
        self.return_via.addItems(["Tại nơi tiếp nhận", "Qua bưu chính"])
        self.return_via.setAccessibleName("Cách nhận kết quả")
        self.pages_line = QLabel("Chưa quét trang nào")
        self.pages_line.setProperty("soft", True)
        self.saved = QLabel()
        self.saved.setProperty("soft", True)
        self.scan_button = key_button("scan")
        self.receive_button = key_button("receive")
        self.receive_button.setProperty("main", True)
        self.result = ResultCard()
        self._procedure: Procedure | None = None
        self._fields: dict[str, QWidget] = {}
        self._field_types: dict[str, CaseField] = {}
        self._pages = QStackedWidget()
        self._autosave = QTimer(self)
        self._autosave.setSingleShot(True)
        self._autosave.setInterval(AUTOSAVE_MS)
        self._lay_out()
        self._connect()
        self._turn(is_result=False)

    # ---- layout ------------------------------------------------------------

    def _lay_out(self) -> None:
        self._top = QWidget()
        top = QHBoxLayout(self._top)
        top.setContentsMargins(0, 0, 0, 0)
        top.addWidget(label_for("Thủ tục", self.picker))
        top.addWidget(self.picker, 1)
        top.addWidget(self.due)
        self._pages.addWidget(self._form())
        self._pages.addWidget(self.result)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(10, 8, 10, 6)
        outer.setSpacing(6)
        for part in (self.notice, self.citizen):
            outer.addWidget(part)
        outer.addWidget(self._top)
        outer.addWidget(self._pages, 1)
        outer.addLayout(self._actions())

    def _form(self) -> QWidget:
        form = QWidget()
        columns = QHBoxLayout(form)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(8)
        columns.addWidget(self._left(), 11)
        columns.addWidget(self._right(), 10)
        return form

    def _left(self) -> QWidget:
        inside = QWidget()
        left = QVBoxLayout(inside)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(8)
        person = Card("1  Người nộp")
        person.add(self.person)
        person.add(self._relation_row())
        left.addWidget(person)
        self.case = Card("2  Nội dung")
        self._case_grid = QGridLayout()
        self._case_grid.setHorizontalSpacing(8)
        self._case_grid.setVerticalSpacing(2)
        self._case_grid.setColumnStretch(0, 1)
        self._case_grid.setColumnStretch(1, 1)
        self.case.add(self._case_grid)
        left.addWidget(self.case)
        left.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        self._area = area
        return area

    def _relation_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self._relation = QButtonGroup(self)
        for i, (_, words) in enumerate(_RELATIONS):
            button = QRadioButton(words)
            button.setChecked(i == 0)
            self._relation.addButton(button, i)
            row.addWidget(button)
        row.addWidget(self.owner, 1)
        self.owner.hide()
        return row

    def _right(self) -> QWidget:
        right_side = QWidget()
        right = QVBoxLayout(right_side)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(8)
        self.papers_card = Card("3  Giấy tờ")
        self.papers_card.add(self.papers, 1)
        self.papers_card.add(self.pages_line)
        self.copies_card = Card("3  Chứng thực bản sao từ bản chính")
        self.copies_card.add(self.copies, 1)
        fee = Card("4  Lệ phí và cách nhận")
        row = QHBoxLayout()
        row.addWidget(self.fee, 1)
        row.addWidget(label_for("Nhận kết quả", self.return_via))
        row.addWidget(self.return_via)
        fee.add(row)
        right.addWidget(self.papers_card, 1)
        right.addWidget(self.copies_card, 1)
        right.addWidget(fee)
        self.copies_card.hide()
        return right_side

    def _actions(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(self.saved, 1)
        self.next_button = key_button("new_intake")
        self.next_button.setProperty("main", True)
        for button in (self.scan_button, self.receive_button, self.next_button):
            row.addWidget(button)
        return row

    def _connect(self) -> None:
        self.picker.picked.connect(self.procedure_picked)
        self.person.id_entered.connect(self.id_entered)
        self.receive_button.clicked.connect(self.submitted)
        self.scan_button.clicked.connect(self.scan_asked)
        self.next_button.clicked.connect(self.next_asked)
        self.copies.finished.connect(self.submitted)
        self._autosave.timeout.connect(self.edited)
        for signal in (self.person.changed, self.papers.changed, self.copies.changed,
                       self.owner.textEdited, self.return_via.activated):  # fmt: skip
            signal.connect(self._touched)
        self._relation.idClicked.connect(self._relation_chosen)

    def _touched(self) -> None:
        self.touched.emit()
        if not self._autosave.isActive():
            self._autosave.start()

    def _relation_chosen(self, chosen: int) -> None:
        self.owner.setVisible(chosen != 0)
        self._touched()

    # ---- what stands in the form ---------------------------------------------

    @property
    def procedure(self) -> Procedure | None:
        """The procedure chosen, None before."""
        return self._procedure

    @property
    def relation(self) -> str:
        """Self, for or authorised."""
        return _RELATIONS[self._relation.checkedId()][0]

    def fields(self) -> dict[str, str]:
        """Return the case fields as typed; days as ISO."""
        found = {}
        for key, widget in self._fields.items():
            text = widget.currentText() if isinstance(widget, QComboBox) else _text(widget)
            is_day = self._field_types[key].type is FieldType.DATE
            found[key] = read_day(text) if is_day else text
        return found

    def content(self) -> dict[str, Any]:
        """Return everything typed, for a draft."""
        return {
            "procedure": self._procedure.code if self._procedure else "",
            "person": self.person.content(),
            "relation": self._relation.checkedId(),
            "owner": self.owner.text(),
            "fields": self.fields(),
            "papers": [[p.key, p.original, p.certified, p.photocopy] for p in self.papers.given()],
            "copies": [[c.name, c.pages, c.copies] for c in self.copies.lines()],
            "return_via": self.return_via.currentIndex(),
        }

    @property
    def has_content(self) -> bool:
        """True if anything was typed that would be missed."""
        return bool(
            self.person.name.text() or self.person.id_number.text() or any(self.fields().values())
        )

    # ---- what the presenter shows --------------------------------------------

    def show_procedure(self, procedure: Procedure | None) -> None:
        """Show a procedure's fields and papers; what was typed of the person stays."""
        self._procedure = procedure
        self.picker.show_procedure(f"{procedure.short} — {procedure.name}" if procedure else "")
        is_copies = procedure is not None and procedure.fee.kind is FeeKind.COPIES
        self.copies_card.setVisible(is_copies)
        self.papers_card.setVisible(not is_copies)
        self.papers.set_papers(procedure.papers if procedure else ())
        self._show_fields(procedure.fields if procedure else ())
        self._touched()

    def _show_fields(self, case_fields: Sequence[CaseField]) -> None:
        while self._case_grid.count():
            item = self._case_grid.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._fields, self._field_types = {}, {}
        x = y = 0
        for case_field in case_fields:
            widget = self._field_widget(case_field)
            wide = case_field.type is FieldType.TEXT and "name" in case_field.key
            if wide and x:
                x, y = 0, y + 1
            words = case_field.label + (" *" if case_field.required else "")
            self._case_grid.addWidget(label_for(words, widget), 2 * y, x, 1, 2 if wide else 1)
            self._case_grid.addWidget(widget, 2 * y + 1, x, 1, 2 if wide else 1)
            x, y = (0, y + 1) if wide or x else (1, y)
            self._fields[case_field.key] = widget
            self._field_types[case_field.key] = case_field
        self.case.setVisible(bool(case_fields))
        self._order_tabs()

    def _field_widget(self, case_field: CaseField) -> QWidget:
        if case_field.type is FieldType.CHOICE:
            box = QComboBox()
            box.addItems(["", *case_field.choices])
            box.setAccessibleName(case_field.label)
            box.activated.connect(self._touched)
            return box
        is_day = case_field.type is FieldType.DATE
        line = field(case_field.label, "ngày/tháng/năm" if is_day else "", digits=is_day)
        line.textEdited.connect(self._touched)
        if is_day:
            line.editingFinished.connect(lambda: line.setText(show_day(read_day(line.text()))))
        return line

    def _order_tabs(self) -> None:
        chain: list[QWidget] = [
            self.picker, self.person.name, self.person.id_number, self.person.born,
            self.person.sex, self.person.phone, self.person.address, *self._relation.buttons(),
            self.owner, *self._fields.values(), self.papers, self.return_via,
        ]  # fmt: skip
        for before, after in itertools.pairwise(chain):
            QWidget.setTabOrder(before, after)

    def show_quote(self, quote: Quote | None) -> None:
        """Show due date, fee and how many required papers are there."""
        if quote is None:
            self.due.setText("")
            self.fee.setText("")
            self.papers_card.title.setText("3  Giấy tờ")
            return
        due = quote.due
        self.due.setText(f"Hẹn trả: {due.at:%H:%M %d/%m/%Y}" if due else "Chưa có thời hạn")
        self.due.setToolTip(due.how if due else "")
        fee = quote.fee
        words = fee_words(fee.amount, fee.how, is_known=fee.is_known)
        self.fee.setText(f"Lệ phí {words}" + (f" ({fee.how})" if fee.amount else ""))
        required = [p for p in quote.procedure.papers if p.required]
        there = len(required) - len(quote.papers.missing)
        self.papers_card.title.setText(f"3  Giấy tờ — đủ {there}/{len(required)} bắt buộc")

    def show_pages(self, counts: dict[str, int]) -> None:
        """Show how many pages were scanned for each paper."""
        total = sum(counts.values())
        self.pages_line.setText(f"{total} trang đã quét" if total else "Chưa quét trang nào")
        self.papers.set_page_counts(counts)

    def show_faults(self, faults: Sequence[Fault], missing: Sequence[str]) -> None:
        """Mark what must be mended and go to the first place."""
        self.person.clear_faults()
        first: QWidget | None = None
        for fault in faults:
            group, _, key = fault.field.partition(".")
            widget: QWidget | None = None
            if group == "submitter":
                widget = self.person.mark(key, fault.words)
            elif group == "fields" and key in self._fields:
                widget = self._fields[key]
                mark_fault(widget, fault.words)
            elif group == "copies":
                widget = self.copies.first()
            elif group == "applicant":
                widget = self.owner
            first = first or widget
        words = [fault.words for fault in faults]
        if missing:
            words.append("Còn thiếu: " + "; ".join(missing) + ".")
            first = first or self.papers
        self.notice.say(f"Còn {len(words)} chỗ cần sửa. " + " ".join(words), tone="bad")
        (first or self.picker).setFocus()
        if first is not None:
            self._area.ensureWidgetVisible(first)

    def set_busy(self, busy: bool) -> None:
        """Hold F9 while an answer is awaited."""
        self.receive_button.setDisabled(busy)

    def show_result(self) -> None:
        """Turn to the outcome."""
        self._turn(is_result=True)
        self.result.setFocus()

    def _turn(self, *, is_result: bool) -> None:
        """Show the form or the outcome, each with its own keys."""
        self._pages.setCurrentIndex(int(is_result))
        for form_only in (self._top, self.scan_button, self.receive_button):
            form_only.setVisible(not is_result)
        self.next_button.setVisible(is_result)

    @property
    def shows_result(self) -> bool:
        """True while the outcome of a reception is on screen."""
        return self._pages.currentWidget() is self.result

    def begin(self, *, keep_person: bool = False, keep_procedure: bool = False) -> None:
        """Turn to an empty form, keeping what is asked to be kept."""
        self._turn(is_result=False)
        self.notice.clear()
        self.citizen.clear()
        if not keep_person:
            self.person.clear()
        self.owner.clear()
        self._relation.buttons()[0].setChecked(True)
        self.owner.hide()
        self.copies.clear()
        self.return_via.setCurrentIndex(0)
        self.show_pages({})
        self.show_procedure(self._procedure if keep_procedure else None)
        self.show_quote(None)
        self.saved.clear()
        self._autosave.stop()
        (self.picker if not keep_procedure else self.person.first_empty()).setFocus()

    def restore_fields(self, fields: dict[str, str]) -> None:
        """Put a draft's case fields back."""
        for key, value in fields.items():
            widget = self._fields.get(key)
            if isinstance(widget, QComboBox):
                widget.setCurrentText(value)
            elif isinstance(widget, QLineEdit):
                widget.setText(show_day(value))

    def restore_rest(self, content: dict[str, Any]) -> None:
        """Put back a draft's relation, copies and way of return."""
        chosen = int(content.get("relation", 0))
        self._relation.buttons()[chosen].setChecked(True)
        self.owner.setText(content.get("owner", ""))
        self.owner.setVisible(chosen != 0)
        self.copies.restore(
            [CopyLine(name=n, pages=p, copies=c) for n, p, c in content.get("copies", [])]
        )
        self.return_via.setCurrentIndex(int(content.get("return_via", 0)))

    def go_to_block(self, number: int) -> None:
        """Move to one of the numbered blocks."""
        targets = {1: self.person.first_empty(), 3: self.papers}
        if number == 2:
            targets[2] = next(iter(self._fields.values()), self.picker)
        if number == 3 and self.copies_card.isVisible():
            targets[3] = self.copies.first()
        targets[number].setFocus()

    def after_procedure(self) -> None:
        """Move to where typing goes on once a procedure is chosen."""
        if not self.person.name.text():
            self.person.name.setFocus()
        elif self.copies_card.isVisible():
            self.copies.first().setFocus()
        else:
            self.go_to_block(2)

    def _price(self, line: CopyLine) -> int:
        return 0 if self._procedure is None else line_price(self._procedure.fee, line)

    def event(self, event: QEvent) -> bool:
        """Enter in a field goes to the next one."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.KeyPress
            and (event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter))
        ):
            return self._enter(bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        return super().event(event)

    def _enter(self, is_back: bool) -> bool:
        """Go to the next field, or the one before; the copies' lines have their own way."""
        focus = QApplication.focusWidget()
        if isinstance(focus, (QLineEdit, QComboBox, QRadioButton)) and not (
            self.copies.isAncestorOf(focus)
        ):
            self.focusNextPrevChild(not is_back)
            after = QApplication.focusWidget()
            if after is not None and self._area.isAncestorOf(after):
                self._area.ensureWidgetVisible(after)
        return True


def _text(widget: QWidget) -> str:
    return widget.text() if isinstance(widget, QLineEdit) else ""
