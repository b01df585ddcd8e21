"""Four kinds of charts, painted on a screen or on paper; values stand in words beside colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPen

_GAP = 4.0
_PATTERNS = (
    Qt.BrushStyle.SolidPattern, Qt.BrushStyle.BDiagPattern, Qt.BrushStyle.Dense5Pattern,
    Qt.BrushStyle.HorPattern, Qt.BrushStyle.CrossPattern,
)  # fmt: skip
_MOST_VALUES = 16  # more columns than that stand too close for numbers
_FULL_CIRCLE = 360 * 16


class Kind(StrEnum):
    """How a chart is drawn."""

    COLUMNS = "columns"
    BARS = "bars"
    HEAT = "heat"
    RING = "ring"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Numbers to draw.

    Attributes:
        labels: along the axis: days, procedures, hours, parts of the ring.
        series: (name, a value for each label); of a heat map the rows.
        short: labels for where there is little room; the same number of them, or none.
    """

    title: str
    kind: Kind
    labels: tuple[str, ...]
    series: tuple[tuple[str, tuple[int, ...]], ...]
    short: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """The sum of everything."""
        return sum(sum(values) for _, values in self.series)

    @property
    def tops(self) -> tuple[int, ...]:
        """The sum of the series at each label."""
        return tuple(sum(values[i] for _, values in self.series) for i in range(len(self.labels)))


@dataclass(frozen=True, slots=True)
class Look:
    """Colours of a chart; on paper greys with patterns."""

    text: str
    soft: str
    line: str
    base: str
    colours: tuple[str, ...]
    accent: str


PAPER = Look("#000000", "#444444", "#999999", "#ffffff",
             ("#333333", "#777777", "#555555", "#aaaaaa", "#222222"), "#000000")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spot:
    """Where one value was drawn: label, series, and the rectangle."""

    label: int
    series: int
    place: QRectF


