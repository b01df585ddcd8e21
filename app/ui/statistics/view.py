"""The statistics screen: a period, its figures, four charts and the report II.06a."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui.forms.person_form import read_day
from app.ui.keys import key_button
from app.ui.statistics.chart_view import ChartView
from app.ui.statistics.charts import Chart
from app.ui.widgets.card import field
from app.ui.widgets.list_table import ListTable
from app.ui.widgets.strip import Strip

PERIODS = ("Ngày", "Tuần", "Tháng", "Quý", "Năm")
CHARTS = ("Theo ngày", "Theo thủ tục", "Giờ cao điểm", "Kết quả giải quyết")
REPORT = (
    ("Lĩnh vực", 0), ("(3)\nNhận", 62), ("(4)\nTrực tuyến", 78), ("(5)\nTrực tiếp", 74),
    ("(6)\nKỳ trước", 70), ("(7)\nĐã xong", 70), ("(8)\nTrước hạn", 78),
    ("(9)\nĐúng hạn", 74), ("(10)\nQuá hạn", 70), ("(11)\nĐang làm", 74),
    ("(12)\nTrong hạn", 78), ("(13)\nQuá hạn", 70),
)  # fmt: skip
PROCEDURES = (("Thủ tục", 0), ("Nhận", 70), ("Đã xong", 80), ("Trễ hạn", 80), ("Phí đã thu", 110),
              ("Giữa (giờ)", 90), ("90 % trong (giờ)", 120))  # fmt: skip
CLERKS = (("Cán bộ", 0), ("Hồ sơ nhận", 110), ("Phí đã thu", 120))
PAGES = ("Biểu đồ", "II.06a", "Thủ tục", "Cán bộ")
_DAY_PX = 92


class StatisticsView(QWidget):
    """Figures of a period.

    Signals:
        period_chosen: number of a length of period (int).
        stepped: −1 or 1 (int).
        days_typed: own days were typed.
        page_chosen: number of a page (int).
        picked: a value of a chart: chart (int), label (int), series (int).
        procedure_opened: row of the procedures (int).
        subject_opened: row of II.06a (int).
    """

    period_chosen = Signal(int)
    stepped = Signal(int)
    days_typed = Signal()
    page_chosen = Signal(int)
    picked = Signal(int, int, int)
    procedure_opened = Signal(int)
    subject_opened = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = Strip()
        self.first_day = field("Từ ngày", "từ ngày", digits=True)
        self.last_day = field("Đến ngày", "đến ngày", digits=True)
        self.headline = QLabel()
        self.headline.setWordWrap(True)
        self.headline.setProperty("head", True)
        self.more = QLabel()
        self.more.setWordWrap(True)
        self.charts = [ChartView(name) for name in CHARTS]
        self.report = ListTable(PAGES[1], REPORT)
        self.procedures = ListTable(PAGES[2], PROCEDURES)
        self.clerks = ListTable(PAGES[3], CLERKS)
        self.balance = QLabel()
        self.balance.setProperty("soft", True)
        self.balance.setWordWrap(True)
        self._periods: list[QPushButton] = []
        self._page_buttons: list[QPushButton] = []
        self._pages = QStackedWidget()
        self.export_button = key_button("export_statistics", "Excel")
        self.print_button = key_button("print_statistics", "Xem và in")
        self.table_button = key_button("chart_table", "Bảng số liệu")
        self._shows_tables = False
        self._lay_out()
        for line in (self.first_day, self.last_day):
            line.editingFinished.connect(self.days_typed)
        for table, opened in (
            (self.procedures, self.procedure_opened), (self.report, self.subject_opened),
        ):  # fmt: skip
            table.keys = {
                key: lambda table=table, opened=opened: opened.emit(table.currentRow())  # type: ignore[misc]
                for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            }

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 6)
        layout.setSpacing(6)
        layout.addWidget(self.notice)
        layout.addLayout(self._top())
        layout.addWidget(self.headline)
        layout.addWidget(self.more)
        layout.addWidget(self._pages, 1)
        self._pages.addWidget(self._drawings())
        report = QWidget()
        inside = QVBoxLayout(report)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.report, 1)
        inside.addWidget(self.balance)
        for page in (report, self.procedures, self.clerks):
            self._pages.addWidget(page)
        layout.addLayout(self._bottom())

    def _top(self) -> QHBoxLayout:
        top = QHBoxLayout()
        top.setSpacing(4)
        for i, words in enumerate(PERIODS):
            button = _small(f"{i + 1} {words}", words)
            button.clicked.connect(partial(self.period_chosen.emit, i))
            self._periods.append(button)
            top.addWidget(button)
        for line in (self.first_day, self.last_day):
            line.setFixedWidth(_DAY_PX)
            top.addWidget(line)
        top.addStretch(1)
        for i, words in enumerate(PAGES):
            button = _small(f"{i + 6} {words}", words)
            button.clicked.connect(partial(self.page_chosen.emit, i))
            self._page_buttons.append(button)
            top.addWidget(button)
        return top

    def _drawings(self) -> QWidget:
        side = QWidget()
        grid = QGridLayout(side)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(6)
        for i, chart in enumerate(self.charts):
            grid.addWidget(chart, i // 2, i % 2)
            chart.picked.connect(partial(self.picked.emit, i))
        for i in (0, 1):
            grid.setColumnStretch(i, 1)
            grid.setRowStretch(i, 1)
        return side

    def _bottom(self) -> QHBoxLayout:
        hint = QLabel(
            "← → ↑ ↓ Chọn giá trị · Enter Mở các hồ sơ đó · Tab Biểu đồ sau · "
            "Ctrl+← Ctrl+→ Kỳ trước, kỳ sau"
        )
        hint.setProperty("soft", True)
        hint.setWordWrap(True)
        row = QHBoxLayout()
        row.addWidget(hint, 1)
        for button in (self.table_button, self.print_button, self.export_button):
            row.addWidget(button)
        return row

    # ---- what is shown ---------------------------------------------------------------

    def show_period(self, number: int, first: dt.date, last: dt.date) -> None:
        """Show which period is on; −1 for own days."""
        for i, button in enumerate(self._periods):
            button.setChecked(i == number)
        self.first_day.setText(f"{first:%d/%m/%Y}")
        self.last_day.setText(f"{last:%d/%m/%Y}")

    def days(self) -> tuple[dt.date | None, dt.date | None]:
        """Return the days typed, None where nothing readable stands."""
        found: list[dt.date | None] = []
        for line in (self.first_day, self.last_day):
            try:
                found.append(dt.date.fromisoformat(read_day(line.text())))
            except ValueError:
                found.append(None)
        return found[0], found[1]

    def show_page(self, number: int) -> None:
        """Turn to a page, and put the focus into it."""
        for i, button in enumerate(self._page_buttons):
            button.setChecked(i == number)
        self._pages.setCurrentIndex(number)
        self.table_button.setVisible(number == 0)
        focus: list[QWidget] = [self.charts[0].canvas, self.report, self.procedures, self.clerks]
        if self.isVisible():
            focus[number].setFocus()

    @property
    def page(self) -> int:
        """Number of the page that is shown."""
        return self._pages.currentIndex()

    def show_charts(self, charts: Sequence[Chart]) -> None:
        """Show the four charts."""
        for view, chart in zip(self.charts, charts, strict=True):
            view.show_chart(chart)
            view.show_table(on=self._shows_tables)

    def turn_tables(self) -> None:
        """Show the charts' tables, or the charts again."""
        self._shows_tables = not self._shows_tables
        for chart in self.charts:
            chart.show_table(on=self._shows_tables)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Digits choose a period or a page; Ctrl and an arrow turn the period."""
        key, ctrl = event.key(), Qt.KeyboardModifier.ControlModifier
        if event.modifiers() == ctrl and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.stepped.emit(-1 if key == Qt.Key.Key_Left else 1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.charts[0].canvas.setFocus()  # from a field of the days
        elif event.modifiers() != ctrl and Qt.Key.Key_1 <= key <= Qt.Key.Key_5:
            self.period_chosen.emit(key - Qt.Key.Key_1)
        elif event.modifiers() != ctrl and Qt.Key.Key_6 <= key <= Qt.Key.Key_9:
            self.page_chosen.emit(key - Qt.Key.Key_6)
        elif key == Qt.Key.Key_T and self.page == 0:
            self.turn_tables()
        else:
            super().keyPressEvent(event)


def _small(words: str, name: str) -> QPushButton:
    button = QPushButton(words)
    button.setCheckable(True)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.setProperty("small", True)
    button.setAccessibleName(name)
    return button
