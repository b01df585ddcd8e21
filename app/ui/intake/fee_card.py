"""What it costs, on which ground less, how the result is had, and when each stage is due."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSpinBox, QWidget

from app.domain.fees import Exemption, FeeKind, fee_words
from app.services.intake import Quote
from app.ui.widgets.card import Card, label_for, may_shrink

_MOST_COPIES = 999


class FeeCard(Card):
    """The block below the papers.

    Signals:
        changed: something was chosen.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("4  Lệ phí và cách nhận", parent)
        self.fee = QLabel()
        self.fee.setWordWrap(True)
        self.stages = QLabel()
        self.stages.setWordWrap(True)
        self.stages.hide()
        self.exemption = QComboBox()
        self.exemption.setAccessibleName("Diện miễn, giảm")
        may_shrink(self.exemption)
        self.count = QSpinBox()
        self.count.setRange(1, _MOST_COPIES)
        self.count.setAccessibleName("Số bản yêu cầu")
        self.return_via = QComboBox()
        self.return_via.addItems(["Tại nơi tiếp nhận", "Qua bưu chính"])
        self.return_via.setAccessibleName("Cách nhận kết quả")
        may_shrink(self.return_via, 10)
        self._exemption_label = label_for("Diện miễn", self.exemption)
        self._count_label = label_for("Số bản", self.count)
        row = QHBoxLayout()
        for part in (self._count_label, self.count, self._exemption_label):
            row.addWidget(part)
        row.addWidget(self.exemption, 1)
        row.addWidget(label_for("Nhận kết quả", self.return_via))
        row.addWidget(self.return_via, 1)
        self.add(self.stages)
        self.add(self.fee)
        self.add(row)
        self.exemption.activated.connect(self.changed)
        self.return_via.activated.connect(self.changed)
        self.count.valueChanged.connect(self.changed)
        self.show_choices((), FeeKind.NONE)

    def show_choices(self, exemptions: Sequence[Exemption], kind: FeeKind) -> None:
        """Offer the grounds of a procedure, and a count where it is charged by the copy."""
        self.exemption.clear()
        self.exemption.addItem("Không", "")
        for ground in exemptions:
            self.exemption.addItem(ground.name, ground.key)
        self._exemption_label.setVisible(bool(exemptions))
        self.exemption.setVisible(bool(exemptions))
        self.count.setValue(1)
        self._count_label.setVisible(kind is FeeKind.PER_COPY)
        self.count.setVisible(kind is FeeKind.PER_COPY)

    @property
    def exemption_key(self) -> str:
        """Key of the ground that was chosen, "" for none."""
        return str(self.exemption.currentData() or "")

    def restore(self, exemption: str, count: int, return_via: int) -> None:
        """Put a draft's choices back."""
        self.exemption.setCurrentIndex(max(0, self.exemption.findData(exemption)))
        self.count.setValue(count)
        self.return_via.setCurrentIndex(return_via)

    def show_quote(self, quote: Quote | None) -> None:
        """Show the fee and, of a linked procedure, every stage with its agency and date."""
        if quote is None:
            self.fee.setText("")
            self.stages.hide()
            return
        fee = quote.fee
        words = fee_words(fee.amount, fee.how, is_known=fee.is_known)
        self.fee.setText(f"Lệ phí {words}" + (f" ({fee.how})" if fee.amount else ""))
        lines = [
            f"{i}. {stage.name} — {stage.agency}"
            + (f", hẹn {stage.due_at:%H:%M %d/%m}" if stage.due_at else ", chưa định hạn")
            + (" (nếu yêu cầu)" if stage.optional else "")
            for i, stage in enumerate(quote.stages, start=1)
        ]
        self.stages.setText("\n".join(lines))
        self.stages.setVisible(bool(lines))
