"""The reception screen: who, what, which papers, how much; F9 does it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QRadioButton,
    QScrollArea,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.domain.catalogue import Procedure
from app.domain.fees import CopyLine, Exemption, FeeKind, line_price
from app.services.intake import Fault, Quote
from app.ui.forms.case_form import CaseForm
from app.ui.forms.papers_table import PapersTable
from app.ui.forms.person_form import PersonForm
from app.ui.intake.copies_table import CopiesTable
from app.ui.intake.fee_card import FeeCard
from app.ui.intake.late_row import LateRow
from app.ui.intake.procedure_picker import ProcedurePicker
from app.ui.intake.result_card import ResultCard
from app.ui.intake.tiles import Tiles
from app.ui.keys import key_button
from app.ui.widgets.card import Card, field, label_for
from app.ui.widgets.strip import Strip

AUTOSAVE_MS = 600
RELATIONS = (("self", "Tự nộp"), ("for", "Nộp thay"), ("authorised", "Được uỷ quyền"))
_TYPED_INTO = (QLineEdit, QComboBox, QRadioButton, QSpinBox)
_MARKS = "123456789"


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
        draft_chosen: number of a draft that was offered (int).
    """

    procedure_picked = Signal(str)
    id_entered = Signal(str)
    touched = Signal()
    edited = Signal()
    submitted = Signal()
    scan_asked = Signal()
    files_asked = Signal()
    next_asked = Signal()
    draft_chosen = Signal(int)

    def __init__(
        self, search: Callable[[str], Sequence[tuple[str, str]]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.picker = ProcedurePicker(search)
        self.due = QLabel()
        self.due.setProperty("head", True)
        self.citizen = Strip()
        self.notice = Strip()
        self.late = LateRow()
        self.late.hide()
        self.person = PersonForm()
        self.applicant = PersonForm()
        self.case = CaseForm()
        self.summary = field("Nội dung yêu cầu", "Ghi thêm nội dung yêu cầu, nếu cần")
        self.tiles = Tiles()
        self.papers = PapersTable()
        self.copies = CopiesTable(self._price)
        self.fee = FeeCard()
        self.pages_line = QLabel("Chưa quét trang nào")
        self.pages_line.setProperty("soft", True)
        self.saved = QLabel()
        self.saved.setProperty("soft", True)
        self.scan_button = key_button("scan")
        self.more_button = key_button("receive_more")
        self.receive_button = key_button("receive")
        self.receive_button.setProperty("main", True)
        self.pay_button = key_button("pay")
        self.next_button = key_button("new_intake")
        self.next_button.setProperty("main", True)
        self.result = ResultCard()
        self._procedure: Procedure | None = None
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
        columns.addWidget(self._left(), 12)
        columns.addWidget(self._right(), 9)
        return form

    def _left(self) -> QWidget:
        inside = QWidget()
        left = QVBoxLayout(inside)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(8)
        person = Card("1  Người nộp")
        person.add(self.person)
        person.add(self._relation_row())
        self.applicant_card = Card("Chủ hồ sơ")
        self.applicant_card.add(self.applicant)
        self.applicant_card.hide()
        self.case_card = Card("2  Nội dung")
        self.case_card.add(self.case)
        self.case_card.add(self.summary)
        for card in (self.late, person, self.applicant_card, self.case_card):
            left.addWidget(card)
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
        for i, (_, words) in enumerate(RELATIONS):
            button = QRadioButton(words)
            button.setChecked(i == 0)
            self._relation.addButton(button, i)
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _right(self) -> QWidget:
        right_side = QWidget()
        right = QVBoxLayout(right_side)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(8)
        self.tiles_card = Card("Thủ tục hay dùng")
        self.tiles_card.add(self.tiles, 1)
        self.papers_card = Card("3  Giấy tờ")
        self.papers_card.add(self.papers, 1)
        self.papers_card.add(self.pages_line)
        self.copies_card = Card("3  Chứng thực bản sao từ bản chính")
        self.copies_card.add(self.copies, 1)
        for card in (self.tiles_card, self.papers_card, self.copies_card):
            right.addWidget(card, 1)
        right.addWidget(self.fee)
        self.copies_card.hide()
        return right_side

    def _actions(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(self.saved, 1)
        for button in (self.scan_button, self.more_button, self.receive_button, self.pay_button,
                       self.next_button):  # fmt: skip
            row.addWidget(button)
        return row

    def _connect(self) -> None:
        self.picker.picked.connect(self.procedure_picked)
        self.tiles.picked.connect(self.procedure_picked)
        self.person.id_entered.connect(self.id_entered)
        self.receive_button.clicked.connect(self.submitted)
        self.scan_button.clicked.connect(self.scan_asked)
        self.next_button.clicked.connect(self.next_asked)
        self.copies.finished.connect(self.submitted)
        self._autosave.timeout.connect(self.edited)
        for signal in (self.person.changed, self.applicant.changed, self.papers.changed,
                       self.copies.changed, self.case.changed, self.fee.changed,
                       self.late.changed, self.summary.textEdited):  # fmt: skip
            signal.connect(self._touched)
        self._relation.idClicked.connect(self._relation_chosen)

    def _touched(self) -> None:
        self.touched.emit()
        if not self._autosave.isActive():
            self._autosave.start()

    def _relation_chosen(self, chosen: int) -> None:
        self.applicant_card.setVisible(chosen != 0)
        self._touched()

    # ---- what stands in the form ---------------------------------------------

    @property
    def procedure(self) -> Procedure | None:
        """The procedure chosen, None before."""
        return self._procedure

    @property
    def relation(self) -> str:
        """Self, for or authorised."""
        return RELATIONS[self._relation.checkedId()][0]

    @property
    def applicant_has_focus(self) -> bool:
        """True while the applicant's fields are typed into."""
        focus = QApplication.focusWidget()
        return focus is not None and self.applicant.isAncestorOf(focus)

    def content(self) -> dict[str, Any]:
        """Return everything typed, for a draft."""
        return {
            "procedure": self._procedure.code if self._procedure else "",
            "person": self.person.content(),
            "applicant": self.applicant.content(),
            "relation": self._relation.checkedId(),
            "fields": self.case.values(),
            "summary": self.summary.text(),
            "papers": [[p.key, p.original, p.certified, p.photocopy] for p in self.papers.given()],
            "copies": [[c.name, c.pages, c.copies] for c in self.copies.lines()],
            "return_via": self.fee.return_via.currentIndex(),
            "exemption": self.fee.exemption_key,
            "count": self.fee.count.value(),
            "late": self.late.content() if not self.late.isHidden() else {},
        }

    @property
    def has_content(self) -> bool:
        """True if anything was typed that would be missed."""
        return bool(
            self.person.name.text()
            or self.person.id_number.text()
            or self.copies.lines()
            or any(self.case.values().values())
        )

    # ---- what the presenter shows --------------------------------------------

    def show_procedure(
        self, procedure: Procedure | None, exemptions: Sequence[Exemption] = ()
    ) -> None:
        """Show a procedure's fields and papers; what was typed of the person stays."""
        self._procedure = procedure
        self.picker.show_procedure(f"{procedure.short} — {procedure.name}" if procedure else "")
        kind = procedure.fee.kind if procedure else FeeKind.NONE
        is_copies = kind is FeeKind.COPIES
        self.tiles_card.setVisible(procedure is None)
        self.copies_card.setVisible(is_copies)
        self.papers_card.setVisible(procedure is not None and not is_copies)
        self.papers.set_papers(procedure.papers if procedure else ())
        self.case.show_fields(procedure.fields if procedure else ())
        self.case_card.setVisible(procedure is not None)
        self.fee.setVisible(procedure is not None)
        self.fee.show_choices(exemptions, kind)
        self.order_tabs()
        self._touched()

    def order_tabs(self) -> None:
        """Let Tab and Enter go through the form as it stands."""
        chain: list[QWidget] = [
            *self.late.lines, self.picker, *self.person.chain, *self._relation.buttons(),
            *self.applicant.chain, *self.case, self.summary, self.papers, self.fee.count,
            self.fee.exemption, self.fee.return_via,
        ]  # fmt: skip
        for before, after in itertools.pairwise(chain):
            QWidget.setTabOrder(before, after)

    def show_quote(self, quote: Quote | None) -> None:
        """Show due date, fee and how many required papers are there."""
        self.fee.show_quote(quote)
        if quote is None:
            self.due.setText("")
            self.papers_card.title.setText("3  Giấy tờ")
            return
        due = quote.due
        self.due.setText(f"Hẹn trả: {due.at:%H:%M %d/%m/%Y}" if due else "Chưa có thời hạn")
        self.due.setToolTip(due.how if due else "")
        required = [p for p in quote.procedure.papers if p.required]
        there = len(required) - len(quote.papers.missing)
        self.papers_card.title.setText(f"3  Giấy tờ — đủ {there}/{len(required)} bắt buộc")

    def show_pages(self, counts: dict[str, int]) -> None:
        """Show how many pages were scanned for each paper."""
        total = sum(counts.values())
        self.pages_line.setText(f"{total} trang đã quét" if total else "Chưa quét trang nào")
        self.papers.set_page_counts(counts)

    def show_faults(self, faults: Sequence[Fault]) -> QWidget | None:
        """Mark what must be mended; return the first place."""
        self.clear_faults()
        first: QWidget | None = None
        for fault in faults:
            group, _, key = fault.field.partition(".")
            widget: QWidget | None = None
            if group == "submitter":
                widget = self.person.mark(key, fault.words)
            elif group == "applicant":
                widget = self.applicant.mark(key or "name", fault.words)
            elif group == "fields":
                widget = self.case.mark(key, fault.words)
            elif group == "copies":
                widget = self.copies.first()
            elif group == "late":
                widget = self.late.reason
            first = first or widget
        return first

    def clear_faults(self) -> None:
        """Take all marks off."""
        self.person.clear_faults()
        self.applicant.clear_faults()
        self.case.clear_faults()

    def go_to(self, widget: QWidget) -> None:
        """Move to a field, and bring it into sight."""
        widget.setFocus()
        if self._area.isAncestorOf(widget):
            self._area.ensureWidgetVisible(widget)

    def set_busy(self, busy: bool) -> None:
        """Hold F9 while an answer is awaited."""
        self.receive_button.setDisabled(busy)

    @property
    def is_busy(self) -> bool:
        """True while an answer is awaited."""
        return not self.receive_button.isEnabled()

    def show_result(self) -> None:
        """Turn to the outcome."""
        self._turn(is_result=True)
        self.result.setFocus()

    def _turn(self, *, is_result: bool) -> None:
        """Show the form or the outcome, each with its own keys."""
        self._pages.setCurrentIndex(int(is_result))
        for form_only in (self._top, self.scan_button, self.more_button, self.receive_button):
            form_only.setVisible(not is_result)
        for result_only in (self.pay_button, self.next_button):
            result_only.setVisible(is_result)

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
        self.applicant.clear()
        self.set_relation(0)
        self.copies.clear()
        self.summary.clear()
        self.late.hide()
        self.show_pages({})
        self.show_procedure(self._procedure if keep_procedure else None)
        self.show_quote(None)
        self.saved.clear()
        self._autosave.stop()
        self.go_to(self.picker if not keep_procedure else self.person.first_empty())

    def set_relation(self, chosen: int) -> None:
        """Choose how the submitter stands to the applicant."""
        self._relation.buttons()[chosen].setChecked(True)
        self.applicant_card.setVisible(chosen != 0)

    def restore(self, content: dict[str, Any]) -> None:
        """Put a draft back; its procedure is shown already."""
        self.person.restore(content.get("person", {}))
        self.case.restore(content.get("fields", {}))
        self.summary.setText(content.get("summary", ""))
        self.set_relation(int(content.get("relation", 0)))
        applicant = content.get("applicant") or {"name": content.get("owner", "")}
        self.applicant.restore(applicant)
        self.copies.restore(
            [CopyLine(name=n, pages=p, copies=c) for n, p, c in content.get("copies", [])]
        )
        self.fee.restore(
            content.get("exemption", ""), int(content.get("count", 1)),
            int(content.get("return_via", 0)),
        )  # fmt: skip
        if content.get("late"):
            self.late.restore(content["late"])

    def offer_drafts(self, lines: Sequence[str]) -> None:
        """Let one of the drafts be chosen by its number."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for i, (mark, words) in enumerate(zip(_MARKS, lines, strict=False)):
            menu.addAction(f"&{mark}  {words}", partial(self.draft_chosen.emit, i))
        menu.setActiveAction(menu.actions()[0])
        menu.popup(self.picker.mapToGlobal(QPoint(0, self.picker.height())))

    def go_to_block(self, number: int) -> None:
        """Move to one of the numbered blocks."""
        target: QWidget = self.picker
        if number == 1:
            target = self.person.first_empty()
        elif number == 2:
            target = next(iter(self.case), self.summary)
        elif number == 3:
            is_copies = not self.copies_card.isHidden()
            target = self.copies.first() if is_copies else self.papers
        elif number == 4:
            target = self.fee.exemption if self.fee.exemption.isVisible() else self.fee.return_via
        self.go_to(target)

    def after_procedure(self) -> None:
        """Move to where typing goes on once a procedure is chosen."""
        if not self.person.name.text():
            self.go_to(self.person.name)
        elif not self.copies_card.isHidden():
            self.go_to(self.copies.first())
        else:
            self.go_to(self.case.first_empty() or self.papers)

    def _price(self, line: CopyLine) -> int:
        return 0 if self._procedure is None else line_price(self._procedure.fee, line)

    def event(self, event: QEvent) -> bool:
        """Enter in a field goes to the next one; Alt and a digit pick a tile."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                return self._enter(bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
            number = event.key() - Qt.Key.Key_0
            if (
                event.modifiers() == Qt.KeyboardModifier.AltModifier
                and self._procedure is None
                and not self.shows_result
                and self.tiles.pick(number)
            ):
                return True
        return super().event(event)

    def _enter(self, is_back: bool) -> bool:
        """Go to the next field, or the one before; the copies' lines have their own way."""
        focus = QApplication.focusWidget()
        if isinstance(focus, _TYPED_INTO) and not self.copies.isAncestorOf(focus):
            self.focusNextPrevChild(not is_back)
            after = QApplication.focusWidget()
            if after is not None and self._area.isAncestorOf(after):
                self._area.ensureWidgetVisible(after)
        return True
