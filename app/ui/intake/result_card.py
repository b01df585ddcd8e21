"""What stands on the screen after F9: the number, the due date, the QR, and what is still to do."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.domain.amounts import amount_line
from app.domain.fees import fee_words
from app.services.cashier import Bill
from app.services.intake import Reception
from app.ui.widgets.card import Card
from app.ui.widgets.qr import QrLabel

_BIG_PT = 24


class ResultCard(Card):
    """The outcome of one reception."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Đã tiếp nhận", parent)
        self.code = _big()
        self.due = _big()
        self.details = QLabel()
        self.details.setWordWrap(True)
        self.money = QLabel()
        self.money.setWordWrap(True)
        self.money.setProperty("head", True)
        self.next_keys = QLabel(
            "F2 hồ sơ mới · Ctrl+D thêm hồ sơ cho người này · Ctrl+T cùng thủ tục · F8 thu tiền · "
            "F4 trả ngay · Ctrl+Z hoàn tác trong 10 phút"
        )
        self.next_keys.setProperty("soft", True)
        self.next_keys.setWordWrap(True)
        self.qr = QrLabel("Mã QR tra cứu hồ sơ")
        words = QVBoxLayout()
        for label in (self.code, self.due, self.details, self.money):
            words.addWidget(label)
        words.addStretch(1)
        words.addWidget(self.next_keys)
        row = QHBoxLayout()
        row.addLayout(words, 1)
        row.addWidget(self.qr)
        self.add(row, 1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Hồ sơ đã tiếp nhận")

    def show_reception(
        self, reception: Reception, address: str, more: tuple[str, ...] = ()
    ) -> None:
        """Show a reception.

        Args:
            reception: the last one.
            address: what its QR says.
            more: codes received before it, for the same receipt.
        """
        kind = "GIẤY TẠM " if reception.provisional else ""
        self.code.setText(f"{kind}{reception.code}")
        self.due.setText(f"Hẹn trả {reception.due_at:%H:%M ngày %d/%m/%Y}")
        still = "\nChưa khai: " + "; ".join(reception.unfilled) if reception.unfilled else ""
        batch = f"\nCùng một giấy với: {', '.join(more)}" if more else ""
        self.details.setText(
            f"{reception.submitter_name}\n{reception.procedure_name}\n"
            f"Ký tự kiểm tra {reception.check} · Mã tra cứu {reception.lookup}{still}{batch}"
        )
        fee = reception.fee
        money = f"Phí: {fee_words(fee.amount, fee.how, is_known=fee.is_known)}"
        self.money.setText(money + (f" — {amount_line(fee.amount)}" if fee.amount else ""))
        self.qr.show_text(address)

    def show_bill(self, bill: Bill) -> None:
        """Show that money came in."""
        if bill.left:
            self.money.setText(f"Còn phải thu {amount_line(bill.left)}")
        elif bill.paid:
            self.money.setText(f"✓ Đã thu đủ: {amount_line(bill.paid)}")

    def clear(self) -> None:
        """Show nobody's name any more."""
        for label in (self.code, self.due, self.details, self.money):
            label.clear()
        self.qr.show_text("")


def _big() -> QLabel:
    label = QLabel()
    font = label.font()
    font.setPointSizeF(_BIG_PT)
    font.setBold(True)
    label.setFont(font)
    label.setStyleSheet(f"font-size: {_BIG_PT}pt; font-weight: 600;")
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
