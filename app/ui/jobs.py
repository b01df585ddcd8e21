"""The one bridge to background work."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot
from shiboken6 import isValid

from app.errors import AppError
from app.logs import reference

T = TypeVar("T")
_PROGRESS_S = 0.1


class Lane(StrEnum):
    """One thread each: work of a lane is done in order, lanes do not wait for each other."""

    DATABASE = "database"
    SCANNER = "scanner"
    PRINTER = "printer"
    PICTURES = "pictures"
    TEXT = "text"
    NETWORK = "network"
    DEVICES = "devices"
    FILES = "files"


class JobRunner(QObject):
    """Runs callables off the GUI thread and answers on it.

    `work` touches no widget and shares no session. If `owner` has been
    destroyed by the time an answer comes, the answer is dropped.
    """

    _answered = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lanes = {lane: ThreadPoolExecutor(1, lane.value) for lane in Lane}
        self._answered.connect(self._answer, Qt.ConnectionType.QueuedConnection)
        self._under_way = 0
        self._told_at: dict[int, float] = {}
        self._closed = False

    def run(
        self,
        lane: Lane,
        work: Callable[[], T],
        *,
        owner: QObject,
        done: Callable[[T], None],
        failed: Callable[[AppError], None],
    ) -> None:
        """Queue `work`; call exactly one of `done` and `failed` afterwards."""

        def job() -> None:
            answer: Callable[[], None]
            try:
                answer = partial(done, work())
            except AppError as problem:
                answer = partial(failed, problem)
            except Exception as bug:  # noqa: BLE001 - bugs become messages here
                answer = partial(failed, unexpected(bug))
            self._answered.emit((owner, answer, True))

        if not self._closed:
            self._under_way += 1
            self._lanes[lane].submit(job)

    def tell(self, owner: QObject, news: Callable[[], None]) -> None:
        """Call `news` on the GUI thread; for progress from within work."""
        self._answered.emit((owner, news, False))

    def progress(self, owner: QObject, news: Callable[[], None]) -> None:
        """Do as `tell`, ten times a second at most: what comes between is passed over."""
        now = time.monotonic()
        if now - self._told_at.get(id(owner), 0.0) >= _PROGRESS_S:
            self._told_at[id(owner)] = now
            self.tell(owner, news)

    @property
    def is_idle(self) -> bool:
        """True when every answer has been given."""
        return self._under_way == 0

    def close(self) -> None:
        """Finish what runs, and what is to be written; drop what else waits.

        Call before the windows die.
        """
        self._closed = True
        for lane, pool in self._lanes.items():
            pool.shutdown(wait=True, cancel_futures=lane is not Lane.DATABASE)

    @Slot(object)
    def _answer(self, ended: tuple[QObject, Callable[[], Any], bool]) -> None:
        owner, answer, is_end = ended
        self._under_way -= is_end
        if isValid(owner) and not self._closed:
            answer()


def unexpected(bug: BaseException) -> AppError:
    """Log a bug; return what the clerk is told."""
    return AppError(
        "Chương trình gặp sự cố với việc này.",
        f"Làm lại; nếu vẫn vậy, báo quản trị mã {reference(bug)}.",
        "Những gì đã gõ vẫn còn.",
    )
