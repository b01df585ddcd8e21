"""The first run as four pages; the steps stand at the left, every key on its button."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.widgets.card import Card, field, label_for
from app.ui.widgets.strip import Strip

STEPS = ("Đơn vị và quầy", "Đăng nhập lần đầu", "Đặt mã PIN", "Tải danh mục",
         "Máy in", "Súng quét, máy quét", "Hồ sơ tập sự")  # fmt: skip
ENROL, SIGN_IN, PIN, CATALOGUE = range(4)
_SIDE_PX = 240


class FirstRunView(QWidget):
    """Four pages before the window opens; the last three steps follow in it.

    Signals:
        go_on: F9, or Enter in the last field.
        file_asked: Ctrl+O.
        typed: a whole QR was scanned into server or code (str).
    """

    go_on = Signal()
    file_asked = Signal()
    typed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Quầy Một Cửa — cài đặt máy lần đầu")
        self.notice = Strip()
        self.server = field("Địa chỉ máy chủ", "https://…")
        self.code = field("Mã đăng ký", "24 ký tự, do quản trị cấp; hoặc quét mã QR vào ô này")
        self.journal = field(
            "Thư mục nhật ký thứ hai",
            "trên ổ khác, ví dụ D:\\motcua hoặc /media/usb; có thể để trống",
        )
        self.user = field("Tên đăng nhập")
        self.password = field("Mật khẩu")
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.pin = field("Mã PIN", "6 đến 12 chữ số", digits=True)
        self.again = field("Mã PIN, gõ lại", digits=True)
        for line in (self.pin, self.again):
            line.setEchoMode(QLineEdit.EchoMode.Password)
        self.progress = QProgressBar()
        self.progress.setAccessibleName("Tiến độ tải")
        self.loaded = QLabel()
        self.loaded.setWordWrap(True)
        self.file_button = QPushButton("Ctrl+O  Lấy từ tệp")
        self.next_button = QPushButton()
        self.next_button.setProperty("main", True)
        for button in (self.file_button, self.next_button):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._steps: list[QLabel] = []
        self._pages = QStackedWidget()
        self._lay_out()
        self.next_button.clicked.connect(self.go_on)
        self.file_button.clicked.connect(self.file_asked)
        QShortcut(QKeySequence("F9"), self, self.go_on.emit)
        QShortcut(QKeySequence("Ctrl+O"), self, self.file_asked.emit)
        self.show_step(ENROL)

    def _lay_out(self) -> None:
        side = QVBoxLayout()
        title = QLabel("Cài đặt máy lần đầu")
        title.setProperty("head", True)
        side.addWidget(title)
        for i, words in enumerate(STEPS, start=1):
            label = QLabel(f"{i}  {words}")
            self._steps.append(label)
            side.addWidget(label)
        side.addStretch(1)
        left = QWidget()
        left.setLayout(side)
        left.setFixedWidth(_SIDE_PX)
        for page in (self._enrol(), self._sign_in(), self._pin_page(), self._catalogue()):
            self._pages.addWidget(page)
        right = QVBoxLayout()
        right.addWidget(self.notice)
        right.addWidget(self._pages, 1)
        bottom = QHBoxLayout()
        bottom.addWidget(self.file_button)
        bottom.addStretch(1)
        bottom.addWidget(self.next_button)
        right.addLayout(bottom)
        layout = QHBoxLayout(self)
        layout.addWidget(left)
        layout.addLayout(right, 1)

    @staticmethod
    def _page(title: str, words: str, lines: Sequence[QWidget]) -> Card:
        card = Card(title)
        label = QLabel(words)
        label.setWordWrap(True)
        card.add(label)
        for line in lines:
            card.add(label_for(line.accessibleName(), line))
            card.add(line)
        card.body.addStretch(1)
        return card

    def _enrol(self) -> Card:
        return self._page(
            "1  Đơn vị và quầy",
            "Máy này chưa thuộc quầy nào. Gõ địa chỉ máy chủ và mã đăng ký do quản trị cấp, hoặc "
            "quét mã QR, hoặc lấy từ tệp. Mã chỉ dùng được một lần, trong 24 giờ.",
            (self.server, self.code, self.journal),
        )

    def _sign_in(self) -> Card:
        return self._page(
            "2  Đăng nhập lần đầu",
            "Đăng nhập bằng tài khoản máy chủ, cần mạng một lần. Sau đó đăng nhập bằng mã PIN, kể "
            "cả khi mất mạng.",
            (self.user, self.password),
        )

    def _pin_page(self) -> Card:
        return self._page(
            "3  Đặt mã PIN",
            "Mã PIN chỉ dùng trên máy này. Sáu chữ số trở lên, không lặp một số, không theo dãy.",
            (self.pin, self.again),
        )

    def _catalogue(self) -> Card:
        card = self._page(
            "4  Tải danh mục",
            "Máy đang nhận danh mục thủ tục, dải số và hồ sơ của cơ quan. Mất mạng giữa chừng thì "
            "phần đã nhận vẫn còn.",
            (),
        )
        card.body.insertWidget(2, self.progress)
        card.body.insertWidget(3, self.loaded)
        return card

    # ---- what is shown -----------------------------------------------------------------

    def show_step(self, number: int, words: str = "F9  Tiếp tục") -> None:
        """Turn to a page."""
        tones = theme.current()
        for i, label in enumerate(self._steps):
            is_here = i == number
            mark = "✓" if i < number else "▶" if is_here else str(i + 1)
            label.setText(f"{mark}  {STEPS[i]}")
            label.setStyleSheet(theme.tone_sheet(tones.work) if is_here else "padding: 4px 10px;")
        self._pages.setCurrentIndex(number)
        self.file_button.setVisible(number == ENROL)
        self.next_button.setText(words)
        first = (self.server, self.user, self.pin, self.next_button)[number]
        first.setFocus()

    @property
    def step(self) -> int:
        """The page that is shown."""
        return self._pages.currentIndex()

    def set_busy(self, *, busy: bool) -> None:
        """Hold F9 while an answer is awaited."""
        self.next_button.setDisabled(busy)

    @property
    def is_busy(self) -> bool:
        """True while an answer is awaited."""
        return not self.next_button.isEnabled()

    def show_progress(self, taken: int, of: int) -> None:
        """Show parts taken of how many; 0 of 0 while nobody knows."""
        self.progress.setRange(0, of)
        self.progress.setValue(taken)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes to the next field; in the last one it goes on."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
            return
        for line in (self.server, self.code):
            if line.hasFocus() and "|" in line.text():  # a hand-held scanner typed a whole QR
                self.typed.emit(line.text())
                return
        chain = ((self.server, self.code, self.journal), (self.user, self.password),
                 (self.pin, self.again), ())[self.step]  # fmt: skip
        at = next((i for i, line in enumerate(chain) if line.hasFocus()), -1)
        if 0 <= at < len(chain) - 1:
            chain[at + 1].setFocus()
        else:
            self.go_on.emit()
