"""Collects dossiers into a list, hands them over together, and shows what a slip became."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QObject, Slot

from app.errors import AppError
from app.services import handing_over
from app.services.handing_over import OnSlip, Slip
from app.services.paperwork import making
from app.services.paperwork.order import Order
from app.ui.hand_over.view import HandOverView
from app.ui.jobs import Lane
from app.ui.seat import Seat
from app.ui.widgets.strip import Choice

FORM = "hand-over"


class HandOverPresenter(QObject):
    """The hand-over screen."""

    def __init__(self, view: HandOverView, seat: Seat) -> None:
        super().__init__(view)
        self._view, self._desk, self._clerk, self._jobs = view, seat.desk, seat.clerk, seat.jobs
        self._ways, self._room = seat.ways, seat.print_room
        self._rows: list[OnSlip] = []
        self._last: Slip | None = None
        self._is_giving = False
        view.entered.connect(self.add)
        view.dropped.connect(self._drop)
        view.agency_chosen.connect(self._choose_agency)

    def begin(self) -> None:
        """Show who may take paper over."""
        if self._view.agency.count():
            return
        try:
            own, today = self._desk.agency(), self._desk.now().date()
            others = [
                (a.code, a.name) for a in self._desk.catalogue().agencies
                if a.code != own.code and a.effective_from <= today
            ]  # fmt: skip
        except AppError as problem:
            self._view.notice.say_problem(problem)
            return
        self._view.show_agencies([(own.code, f"{own.name} (nội bộ)"), *others])
        self._view.show_units(own.units)

    @Slot(str)
    def _choose_agency(self, code: str) -> None:
        found = next((a for a in self._desk.catalogue().agencies if a.code == code), None)
        self._view.show_units(found.units if found else ())

    # ---- the list --------------------------------------------------------------------

    @Slot(str)
    def add(self, code: str) -> None:
        """Put a dossier on the list, by a code as scanned or typed."""
        if not code.strip():
            return

        def show(one: OnSlip) -> None:
            self._view.line.clear()
            if any(row.id == one.id for row in self._rows):
                self._view.notice.say(f"{one.code} đã có trong danh sách.", tone="wait")
                return
            self._rows.append(one)
            self._show()
            self._ways.sounded.emit(True)

        self._run(lambda: handing_over.by_code(self._desk, code), show)

    def load_waiting(self) -> None:
        """F7: everything that was received and never went on."""

        def show(found: tuple[OnSlip, ...]) -> None:
            known = {row.id for row in self._rows}
            new = [one for one in found if one.id not in known]
            self._rows += new
            self._show()
            if not new:
                self._view.notice.say("Không còn hồ sơ nào chờ bàn giao.", tone="good")

        self._run(lambda: handing_over.waiting(self._desk), show)

    def _show(self) -> None:
        self._view.notice.clear()
        now = self._desk.now()
        names = {p.code: p.short for p in self._desk.catalogue().procedures}
        self._view.show_rows(
            [_line(row, names.get(row.procedure, row.procedure)) for row in self._rows],
            [row.by < now and not row.is_taken for row in self._rows],
        )

    @Slot(int)
    def _drop(self, at: int) -> None:
        if 0 <= at < len(self._rows):
            self._rows.pop(at)
            self._show()
            if not self._rows:
                self._view.line.setFocus()

    # ---- handing over ------------------------------------------------------------------

    def hand_over(self) -> None:
        """F9: note it and print the slip; a second press meanwhile does nothing."""
        if self._is_giving:
            return
        view, dossiers = self._view, [row.id for row in self._rows]
        agency, unit = view.agency.currentData() or "", view.unit.currentText().strip()
        note = view.note.text()
        self._is_giving = True
        self._jobs.run(
            Lane.DATABASE,
            lambda: handing_over.hand_over(
                self._desk, self._clerk, dossiers, to_agency=agency, to_unit=unit, note=note
            ),
            owner=self,
            done=self._given,
            failed=self._failed,
        )

    def _given(self, slip: Slip) -> None:
        self._is_giving = False
        self._last = slip
        self._rows = []
        self._view.note.clear()
        self._show()
        self._ways.changed.emit()
        self._ways.sounded.emit(True)
        self._view.notice.say(
            f"Đã bàn giao {len(slip.dossiers)} hồ sơ, phiếu {slip.number}. Người nhận quét mã trên "
            "phiếu để xác nhận.", tone="good",
        )  # fmt: skip
        self._view.line.setFocus()
        self.print_slip()

    def print_slip(self) -> None:
        """Print the last slip, or that which is shown."""
        slip = self._last
        if slip is None:
            self._view.notice.say("Chưa có phiếu nào để in. Quét mã của phiếu cũ.", tone="wait")
            return
        to = ", ".join(part for part in (slip.to_unit, self._name(slip.to_agency)) if part)
        order = Order(
            form=FORM, dossiers=tuple(one.id for one in slip.dossiers), slip=slip.number, to=to
        )
        self._room.print_made(
            lambda: making.make(self._desk, self._clerk, order), FORM,
            f"phiếu bàn giao {slip.number}",
        )  # fmt: skip

    def _name(self, agency: str) -> str:
        found = [a.name for a in self._desk.catalogue().agencies if a.code == agency]
        return found[0] if found else agency

    def show_slip(self, number: str) -> None:
        """Show what went on with a slip, and whether somebody confirmed it."""

        def show(slip: Slip) -> None:
            self._last = slip
            taken = sum(one.is_taken for one in slip.dossiers)
            to = ", ".join(part for part in (slip.to_unit, self._name(slip.to_agency)) if part)
            self._view.notice.say(
                f"Phiếu {slip.number}: {len(slip.dossiers)} hồ sơ giao {to}, đã xác nhận {taken}.",
                Choice("In lại phiếu", self.print_slip),
                tone="good" if taken == len(slip.dossiers) else "wait",
            )

        self._run(lambda: handing_over.find_slip(self._desk, number), show)

    def _run(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._jobs.run(Lane.DATABASE, work, owner=self, done=done, failed=self._failed)

    def _failed(self, problem: AppError) -> None:
        self._is_giving = False
        self._ways.sounded.emit(False)
        self._view.notice.say_problem(problem)


def _line(row: OnSlip, procedure: str) -> Sequence[str]:
    return (
        row.code, procedure, row.owner, str(row.papers) if row.papers else "—",
        f"{row.received_at:%H:%M %d/%m}", f"{row.by:%H:%M %d/%m}",
        "đã có người nhận" if row.is_taken else "",
    )  # fmt: skip
