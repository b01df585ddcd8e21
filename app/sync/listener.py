"""Listen for news between passes; what others did shows within a second, not half a minute."""

from __future__ import annotations

import threading
from collections.abc import Callable

from app.errors import AppError
from app.sync.engine import SyncEngine

WAIT_S = 25.0
AFTER_FAILURE_S = 30.0


class Listener:
    """A thread of its own that waits at the server; the passes do everything else.

    It says nothing of a line that is down: the next pass does. The thread
    does not hold the program up when it ends.

    Args:
        engine: of the profile.
        on_news: told how many events of others came; called in this thread.
    """

    def __init__(self, engine: SyncEngine, on_news: Callable[[int], None]) -> None:
        self._engine = engine
        self._on_news = on_news
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="listener", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Tell nobody anything any more."""
        self._stopped.set()

    def _listen(self) -> None:
        while not self._stopped.is_set():
            try:
                count = self._engine.wait_for_news(WAIT_S, is_wanted=self._is_wanted)
            except AppError:
                self._stopped.wait(AFTER_FAILURE_S)
                continue
            if count and not self._stopped.is_set():
                self._on_news(count)

    def _is_wanted(self) -> bool:
        return not self._stopped.is_set()
