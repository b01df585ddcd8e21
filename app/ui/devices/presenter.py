"""Asks the devices how they stand, tries them out, and keeps what is printed where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Slot

from app.services import diagnostics, print_choices
from app.services.desk import Clerk, Desk
from app.services.print_choices import FormChoice, PrintChoices
from app.settings import Settings
from app.ui.devices.rows import DeviceProvider, DeviceRow
from app.ui.devices.view import DevicesView
from app.ui.jobs import JobRunner, Lane
from app.ui.print_room import PrintRoom
from printing.drivers import PrinterDriver
from printing.drivers.opening import is_thermal, label_of
from printing.errors import PrintProblem

_NO_SPARE = "Không có"


class DevicesPresenter(QObject):
    """The devices screen; `providers` say what is attached."""

    def __init__(
        self,
        view: DevicesView,
        desk: Desk,
        room: PrintRoom,
        jobs: JobRunner,
        providers: Sequence[DeviceProvider],
    ) -> None:
        super().__init__(view)
        self._view, self._desk, self._room, self._jobs = view, desk, room, jobs
        self._providers = providers
        self._rows: list[DeviceRow] = []
        self._trays: dict[str, tuple[str, ...]] = {}
        self._is_filling = False
        view.look_asked.connect(self.refresh)
        view.test_asked.connect(
            lambda: self._do(lambda row: row.test, "Thiết bị này không in thử.")
        )
        view.remove_asked.connect(
            lambda: self._do(lambda row: row.remove, "Chỉ bỏ được máy in đã thêm bằng địa chỉ.")
        )
        view.address_entered.connect(self._add)
        view.table.itemSelectionChanged.connect(self._chosen)
        view.spare.currentIndexChanged.connect(self._spare_chosen)
        for form, line in view.lines.items():
            line.chosen.connect(partial(self._choose, form))
        room.found.connect(lambda _: self._fill())

    @Slot()
    def refresh(self) -> None:
        """Ask all devices; the screen stays usable meanwhile."""
        self._view.notice.say("Đang hỏi các thiết bị…")
        self._fill()

        def work() -> list[DeviceRow]:
            return [row for provider in self._providers for row in provider.rows()]

        self._run(work, self._show)
        for name in self._room.printers:
            if not is_thermal(name):
                self._run(partial(_trays_of, self._room.open, name), partial(self._note, name))

    def _show(self, rows: list[DeviceRow]) -> None:
        self._view.notice.clear()
        self._rows = rows
        self._view.show_rows(rows)
        self._chosen()

    def _note(self, name: str, trays: tuple[str, ...]) -> None:
        self._trays[name] = trays
        self._fill()

    def _fill(self) -> None:
        """Show the choices as they are kept."""
        self._is_filling = True
        choices, printers = self._room.choices, self._room.printers
        for form, line in self._view.lines.items():
            line.fill(choices.forms.get(form, FormChoice()), printers, self._trays)
        spare = self._view.spare
        spare.clear()
        spare.addItem(_NO_SPARE, "")
        for name in printers:
            spare.addItem(label_of(name), name)
        spare.setCurrentIndex(max(0, spare.findData(choices.spare)))
        self._is_filling = False

    def _chosen(self) -> None:
        row = self._row
        self._view.words.setText(
            " ".join(part for part in (row.state, row.facts) if part) if row else ""
        )

    @property
    def _row(self) -> DeviceRow | None:
        at = self._view.table.currentRow()
        return self._rows[at] if 0 <= at < len(self._rows) else None

    def _do(
        self, which: Callable[[DeviceRow], Callable[[], object] | None], otherwise: str
    ) -> None:
        row = self._row
        act = which(row) if row else None
        if act is None:
            self._view.notice.say(otherwise, tone="wait")
            return
        act()
        if row is not None and act is row.remove:
            self.refresh()

    def _choose(self, form: str, choice: FormChoice) -> None:
        self._keep(lambda: print_choices.choose(self._desk, form, choice))

    def _spare_chosen(self, _: int) -> None:
        if self._is_filling:
            return
        name = self._view.spare.currentData() or ""

        def work() -> PrintChoices:
            chosen = replace(print_choices.read(self._desk), spare=name)
            print_choices.write(self._desk, chosen)
            return chosen

        self._keep(work)

    def _add(self, address: str) -> None:
        """Add a printer by its address, once it was understood."""
        if not address:
            return
        try:
            self._room.open(address)
        except PrintProblem as problem:
            self._view.notice.say(str(problem), tone="bad")
            return
        self._view.address.clear()

        def done(choices: PrintChoices) -> None:
            self._room.take_choices(choices)
            self.refresh()

        self._run(lambda: print_choices.add_printer(self._desk, address), done, Lane.DATABASE)

    def export(self, clerk: Clerk, settings: Settings, target: Path) -> None:
        """Write the bundle for whoever looks after the machine."""
        shown = [f"{row.kind} | {row.name} | {row.state} | {row.facts}" for row in self._rows]
        self._view.notice.say("Đang lập gói chẩn đoán…")
        self._run(
            lambda: diagnostics.write(self._desk, clerk, settings, shown, target),
            lambda count: self._view.notice.say(
                f"Đã ghi {target.name} ({count} tệp, không có dữ liệu công dân).", tone="good"
            ),
            Lane.FILES,
        )

    def _keep(self, work: Callable[[], PrintChoices]) -> None:
        self._run(work, self._room.take_choices, Lane.DATABASE)

    def _run(
        self, work: Callable[[], Any], done: Callable[[Any], None], lane: Lane = Lane.DEVICES
    ) -> None:
        self._jobs.run(lane, work, owner=self, done=done, failed=self._view.notice.say_problem)


def _trays_of(open_printer: Callable[[str], PrinterDriver], name: str) -> tuple[str, ...]:
    try:
        return open_printer(name).describe().trays
    except PrintProblem:
        return ()
