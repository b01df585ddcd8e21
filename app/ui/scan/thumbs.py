"""Pages side by side: pictures, numbers, papers and marks; single keys act on the one in front."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPalette, QPen
from PySide6.QtWidgets import (
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.ui import theme
from app.ui.scan.model import THUMB, PageLine, PagesModel

_GAP = 6
_LINE = 20
_CELL = QSize(THUMB.width() + 4 * _GAP, THUMB.height() + 2 * _LINE + 4 * _GAP)


class PageThumbs(QListView):
    """The list of pages.

    Signals:
        paper_chosen: number of a paper, from 1 (int).
        moved: one place back (-1) or forward (+1).
        turned, dropped, looked_at, cut, cleaned, noted: of the page in front.
        chosen: another page is in front.
    """

    paper_chosen = Signal(int)
    moved = Signal(int)
    turned = Signal()
    dropped = Signal()
    looked_at = Signal()
    cut = Signal()
    cleaned = Signal()
    noted = Signal()
    chosen = Signal()

    def __init__(self, model: PagesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Các trang đã quét")
        self.setModel(model)
        self.setItemDelegate(_Painter(model, self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSpacing(2)
        self.setSelectionMode(QListView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.selectionModel().currentChanged.connect(lambda *_: self.chosen.emit())
        self.doubleClicked.connect(lambda _: self.looked_at.emit())

    @property
    def row(self) -> int:
        """The page in front, -1 for none."""
        return self.currentIndex().row()

    def go_to(self, row: int) -> None:
        """Put a page in front and into view."""
        count = self.model().rowCount()
        if count:
            self.setCurrentIndex(self.model().index(min(max(row, 0), count - 1), 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Act on the single keys of a list."""
        key = Qt.Key(event.key())
        ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        letters = {
            Qt.Key.Key_R: self.turned,
            Qt.Key.Key_C: self.cut,
            Qt.Key.Key_K: self.cleaned,
            Qt.Key.Key_G: self.noted,
            Qt.Key.Key_Delete: self.dropped,
            Qt.Key.Key_Return: self.looked_at,
            Qt.Key.Key_Enter: self.looked_at,
        }
        if ctrl and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.moved.emit(-1 if key == Qt.Key.Key_Up else 1)
        elif not ctrl and Qt.Key.Key_1 <= key <= Qt.Key.Key_9:
            self.paper_chosen.emit(key - Qt.Key.Key_0)
        elif not ctrl and key in letters:
            letters[key].emit()
        else:
            super().keyPressEvent(event)


class _Painter(QStyledItemDelegate):
    """Paints one page."""

    def __init__(self, model: PagesModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model

    def sizeHint(
        self,
        option: QStyleOptionViewItem,  # noqa: ARG002
        index: QModelIndex | QPersistentModelIndex,  # noqa: ARG002
    ) -> QSize:
        """All pages take the same room."""
        return _CELL

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint picture, number, paper and marks."""
        line = self._model.lines[index.row()]
        look = theme.current()
        state = option.state
        rect: QRect = option.rect.adjusted(2, 2, -2, -2)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        palette = option.palette
        painter.save()
        if chosen:
            highlight = palette.color(QPalette.ColorRole.Highlight)
            soft = QColor(highlight)
            soft.setAlpha(60)
            painter.fillRect(rect, soft)
            painter.setPen(QPen(highlight, 2))
            painter.drawRect(rect)
        self._picture(painter, rect, index.row(), look)
        self._words(painter, rect, line, look, palette)
        painter.restore()

    def _picture(self, painter: QPainter, rect: QRect, row: int, look: theme.Theme) -> None:
        room = QRect(rect.left() + _GAP, rect.top() + _GAP, THUMB.width() + _GAP, THUMB.height())
        picture = self._model.picture(row)
        if picture is None or picture.isNull():
            painter.setPen(QColor(look.soft))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, "đang mở…")
            return
        size = picture.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(room.topLeft(), size)
        place.moveCenter(room.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(place, picture)
        painter.setPen(QColor(look.line))
        painter.drawRect(place)

    def _words(
        self,
        painter: QPainter,
        rect: QRect,
        line: PageLine,
        look: theme.Theme,
        palette: QPalette,
    ) -> None:
        metrics = QFontMetrics(painter.font())
        top = rect.bottom() - 2 * _LINE - 2
        first = QRect(rect.left() + _GAP, top, rect.width() - 2 * _GAP, _LINE)
        second = first.translated(0, _LINE)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        words = f"{line.page.position} · {line.paper}"
        cut = metrics.elidedText(words, Qt.TextElideMode.ElideRight, first.width())
        painter.drawText(first, Qt.AlignmentFlag.AlignVCenter, cut)
        if line.marks:
            tone = look.wait
            marks = f"⚠ {line.marks}"
            cut = metrics.elidedText(marks, Qt.TextElideMode.ElideRight, second.width() - 6)
            painter.fillRect(second, QColor(tone.back))
            painter.setPen(QColor(tone.text))
            painter.drawText(second.adjusted(3, 0, -3, 0), Qt.AlignmentFlag.AlignVCenter, cut)
