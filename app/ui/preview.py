"""Paper on screen: the same bytes that go to the printer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage, QPixmap, QShortcut
from PySide6.QtWidgets import QDialog, QLabel, QScrollArea, QVBoxLayout, QWidget

from printing.raster import Raster

PREVIEW_DPI = 96
_SHARE_OF_SCREEN = 0.9


class Preview(QDialog):
    """Pages under each other; the arrow keys scroll, Esc closes, Enter prints what may be printed.

    Args:
        print_it: called by Enter, once; None if there is nothing to print.
    """

    def __init__(
        self,
        title: str,
        pages: Sequence[Raster],
        parent: QWidget | None = None,
        print_it: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        inside = QWidget()
        stack = QVBoxLayout(inside)
        for number, page in enumerate(pages, start=1):
            stack.addWidget(_label(number, page), 0, Qt.AlignmentFlag.AlignHCenter)
        area = QScrollArea()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)
        if print_it is not None:
            self._print_it = print_it
            layout.addWidget(self._hint())
            for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                QShortcut(key, self, self._print)
        screen = QGuiApplication.primaryScreen().availableSize()
        width = max((page.width for page in pages), default=400) + 60
        self.resize(
            min(width, int(screen.width() * _SHARE_OF_SCREEN)),
            int(screen.height() * _SHARE_OF_SCREEN),
        )
        area.setFocus()

    def _hint(self) -> QLabel:
        hint = QLabel("Enter  In        Esc  Đóng, không in")
        hint.setContentsMargins(10, 6, 10, 8)
        return hint

    def _print(self) -> None:
        self.accept()
        self._print_it()


def _label(number: int, page: Raster) -> QLabel:
    image = QImage(page.pixels, page.width, page.height, page.stride, QImage.Format.Format_RGB888)
    label = QLabel()
    label.setPixmap(QPixmap.fromImage(image))  # copies: the bytes may go
    label.setAccessibleName(f"Trang {number}")
    label.setFrameShape(QLabel.Shape.Box)
    return label
