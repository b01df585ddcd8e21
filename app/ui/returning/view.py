"""The returning screen: which results, to whom, what is still to be paid; F9 hands them out."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from app.domain.bodies import Person
from app.domain.cards import Card as IdCard
from app.domain.text import clean
from app.ui import theme
from app.ui.keys import key_button
from app.ui.widgets.card import Card, field, label_for
from app.ui.widgets.list_table import ListTable
from app.ui.widgets.strip import Strip

COLUMNS = (("", 34), ("Mã hồ sơ", 168), ("Chủ hồ sơ", 0), ("Kết quả", 0), ("Nơi để", 84),
           ("Còn thu", 84), ("Trạng thái", 150))  # fmt: skip
PLEASED = ("Bỏ qua", "Rất hài lòng", "Hài lòng", "Chưa hài lòng")


class ReturningView(QWidget):
    """Results in a list, the recipient under it.

    Signals:
        sought: text of the line (str).
        toggled: row whose mark was turned (int).
        dropped: row that is not to be handed out now (int).
        pleased: how satisfied the citizen is, 0 to 3 (int).
        authorised_asked: U: somebody with an authority takes it.
        lost_asked: M: the receipt is lost.
    """

    sought = Signal(str)
    toggled = Signal(int)
    dropped = Signal(int)
    pleased = Signal(int)
    authorised_asked = Signal()
    lost_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = Strip()
        self.line = field(
            "Quét giấy hẹn hoặc căn cước", "Quét giấy hẹn, căn cước; hoặc gõ mã, tên rồi Enter"
        )
        self.table = ListTable("Kết quả để trả", COLUMNS)
        self.table.keys = {
            Qt.Key.Key_Space: lambda: self.toggled.emit(self.table.currentRow()),
            Qt.Key.Key_Delete: lambda: self.dropped.emit(self.table.currentRow()),
            Qt.Key.Key_U: self.authorised_asked.emit,
            Qt.Key.Key_M: self.lost_asked.emit,
            **{Qt.Key.Key_0 + n: lambda n=n: self.pleased.emit(n) for n in range(4)},  # type: ignore[misc]
        }
        self.table.say_when_empty(
            "Quét mã trên giấy hẹn, hoặc quét căn cước của người đến nhận.\n"
            "Nhiều giấy hẹn: quét lần lượt."
        )
        self.match = QLabel()
        self.match.setWordWrap(True)
        self.name = field("Họ tên người nhận")
        self.id_number = field("Số căn cước người nhận", "12 chữ số", digits=True)
        self.phone = field("Điện thoại người nhận", "10 chữ số", digits=True)
        self.authority = field(
            "Giấy uỷ quyền", "số, ngày giấy uỷ quyền; hoặc: giấy viết tay đã kiểm tra"
        )
        self.lost = QCheckBox("Mất giấy hẹn")
        self.lost.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.slip = QCheckBox("In giấy biên nhận (Alt+&I)")
        self.slip.setChecked(True)
        self.slip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.satisfaction = QLabel()
        self.money = QLabel()
        self.money.setProperty("head", True)
        self._recipient = QWidget()
        self.pay_button = key_button("pay_result")
        self.record_button = key_button("record_result")
        self.give_button = key_button("give")
        self.give_button.setProperty("main", True)
        self._lay_out()
        self.line.returnPressed.connect(lambda: self.sought.emit(self.line.text()))
        self.line.installEventFilter(self)
        self.show_rows((), ())
        self.show_recipient(on=False)
        self.show_pleased(0)

    def _lay_out(self) -> None:
        grid = QGridLayout(self._recipient)
        grid.setContentsMargins(0, 0, 0, 0)
        for x, (words, line) in enumerate(
            (("Họ tên", self.name), ("Số căn cước", self.id_number), ("Điện thoại", self.phone))
        ):
            grid.addWidget(label_for(words, line), 0, 2 * x)
            grid.addWidget(line, 0, 2 * x + 1)
            grid.setColumnStretch(2 * x + 1, 2 if x == 0 else 1)
        grid.addWidget(label_for("Giấy uỷ quyền", self.authority), 1, 0)
        grid.addWidget(self.authority, 1, 1, 1, 5)
        who = Card("Người nhận")
        who.add(self.match)
        who.add(self._recipient)
        marks = QHBoxLayout()
        for part in (self.lost, self.slip):
            marks.addWidget(part)
        marks.addStretch(1)
        marks.addWidget(self.money)
        who.add(marks)
        who.add(self.satisfaction)
        self.who = who
        hint = QLabel(
            "Space Chọn, bỏ chọn · Del Bỏ khỏi danh sách · U Người được uỷ quyền · "
            "M Mất giấy hẹn · 1 2 3 Hài lòng, 0 Bỏ qua"
        )
        hint.setProperty("soft", True)
        hint.setWordWrap(True)
        row = QHBoxLayout()
        row.addWidget(hint, 1)
        for button in (self.pay_button, self.record_button, self.give_button):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 6)
        layout.setSpacing(6)
        layout.addWidget(self.notice)
        layout.addWidget(self.line)
        layout.addWidget(self.table, 1)
        layout.addWidget(who)
        layout.addLayout(row)

    # ---- what is shown -----------------------------------------------------------

    def show_rows(self, rows: Sequence[Sequence[str]], ready: Sequence[bool]) -> None:
        """Show dossiers; those that cannot be handed out now stand soft."""
        tones = theme.current()
        colours = [tones.good.text if one else tones.soft for one in ready]
        self.table.show_rows(rows, colours, column=len(COLUMNS) - 1)
        self.who.setVisible(bool(rows))

    def show_match(self, words: str, tone: str) -> None:
        """Say how the card compares: tone good, wait, bad or plain."""
        self.match.setText(words)
        self.match.setStyleSheet(theme.tone_sheet(getattr(theme.current(), tone)))

    def show_recipient(self, *, on: bool) -> None:
        """Show the fields of an authorised recipient, or hide them."""
        self._recipient.setVisible(on)

    @property
    def is_authorised(self) -> bool:
        """True while somebody with an authority takes the results."""
        return not self._recipient.isHidden()

    def show_pleased(self, number: int) -> None:
        """Show how satisfied the citizen is."""
        choices = " · ".join(
            f"[{i} {words}]" if i == number else f"{i} {words}" for i, words in enumerate(PLEASED)
        )
        self.satisfaction.setText(f"Mức độ hài lòng:  {choices}")

    # ---- the recipient ----------------------------------------------------------

    def fill_recipient(self, card: IdCard) -> None:
        """Fill the authorised recipient in from a card."""
        self.name.setText(card.name or self.name.text())
        self.id_number.setText(card.id_number)

    def recipient(self) -> Person:
        """Return the authorised recipient as typed."""
        return Person(
            name=clean(self.name.text()),
            id_number=self.id_number.text().replace(" ", ""),
            phone=self.phone.text().replace(" ", "").replace(".", ""),
        )

    def clear(self) -> None:
        """Show nobody's data any more."""
        for line in (self.line, self.name, self.id_number, self.phone, self.authority):
            line.clear()
        self.lost.setChecked(False)
        self.show_recipient(on=False)
        self.show_pleased(0)
        self.show_rows((), ())
        self.money.clear()
        self.match.clear()

    def eventFilter(self, receiver: QObject, event: QEvent) -> bool:
        """Down leaves the line for the list."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            is_down = event.key() == Qt.Key.Key_Down
            if receiver is self.line and is_down and self.table.rowCount():
                self.table.setFocus()
                return True
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes through the fields of the recipient, then to the list."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            chain = (self.name, self.id_number, self.phone, self.authority)
            at = next((i for i, line in enumerate(chain) if line.hasFocus()), -1)
            if 0 <= at < len(chain) - 1:
                chain[at + 1].setFocus()
            elif at >= 0:
                self.table.setFocus()
            return
        super().keyPressEvent(event)
