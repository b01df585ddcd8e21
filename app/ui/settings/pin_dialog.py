"""A small window for a new PIN."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget

from app.ui.course.dialogs import ActDialog
from app.ui.widgets.card import field, label_for


class PinDialog(ActDialog):
    """The former PIN, and the new one twice."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Đổi mã PIN", "Enter  Ô sau        F9  Đổi        Esc  Thôi", parent)
        self.former = field("Mã PIN đang dùng", digits=True)
        self.new = field("Mã PIN mới", "6 đến 12 chữ số", digits=True)
        self.again = field("Mã PIN mới, gõ lại", digits=True)
        for line in (self.former, self.new, self.again):
            line.setEchoMode(QLineEdit.EchoMode.Password)
            self.body.addWidget(label_for(line.accessibleName(), line))
            self.body.addWidget(line)
        self.former.setFocus()
