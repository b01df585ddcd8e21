"""What stands on the screen after F9: the number, the due date, the QR."""

from __future__ import annotations

import segno
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.domain.amounts import amount_line
from app.domain.fees import fee_words
from app.services.intake import Reception
from app.ui.widgets.card import Card

_BIG_PT = 24
_MODULE_PX = 5
_QUIET = 4


class ResultCard(Card):
    """The outcome of one reception."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Đã tiếp nhận", parent)
        self.code = _big()
        self.due = _big()
        self.details = QLabel()
        self.details.setWordWrap(True)
        self.next_keys = QLabel(
            "F2 hồ sơ mới · Ctrl+D thêm hồ sơ cho người này · Ctrl+T cùng thủ tục · "
            "Ctrl+Z hoàn tác trong 10 phút"
        )
        self.next_keys.setProperty("soft", True)
        self.next_keys.setWordWrap(True)
        self.qr = QLabel()
        self.qr.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)
        words = QVBoxLayout()
        for label in (self.code, self.due, self.details):
            words.addWidget(label)
        words.addStretch(1)
        words.addWidget(self.next_keys)
        row = QHBoxLayout()
        row.addLayout(words, 1)
        row.addWidget(self.qr)
        self.add(row, 1)

    def show_reception(self, reception: Reception, address: str) -> None:
        """Show a reception; `address` is what its QR says."""
        kind = "GIẤY TẠM " if reception.provisional else ""
        self.code.setText(f"{kind}{reception.code}")
        self.due.setText(f"Hẹn trả {reception.due_at:%H:%M ngày %d/%m/%Y}")
        fee = reception.fee
        money = f"Phí: {fee_words(fee.amount, fee.how, is_known=fee.is_known)}"
        money += f" — {amount_line(fee.amount)}" if fee.amount else ""
        still = "\nChưa khai: " + "; ".join(reception.unfilled) if reception.unfilled else ""
        self.details.setText(
            f"{reception.submitter_name}\n{reception.procedure_name}\n"
            f"Ký tự kiểm tra {reception.check} · Mã tra cứu {reception.lookup}\n{money}{still}"
        )
        self.qr.setPixmap(_qr(address))
        self.qr.setAccessibleName("Mã QR tra cứu hồ sơ")


def _big() -> QLabel:
    label = QLabel()
    font = label.font()
    font.setPointSizeF(_BIG_PT)
    font.setBold(True)
    label.setFont(font)
    label.setStyleSheet(f"font-size: {_BIG_PT}pt; font-weight: 600;")
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _qr(text: str) -> QPixmap:
    """Draw a QR, dark on white whatever the theme, with its quiet zone."""
    rows = [bytes(row) for row in segno.make(text, error="m", micro=False).matrix]
    side = (len(rows) + 2 * _QUIET) * _MODULE_PX
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.white)
    painter = QPainter(pixmap)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                left, top = (x + _QUIET) * _MODULE_PX, (y + _QUIET) * _MODULE_PX
                painter.fillRect(left, top, _MODULE_PX, _MODULE_PX, Qt.GlobalColor.black)
    painter.end()
    return pixmap
