"""The devices screen, joined."""

from __future__ import annotations

from app.ui.devices.presenter import DevicesPresenter
from app.ui.devices.printers import PrinterRows
from app.ui.devices.rows import DeviceProvider
from app.ui.devices.scanner_trial import ScannerTrial
from app.ui.devices.scanners import ScannerRows
from app.ui.devices.view import DevicesView
from app.ui.seat import Screen, Seat, Target


def make(seat: Seat) -> Screen:
    """Build the screen for a clerk."""
    view, scanners = DevicesView(), seat.scanners
    trial = ScannerTrial(view.notice, scanners.drivers, seat.jobs)
    trial.shown.connect(seat.ways.show_paper)
    providers: list[DeviceProvider] = [
        PrinterRows(seat.desk, seat.clerk, seat.print_room),
        ScannerRows(scanners.drivers.devices, lambda: scanners.chosen, trial.start),
    ]
    presenter = DevicesPresenter(view, seat.desk, seat.print_room, seat.jobs, providers)

    def turned_to(_: Target) -> None:
        presenter.refresh()
        view.table.setFocus()

    return Screen(
        view=view,
        presenter=presenter,
        turned_to=turned_to,
        verbs={"device_look": presenter.refresh},
        escape=trial.cancel,
        close=trial.cancel,
    )
