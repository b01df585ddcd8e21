"""Lists, searches and shows dossiers, and begins what is done with one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from PySide6.QtCore import QObject, QTimer, Slot

from app.domain.fees import fee_words
from app.domain.status import BusinessState
from app.domain.text import mask_number
from app.errors import AppError
from app.services import exports, lookup, print_choices, receipts, saved_filters, story
from app.services.desk import VIETNAM, Desk
from app.services.lookup import Filter
from app.services.paperwork import making
from app.services.paperwork.order import Needs, Order
from app.services.print_jobs import Printout
from app.ui.course.desk import ACTS
from app.ui.dossiers.model import DossierModel
from app.ui.dossiers.view import DossiersView
from app.ui.jobs import Lane
from app.ui.preview import PREVIEW_DPI
from app.ui.seat import Seat
from printing.document import PaperSize
from printing.raster import Raster, rasterise

_PAUSE_MS = 120
_SOON = dt.timedelta(days=1)
_SHEETS = "Excel (*.xlsx)"


class DossiersPresenter(QObject):
    """The dossiers screen."""

    def __init__(self, view: DossiersView, model: DossierModel, seat: Seat) -> None:
        super().__init__(view)
        self._view, self._model, self._desk, self._clerk = view, model, seat.desk, seat.clerk
        self._jobs, self._ways, self._print_room = seat.jobs, seat.ways, seat.print_room
        self._course, self._pay_desk, self._save_as = seat.course, seat.pay_desk, seat.save_as
        self._quick = 0
        self._saved: tuple[saved_filters.SavedFilter, ...] = ()
        self._own: Filter | None = None  # of a saved filter, for what no field shows
        self._shown: UUID | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self.refresh)
        view.sought.connect(self._sought)
        view.filter_chosen.connect(self.choose_filter)
        view.looked_at.connect(self.look_at)
        view.opened.connect(self._open_row)
        view.reprint_asked.connect(self._reprint)
        view.preview_asked.connect(self._preview)
        view.papers_asked.connect(self._offer_papers)
        view.paper_chosen.connect(self._make_paper)
        view.acts_asked.connect(self._offer_acts)
        view.act_chosen.connect(self.do)
        view.saved_asked.connect(self._offer_saved)
        view.saved_chosen.connect(self._use_saved)
        view.reveal_asked.connect(self._reveal)
        self._course.settled.connect(self._changed)
        self._pay_desk.settled.connect(lambda bill: self._changed(bill.dossier))

    # ---- searching -----------------------------------------------------------------

    @Slot()
    def _sought(self) -> None:
        self._pause.start()

    def seek(self, text: str) -> None:
        """Search for a text; a single hit is shown at once."""
        self._begin_search(text)
        if len(self._model.lines) == 1:
            self._view.table.setFocus()
            self.look_at(0)

    def _begin_search(self, text: str) -> None:
        self._quick, self._own = 0, None
        self._view.clear_filter()
        self._view.line.setText(text)
        self._pause.stop()
        self._view.turn(to_sheet=False)
        self.refresh()

    def seek_dossier(self, dossier: UUID, verb: str = "") -> None:
        """Show a dossier in the list, and begin what is asked for."""
        try:
            self._begin_search(lookup.show(self._desk, dossier).dossier.code)
        except AppError as problem:
            self._view.notice.say_problem(problem)
            return
        self._view.table.setFocus()
        self.show_dossier(dossier)
        if verb:
            self._course.do(verb, dossier, self._view.notice)

    @Slot(int)
    def choose_filter(self, number: int) -> None:
        """Show one of the quick filters; words and fields are emptied."""
        self._quick, self._own = number, None
        self._view.clear_filter()
        self._pause.stop()
        self.refresh()
        self._view.table.setFocus()

    @Slot()
    def refresh(self) -> None:
        """List again; reads by key are quick enough for the GUI thread."""
        text, wanted = self._sought_now()
        try:
            if text:
                self._model.show(
                    lambda before: lookup.find(self._desk, text, wanted, before=before)
                )
            else:
                self._model.show(lambda before: lookup.newest(self._desk, wanted, before=before))
        except AppError as problem:
            self._view.notice.say_problem(problem)
            return
        self._view.show_filter(-1 if text else self._quick)
        self._view.hide_quick()
        self._count()
        if self._model.lines:
            self._view.show_empty("")
            self._view.table.selectRow(0)
        else:
            self._view.show_empty(
                "Không thấy hồ sơ nào trên máy này. Kiểm tra lại chữ đã gõ, ngày và mã tắt; "
                "khi có mạng, bấm F5 để nhận dữ liệu mới."
                if text or wanted != Filter()
                else "Chưa có hồ sơ nào ở mục này. F2 để tiếp nhận."
            )

    def _quick_filters(self) -> tuple[Filter, ...]:
        """Return what each of the view's `FILTERS` narrows by."""
        now = self._desk.now()
        return (
            Filter(),
            Filter(day=now.date()),
            Filter(waiting_only=True),
            Filter(due_from=now, due_to=now + _SOON),
            Filter(overdue_at=now),
            Filter(state=BusinessState.AWAITING_SUPPLEMENT),
            Filter(state=BusinessState.FINISHED),
            Filter(needs_look=True),
        )

    def _sought_now(self) -> tuple[str, Filter]:
        view = self._view
        first, last = view.days()
        wanted = self._own or self._quick_filters()[self._quick]
        wanted = replace(
            wanted,
            first_day=first or wanted.first_day,
            last_day=last or wanted.last_day,
            procedure=self._procedure_typed() or wanted.procedure,
            clerk=self._clerk.user if view.mine.isChecked() else wanted.clerk,
        )
        return view.line.text().strip(), wanted

    def _procedure_typed(self) -> str:
        """Return the national code of the short code typed; what is no code finds nothing."""
        short = self._view.procedure.text().strip().casefold()
        for one in self._desk.catalogue().procedures:
            if short and short in (one.short.casefold(), one.code.casefold()):
                return one.code
        return short

    def _count(self) -> None:
        """Count what each quick filter has, beside the GUI thread and no further than needed."""
        filters = self._quick_filters()

        def work() -> list[int | None]:
            return [
                None if wanted == Filter() else lookup.count(self._desk, wanted)
                for wanted in filters
            ]

        self._jobs.run(
            Lane.DATABASE, work, owner=self,
            done=lambda counts: self._view.show_counts(counts, lookup.COUNTED_TO),
            failed=self._view.notice.say_problem,
        )  # fmt: skip

    # ---- saved filters ---------------------------------------------------------------

    @Slot()
    def _offer_saved(self) -> None:
        def offer(found: tuple[saved_filters.SavedFilter, ...]) -> None:
            self._saved = found
            self._view.offer_saved([one.name for one in found])

        self._run(lambda: saved_filters.saved(self._desk, self._clerk), offer)

    @Slot(int)
    def _use_saved(self, number: int) -> None:
        if number < 0:
            text, wanted = self._sought_now()
            self._view.notice.ask(
                "Lưu bộ lọc đang dùng với tên:",
                lambda name: self._save_filter(name, text, wanted),
                placeholder="Ví dụ: khai sinh tháng này",
            )
            return
        one = self._saved[number]
        self.narrow(one.wanted, one.name, one.text)

    def narrow(self, wanted: Filter, name: str, text: str = "") -> None:
        """Show what a filter with a name lets pass."""
        self._view.clear_filter()
        self._quick, self._own = 0, wanted
        self._view.line.setText(text)
        self._pause.stop()
        self._view.turn(to_sheet=False)
        self.refresh()
        self._view.notice.say(f"Đang lọc: {name}. Bấm 0 để xem tất cả.")

    def _save_filter(self, name: str, text: str, wanted: Filter) -> None:
        self._run(
            lambda: saved_filters.save(self._desk, self._clerk, name, text, wanted),
            lambda _: self._view.notice.say(f"Đã lưu bộ lọc “{name}”. Bấm 8 để dùng.", tone="good"),
        )

    # ---- one dossier -----------------------------------------------------------------

    @property
    def chosen(self) -> UUID | None:
        """The dossier that is shown whole, or else the one under the cursor."""
        if self._view.shows_sheet:
            return self._shown
        line = self._model.line(self._view.current_row)
        return line.id if line is not None else None

    @Slot(int)
    def look_at(self, row: int) -> None:
        """Show a row's dossier; the look is recorded."""
        line = self._model.line(row)
        if line is not None:
            self.show_dossier(line.id)

    def show_dossier(self, dossier: UUID) -> None:
        """Show a dossier in the quick view; the look is recorded."""

        def work() -> lookup.Shown:
            lookup.viewed(self._desk, self._clerk, dossier)
            return lookup.show(self._desk, dossier)

        self._run(work, self._show)

    def _show(self, shown: lookup.Shown) -> None:
        d = shown.dossier
        received, due = d.received_at.astimezone(VIETNAM), d.due_at.astimezone(VIETNAM)
        papers = sum(p.count for p in d.papers)
        person = d.submitter
        fee = fee_words(d.fee.amount, d.fee.how, is_known=d.fee.is_known)
        fee += f" ({d.payment.words})" if d.fee.amount else ""
        words = (
            f"{self.procedure_name(d.procedure)}\n"
            f"Người nộp {person.name}, căn cước {mask_number(person.id_number) or '—'}, "
            f"điện thoại {mask_number(person.phone, 4) or '—'}"
            + (f" · Chủ hồ sơ {d.owner.name}" if d.applicant else "")
            + f"\nNhận {received:%H:%M %d/%m/%Y} · Hẹn trả {due:%H:%M %d/%m/%Y} · "
            f"{papers} giấy tờ · {len(d.pages)} trang quét, máy chủ giữ {shown.pages_stored} · "
            f"phí: {fee}\n{story.in_one_line(shown.timeline)}"
        )
        state = "Đã hoàn tác" if d.voided else d.state.words
        self._view.show_quick(f"{d.code} — {state}", words)

    def procedure_name(self, code: str) -> str:
        """Return a procedure's name, or its code if the catalogue has none."""
        return procedure_name(self._desk, code)

    @Slot(int)
    def _open_row(self, row: int) -> None:
        line = self._model.line(row)
        if line is not None:
            self.open_sheet(line.id)

    def open_sheet(self, dossier: UUID, *, reveals: bool = False) -> None:
        """Show a dossier whole; the look is recorded, and so is a look at its numbers."""

        def show(told: story.Story) -> None:
            self._shown = dossier
            self._view.sheet.show_story(told)
            self._view.turn(to_sheet=True)

        self._run(lambda: story.tell(self._desk, self._clerk, dossier, reveals=reveals), show)

    @Slot()
    def _reveal(self) -> None:
        if self._shown is not None:
            self.open_sheet(self._shown, reveals=True)

    def back(self) -> bool:
        """Esc: from the dossier to the list, from the quick view to the bare list."""
        if self._view.notice.give_up():
            return True
        if self._view.shows_sheet:
            self._close_sheet()
            return True
        was_open = self._view.quick.isVisible()
        self._view.hide_quick()
        return was_open

    def _close_sheet(self) -> None:
        self._shown = None
        self._view.sheet.clear()
        self._view.turn(to_sheet=False)

    def forget(self) -> None:
        """Show nobody's data any more."""
        self._close_sheet()
        self._view.hide_quick()

    def _changed(self, dossier: UUID) -> None:
        """Something was done with a dossier, here or on another screen."""
        if not self._view.isVisible():
            return
        if self._view.shows_sheet and dossier == self._shown:
            self.open_sheet(dossier)
        self.reload()

    def reload(self) -> None:
        """List again what is listed; the cursor stays on its dossier."""
        here = self._model.line(self._view.current_row)
        shows_quick = self._view.quick.isVisible()
        self.refresh()
        row = next(
            (i for i, one in enumerate(self._model.lines) if here and one.id == here.id), None
        )
        if row is not None:
            self._view.table.selectRow(row)
            if shows_quick:
                self.look_at(row)

    # ---- what is done with it ----------------------------------------------------------

    @Slot()
    def _offer_acts(self) -> None:
        if self.chosen is not None:
            self._view.offer_acts(ACTS)

    @Slot(str)
    def do(self, verb: str) -> None:
        """Begin an act with the chosen dossier."""
        if self.chosen is not None:
            self._course.do(verb, self.chosen, self._view.notice)

    def correct(self) -> None:
        """Ctrl+M: mend the receipt's words."""
        if self.chosen is not None:
            self._course.correct(self.chosen, self._view.notice)

    def retype(self) -> None:
        """Ctrl+I: copy field by field into another system."""
        if self.chosen is not None:
            self._course.retype(self.chosen, self._view.notice)

    def pay(self) -> None:
        """F8: take the fee."""
        if self.chosen is not None:
            self._pay_desk.ask(self.chosen, self._view.notice.say_problem)

    def export(self) -> None:
        """Ctrl+E: write the list as an Excel file; that it left is recorded."""
        today = self._desk.now().date()
        target = self._save_as(f"ho-so-{today:%Y-%m-%d}.xlsx", _SHEETS)
        if target is None:
            return
        text, wanted = self._sought_now()
        self._export(text, wanted, target)

    def _export(self, text: str, wanted: Filter, target: Path) -> None:
        strip = self._view.notice
        strip.say("Đang xuất Excel…")

        def told(count: int) -> None:
            self._jobs.progress(self, lambda: strip.say(f"Đang xuất Excel… {count} hồ sơ"))

        self._jobs.run(
            Lane.FILES,
            lambda: exports.export_list(self._desk, self._clerk, text, wanted, target, told),
            owner=self,
            done=lambda count: strip.say(f"Đã xuất {count} hồ sơ vào {target.name}.", tone="good"),
            failed=strip.say_problem,
        )

    @Slot()
    def _reprint(self) -> None:
        if self.chosen is not None:
            self._print_room.print_receipt(self.chosen, "")

    @Slot()
    def _preview(self) -> None:
        """Show the receipt as stored: what was printed, or would be; the look is recorded."""
        dossier = self.chosen
        if dossier is None:
            return

        def work() -> tuple[str, list[Raster]]:
            lookup.viewed(self._desk, self._clerk, dossier)
            paper = print_choices.read(self._desk).of(receipts.FORM).paper or PaperSize.A5
            receipt = receipts.make_receipt(self._desk, self._clerk, dossier, paper=paper)
            return receipt.code, rasterise(receipt.pdf, dpi=PREVIEW_DPI)

        self._run(work, lambda shown: self._ways.show_paper(f"Giấy tiếp nhận {shown[0]}", shown[1]))

    @Slot()
    def _offer_papers(self) -> None:
        if self.chosen is not None:
            self._view.offer_papers(making.forms_of_dossier())

    @Slot(str)
    def _make_paper(self, form: str) -> None:
        """Make a form of the dossier and show it; nothing is printed yet."""
        dossier = self.chosen
        if dossier is None:
            return
        self._view.notice.say("Đang lập giấy…")

        def work() -> tuple[Printout, list[Raster]]:
            chosen = print_choices.read(self._desk).of(form).paper
            paper = chosen if chosen in making.kind_of(form).papers else None
            procedure = lookup.show(self._desk, dossier).dossier.procedure
            order = Order(form=form, dossier=dossier, procedure=procedure, paper=paper)
            if making.kind_of(form).needs is Needs.DOSSIER:
                lookup.viewed(self._desk, self._clerk, dossier)
            printout = making.make(self._desk, self._clerk, order)
            return printout, rasterise(printout.pdf, dpi=PREVIEW_DPI)

        def done(made: tuple[Printout, list[Raster]]) -> None:
            self._view.notice.clear()
            printout, pages = made

            def print_it() -> None:
                self._print_room.print_made(lambda: printout, printout.form, printout.title)

            self._ways.show_paper(printout.title, pages, print_it)

        self._run(work, done)

    def _run(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._jobs.run(
            Lane.DATABASE, work, owner=self, done=done, failed=self._view.notice.say_problem
        )


def procedure_name(desk: Desk, code: str) -> str:
    """Return a procedure's name, or its code if the catalogue has none."""
    for procedure in desk.catalogue().procedures:
        if procedure.code == code:
            return procedure.name
    return code


def names_of(desk: Desk) -> partial[str]:
    """Return a callable that names procedures."""
    return partial(procedure_name, desk)
