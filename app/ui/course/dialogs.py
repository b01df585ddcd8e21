"""The small windows of the course: each asks for one act, by keys, and says what is wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QGridLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.domain.catalogue import CaseField
from app.domain.papers import GivenPaper, Paper
from app.services.processing import Result
from app.services.supplements import Lack
from app.ui.forms.case_form import CaseForm
from app.ui.forms.papers_table import PapersTable
from app.ui.forms.person_form import PersonForm, read_day
from app.ui.widgets.card import field, label_for, open_box
from app.ui.widgets.list_table import ListTable
from app.ui.widgets.strip import Strip

_WIDTH = 640
_COPY_LIVES_MS = 60_000
_MOST_COPIES = 99


class ActDialog(QDialog):
    """A window with a notice, F9 to do it and Esc to leave it.

    Signals:
        done_asked: F9.
    """

    done_asked = Signal()

    def __init__(self, title: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(_WIDTH)
        self.notice = Strip()
        self.body = QVBoxLayout()
        outer = QVBoxLayout(self)
        outer.addWidget(self.notice)
        outer.addLayout(self.body, 1)
        foot = QLabel(hint)
        foot.setProperty("soft", True)
        outer.addWidget(foot)
        for key in ("F9", "Ctrl+Return"):
            QShortcut(QKeySequence(key), self, self.done_asked.emit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes to the next field; it closes nothing."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.focusNextPrevChild(not back)
            return
        if event.key() == Qt.Key.Key_Escape and self.notice.give_up():
            return
        super().keyPressEvent(event)


class AskDialog(ActDialog):
    """Form 02: what is missing, all at once, and why."""

    def __init__(self, lacks: Sequence[Lack], round: int, parent: QWidget | None = None) -> None:
        super().__init__("Yêu cầu bổ sung", "F9  Ghi và in phiếu        Esc  Thôi", parent)
        if round > 1:
            self.notice.say(
                f"Đây là lần {round}. Quy định chỉ yêu cầu một lần; lần sau bị tính trễ.",
                tone="wait",
            )
        self.boxes: list[QCheckBox] = []
        for i, lack in enumerate(lacks, start=1):
            box = QCheckBox(f"&{i}  {lack.words}" if i < 10 else lack.words)
            box.setChecked(True)
            box.setAccessibleName(lack.words)
            self.boxes.append(box)
            self.body.addWidget(box)
        self.more = [
            field(f"Nội dung khác {i}", "Ghi thêm một nội dung cần bổ sung") for i in (1, 2, 3)
        ]
        self.reason = field("Lý do", "Ví dụ: thành phần hồ sơ chưa đầy đủ theo quy định")
        self.reason.setText("Thành phần hồ sơ chưa đầy đủ theo quy định")
        for line in self.more:
            self.body.addWidget(line)
        self.body.addWidget(label_for("Lý do", self.reason))
        self.body.addWidget(self.reason)
        (self.boxes[0] if self.boxes else self.more[0]).setFocus()

    def items(self) -> list[str]:
        """Return everything that is asked for."""
        ticked = [box.accessibleName() for box in self.boxes if box.isChecked()]
        return ticked + [line.text() for line in self.more if line.text().strip()]


class PapersDialog(ActDialog):
    """Papers that come in later, ticked as at reception."""

    def __init__(
        self, title: str, papers: Sequence[Paper], wanted: Sequence[str],
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(title, "1…9  Đánh dấu    + −  Số bản    F9  Ghi    Esc  Thôi", parent)
        if wanted:
            asked = QLabel("Đã yêu cầu: " + "; ".join(wanted))
            asked.setWordWrap(True)
            self.body.addWidget(asked)
        self.papers = PapersTable()
        self.papers.set_papers(papers)
        self.papers.setMinimumHeight(240)
        self.body.addWidget(self.papers, 1)
        self.papers.setFocus()

    def given(self) -> tuple[GivenPaper, ...]:
        """Return what was ticked."""
        return self.papers.given()


class ResultDialog(ActDialog):
    """The result: name, number, day, copies, where it lies."""

    def __init__(
        self, name: str, book: str, copies: int, today: dt.date, parent: QWidget | None = None
    ) -> None:
        super().__init__(
            "Ghi kết quả", "Enter  Ô sau        F9  Ghi kết quả        Esc  Thôi", parent
        )
        self._book = book
        self.name = field("Tên kết quả")
        self.name.setText(name)
        self.number = field(
            "Số của kết quả",
            f"để trống: lấy số tiếp theo của quyển {book}" if book else "số, ký hiệu",
        )
        self.day = field("Ngày cấp", "ngày/tháng/năm", digits=True)
        self.day.setText(f"{today:%d/%m/%Y}")
        self.copies = QSpinBox()
        self.copies.setRange(1, _MOST_COPIES)
        self.copies.setValue(copies)
        self.copies.setAccessibleName("Số bản")
        self.place = field("Nơi để", "ngăn, tủ — để tìm nhanh khi trả")
        grid = QGridLayout()
        for y, (words, widget) in enumerate(
            (("Tên kết quả", self.name), ("Số", self.number), ("Ngày cấp", self.day),
             ("Số bản", self.copies), ("Nơi để", self.place))
        ):  # fmt: skip
            grid.addWidget(label_for(words, widget), y, 0)
            grid.addWidget(widget, y, 1)
        self.body.addLayout(grid)
        self.number.setFocus()

    def result_typed(self) -> Result | None:
        """Return the result as typed, None if the day cannot be read."""
        try:
            on = dt.date.fromisoformat(read_day(self.day.text()))
        except ValueError:
            return None
        number = self.number.text().strip()
        return Result(
            name=self.name.text(), number=number, issued_on=on, copies=self.copies.value(),
            place=self.place.text(), book="" if number else self._book,
        )  # fmt: skip


class ExtendDialog(ActDialog):
    """A new due date and why; once only."""

    def __init__(self, due: dt.datetime, parent: QWidget | None = None) -> None:
        super().__init__("Lùi ngày hẹn", "F9  Ghi và in văn bản xin lỗi        Esc  Thôi", parent)
        self.body.addWidget(QLabel(f"Ngày hẹn hiện nay: {due:%H:%M %d/%m/%Y}. Chỉ lùi một lần."))
        self.day = field("Ngày hẹn mới", "ngày/tháng/năm", digits=True)
        self.reason = field("Lý do", "in trên văn bản xin lỗi")
        for words, line in (("Ngày hẹn mới", self.day), ("Lý do", self.reason)):
            self.body.addWidget(label_for(words, line))
            self.body.addWidget(line)
        self.day.setFocus()

    def day_typed(self) -> dt.date | None:
        """Return the day as typed, None if it cannot be read."""
        try:
            return dt.date.fromisoformat(read_day(self.day.text()))
        except ValueError:
            return None


class ProposeDialog(ActDialog):
    """What is laid before the leader."""

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(
            "Trình ký", "Enter  Ô sau        F9  Trình lãnh đạo        Esc  Thôi", parent
        )
        self.outcome = QComboBox()
        self.outcome.addItem("Đồng ý giải quyết", "grant")
        self.outcome.addItem("Từ chối giải quyết", "refuse")
        self.outcome.setAccessibleName("Đề xuất")
        self.words = field("Trích yếu", "trích yếu kết quả, hoặc lý do từ chối")
        self.words.setText(words)
        for label, widget in (("Đề xuất", self.outcome), ("Trích yếu", self.words)):
            self.body.addWidget(label_for(label, widget))
            self.body.addWidget(widget)
        self.words.setFocus()


class PassDialog(ActDialog):
    """To whom the work goes on."""

    def __init__(
        self, units: Sequence[str], agencies: Sequence[tuple[str, str]],
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__("Chuyển tiếp", "Enter  Ô sau        F9  Chuyển        Esc  Thôi", parent)
        self.agency = QComboBox()
        self.agency.setAccessibleName("Cơ quan nhận")
        for code, name in agencies:
            self.agency.addItem(name, code)
        self.unit = open_box("Phòng, bộ phận nhận")
        self.unit.addItems(list(units))
        self.note = field("Ghi chú", "nếu cần")
        for label, widget in (("Cơ quan", self.agency), ("Phòng, bộ phận", self.unit),
                              ("Ghi chú", self.note)):  # fmt: skip
            self.body.addWidget(label_for(label, widget))
            self.body.addWidget(widget)
        self.unit.setFocus()


class CorrectDialog(ActDialog):
    """The words of a receipt, to be mended; a new version is printed."""

    def __init__(self, fields: Sequence[CaseField], parent: QWidget | None = None) -> None:
        super().__init__(
            "Sửa thông tin hồ sơ", "F9  Ghi và in giấy hẹn mới        Esc  Thôi", parent
        )
        self.person = PersonForm()
        self.case = CaseForm()
        self.case.show_fields(fields)
        self.summary = field("Nội dung yêu cầu", "nội dung yêu cầu")
        self.reason = field("Lý do sửa", "Ví dụ: sai số điện thoại")
        self.body.addWidget(self.person)
        self.body.addWidget(self.case)
        self.body.addWidget(self.summary)
        self.body.addWidget(label_for("Lý do sửa (in vào nhật ký)", self.reason))
        self.body.addWidget(self.reason)
        self.person.name.setFocus()


class RetypeDialog(QDialog):
    """What is typed again into another system: Enter copies a line and goes to the next.

    What was copied leaves the clipboard after a minute, and when the window closes.
    """

    def __init__(self, rows: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Chép sang phần mềm khác")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._values = [value for _, value in rows]
        self._copied = ""
        self.table = ListTable("Các ô để chép", (("Ô", 240), ("Giá trị", 0)))
        self.table.show_rows(rows)
        self.table.keys = {
            Qt.Key.Key_Return: self._copy, Qt.Key.Key_Enter: self._copy, Qt.Key.Key_C: self._copy,
        }  # fmt: skip
        self.said = QLabel("Enter  Chép ô này, sang ô sau        Esc  Đóng, xoá ô nhớ tạm")
        self.said.setProperty("soft", True)
        layout = QVBoxLayout(self)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.said)
        self.resize(_WIDTH, 460)
        self.finished.connect(self.forget)
        self.table.setFocus()
        self._timer = self.startTimer(_COPY_LIVES_MS)

    def _copy(self) -> None:
        row = self.table.currentRow()
        if not 0 <= row < len(self._values):
            return
        self._copied = self._values[row]
        QApplication.clipboard().setText(self._copied)
        self.said.setText(
            f"Đã chép ô {row + 1}/{len(self._values)}. Dán vào phần mềm kia (Ctrl+V)."
        )
        self.table.selectRow(min(row + 1, len(self._values) - 1))
        self.killTimer(self._timer)
        self._timer = self.startTimer(_COPY_LIVES_MS)

    def timerEvent(self, _: object) -> None:
        """What was copied a minute ago is forgotten."""
        self.forget()

    def forget(self) -> None:
        """Take what was copied off the clipboard, unless something else stands there."""
        clipboard = QApplication.clipboard()
        if self._copied and clipboard.text() == self._copied:
            clipboard.clear()
        self._copied = ""
