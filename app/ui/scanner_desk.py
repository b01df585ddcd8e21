"""Which scanners there are, which one F6 uses, and whether somebody scans now."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.domain.scans import Scan, ScanKind
from app.scanning.cleaner import PageCleaner
from app.scanning.driver import Device
from app.scanning.scanners import AllScanners
from app.ui.jobs import JobRunner, Lane


class ScannerDesk(QObject):
    """The scanners of the window.

    Args:
        scanners: all drivers.
        chosen: name from the settings, "" for the first one found.
        jobs: for background work.

    Attributes:
        drivers: scan with any device by name.
        cleaner: makes pages straight and white in a process of its own.
        found: devices that answered last.
        chosen: name of the device that F6 uses, "" for none.
        is_busy: somebody scans now; set by who scans.
        heard_at: when a hand-held scanner was last read, "" for not yet: "09:12".
        input_method: what the check of the test page came as, "" for not yet.

    Signals:
        looked: devices were looked for.
        heard: a hand-held scanner was read (Scan).
    """

    looked = Signal()
    heard = Signal(object)

    def __init__(
        self, scanners: AllScanners, chosen: str, jobs: JobRunner, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.drivers = scanners
        self.cleaner = PageCleaner()
        self.found: list[Device] = []
        self.chosen = chosen
        self.is_busy = False
        self.heard_at = ""
        self.input_method = ""

    def hear(self, scan: Scan, at: str) -> None:
        """Note that a hand-held scanner works, and whether an input method spoils it."""
        self.heard_at = at
        if scan.kind is ScanKind.INPUT_METHOD:
            self.input_method = scan.code
        self.heard.emit(scan)

    def close(self) -> None:
        """End the process that cleans pages."""
        self.cleaner.close()

    def look(self) -> None:
        """Look for devices in the background; the first one is used if none was chosen."""
        self._jobs.run(
            Lane.SCANNER, self.drivers.devices, owner=self, done=self._done, failed=lambda _: None
        )

    def _done(self, found: list[Device]) -> None:
        self.found = found
        if found and not self.chosen:
            self.chosen = found[0].name
        self.looked.emit()

    @property
    def label(self) -> str:
        """The chosen device as people know it, "" if it did not answer."""
        return next((d.label for d in self.found if d.name == self.chosen), "")
