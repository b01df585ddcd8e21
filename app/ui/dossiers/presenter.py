"""Lists, searches and shows dossiers."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from PySide6.QtCore import QObject, QTimer, Slot

from app.domain.events import kind_words
from app.domain.fees import fee_words
from app.domain.text import mask_number
from app.errors import AppError
from app.services import lookup, print_choices, receipts
from app.services.desk import VIETNAM, Desk
from app.services.paperwork import making
from app.services.paperwork.order import Needs, Order
from app.services.print_jobs import Printout
from app.ui.dossiers.model import DossierModel
from app.ui.dossiers.view import DossiersView
from app.ui.jobs import Lane
from app.ui.preview import PREVIEW_DPI
from app.ui.seat import Seat
from printing.document import PaperSize
from printing.raster import Raster, rasterise

_PAUSE_MS = 120


class DossiersPresenter(QObject):
    """The dossiers screen."""

    def __init__(self, view: DossiersView, model: DossierModel, seat: Seat) -> None:
        super().__init__(view)
        self._view, self._model, self._desk, self._clerk = view, model, seat.desk, seat.clerk
        self._jobs, self._ways, self._print_room = seat.jobs, seat.ways, seat.print_room
        self._filter = 0
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self.refresh)
        view.sought.connect(self._sought)
        view.filter_chosen.connect(self.choose_filter)
        view.looked_at.connect(self.look_at)
        view.reprint_asked.connect(self._reprint)
        view.preview_asked.connect(self._preview)
        view.papers_asked.connect(self._offer_papers)
        view.paper_chosen.connect(self._make_paper)

    @Slot(str)
    def _sought(self, _: str) -> None:
        self._pause.start()

    def seek(self, text: str) -> None:
        """Search for a text; a single hit is shown at once."""
        self._view.line.setText(text)
        self._pause.stop()
        self.refresh()
        if len(self._model.lines) == 1:
            self._view.table.selectRow(0)
            self._view.table.setFocus()
            self.look_at(0)

    def seek_dossier(self, dossier: UUID) -> None:
        """Search for a dossier by its code, and show it."""
        try:
            self.seek(lookup.show(self._desk, dossier).dossier.code)
        except AppError as problem:
            self._view.notice.say_problem(problem)

    @Slot(int)
    def choose_filter(self, number: int) -> None:
        """Show one of the quick filters."""
        self._filter = number
        self._view.line.clear()
        self._pause.stop()
        self.refresh()
        self._view.table.setFocus()

    @Slot()
    def refresh(self) -> None:
        """List again; reads by key are quick enough for the GUI thread."""
        text = self._view.line.text().strip()
        try:
            if text:
                self._model.show(lambda before: lookup.find(self._desk, text, before=before))
            else:
                wanted = self._wanted()
                self._model.show(lambda before: lookup.newest(self._desk, wanted, before=before))
        except AppError as problem:
            self._view.notice.say_problem(problem)
            return
        self._view.show_filter(-1 if text else self._filter)
        self._view.hide_quick()
        if self._model.lines:
            self._view.show_empty("")
            self._view.table.selectRow(0)
        else:
            self._view.show_empty(
                "Không thấy hồ sơ nào trên máy này. Kiểm tra lại chữ đã gõ; "
                "khi có mạng, bấm F5 để nhận dữ liệu mới."
                if text
                else "Chưa có hồ sơ nào ở mục này. F2 để tiếp nhận."
            )

    def _wanted(self) -> lookup.Filter:
        now = self._desk.now()
        return (
            lookup.Filter(),
            lookup.Filter(day=now.date()),
            lookup.Filter(waiting_only=True),
            lookup.Filter(overdue_at=now),
            lookup.Filter(needs_look=True),
        )[self._filter]

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

        self._jobs.run(
            Lane.DATABASE, work, owner=self, done=self._show, failed=self._view.notice.say_problem
        )

    def _show(self, shown: lookup.Shown) -> None:
        d = shown.dossier
        received, due = d.received_at.astimezone(VIETNAM), d.due_at.astimezone(VIETNAM)
        papers = sum(p.count for p in d.papers)
        story = " → ".join(
            f"{e.at[8:10]}/{e.at[5:7]} {e.at[11:16]} {kind_words(e.kind)}"
            + (f" (máy chủ: {e.refusal})" if e.refusal else "")
            for e in shown.timeline
            if e.kind != "dossier.viewed"
        )
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
            f"phí: {fee}\n{story}"
        )
        state = "Đã hoàn tác" if d.voided else d.state.words
        self._view.show_quick(f"{d.code} — {state}", words)

    def procedure_name(self, code: str) -> str:
        """Return a procedure's name, or its code if the catalogue has none."""
        return procedure_name(self._desk, code)

    @Slot()
    def _reprint(self) -> None:
        line = self._model.line(self._view.current_row)
        if line is not None:
            self._print_room.print_receipt(line.id, "")

    @Slot()
    def _preview(self) -> None:
        """Show the receipt as stored: what was printed, or would be; the look is recorded."""
        line = self._model.line(self._view.current_row)
        if line is None:
            return

        def work() -> tuple[str, list[Raster]]:
            lookup.viewed(self._desk, self._clerk, line.id)
            paper = print_choices.read(self._desk).of(receipts.FORM).paper or PaperSize.A5
            receipt = receipts.make_receipt(self._desk, self._clerk, line.id, paper=paper)
            return receipt.code, rasterise(receipt.pdf, dpi=PREVIEW_DPI)

        self._jobs.run(
            Lane.DATABASE,
            work,
            owner=self,
            done=lambda shown: self._ways.show_paper(f"Giấy tiếp nhận {shown[0]}", shown[1]),
            failed=self._view.notice.say_problem,
        )

    @Slot()
    def _offer_papers(self) -> None:
        if self._model.line(self._view.current_row) is not None:
            self._view.offer_papers(making.forms_of_dossier())

    @Slot(str)
    def _make_paper(self, form: str) -> None:
        """Make a form of the dossier and show it; nothing is printed yet."""
        line = self._model.line(self._view.current_row)
        if line is None:
            return
        self._view.notice.say("Đang lập giấy…")

        def work() -> tuple[Printout, list[Raster]]:
            chosen = print_choices.read(self._desk).of(form).paper
            paper = chosen if chosen in making.kind_of(form).papers else None
            order = Order(form=form, dossier=line.id, procedure=line.procedure, paper=paper)
            if making.kind_of(form).needs is Needs.DOSSIER:
                lookup.viewed(self._desk, self._clerk, line.id)
            printout = making.make(self._desk, self._clerk, order)
            return printout, rasterise(printout.pdf, dpi=PREVIEW_DPI)

        def done(made: tuple[Printout, list[Raster]]) -> None:
            self._view.notice.clear()
            printout, pages = made

            def print_it() -> None:
                self._print_room.print_made(lambda: printout, printout.form, printout.title)

            self._ways.show_paper(printout.title, pages, print_it)

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
