"""Tries a scanner out: a page is scanned, shown and thrown away."""

from __future__ import annotations

import threading

from PySide6.QtCore import QObject, Signal

from app.errors import AppError
from app.scanning.driver import ScannerDriver
from app.services.scan_trial import ScanTrial, try_scanner
from app.ui.jobs import JobRunner, Lane
from app.ui.widgets.strip import Strip


class ScannerTrial(QObject):
    """One trial at a time, told in a notice.

    Signals:
        shown: the page, to be looked at large.
            title (str), pages (list of Raster)
    """

    shown = Signal(str, object)

    def __init__(self, notice: Strip, scanner: ScannerDriver, jobs: JobRunner) -> None:
        super().__init__(notice)
        self._notice, self._scanner, self._jobs = notice, scanner, jobs
        self._cancel: threading.Event | None = None

    def start(self, device: str, label: str) -> None:
        """Scan a page with a device."""
        if self._cancel is not None:
            return
        cancel = self._cancel = threading.Event()
        self._notice.say(f"Đang quét thử ở {label}…   (Esc để dừng)")

        def progress(_: int, share: float) -> None:
            words = f"Đang quét thử ở {label}… {share:.0%}   (Esc để dừng)"
            self._jobs.progress(self, lambda: self._notice.say(words))

        self._jobs.run(
            Lane.SCANNER,
            lambda: try_scanner(self._scanner, device, progress=progress, cancel=cancel),
            owner=self,
            done=lambda trial: self._ended(label, trial),
            failed=self._failed,
        )

    def cancel(self) -> bool:
        """Esc: stop; True if there was something to stop."""
        if self._cancel is None:
            return False
        self._cancel.set()
        return True

    def _ended(self, label: str, trial: ScanTrial | None) -> None:
        self._cancel = None
        if trial is None:
            self._notice.say("Đã dừng quét thử.", tone="wait")
            return
        self._notice.say(f"{label}: {trial.words}", tone="good" if trial.is_good else "wait")
        self.shown.emit(f"Trang quét thử – {label}", [trial.picture])

    def _failed(self, problem: AppError) -> None:
        self._cancel = None
        self._notice.say(f"{problem} Ở màn hình này: Enter để thử lại.", tone="bad")
