"""Take the fee of a dossier: cash by one Enter, a transfer once the clerk saw it arrive."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from app.domain.amounts import amount_line, in_figures
from app.errors import AppError
from app.services import cashier
from app.services.cashier import Bill
from app.services.desk import Clerk, Desk
from app.services.paperwork import making
from app.services.paperwork.order import Order
from app.ui.jobs import JobRunner, Lane
from app.ui.print_room import PrintRoom
from app.ui.widgets.card import field, label_for
from app.ui.widgets.qr import QrLabel
from app.ui.widgets.strip import Strip

FORM = "fee"


class PayDialog(QDialog):
    """What is due, a line for cash, a line for a transfer's reference, and the QR to pay by.

    Signals:
        charged: a tariff that was open: amount (int), ground (str).
        paid: amount (int), method (str), reference (str).
        refund_asked: money is to go back.
    """

    charged = Signal(int, str)
    paid = Signal(int, str, str)
    refund_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Thu tiền")
        self.notice = Strip()
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.tariff = field("Mức thu", "số tiền", digits=True)
        self.ground = field("Căn cứ của mức thu", "Ví dụ: Nghị quyết HĐND số …")
        self.cash = field("Thu tiền mặt", "số tiền", digits=True)
        self.given = field("Người dân đưa", "để tính tiền thối", digits=True)
        self.reference = field("Mã giao dịch chuyển khoản", "ít nhất 4 ký tự cuối, rồi Enter")
        self.change = QLabel()
        self.change.setProperty("head", True)
        self.slip = QCheckBox("In phiếu thu (Alt+&I)")
        self.qr = QrLabel("Mã VietQR để chuyển khoản")
        self.account = QLabel()
        self.account.setWordWrap(True)
        self.account.setProperty("soft", True)
        self._bill: Bill | None = None
        self._labels: dict[QWidget, QLabel] = {}
        self._lay_out()
        self.tariff.returnPressed.connect(self.ground.setFocus)
        self.ground.returnPressed.connect(self._charge)
        self.cash.returnPressed.connect(self._pay_cash)
        self.given.returnPressed.connect(self._pay_cash)
        self.given.textEdited.connect(self._show_change)
        self.reference.returnPressed.connect(self._pay_transfer)

    def _lay_out(self) -> None:
        grid = QGridLayout()
        for y, (words, line) in enumerate(
            (("Mức thu", self.tariff), ("Căn cứ", self.ground), ("Tiền mặt  (Enter)", self.cash),
             ("Người dân đưa", self.given), ("Chuyển khoản: mã giao dịch", self.reference))
        ):  # fmt: skip
            self._labels[line] = label_for(words, line)
            grid.addWidget(self._labels[line], y, 0)
            grid.addWidget(line, y, 1)
        left = QVBoxLayout()
        left.addWidget(self.words)
        left.addLayout(grid)
        left.addWidget(self.change)
        left.addWidget(self.slip)
        left.addStretch(1)
        hint = QLabel("Enter  Thu        Tab  Ô sau        Ctrl+Z  Hoàn tiền        Esc  Đóng")
        hint.setProperty("soft", True)
        left.addWidget(hint)
        right = QVBoxLayout()
        right.addWidget(self.qr)
        right.addWidget(self.account)
        right.addStretch(1)
        row = QHBoxLayout()
        row.addLayout(left, 3)
        row.addLayout(right, 2)
        outer = QVBoxLayout(self)
        outer.addWidget(self.notice)
        outer.addLayout(row)
        self.setMinimumWidth(720)

    def show_bill(self, bill: Bill) -> None:
        """Show what is due, and put the focus where the next key is typed."""
        self._bill = bill
        lines = [f"{bill.code} · {bill.payer}"]
        if not bill.is_known:
            lines.append(f"Chưa có mức thu ({bill.how}). Ghi mức thu và căn cứ trước.")
        else:
            lines.append(f"Phải thu {in_figures(bill.amount)} đ, đã thu {in_figures(bill.paid)} đ")
            lines.append(f"CÒN LẠI {in_figures(bill.left)} đ — {amount_line(bill.left)}")
        self.words.setText("\n".join(lines))
        for line in (self.tariff, self.ground):
            self._show_line(line, on=not bill.is_known)
        for line in (self.cash, self.given, self.reference):
            self._show_line(line, on=bill.is_known and bill.left > 0)
        self.cash.setText(in_figures(bill.left) if bill.left else "")
        self.qr.show_text(bill.transfer_code)
        self.account.setText(f"Chuyển vào {bill.account}" if bill.transfer_code else "")
        for line in (self.tariff, self.cash):
            if not line.isHidden():
                line.setFocus()
                line.selectAll()

    def _show_line(self, line: QWidget, *, on: bool) -> None:
        line.setVisible(on)
        self._labels[line].setVisible(on)

    def _charge(self) -> None:
        self.charged.emit(_amount(self.tariff.text()), self.ground.text())

    def _pay_cash(self) -> None:
        self.paid.emit(_amount(self.cash.text()), cashier.CASH, "")

    def _pay_transfer(self) -> None:
        left = self._bill.left if self._bill else 0
        self.paid.emit(left, cashier.TRANSFER, self.reference.text())

    def _show_change(self) -> None:
        back = _amount(self.given.text()) - _amount(self.cash.text())
        self.change.setText(f"Thối lại {in_figures(back)} đ" if back > 0 else "")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Z asks for money to go back; Enter never closes."""
        ctrl = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        if ctrl and event.key() == Qt.Key.Key_Z:
            self.refund_asked.emit()
        elif event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)


