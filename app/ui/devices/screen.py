"""The devices screen, joined."""

from __future__ import annotations

from app import VERSION
from app.domain.scans import Scan, ScanKind
from app.ui.devices.computer import ComputerRows, GunRows
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

    def explain() -> None:
        view.notice.say(
            "Bấm Enter ở một máy in để in trang thử, rồi quét hai mã vạch trên trang đó: mã đầu "
            "thử súng quét, mã thứ hai thử bộ gõ tiếng Việt.", tone="work",
        )  # fmt: skip

    providers: list[DeviceProvider] = [
        PrinterRows(seat.desk, seat.clerk, seat.print_room),
        ScannerRows(scanners.drivers.devices, lambda: scanners.chosen, trial.start),
        GunRows(scanners, explain),
        ComputerRows(seat.desk, lambda: seat.sync.skew_s, VERSION),
    ]
    presenter = DevicesPresenter(view, seat.desk, seat.print_room, seat.jobs, providers)

    def turned_to(_: Target) -> None:
        presenter.refresh()
        view.table.setFocus()

    def scanned(scan: Scan) -> bool:
        """A code of the test page: the row of the hand-held scanner says so."""
        is_mine = scan.kind in (ScanKind.TEST, ScanKind.INPUT_METHOD)
        if is_mine:
            presenter.refresh()
        return is_mine

    def export() -> None:
        target = seat.save_as("chan-doan.zip", "Zip (*.zip)")
        if target is not None:
            presenter.export(seat.clerk, seat.opened.settings, target)

    view.bundle_button.clicked.connect(export)
    return Screen(
        view=view,
        presenter=presenter,
        turned_to=turned_to,
        verbs={"device_look": presenter.refresh, "device_bundle": export},
        escape=trial.cancel,
        scanned=scanned,
        close=trial.cancel,
    )
