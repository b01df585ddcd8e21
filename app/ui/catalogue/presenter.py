"""Reads the catalogue beside the GUI thread, narrows it, and shows a sample of a receipt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Slot

from app.errors import AppError
from app.services import catalogue_review, exports
from app.services.catalogue_review import Row
from app.services.paperwork import making
from app.services.paperwork.order import Order
from app.ui.catalogue.view import (
    AGENCIES,
    CALENDAR,
    CHANGES,
    COLUMNS,
    FEES,
    FORMS,
    PAGES,
    PROCEDURES,
    VERSIONS,
    CatalogueView,
)
from app.ui.jobs import Lane
from app.ui.preview import PREVIEW_DPI
from app.ui.seat import Seat
from printing.raster import Raster, rasterise

OWNED = (
    "Danh mục do máy chủ của tỉnh quản lý và ký; ở máy này chỉ xem. Sai ở đâu, báo quản trị tỉnh."
)
_SAID = {
    VERSIONS: f"Enter  Xem bản này đổi gì. {OWNED}",
    PROCEDURES: f"Enter  Xem giấy hẹn mẫu. {OWNED}",
    CHANGES: "Trên cùng là những gì sắp đổi theo ngày; dưới là những gì bản đã chọn đổi.",
}


@dataclass(frozen=True, slots=True)
class _Read:
    """A page's rows; what each of them names, and what it has no column for."""

    rows: tuple[Row, ...]
    names: tuple[Any, ...] = ()
    about: tuple[str, ...] = ()


class CataloguePresenter(QObject):
    """The catalogue screen."""

    def __init__(self, view: CatalogueView, seat: Seat) -> None:
        super().__init__(view)
        self._view, self._desk, self._clerk, self._jobs = view, seat.desk, seat.clerk, seat.jobs
        self._ways, self._save_as = seat.ways, seat.save_as
        self._page = PROCEDURES
        self._version: int | None = None
        self._day = seat.desk.now().date()
        self._read = _Read(())
        self._shown: tuple[int, ...] = ()
        view.page_chosen.connect(self.choose)
        view.narrowed.connect(self._narrowed)
        view.opened.connect(self._opened)
        view.looked_at.connect(self._look)

    @Slot(int)
    def choose(self, number: int) -> None:
        """Turn to a table."""
        self._page = number
        self.refresh()

    def escape(self) -> bool:
        """Take the words away; then the changes lead back to the versions."""
        if self._view.seek.text():
            self._view.seek.clear()
            self._view.table.setFocus()
            return True
        if self._page == CHANGES:
            self.choose(VERSIONS)
            return True
        return False

    def refresh(self) -> None:
        """Read the table again."""
        self._view.show_page(self._page)
        self._view.show_day(self._day)
        page = self._page

        def show(read: _Read) -> None:
            if page == self._page:
                self._read = read
                self._show()

        self._run(lambda: self._work(page), show)

    def _work(self, page: int) -> _Read:
        desk, clerk, day = self._desk, self._clerk, self._day
        if page == VERSIONS:
            found = catalogue_review.versions(desk, clerk)
            rows = tuple(
                (str(one.number), one.title, f"{one.came_at:%H:%M %d/%m/%Y}",
                 str(one.procedures), "đang dùng" if one.is_newest else "hồ sơ cũ còn theo bản này")
                for one in found
            )  # fmt: skip
            return _Read(rows, tuple(one.number for one in found))
        if page == CHANGES:
            number = self._version or desk.catalogue().version
            changes = (
                *catalogue_review.ahead(desk.catalogue(), day),
                *catalogue_review.changed_by(desk, clerk, number),
            )
            return _Read(tuple(change.row for change in changes))
        if page == PROCEDURES:
            listed = catalogue_review.procedures(desk, day)
            return _Read(
                tuple(one.row for one in listed), tuple(one.code for one in listed),
                tuple(one.about for one in listed),
            )  # fmt: skip
        reads: dict[int, Callable[[], tuple[Row, ...]]] = {
            FEES: lambda: catalogue_review.fees(desk),
            CALENDAR: lambda: catalogue_review.calendar(desk),
            FORMS: lambda: catalogue_review.forms(desk, day),
            AGENCIES: lambda: catalogue_review.agencies(desk, day),
        }
        return _Read(reads[page]())

    def _show(self) -> None:
        text = self._view.seek.text()
        self._shown = catalogue_review.sought(self._read.rows, text)
        said = _SAID.get(self._page, OWNED)
        if self._page == CHANGES and self._version:
            said = f"Bản {self._version}. {said}"
        count = len(self._shown)
        self._view.show_rows([self._read.rows[i] for i in self._shown], f"{count} dòng. {said}")
        self._look(self._view.table.currentRow())

    @Slot(int)
    def _look(self, row: int) -> None:
        """Say what a row has no column for."""
        has_words = bool(self._read.about) and 0 <= row < len(self._shown)
        self._view.show_about(self._read.about[self._shown[row]] if has_words else "")

    @Slot()
    def _narrowed(self) -> None:
        day = self._view.chosen_day()
        if day is None:
            self._view.notice.say("Ngày chưa đúng. Gõ ngày/tháng/năm.", tone="bad")
            return
        if day != self._day:
            self._day = day
            self.refresh()
            return
        self._show()

    def _chosen(self) -> Any:
        row = self._view.table.currentRow()
        if not 0 <= row < len(self._shown) or not self._read.names:
            return None
        return self._read.names[self._shown[row]]

    @Slot()
    def _opened(self) -> None:
        if self._page == VERSIONS and (number := self._chosen()) is not None:
            self._version = number
            self.choose(CHANGES)
        elif self._page == PROCEDURES:
            self.sample()

    # ---- paper and files ------------------------------------------------------------------

    def sample(self) -> None:
        """F9: show the receipt that the chosen procedure would give now."""
        self._paper(making.SAMPLE)

    def leaflet(self) -> None:
        """F8: show the leaflet of the chosen procedure."""
        self._paper("leaflet")

    def _paper(self, form: str) -> None:
        code = self._chosen() if self._page == PROCEDURES else None
        if code is None:
            self._view.notice.say("Chọn một thủ tục: phím 2, rồi ↑ ↓.", tone="wait")
            return
        order = Order(form=form, procedure=code)

        def work() -> tuple[str, list[Raster]]:
            printout = making.make(self._desk, self._clerk, order)
            return printout.title, rasterise(printout.pdf, dpi=PREVIEW_DPI)

        self._run(work, lambda made: self._ways.show_paper(*made))

    def export(self) -> None:
        """Ctrl+E: the table on show, as an Excel file."""
        name = f"danh-muc-{self._page + 1}-{self._day:%Y-%m-%d}.xlsx"
        target = self._save_as(name, "Excel (*.xlsx)")
        if target is None:
            return
        headings = [words for words, _ in COLUMNS[self._page]]
        rows, what = [self._read.rows[i] for i in self._shown], PAGES[self._page]

        def work() -> int:
            count = exports.write_table(target, what, headings, rows)
            exports.note(self._desk, self._clerk, f"danh mục: {what}", count, target.name)
            return count

        self._run(
            work,
            lambda count: self._view.notice.say(
                f"Đã xuất {count} dòng vào {target.name}.", tone="good"
            ),
        )

    def _run(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._jobs.run(Lane.FILES, work, owner=self, done=done, failed=self._failed)

    def _failed(self, problem: AppError) -> None:
        self._view.notice.say_problem(problem)
