"""A QR on screen, dark on white whatever the theme, with its quiet zone."""

from __future__ import annotations

import segno
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QLabel, QWidget

_MODULE_PX = 5
_QUIET = 4  # modules; ISO/IEC 18004


class QrLabel(QLabel):
    """Shows a text as QR; hidden while there is none."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)
        self.hide()

    def show_text(self, text: str, module_px: int = _MODULE_PX) -> None:
        """Show a text; "" hides the QR."""
        self.setVisible(bool(text))
        self.setPixmap(draw(text, module_px) if text else QPixmap())


def draw(text: str, module_px: int = _MODULE_PX) -> QPixmap:
    """Return a QR of a text, error correction M."""
    rows = [bytes(row) for row in segno.make(text, error="m", micro=False).matrix]
    side = (len(rows) + 2 * _QUIET) * module_px
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.white)
    painter = QPainter(pixmap)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                left, top = (x + _QUIET) * module_px, (y + _QUIET) * module_px
                painter.fillRect(left, top, module_px, module_px, Qt.GlobalColor.black)
    painter.end()
    return pixmap
