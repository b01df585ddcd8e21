"""Papers lack: ask for them on form 02, take the dossier with a debt, or refuse it on form 03."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject

from app.domain.papers import Paper
from app.services.intake import Intake
from app.services.paperwork import making
from app.services.paperwork.order import Order
from app.services.print_jobs import Printout
from app.ui.intake.view import IntakeView
from app.ui.jobs import Lane
from app.ui.preview import PREVIEW_DPI
from app.ui.seat import Seat
from app.ui.widgets.strip import Choice
from printing.raster import Raster, rasterise


class Lacking(QObject):
    """Offers the ways on when required papers are not there.

    Args:
        view: of the reception.
        seat: the clerk's.
        receive: receives the entry with a reason for the debt.
    """

    def __init__(
        self, view: IntakeView, seat: Seat, receive: Callable[[Intake, str], None]
    ) -> None:
        super().__init__(view)
        self._view, self._seat, self._receive = view, seat, receive

    def offer(self, entry: Intake, missing: Sequence[Paper], may_owe: bool) -> None:
        """Say what lacks and which ways there are."""
        names = "; ".join(paper.name for paper in missing)
        choices = [
            Choice("In phiếu yêu cầu bổ sung", lambda: self._ask_papers(entry)),
            Choice("Từ chối tiếp nhận", lambda: self._refuse(entry)),
        ]
        if may_owe:
            choices.insert(1, Choice("Nhận, cho nợ", lambda: self._owe(entry)))
        self._view.notice.say(
            f"Còn thiếu: {names}. Đánh dấu nếu đã có (Ctrl+3); hoặc:", *choices, tone="bad"
        )
        self._view.go_to(self._view.papers)

    def _ask_papers(self, entry: Intake) -> None:
        self._make(Order(form="02-before", entry=entry))

    def _refuse(self, entry: Intake) -> None:
        def refuse(reason: str) -> None:
            self._make(Order(form="03-before", entry=entry, reason=reason))

        self._view.notice.ask(
            "Lý do từ chối tiếp nhận:", refuse,
            placeholder="Ví dụ: không thuộc thẩm quyền giải quyết của phường",
        )  # fmt: skip

    def _owe(self, entry: Intake) -> None:
        self._view.notice.ask(
            "Lý do cho nợ giấy tờ:", lambda reason: self._receive(entry, reason),
            placeholder="Ví dụ: hẹn nộp bản chính ngày mai",
        )  # fmt: skip

    def _make(self, order: Order) -> None:
        """Make a form of what was not received, show it, and print it by Enter."""
        desk, clerk, room = self._seat.desk, self._seat.clerk, self._seat.print_room

        def work() -> tuple[Printout, list[Raster]]:
            printout = making.make(desk, clerk, order)
            return printout, rasterise(printout.pdf, dpi=PREVIEW_DPI)

        def done(made: tuple[Printout, list[Raster]]) -> None:
            printout, pages = made
            self._view.notice.clear()
            self._seat.ways.show_paper(
                printout.title, pages,
                lambda: room.print_made(lambda: printout, printout.form, printout.title),
            )  # fmt: skip

        self._seat.jobs.run(
            Lane.DATABASE, work, owner=self, done=done, failed=self._view.notice.say_problem
        )