def paint(
    painter: QPainter, room: QRectF, chart: Chart, look: Look, chosen: int | None = None
) -> list[Spot]:
    """Draw a chart and return where its values stand.

    Args:
        painter: of a widget, a picture or a printer.
        room: rectangle to stay in.
        chart: what to draw.
        look: colours.
        chosen: number of the spot that the keyboard stands on.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if not chart.labels or not chart.total:
        painter.setPen(QColor(look.soft))
        painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter), "Không có số liệu trong kỳ này.")
        return []
    draw = {Kind.COLUMNS: _columns, Kind.BARS: _bars, Kind.HEAT: _heat, Kind.RING: _ring}
    spots = draw[chart.kind](painter, room, chart, look)
    if chosen is not None and 0 <= chosen < len(spots):
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(look.accent), 2))
        painter.drawRect(spots[chosen].place.adjusted(-2, -2, 2, 2))
    return spots


def _brush(look: Look, series: int) -> QBrush:
    colour = QColor(look.colours[series % len(look.colours)])
    return QBrush(colour, _PATTERNS[series % len(_PATTERNS)])


def _words(painter: QPainter, place: QRectF, words: str, align: Qt.AlignmentFlag) -> None:
    metrics = QFontMetricsF(painter.font())
    shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, place.width())
    painter.drawText(place, int(align | Qt.AlignmentFlag.AlignVCenter), shown)


def _legend(painter: QPainter, room: QRectF, chart: Chart, look: Look) -> QRectF:
    """Draw what the series are called along the top; return the room below it."""
    if len(chart.series) < 2:
        return room
    metrics = QFontMetricsF(painter.font())
    height, x = metrics.height() + _GAP, room.left()
    for i, (name, values) in enumerate(chart.series):
        words = f"{name}: {sum(values)}"
        side = metrics.height() * 0.7
        swatch = QRectF(x, room.top() + (height - side) / 2, side, side)
        painter.fillRect(swatch, QColor(look.base))
        painter.fillRect(swatch, _brush(look, i))
        painter.setPen(QPen(QColor(look.text), 1))
        painter.drawRect(swatch)
        width = metrics.horizontalAdvance(words)
        painter.drawText(QRectF(x + side + _GAP, room.top(), width + _GAP, height),
                         int(Qt.AlignmentFlag.AlignVCenter), words)  # fmt: skip
        x += side + width + 4 * _GAP
    return room.adjusted(0, height, 0, 0)


def _columns(painter: QPainter, room: QRectF, chart: Chart, look: Look) -> list[Spot]:
    room = _legend(painter, room, chart, look)
    metrics = QFontMetricsF(painter.font())
    line = metrics.height()
    plot = room.adjusted(0, line, 0, -line - _GAP)
    top = max(chart.tops)
    step = plot.width() / len(chart.labels)
    wide = max(2.0, min(step * 0.7, 60.0))
    labels = chart.short or chart.labels
    needed = max(metrics.horizontalAdvance(words) for words in labels) + _GAP
    every = max(1, -(-int(needed) // max(1, int(step))))
    spots = []
    for i, total in enumerate(chart.tops):
        left, below = plot.left() + i * step + (step - wide) / 2, plot.bottom()
        for at, (_, values) in enumerate(chart.series):
            height = plot.height() * values[i] / top
            bar = QRectF(left, below - height, wide, height)
            if values[i]:
                painter.fillRect(bar, QColor(look.base))
                painter.fillRect(bar, _brush(look, at))
                painter.setPen(QPen(QColor(look.line), 0.6))
                painter.drawRect(bar)
                spots.append(Spot(i, at, bar))
            below -= height
        painter.setPen(QColor(look.text))
        if (total and len(chart.labels) <= _MOST_VALUES) or total == top:
            _words(painter, QRectF(left - step, below - line, wide + 2 * step, line), str(total),
                   Qt.AlignmentFlag.AlignHCenter)  # fmt: skip
        painter.setPen(QColor(look.soft))
        if i % every == 0:
            place = QRectF(plot.left() + i * step + step / 2 - needed / 2, plot.bottom() + _GAP,
                           needed, line)  # fmt: skip
            _words(painter, place, labels[i], Qt.AlignmentFlag.AlignHCenter)
    painter.setPen(QPen(QColor(look.line), 1))
    painter.drawLine(plot.bottomLeft(), plot.bottomRight())
    return spots


def _bars(painter: QPainter, room: QRectF, chart: Chart, look: Look) -> list[Spot]:
    room = _legend(painter, room, chart, look)
    metrics = QFontMetricsF(painter.font())
    step = min(room.height() / len(chart.labels), metrics.height() * 1.7)
    tall = step * 0.72
    names = room.width() * 0.46
    number = metrics.horizontalAdvance(str(max(chart.tops))) + 2 * _GAP
    plot = max(10.0, room.width() - names - number - _GAP)
    top, spots = max(chart.tops), []
    for i, total in enumerate(chart.tops):
        y = room.top() + i * step
        painter.setPen(QColor(look.text))
        _words(painter, QRectF(room.left(), y, names - _GAP, step), chart.labels[i],
               Qt.AlignmentFlag.AlignLeft)  # fmt: skip
        left = room.left() + names
        for at, (_, values) in enumerate(chart.series):
            bar = QRectF(left, y + (step - tall) / 2, plot * values[i] / top, tall)
            if values[i]:
                painter.fillRect(bar, QColor(look.base))
                painter.fillRect(bar, _brush(look, at))
                painter.setPen(QPen(QColor(look.line), 0.6))
                painter.drawRect(bar)
                spots.append(Spot(i, at, bar))
            left += bar.width()
        painter.setPen(QColor(look.text))
        _words(painter, QRectF(left + _GAP, y, number, step), str(total),
               Qt.AlignmentFlag.AlignLeft)  # fmt: skip
    return spots


def _heat(painter: QPainter, room: QRectF, chart: Chart, look: Look) -> list[Spot]:
    metrics = QFontMetricsF(painter.font())
    line = metrics.height()
    names = max(metrics.horizontalAdvance(name) for name, _ in chart.series) + 2 * _GAP
    step_x = (room.width() - names) / len(chart.labels)
    step_y = min((room.height() - line) / len(chart.series), line * 1.8)
    top = max(max(values) for _, values in chart.series)
    ink, spots = QColor(look.colours[0]), []
    for i, words in enumerate(chart.labels):
        painter.setPen(QColor(look.soft))
        _words(painter, QRectF(room.left() + names + i * step_x, room.top(), step_x, line), words,
               Qt.AlignmentFlag.AlignHCenter)  # fmt: skip
    for y, (name, values) in enumerate(chart.series):
        above = room.top() + line + y * step_y
        painter.setPen(QColor(look.text))
        _words(painter, QRectF(room.left(), above, names, step_y), name,
               Qt.AlignmentFlag.AlignLeft)  # fmt: skip
        for i, value in enumerate(values):
            cell = QRectF(room.left() + names + i * step_x + 1, above + 1, step_x - 2, step_y - 2)
            share = value / top
            ink.setAlphaF(0.06 + 0.84 * share if value else 0.0)
            painter.fillRect(cell, QColor(look.base))
            painter.fillRect(cell, ink)
            painter.setPen(QPen(QColor(look.line), 0.6))
            painter.drawRect(cell)
            if value:
                painter.setPen(QColor(look.base if share > 0.55 else look.text))
                _words(painter, cell, str(value), Qt.AlignmentFlag.AlignHCenter)
                spots.append(Spot(i, y, cell))
    return spots


def _ring(painter: QPainter, room: QRectF, chart: Chart, look: Look) -> list[Spot]:
    """A ring of the first series; its parts are named and counted beside it."""
    metrics = QFontMetricsF(painter.font())
    values = chart.series[0][1]
    total = sum(values)
    side = min(room.height(), room.width() * 0.42) - 4
    circle = QRectF(room.left() + 2, room.top() + (room.height() - side) / 2, side, side)
    angle, line, spots = 90 * 16, metrics.height() * 1.5, []
    y = room.top() + (room.height() - line * len(values)) / 2
    for i, value in enumerate(values):
        part = round(_FULL_CIRCLE * value / total)
        if value:
            painter.setPen(QPen(QColor(look.base), 1))
            painter.setBrush(QColor(look.base))
            painter.drawPie(circle, angle, -part)
            painter.setBrush(_brush(look, i))
            painter.setPen(QPen(QColor(look.text), 0.6))
            painter.drawPie(circle, angle, -part)
            angle -= part
        x = circle.right() + 4 * _GAP
        swatch = QRectF(x, y + (line - metrics.height() * 0.7) / 2, metrics.height() * 0.7,
                        metrics.height() * 0.7)  # fmt: skip
        painter.fillRect(swatch, QColor(look.base))
        painter.fillRect(swatch, _brush(look, i))
        painter.setPen(QPen(QColor(look.text), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(swatch)
        words = f"{chart.labels[i]}: {value} ({100 * value / total:.0f} %)"
        place = QRectF(swatch.right() + 2 * _GAP, y, room.right() - swatch.right() - 2 * _GAP, line)
        _words(painter, place, words, Qt.AlignmentFlag.AlignLeft)
        if value:
            spots.append(Spot(i, 0, QRectF(swatch.left(), y, room.right() - swatch.left(), line)))
        y += line
    hole = circle.adjusted(side * 0.28, side * 0.28, -side * 0.28, -side * 0.28)
    painter.setPen(QPen(QColor(look.text), 0.6))
    painter.setBrush(QColor(look.base))
    painter.drawEllipse(hole)
    painter.setPen(QColor(look.text))
    _words(painter, hole, str(total), Qt.AlignmentFlag.AlignHCenter)
    return spots


def rows_of(chart: Chart) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return a chart as a table: headings, and a row for each label."""
    if chart.kind is Kind.HEAT:
        heat = [(name, *(str(v) if v else "" for v in values)) for name, values in chart.series]
        return ("", *chart.labels), heat
    many = len(chart.series) > 1
    headings = ("", *(name for name, _ in chart.series), *(("Cộng",) if many else ()))
    rows = [
        (words, *(str(values[i]) for _, values in chart.series),
         *((str(chart.tops[i]),) if many else ()))
        for i, words in enumerate(chart.labels)
    ]  # fmt: skip
    return headings, rows


def picture(chart: Chart, size: Sequence[int], scale: float = 3.0) -> bytes:
    """Return a chart for paper as a PNG, in greys and patterns.

    Args:
        chart: what to draw.
        size: width and height of the drawing in pixels, before `scale`.
        scale: pixels for each of them.
    """
    from PySide6.QtCore import QBuffer, QByteArray
    from PySide6.QtGui import QFont, QGuiApplication, QImage

    image = QImage(int(size[0] * scale), int(size[1] * scale), QImage.Format.Format_Grayscale8)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    painter.scale(scale, scale)
    font = QFont(QGuiApplication.font().family())
    font.setPixelSize(12)
    painter.setFont(font)
    paint(painter, QRectF(0, 0, size[0], size[1]), chart, PAPER)
    painter.end()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(data.data())
