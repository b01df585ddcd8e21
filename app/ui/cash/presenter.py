"""Opens and closes a clerk's shift, shows what came in, and takes what is still owed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Slot

from app.domain.amounts import in_figures
from app.errors import AppError
from app.services import cashier, lookup, shifts
from app.services.cashier import Owing
from app.services.paperwork import making
from app.services.paperwork.order import Order
from app.services.shifts import Shift
from app.ui.cash.count_dialog import CountDialog, read_amount
from app.ui.cash.view import CashView
from app.ui.jobs import Lane
from app.ui.seat import Seat

FORM = "shift"
_METHODS = {"cash": "tiền mặt", "transfer": "chuyển khoản", "online": "trực tuyến"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What the screen shows."""

    mine: Shift
    owing: tuple[Owing, ...]
    all: tuple[tuple[str, Shift], ...]


class CashPresenter(QObject):
    """The cash screen."""

    def __init__(self, view: CashView, seat: Seat) -> None:
        super().__init__(view)
        self._view, self._desk, self._clerk, self._jobs = view, seat.desk, seat.clerk, seat.jobs
        self._ways, self._room, self._pay_desk = seat.ways, seat.print_room, seat.pay_desk
        self._parent = seat.parent
        self._page = 0
        self._mine: Shift | None = None
        self._owing: tuple[Owing, ...] = ()
        self.dialog: CountDialog | None = None
        view.page_chosen.connect(self.choose)
        view.pay_asked.connect(self._pay_row)
        self._pay_desk.settled.connect(lambda _: self._changed())

    def _changed(self) -> None:
        if self._view.isVisible():
            self.refresh()

    @Slot(int)
    def choose(self, number: int) -> None:
        """Turn to one of the lists."""
        self._page = number
        self._view.show_page(number)

    def refresh(self) -> None:
        """Read again, beside the GUI thread."""
        self._view.show_page(self._page)
        desk, clerk = self._desk, self._clerk

        def work() -> _Found:
            return _Found(
                mine=shifts.current(desk, clerk),
                owing=cashier.owing(desk),
                all=shifts.of_all(desk, desk.now().date()),
            )

        self._run(work, self._show)

    def _show(self, found: _Found) -> None:
        self._mine, self._owing = found.mine, found.owing
        self._view.show_shift(*_shift_words(found.mine))
        self._view.show_rows(0, [
            (f"{p.at:%H:%M}", p.code, p.payer,
             _METHODS[p.method] if p.amount > 0 else "hoàn tiền mặt", in_figures(p.amount))
            for p in reversed(found.mine.payments)
        ])  # fmt: skip
        names = {p.code: p.name for p in self._desk.catalogue().procedures}
        self._view.show_rows(1, [
            (one.code, names.get(one.procedure, one.procedure), one.payer,
             f"{one.received_at:%H:%M %d/%m}", in_figures(one.left) if one.left else "chưa có mức")
            for one in found.owing
        ])  # fmt: skip
        self._view.show_rows(2, [
            (name, f"{s.opened_at:%H:%M}" if s.opened_at else "—",
             f"{s.closed_at:%H:%M}" if s.closed_at else "—", str(s.received),
             in_figures(s.taken("cash") - s.given_back), in_figures(s.taken("transfer", "online")),
             in_figures(s.must_hold), in_figures(s.counted) if s.counted is not None else "—",
             s.reason)
            for name, s in found.all
        ])  # fmt: skip

    # ---- money --------------------------------------------------------------------------

    @Slot(int)
    def _pay_row(self, row: int) -> None:
        if 0 <= row < len(self._owing):
            self._pay_desk.ask(self._owing[row].dossier, self._failed)

    def pay(self) -> None:
        """F8: take what the row under the cursor owes."""
        if self._page == 1:
            self._pay_row(self._view.owing.currentRow())
        else:
            self.choose(1)

    def pay_code(self, code: str) -> None:
        """A receipt was scanned."""
        self._run(
            lambda: lookup.by_code(self._desk, code),
            lambda dossier: self._pay_desk.ask(dossier, self._failed),
        )

    # ---- the shift --------------------------------------------------------------------------

    def open_shift(self) -> None:
        """F7: begin a shift with so much small change."""

        def begin(text: str) -> None:
            self._run(
                lambda: shifts.open_shift(self._desk, self._clerk, read_amount(text)),
                lambda _: self._settled("Đã mở ca."),
            )

        self._view.notice.ask(
            "Mở ca. Tiền lẻ có sẵn trong két (đồng):",
            begin,
            placeholder="Ví dụ: 200.000; không có thì Enter",
        )

    def close_shift(self) -> None:
        """F9: count the drawer and end the shift."""
        shift = self._mine
        if shift is None:
            return
        dialog = self.dialog = CountDialog(shift.must_hold, self._parent)

        def close() -> None:
            counted, reason = dialog.counted(), dialog.reason.text()
            self._jobs.run(
                Lane.DATABASE,
                lambda: shifts.close_shift(self._desk, self._clerk, counted, reason),
                owner=dialog, done=done, failed=dialog.notice.say_problem,
            )  # fmt: skip

        def done(_: Shift) -> None:
            dialog.accept()
            self._settled("Đã đóng ca. Phiếu chốt ca đang in.")
            self.print_shift()

        dialog.done_asked.connect(close)
        dialog.finished.connect(self._parent.activateWindow)
        dialog.open()

    def _settled(self, words: str) -> None:
        self._ways.changed.emit()
        self.refresh()
        self._view.notice.say(words, tone="good")

    def print_shift(self) -> None:
        """Ctrl+P: print the sheet of the shift as it stands."""
        order = Order(form=FORM)
        self._room.print_made(
            lambda: making.make(self._desk, self._clerk, order), FORM, "phiếu chốt ca"
        )

    def step_back(self) -> bool:
        """Esc: give a question up."""
        return self._view.notice.give_up()

    def _run(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._jobs.run(Lane.DATABASE, work, owner=self, done=done, failed=self._failed)

    def _failed(self, problem: AppError) -> None:
        self._ways.sounded.emit(False)
        self._view.notice.say_problem(problem)


def _shift_words(shift: Shift) -> tuple[str, str]:
    if shift.closed_at is not None:
        title = f"Ca đã đóng lúc {shift.closed_at:%H:%M}"
    elif shift.opened_at is not None:
        title = f"Ca mở từ {shift.opened_at:%H:%M}"
    else:
        title = "Chưa mở ca: tính cả ngày hôm nay"
    words = (
        f"Tiếp nhận {shift.received} hồ sơ (hoàn tác {shift.voided}) · trả {shift.returned} kết "
        f"quả · in {shift.printed} giấy\n"
        f"Tiền lẻ đầu ca {in_figures(shift.float_amount)} đ · thu tiền mặt "
        f"{in_figures(shift.taken('cash'))} đ · hoàn {in_figures(shift.given_back)} đ · "
        f"chuyển khoản {in_figures(shift.taken('transfer', 'online'))} đ\n"
        f"PHẢI CÓ TRONG KÉT {in_figures(shift.must_hold)} đ"
    )
    if shift.counted is not None and shift.booked is not None:
        difference = shift.counted - shift.booked
        said = "khớp" if not difference else f"chênh {in_figures(difference)} đ: {shift.reason}"
        words += f" · đếm được {in_figures(shift.counted)} đ, {said}"
    return title, words
