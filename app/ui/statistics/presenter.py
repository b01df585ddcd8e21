"""Turns a period into charts, tables, an Excel file and paper; each value leads to its dossiers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QObject, Slot

from app.domain.amounts import in_figures
from app.domain.reports import Period, Timeliness, span, step
from app.errors import AppError
from app.services import exports, statistics, statistics_paper
from app.services.lookup import Filter
from app.services.print_jobs import Printout
from app.services.statistics import MOST_PROCEDURES, Statistics
from app.ui.jobs import Lane
from app.ui.preview import PREVIEW_DPI
from app.ui.seat import OfFilter, Seat
from app.ui.statistics.charts import Chart, Kind, picture, rows_of
from app.ui.statistics.view import CHARTS, CLERKS, PAGES, PROCEDURES, REPORT, StatisticsView
from printing.raster import Raster, rasterise

_PERIODS = tuple(Period)
_CHANNELS = ("Tại quầy", "Trực tuyến", "Bưu chính")
_WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")
_OUTCOMES = (
    (Timeliness.EARLY, "Trước hạn"), (Timeliness.ON_TIME, "Đúng hạn"), (Timeliness.LATE, "Quá hạn"),
    (Timeliness.PENDING, "Đang làm, trong hạn"), (Timeliness.OVERDUE, "Đang làm, quá hạn"),
)  # fmt: skip
_PICTURE_PX = (520, 250)
LONGEST_DAYS = 731


class StatisticsPresenter(QObject):
    """The statistics screen."""

    def __init__(self, view: StatisticsView, seat: Seat) -> None:
        super().__init__(view)
        self._view, self._desk, self._clerk, self._jobs = view, seat.desk, seat.clerk, seat.jobs
        self._ways, self._room, self._save_as = seat.ways, seat.print_room, seat.save_as
        self._period: Period | None = Period.MONTH
        self._first, self._last = span(Period.MONTH, seat.desk.now().date())
        self._found: Statistics | None = None
        self._charts: tuple[Chart, ...] = ()
        view.period_chosen.connect(self._choose)
        view.stepped.connect(self._step)
        view.days_typed.connect(self._days_typed)
        view.page_chosen.connect(view.show_page)
        view.picked.connect(self._pick)
        view.procedure_opened.connect(self._open_procedure)
        view.subject_opened.connect(self._open_subject)

    # ---- the period --------------------------------------------------------------------

    @Slot(int)
    def _choose(self, number: int) -> None:
        self._period = _PERIODS[number]
        today = self._desk.now().date()
        inside = today if self._first <= today <= self._last else self._first
        self._first, self._last = span(self._period, inside)
        self.refresh()

    @Slot(int)
    def _step(self, by: int) -> None:
        if self._period is None:
            length = self._last - self._first + dt.timedelta(days=1)
            first, last = self._first + by * length, self._last + by * length
        else:
            first, last = span(self._period, step(self._period, self._first, by))
        if first <= self._desk.now().date():
            self._first, self._last = first, last
            self.refresh()

    @Slot()
    def _days_typed(self) -> None:
        first, last = self._view.days()
        if first is None or last is None or last < first:
            self._view.notice.say("Ngày chưa đúng. Gõ ngày/tháng/năm.", tone="bad")
            return
        if (first, last) == (self._first, self._last):
            return
        self._period = None
        self._first = first
        self._last = min(last, first + dt.timedelta(days=LONGEST_DAYS - 1))
        self.refresh()

    def refresh(self) -> None:
        """Read the figures again, beside the GUI thread."""
        first, last, desk = self._first, self._last, self._desk
        number = -1 if self._period is None else _PERIODS.index(self._period)
        self._view.show_period(number, first, last)

        def show(found: Statistics) -> None:
            if (found.first, found.last) == (self._first, self._last):
                self._show(found)

        self._run(lambda: statistics.read(desk, first, last), show)

    # ---- what is shown -------------------------------------------------------------------

    def _show(self, found: Statistics) -> None:
        self._found = found
        self._view.headline.setText(_headline(found))
        self._view.more.setText(_more(found))
        self._charts = _charts(found)
        self._view.show_charts(self._charts)
        self._view.report.show_rows(report_rows(found))
        balance = "cân" if found.total.is_balanced else "CHƯA CÂN"
        self._view.balance.setText(
            f"(3) = (7) + (11): {found.total.to_solve} = {found.total.solved} + "
            f"{found.total.in_work}, {balance}. Chỉ tính hồ sơ máy này biết; ngày so theo ngày; "
            "hồ sơ chờ bổ sung tính trong hạn; từ chối, rút, dừng tính đúng hạn."
        )
        self._view.procedures.show_rows(procedure_rows(found))
        self._view.clerks.show_rows(clerk_rows(found))

    # ---- to the dossiers -------------------------------------------------------------------

    @Slot(int, int, int)
    def _pick(self, chart: int, label: int, series: int) -> None:
        found = self._found
        if found is None:
            return
        within = Filter(first_day=found.first, last_day=found.last, counts_on=found.first)
        if chart == 0:
            day = (
                found.by_day[label][0] if len(found.by_day) == len(self._charts[0].labels) else None
            )
            if day is None:
                self._view.notice.say("Chọn kỳ ngắn hơn để mở từng ngày.", tone="wait")
                return
            self._go(
                Filter(day=day, channel=series + 1), f"ngày {day:%d/%m/%Y}, {_CHANNELS[series]}"
            )
        elif chart == 1:
            self._open_procedure(label)
        elif chart == 2:
            hour = int(self._charts[2].labels[label])
            wanted = Filter(
                first_day=within.first_day, last_day=within.last_day, weekday=series, hour=hour
            )
            self._go(wanted, f"{_WEEKDAYS[series]}, {hour} giờ")
        else:
            stands, words = _OUTCOMES[label]
            self._go(_standing(found, stands), words)

    @Slot(int)
    def _open_procedure(self, row: int) -> None:
        if self._found is not None and 0 <= row < len(self._found.procedures):
            one = self._found.procedures[row]
            self._go(
                Filter(first_day=self._found.first, last_day=self._found.last, procedure=one.code),
                one.name,
            )

    @Slot(int)
    def _open_subject(self, row: int) -> None:
        found = self._found
        if found is None or not 0 <= row < len(found.subjects):
            return
        name = found.subjects[row].subject
        catalogue = self._desk.catalogue()
        keys = {subject.key for subject in catalogue.subjects if subject.name == name}
        codes = tuple(p.code for p in catalogue.procedures if p.subject in keys)
        self._go(
            Filter(last_day=found.last, counts_on=found.first, procedures=codes), f"lĩnh vực {name}"
        )

    def _go(self, wanted: Filter, words: str) -> None:
        self._ways.go("dossiers", OfFilter(wanted, words))

    # ---- files and paper ---------------------------------------------------------------------

    def export(self) -> None:
        """Ctrl+E: every table of the period in one Excel file; that it left is recorded."""
        found = self._found
        if found is None:
            return
        name = f"thong-ke-{found.first:%Y%m%d}-{found.last:%Y%m%d}.xlsx"
        target = self._save_as(name, "Excel (*.xlsx)")
        if target is None:
            return
        sheets = _sheets(found, self._charts)

        def work() -> int:
            count = exports.write_sheets(target, sheets)
            exports.note(self._desk, self._clerk, "thống kê", count, target.name)
            return count

        self._run(work, lambda _: self._view.notice.say(f"Đã xuất vào {target.name}.", tone="good"))

    def print_report(self) -> None:
        """Ctrl+P: the report with its charts, looked at first; Enter prints it."""
        found = self._found
        if found is None:
            return
        pictures = tuple((chart.title, picture(chart, _PICTURE_PX)) for chart in self._charts)

        def work() -> tuple[Printout, list[Raster]]:
            printout = statistics_paper.make(self._desk, self._clerk, found, pictures)
            return printout, rasterise(printout.pdf, dpi=PREVIEW_DPI)

        def done(made: tuple[Printout, list[Raster]]) -> None:
            printout, pages = made

            def print_it() -> None:
                self._room.print_made(lambda: printout, printout.form, printout.title)

            self._ways.show_paper(printout.title, pages, print_it)

        self._run(work, done)

    def _run(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._jobs.run(Lane.FILES, work, owner=self, done=done, failed=self._failed)

    def _failed(self, problem: AppError) -> None:
        self._view.notice.say_problem(problem)


def _standing(found: Statistics, stands: Timeliness) -> Filter:
    if stands in (Timeliness.PENDING, Timeliness.OVERDUE):
        return Filter(
            last_day=found.judged_on, ended_last=found.judged_on, stands=stands,
            counts_on=found.first,
        )  # fmt: skip
    return Filter(
        last_day=found.last, ended_first=found.first, ended_last=found.judged_on, stands=stands,
        counts_on=found.first,
    )  # fmt: skip


def _headline(found: Statistics) -> str:
    change = ""
    if found.received_before:
        percent = 100 * (found.received - found.received_before) / found.received_before
        change = f" ({'↑' if percent >= 0 else '↓'}{abs(percent):.0f} % so kỳ trước)"
    rates = found.rates
    return (
        f"Tiếp nhận {found.received}{change} · Đúng và trước hạn {rates.on_time.words} · "
        f"Trực tuyến {rates.online.words} · Quá hạn hiện nay {found.overdue_now} · "
        f"Phí {in_figures(found.paid)} đ"
    )


def _more(found: Statistics) -> str:
    rates = found.rates
    return (
        f"Số hoá {rates.digitised.words} ({rates.digitised.part}/{rates.digitised.whole} hồ sơ có "
        f"giấy) · Yêu cầu bổ sung từ lần hai {rates.second_supplement.words} · "
        f"Hài lòng {rates.satisfied.words} ({rates.satisfied.whole} lượt hỏi)"
    )


def _charts(found: Statistics) -> tuple[Chart, ...]:
    return (_by_day(found), _by_procedure(found), _by_hour(found), _outcomes(found))


def _by_day(found: Statistics) -> Chart:
    """Days; months where the days would be more than three hundred."""
    rows: Sequence[tuple[Any, ...]] = found.by_day
    if len(rows) > 92:
        months: dict[str, list[int]] = {}
        for day, *counts in found.by_day:
            sums = months.setdefault(f"{day:%m/%Y}", [0, 0, 0])
            for i, count in enumerate(counts):
                sums[i] += count
        rows = [(month, *sums) for month, sums in months.items()]
        labels = tuple(row[0] for row in rows)
        short = tuple(label[:2] for label in labels)
    else:
        labels = tuple(f"{row[0]:%d/%m}" for row in rows)
        short = tuple(f"{row[0]:%d}" for row in rows) if len(rows) > 12 else labels
    return Chart(
        title=CHARTS[0], kind=Kind.COLUMNS, labels=labels, short=short,
        series=tuple(
            (name, tuple(row[i + 1] for row in rows)) for i, name in enumerate(_CHANNELS)
        ),
    )  # fmt: skip


def _by_procedure(found: Statistics) -> Chart:
    top = [row for row in found.procedures if row.received][:MOST_PROCEDURES]
    return Chart(
        title=f"{CHARTS[1]} ({len(top)} nhiều nhất)" if top else CHARTS[1], kind=Kind.BARS,
        labels=tuple(row.name for row in top),
        series=(("Hồ sơ nhận", tuple(row.received for row in top)),),
    )  # fmt: skip


def _by_hour(found: Statistics) -> Chart:
    hours = sorted({hour for _, hour in found.by_hour} | set(range(7, 18)))
    return Chart(
        title=CHARTS[2], kind=Kind.HEAT, labels=tuple(str(hour) for hour in hours),
        series=tuple(
            (name, tuple(found.by_hour.get((day, hour), 0) for hour in hours))
            for day, name in enumerate(_WEEKDAYS)
        ),
    )  # fmt: skip


def _outcomes(found: Statistics) -> Chart:
    values = tuple(getattr(found.total, stands.value) for stands, _ in _OUTCOMES)
    return Chart(
        title=CHARTS[3], kind=Kind.RING, labels=tuple(words for _, words in _OUTCOMES),
        series=(("Hồ sơ", values),),
    )  # fmt: skip


def report_rows(found: Statistics) -> list[tuple[str, ...]]:
    """Return II.06a as words, the total last."""
    rows = [(row.subject, *map(str, row.tally.columns)) for row in found.subjects]
    return [*rows, ("Tổng số", *map(str, found.total.columns))]


def procedure_rows(found: Statistics) -> list[tuple[str, ...]]:
    """Return the procedures as words."""
    return [
        (row.name, str(row.received), str(row.solved), str(row.late), in_figures(row.fee),
         f"{row.hours[0]:.1f}".replace(".", ",") if row.hours else "—",
         f"{row.hours[1]:.1f}".replace(".", ",") if row.hours else "—")
        for row in found.procedures
    ]  # fmt: skip


def clerk_rows(found: Statistics) -> list[tuple[str, ...]]:
    """Return the clerks as words."""
    return [(one.name, str(one.received), in_figures(one.paid)) for one in found.clerks]


def _sheets(found: Statistics, charts: Sequence[Chart]) -> list[exports.Sheet]:
    named = ((PAGES[1], REPORT, report_rows(found)), (PAGES[2], PROCEDURES, procedure_rows(found)),
             (PAGES[3], CLERKS, clerk_rows(found)))  # fmt: skip
    sheets = [
        exports.Sheet(
            title,
            tuple(words.replace("\n", " ") for words, _ in headings),
            tuple(map(_numbers, rows)),
        )
        for title, headings, rows in named
    ]
    for i, chart in enumerate(charts):
        headings, rows = rows_of(chart)
        sheets.append(exports.Sheet(CHARTS[i], headings, tuple(map(_numbers, rows))))
    return sheets


def _numbers(row: Sequence[str]) -> tuple[object, ...]:
    """Return what is a number as one, so that Excel can add it up."""
    return tuple(int(cell) if i and cell.isdigit() else cell for i, cell in enumerate(row))
