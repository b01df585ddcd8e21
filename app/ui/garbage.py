"""Garbage is collected on the GUI thread alone, in portions that nobody feels.

Python collects cycles in whatever thread happens to allocate. A widget in such
a cycle would die in another thread than its own, which Qt does not survive;
and a collection of everything there is holds every thread up for a tenth of a
second. So the young are collected often, and the old when no key was pressed
for a while.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

_EVERY_MS = 500
_YOUNG = 2_000  # objects since the last look
_MIDDLE_EVERY = 20  # looks
_OLD_EVERY_S = 120.0
_QUIET_S = 3.0


class GarbageKeeper(QObject):
    """Takes collecting over from Python until it is closed.

    Args:
        touched_at: when a hand last did something, monotonic seconds.
    """

    def __init__(self, parent: QObject, touched_at: Callable[[], float]) -> None:
        super().__init__(parent)
        self._touched_at = touched_at
        self._looks = 0
        self._old_at = time.monotonic()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(_EVERY_MS)

    def settle(self) -> None:
        """What stands now is not looked through again until the next time."""
        gc.unfreeze()
        gc.collect()
        gc.freeze()

    def look(self) -> None:
        """Collect as much as is due and may be."""
        self._looks += 1
        now = time.monotonic()
        if now - self._old_at > _OLD_EVERY_S and now - self._touched_at() > _QUIET_S:
            self._old_at = now
            gc.collect()
        elif self._looks % _MIDDLE_EVERY == 0:
            gc.collect(1)
        elif gc.get_count()[0] > _YOUNG:
            gc.collect(0)

    def close(self) -> None:
        """Give collecting back to Python."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()
