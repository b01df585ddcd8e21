"""Reads the text of attached pages while nobody scans; one page at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from app.errors import AppError
from app.services import page_text
from app.services.desk import Desk
from app.ui.jobs import JobRunner, Lane

_PAUSE_MS = 20_000


class TextReader(QObject):
    """Makes pages searchable in the background; gives up quietly where that cannot be done.

    Args:
        desk: of this station.
        jobs: for background work.
        is_busy: answers whether somebody scans now.
        parent: ends it.
    """

    def __init__(
        self, desk: Desk, jobs: JobRunner, is_busy: Callable[[], bool], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._desk, self._jobs, self._is_busy = desk, jobs, is_busy
        self._cancel = threading.Event()
        self._is_reading = False
        self._timer = QTimer(self)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self.read_one)

    def start(self) -> None:
        """Read whenever there is time."""
        self._timer.start()

    def stop(self) -> None:
        """Begin nothing new, and end what runs."""
        self._timer.stop()
        self._cancel.set()

    def read_one(self) -> None:
        """Read one page, unless somebody scans."""
        if self._is_reading or self._is_busy():
            return
        self._is_reading = True
        self._jobs.run(
            Lane.TEXT,
            lambda: page_text.make_searchable(self._desk, 1, self._cancel),
            owner=self,
            done=self._done,
            failed=self._failed,
        )

    def _done(self, _: int) -> None:
        self._is_reading = False

    def _failed(self, _: AppError) -> None:
        self._is_reading = False
        self._timer.stop()  # not installed, or a page that cannot be read: no use in going on
