"""Reads the books of a period, prints and exports them, and closes a day under its seal."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Slot

from app.domain.amounts import in_figures
from app.errors import AppError
from app.services import certification_books, closing, exports, reconciling
from app.services.closing import Closed, Closing
from app.services.desk import Desk
from app.services.paperwork import lists, making
from app.services.paperwork.order import Order
from app.services.print_jobs import Printout
from app.services.reconciling import Day
from app.ui.jobs import Lane
from app.ui.preview import PREVIEW_DPI
from app.ui.register.view import BOOK, DAY, REGISTER, RegisterView
from app.ui.seat import Seat
from printing.raster import Raster, rasterise

FORM = "07"
LONGEST_DAYS = 92
_BOOK, _CERTIFICATIONS, _DAY = 0, 1, 2
_NAMES = ("so-theo-doi", "so-chung-thuc", "doi-chieu")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """What a page shows."""

    rows: Sequence[Sequence[str]]
    void: frozenset[int] = frozenset()
    total: str = ""
    seal: str = ""


class RegisterPresenter(QObject):
    """The register screen."""

    def __init__(self, view: RegisterView, seat: Seat) -> None:
        super().__init__(view)
        self._view, self._desk, self._clerk, self._jobs = view, seat.desk, seat.clerk, seat.jobs
        self._ways, self._room, self._save_as = seat.ways, seat.print_room, seat.save_as
        self._page = _BOOK
        self._first = self._last = seat.desk.now().date()
        self._book = ""
        self._rows: Sequence[Sequence[str]] = ()
        view.page_chosen.connect(self.choose)
        view.stepped.connect(self._step)
        view.days_typed.connect(self._days_typed)
        view.book_chosen.connect(self._choose_book)

    # ---- what is shown ------------------------------------------------------------------

    @Slot(int)
    def choose(self, number: int) -> None:
        """Turn to one of the books."""
        self._page = number
        self._view.show_page(number)
        self.refresh()

    @Slot(int)
    def _step(self, by: int) -> None:
        if self._page == _CERTIFICATIONS:
            self.next_book()
            return
        span = self._last - self._first + dt.timedelta(days=1)
        self._first += by * span
        self._last += by * span
        self.refresh()

    @Slot()
    def _days_typed(self) -> None:
        first, last = self._view.days()
        if first is None or (last is None and self._page == _BOOK):
            self._view.notice.say("Ngày chưa đúng. Gõ ngày/tháng/năm.", tone="bad")
            return
        last = first if self._page == _DAY or last is None else max(first, last)
        if (last - first).days >= LONGEST_DAYS:
            self._view.notice.say(
                f"Sổ trên màn hình tối đa {LONGEST_DAYS} ngày; in hoặc xuất từng quý.", tone="wait"
            )
            last = first + dt.timedelta(days=LONGEST_DAYS - 1)
        self._first, self._last = first, last
        self.refresh()

    @Slot(str)
    def _choose_book(self, name: str) -> None:
        self._book = name
        self.refresh()

    def next_book(self) -> None:
        """The next book of certifications."""
        count = self._view.book.count()
        if count:
            at = (self._view.book.currentIndex() + 1) % count
            self._choose_book(self._view.book.itemText(at))

    def refresh(self) -> None:
        """Read the book again, beside the GUI thread."""
        self._view.show_page(self._page)
        self._view.show_days(self._first, self._last)
        if self._page == _CERTIFICATIONS:
            self._read_books()
            return
        first, last, short = self._first, self._last, self._view.procedure.text().strip()
        page, desk = self._page, self._desk

        def work() -> _Shown:
            return _day(desk, first) if page == _DAY else _register(desk, first, last, short)

        def show(shown: _Shown) -> None:
            if page == self._page:
                self._show(shown)

        self._run(work, show, lane=Lane.FILES)

    def _read_books(self) -> None:
        chosen, desk = self._book, self._desk

        def work() -> tuple[tuple[str, ...], str, _Shown]:
            names = tuple(name for name, _ in certification_books.books(desk))
            book = chosen if chosen in names else names[-1] if names else ""
            return names, book, _certifications(desk, book)

        def show(found: tuple[tuple[str, ...], str, _Shown]) -> None:
            names, self._book, shown = found
            self._view.show_books(names, self._book)
            self._show(shown)

        self._run(work, show, lane=Lane.FILES)

    def _show(self, shown: _Shown) -> None:
        self._rows = shown.rows
        self._view.show_rows(shown.rows, shown.void, shown.total, shown.seal)

    # ---- paper, files, the seal -----------------------------------------------------------

    def print_register(self) -> None:
        """Ctrl+P: show form 07 of the days; Enter prints it."""
        order = Order(form=FORM, first_day=self._first, last_day=self._last)
        self._view.notice.say("Đang lập sổ…")

        def work() -> tuple[Printout, list[Raster]]:
            printout = making.make(self._desk, self._clerk, order)
            return printout, rasterise(printout.pdf, dpi=PREVIEW_DPI)

        def done(made: tuple[Printout, list[Raster]]) -> None:
            self._view.notice.clear()
            printout, pages = made

            def print_it() -> None:
                self._room.print_made(lambda: printout, printout.form, printout.title)

            self._ways.show_paper(printout.title, pages, print_it)

        self._run(work, done, lane=Lane.FILES)

    def export(self) -> None:
        """Ctrl+E: the book that is shown, as an Excel file."""
        name = f"{_NAMES[self._page]}-{self._first:%Y-%m-%d}.xlsx"
        target = self._save_as(name, "Excel (*.xlsx)")
        if target is None:
            return
        headings = [words for words, _ in (REGISTER, BOOK, DAY)[self._page]]
        rows, what = self._rows, self._view.table.accessibleName()

        def work() -> int:
            count = exports.write_table(target, what, headings, rows)
            exports.note(self._desk, self._clerk, what, count, target.name)
            return count

        self._run(
            work,
            lambda count: self._view.notice.say(
                f"Đã xuất {count} dòng vào {target.name}.", tone="good"
            ),
            lane=Lane.FILES,
        )

    def close_day(self) -> None:
        """F9: seal the day, print its sheet and say what does not agree."""
        day = self._last

        def work() -> tuple[Closed, list[Raster]]:
            closed = closing.close_day(self._desk, self._clerk, day)
            return closed, rasterise(closed.printout.pdf, dpi=PREVIEW_DPI)

        def done(made: tuple[Closed, list[Raster]]) -> None:
            closed, pages = made
            self._ways.changed.emit()
            count = len(closed.day.differences)
            said = f"{count} việc chưa khớp, kê trên bảng" if count else "khớp"
            self._first = self._last = day
            self.choose(_DAY)
            self._view.notice.say(
                f"Đã khoá sổ ngày {day:%d/%m/%Y}: {said}.", tone="bad" if count else "good"
            )
            self._room.print_made(lambda: closed.printout, closing.FORM, "bảng đối chiếu cuối ngày")
            self._ways.show_paper(closed.printout.title, pages)

        self._run(work, done)

    def _run(
        self, work: Callable[[], Any], done: Callable[[Any], None], *, lane: Lane = Lane.DATABASE
    ) -> None:
        self._jobs.run(lane, work, owner=self, done=done, failed=self._failed)

    def _failed(self, problem: AppError) -> None:
        self._view.notice.say_problem(problem)


def _register(desk: Desk, first: dt.date, last: dt.date, short: str) -> _Shown:
    rows = lists.register_rows(desk, first, last)
    seal = lists.register_sha256(rows)
    if short:
        names = {
            p.name for p in desk.catalogue().procedures if p.short.casefold() == short.casefold()
        }
        rows = tuple(row for row in rows if row.procedure in names)
    shown = [
        (row.number, row.code, row.procedure, row.owner, row.agency, _short(row.received),
         _short(row.due), _short(row.returned), row.note)
        for row in rows
    ]  # fmt: skip
    void = frozenset(i for i, row in enumerate(rows) if row.is_void)
    returned = sum(bool(row.returned) for row in rows)
    return _Shown(
        rows=shown,
        void=void,
        total=f"Quyển số {first.year} · cộng {len(rows)} số, {len(void)} số đã hoàn tác, "
        f"đã trả {returned}",
        seal=f"Dấu số của sổ (SHA-256): {_grouped(seal)}",
    )


def _short(moment: str) -> str:
    """Return a moment with two figures of its year, for a narrow column."""
    return re.sub(r"/20(\d\d)\b", r"/\1", moment)


def _grouped(seal: str) -> str:
    """Return a seal in groups, so that it wraps."""
    return " ".join(seal[i : i + 8] for i in range(0, len(seal), 8))


def _certifications(desk: Desk, book: str) -> _Shown:
    found = certification_books.lines(desk, book) if book else ()
    shown = [
        (str(line.number), f"{line.issued_on:%d/%m/%Y}" if line.issued_on else "",
         line.code or "số bỏ, không hồ sơ nào mang", line.owner, line.result,
         str(line.copies) if line.copies else "", in_figures(line.fee) if line.fee else "")
        for line in found
    ]  # fmt: skip
    void = frozenset(i for i, line in enumerate(found) if line.is_void)
    copies = sum(line.copies for line in found if not line.is_void)
    return _Shown(
        rows=shown,
        void=void,
        total=f"Quyển số {book} · {len(found)} số, {len(void)} số bỏ, {copies} bản" if book else "",
    )


def _day(desk: Desk, on: dt.date) -> _Shown:
    found: Day = reconciling.day(desk, on)
    before: tuple[Closing, ...] = closing.closings_of(desk, on)
    shown = [(one.about, one.words, one.advice) for one in found.differences]
    if not before:
        said = "Ngày này chưa khoá sổ. F9 để khoá."
    else:
        last = before[-1]
        said = f"Đã khoá lần {len(before)} lúc {last.at:%H:%M %d/%m/%Y}, {last.clerk}. "
        said += "Sổ không đổi từ đó." if last.sha256 == found.seal else (
            "Sổ đã có việc mới từ đó: khoá lại để niêm phong."
        )  # fmt: skip
    voided = sum(entry.voided for entry in found.received)
    return _Shown(
        rows=shown,
        total=f"Ngày {on:%d/%m/%Y}: nhận {len(found.received)} hồ sơ, hoàn tác {voided}, "
        f"in {found.printed} giấy, chưa khớp {len(shown)} việc. {said}",
        seal=f"Dấu số ngày (SHA-256): {_grouped(found.seal)}",
    )