def _amount(text: str) -> int:
    """Return đồng as typed with or without dots; 0 if it is no number."""
    digits = text.replace(".", "").replace(" ", "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 13 else 0


class PayDesk(QObject):
    """Takes money for whichever screen asks.

    Attributes:
        prints_slip: the slip is printed unless the clerk says otherwise.

    Signals:
        settled: money came in or went back, or a tariff was filled in (Bill).
    """

    settled = Signal(object)

    def __init__(
        self, parent: QWidget, desk: Desk, clerk: Clerk, jobs: JobRunner, room: PrintRoom
    ) -> None:
        super().__init__(parent)
        self._window, self._desk, self._clerk, self._jobs = parent, desk, clerk, jobs
        self._room = room
        self.prints_slip = False
        self.dialog: PayDialog | None = None

    def ask(self, dossier: UUID, problem: Callable[[AppError], None]) -> None:
        """Show what a dossier costs and take the money.

        Args:
            dossier: whose.
            problem: shows what stood in the way.
        """
        self._jobs.run(
            Lane.DATABASE, lambda: cashier.bill(self._desk, dossier), owner=self,
            done=self._open, failed=problem,
        )  # fmt: skip

    def _open(self, bill: Bill) -> None:
        if self.dialog is not None:
            self.dialog.close()
        dialog = self.dialog = PayDialog(self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.slip.setChecked(self.prints_slip)
        dialog.slip.toggled.connect(self._choose_slip)
        dialog.charged.connect(lambda amount, how: self._charge(bill, amount, how))
        dialog.paid.connect(lambda *how: self._pay(bill, *how))
        dialog.refund_asked.connect(lambda: self._ask_refund(bill))
        dialog.finished.connect(self._closed)
        dialog.show_bill(bill)
        dialog.open()

    def _closed(self) -> None:
        self.dialog = None
        self._window.activateWindow()  # the keys go on where they were, with any window manager

    def _choose_slip(self, on: bool) -> None:
        self.prints_slip = on

    def _charge(self, bill: Bill, amount: int, how: str) -> None:
        self._run(lambda: cashier.charge(self._desk, self._clerk, bill.dossier, amount, how),
                  self._go_on)  # fmt: skip

    def _go_on(self, bill: Bill) -> None:
        self.settled.emit(bill)
        if self.dialog is not None:
            self.dialog.notice.clear()
            self.dialog.show_bill(bill)

    def _pay(self, bill: Bill, amount: int, method: str, reference: str) -> None:
        def done(after: Bill) -> None:
            if self.prints_slip:
                order = Order(form=FORM, dossier=after.dossier)
                self._room.print_made(
                    lambda: making.make(self._desk, self._clerk, order), FORM,
                    f"phiếu thu {after.code}",
                )  # fmt: skip
            if after.left:
                self._go_on(after)
                return
            self.settled.emit(after)
            if self.dialog is not None:
                self.dialog.accept()

        self._run(
            lambda: cashier.pay(self._desk, self._clerk, bill.dossier, amount, method, reference),
            done,
        )

    def _ask_refund(self, bill: Bill) -> None:
        dialog = self.dialog
        if dialog is None:
            return
        paid = cashier.bill(self._desk, bill.dossier).paid

        def refund(reason: str) -> None:
            self._run(
                lambda: cashier.refund(self._desk, self._clerk, bill.dossier, paid, reason),
                self._go_on,
            )

        dialog.notice.ask(
            f"Hoàn {in_figures(paid)} đ tiền mặt. Lý do:", refund, placeholder="Ví dụ: thu nhầm"
        )

    def _run(self, work: Callable[[], Bill], done: Callable[[Bill], None]) -> None:
        def failed(problem: AppError) -> None:
            if self.dialog is not None:
                self.dialog.notice.say_problem(problem)

        self._jobs.run(Lane.DATABASE, work, owner=self, done=done, failed=failed)
