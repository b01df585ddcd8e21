"""One page, large; in it a part can be cut out by the arrow keys."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from app.domain.pages import WHOLE, Crop
from app.ui import theme
from app.ui.scan.model import PNG

_STEP = 0.01
_LEAST = 0.1


class LargePage(QWidget):
    """Shows a page as large as there is room.

    While a part is cut out: the arrow keys push the edge opposite to them
    inwards, with Shift back outwards; Enter keeps the part, Esc does not.

    Signals:
        closed: Esc or Enter.
        cut: the part to keep (Crop).
        stepped: to the page before (-1) or after (+1).
    """

    closed = Signal()
    cut = Signal(object)
    stepped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Trang phóng to")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._picture = QPixmap()
        self.crop: Crop | None = None

    def show_page(self, content: bytes) -> None:
        """Show a page's picture, or that it is still opened."""
        self._picture = QPixmap()
        if content:
            self._picture.loadFromData(content, PNG)
        self.update()

    def begin_cut(self) -> None:
        """Let the arrow keys choose a part of what is shown."""
        self.crop = WHOLE
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move edges while cutting; else step through the pages."""
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape:
            self._end()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            crop = self.crop
            self._end()
            if crop is not None and not crop.is_whole:
                self.cut.emit(crop)
        elif self.crop is not None:
            outwards = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.crop = pushed(self.crop, key, -_STEP if outwards else _STEP)
            self.update()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_PageUp):
            self.stepped.emit(-1)
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_PageDown, Qt.Key.Key_Space):
            self.stepped.emit(1)
        else:
            super().keyPressEvent(event)

    def _end(self) -> None:
        self.crop = None
        self.closed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Paint the page, and what would be cut away."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self._picture.isNull():
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "đang mở…")
            return
        size = self._picture.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left, top = (self.width() - size.width()) / 2, (self.height() - size.height()) / 2
        place = QRectF(left, top, size.width(), size.height())
        painter.drawPixmap(place, self._picture, QRectF(self._picture.rect()))
        if self.crop is None:
            return
        crop = self.crop
        kept = QRectF(
            place.left() + crop.left * place.width(),
            place.top() + crop.top * place.height(),
            (crop.right - crop.left) * place.width(),
            (crop.bottom - crop.top) * place.height(),
        )
        shade = QColor(0, 0, 0, 110)
        for part in (
            QRectF(place.left(), place.top(), place.width(), kept.top() - place.top()),
            QRectF(place.left(), kept.bottom(), place.width(), place.bottom() - kept.bottom()),
            QRectF(place.left(), kept.top(), kept.left() - place.left(), kept.height()),
            QRectF(kept.right(), kept.top(), place.right() - kept.right(), kept.height()),
        ):
            painter.fillRect(part, shade)
        painter.setPen(QPen(QColor(theme.current().accent), 2))
        painter.drawRect(kept)


def pushed(crop: Crop, key: Qt.Key, by: float) -> Crop:
    """Return a part whose edge was pushed inwards (outwards if `by` is below 0) by a key.

    The right arrow pushes the left edge, the down arrow the upper one.
    """
    left, top, right, bottom = crop.left, crop.top, crop.right, crop.bottom
    if key == Qt.Key.Key_Right:
        left = min(max(left + by, 0.0), right - _LEAST)
    elif key == Qt.Key.Key_Left:
        right = max(min(right - by, 1.0), left + _LEAST)
    elif key == Qt.Key.Key_Down:
        top = min(max(top + by, 0.0), bottom - _LEAST)
    elif key == Qt.Key.Key_Up:
        bottom = max(min(bottom - by, 1.0), top + _LEAST)
    return Crop(round(left, 4), round(top, 4), round(right, 4), round(bottom, 4))
