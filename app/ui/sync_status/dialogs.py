"""Two small windows: decide between two clashing acts, and offer refused ones again."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLabel, QWidget

from app.services.settling import Keep
from app.ui.course.dialogs import ActDialog
from app.ui.widgets.card import field, label_for
from app.ui.widgets.list_table import ListTable

_WIDE_PX = 860
_CHOICES: dict[Keep, str] = {
    "first": "giữ việc 1 (đang có hiệu lực)",
    "second": "lấy việc 2 thay việc 1",
    "new": "không giữ việc nào, sẽ làm lại",
}


class ConflictDialog(ActDialog):
    """What differs, line by line; 1, 2 or 3 chooses, F9 decides."""

    def __init__(
        self, code: str, rows: Sequence[tuple[str, str, str]], parent: QWidget | None = None
    ) -> None:
        super().__init__(
            f"Hồ sơ {code}: hai việc trái nhau",
            "1  Giữ việc 1        2  Lấy việc 2        3  Không giữ việc nào        "
            "F9  Ghi quyết định        Esc  Để sau",
            parent,
        )
        self.setMinimumWidth(_WIDE_PX)
        self.keep: Keep = "first"
        words = QLabel(
            "Hai người làm hai việc mà không biết của nhau. Máy chủ tạm giữ việc 1. Việc không "
            "được chọn vẫn lưu trong nhật ký hồ sơ."
        )
        words.setWordWrap(True)
        self.table = ListTable(
            "Chỗ khác nhau", (("Mục", 160), ("1  Đang có hiệu lực", 0), ("2  Đang chờ", 0))
        )
        self.table.show_rows(rows)
        self.table.keys = {
            Qt.Key.Key_1: lambda: self.choose("first"),
            Qt.Key.Key_2: lambda: self.choose("second"),
            Qt.Key.Key_3: lambda: self.choose("new"),
        }
        self.chosen = QLabel()
        self.chosen.setProperty("head", True)
        self.reason = field("Lý do quyết định", "Ví dụ: theo giấy người dân giữ")
        for part in (words, self.table, self.chosen, label_for("Lý do", self.reason), self.reason):
            self.body.addWidget(part)
        self.choose("first")
        self.table.setFocus()

    def choose(self, keep: Keep) -> None:
        """Choose one of them."""
        self.keep = keep
        self.chosen.setText(f"Quyết định: {_CHOICES[keep]}")


class MendDialog(ActDialog):
    """What the server said, and how the refused act goes again."""

    def __init__(self, code: str, said: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(
            f"Hồ sơ {code}: máy chủ chưa nhận", "F9  Gửi lại        Esc  Để sau", parent
        )
        words = QLabel(
            "Máy chủ nói: " + "\n".join(said) + "\n\nMọi thứ đã nhập vẫn còn; gửi lại không phải "
            "gõ lại gì."
        )
        words.setWordWrap(True)
        self.new_code = QCheckBox("Lấy &số mới cho hồ sơ (số đã in là của hồ sơ khác)")
        self.reason = field("Lý do gửi lại", "nếu cần")
        for part in (words, self.new_code, label_for("Lý do", self.reason), self.reason):
            self.body.addWidget(part)
        self.reason.setFocus()
