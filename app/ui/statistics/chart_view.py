"""A chart to look at and to walk through by the arrows; T shows its table instead."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.statistics.charts import Chart, Kind, Look, Spot, paint, rows_of
from app.ui.widgets.card import Card
from app.ui.widgets.list_table import ListTable

_STEP = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}
_LEAST_PX = (260, 96)
_NONE = Qt.KeyboardModifier.NoModifier


def look_of(current: theme.Theme) -> Look:
    """Return a chart's colours of a theme."""
    return Look(
        text=current.text, soft=current.soft, line=current.line, base=current.base,
        colours=(current.accent, current.wait.text, current.good.text, current.bad.text,
                 current.soft),
        accent=current.accent,
    )  # fmt: skip


class _Canvas(QWidget):
    """The drawing."""

    picked = Signal(int, int)
    moved = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chart: Chart | None = None
        self._spots: list[Spot] = []
        self._chosen = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(*_LEAST_PX)

    def show_chart(self, chart: Chart) -> None:
        self.chart = chart
        self._chosen = 0
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        if self.chart is None:
            return
        painter = QPainter(self)
        room = QRectF(self.rect()).adjusted(3, 3, -3, -3)
        chosen = self._chosen if self.hasFocus() else None
        self._spots = paint(painter, room, self.chart, look_of(theme.current()), chosen)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = _STEP.get(Qt.Key(event.key()))
        is_bare = event.modifiers() in (_NONE, Qt.KeyboardModifier.KeypadModifier)
        if by is not None and is_bare and self._spots:
            self._chosen = max(0, min(len(self._spots) - 1, self._chosen + by))
            self.update()
            self._say()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._spots:
            spot = self._spots[self._chosen]
            self.picked.emit(spot.label, spot.series)
        else:
            super().keyPressEvent(event)

    def _say(self) -> None:
        """Tell a screen reader what the keyboard stands on."""
        if self.chart is None or not self._spots:
            return
        spot = self._spots[self._chosen]
        name, values = self.chart.series[spot.series]
        words = ": ".join(part for part in (self.chart.labels[spot.label], name) if part)
        self.setAccessibleDescription(f"{words} — {values[spot.label]}")
        self.moved.emit(f"{words} — {values[spot.label]}")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = QPointF(event.position())
        for i, spot in enumerate(self._spots):
            if spot.place.adjusted(-1, -1, 1, 1).contains(at):
                self._chosen = i
                self.picked.emit(spot.label, spot.series)
                return
        super().mousePressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._say()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()


class ChartView(Card):
    """A titled chart with its table twin.

    Signals:
        picked: Enter or a click on a value.
            label (int), series (int)
    """

    picked = Signal(int, int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.canvas = _Canvas()
        self.canvas.setAccessibleName(name)
        self.canvas.setObjectName(name)
        self.canvas.picked.connect(self.picked)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.canvas)
        self._side = QWidget()
        self._room = QVBoxLayout(self._side)
        self._room.setContentsMargins(0, 0, 0, 0)
        self.table = ListTable(name, (("", 0),))
        self._room.addWidget(self.table)
        self._pages.addWidget(self._side)
        self.add(self._pages, 1)
        self._base = name
        self.canvas.moved.connect(lambda words: self.title.setText(f"{self._base} · {words}"))

    def show_chart(self, chart: Chart) -> None:
        """Show a chart and fill its table."""
        self._base = chart.title
        self.title.setText(chart.title)
        self.canvas.show_chart(chart)
        headings, rows = rows_of(chart)
        wide = 40 if chart.kind is Kind.HEAT else 96
        table = ListTable(
            chart.title, [(words, wide if i else 0) for i, words in enumerate(headings)]
        )
        table.show_rows(rows)
        if chart.kind is not Kind.HEAT:
            table.keys = {
                key: lambda: self.picked.emit(table.currentRow(), 0)
                for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            }
        self._room.replaceWidget(self.table, table)
        self.table.hide()
        self.table.deleteLater()
        self.table = table
        best = max(zip(chart.tops, chart.labels, strict=True), default=(0, ""))
        self.canvas.setAccessibleDescription(
            f"Tổng {chart.total}; nhiều nhất {best[1]}: {best[0]}. Phím T xem bảng số liệu."
        )

    def show_table(self, *, on: bool) -> None:
        """Show the table twin, or the drawing."""
        had_focus = self.canvas.hasFocus() or self.table.hasFocus()
        self._pages.setCurrentIndex(int(on))
        if had_focus:
            (self.table if on else self.canvas).setFocus()
