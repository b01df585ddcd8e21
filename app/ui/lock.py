"""Locks the window, by a key or when nobody did anything for a while, and opens it by PIN."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from app.errors import AppError
from app.services import signin
from app.services.desk import Clerk, Desk
from app.ui.jobs import JobRunner, Lane
from app.ui.lock_cover import LockCover
from app.ui.window import Window

_LOOK_MS = 5000


class Lock(QObject):
    """Covers a window; what runs behind it runs on.

    Args:
        window: to be covered.
        desk, clerk, jobs: whose PIN opens it.
        touched_at: when a hand last did something, monotonic seconds.

    Attributes:
        minutes: without a hand, after which it locks by itself.

    Signals:
        turned: locked (True) or open again (False).
        switch_asked: another clerk takes over.
    """

    turned = Signal(bool)
    switch_asked = Signal()

    def __init__(
        self,
        window: Window,
        desk: Desk,
        clerk: Clerk,
        jobs: JobRunner,
        touched_at: Callable[[], float],
    ) -> None:
        super().__init__(window)
        self._window, self._desk, self._clerk, self._jobs = window, desk, clerk, jobs
        self._touched_at = touched_at
        self.minutes = 5
        self.cover = LockCover()
        self.is_locked = False
        self._hidden: list[QDialog] = []
        self._focus: QWidget | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()
        self.cover.entered.connect(self._try)
        self.cover.switch_asked.connect(self.switch_asked)

    def _look(self) -> None:
        if not self.is_locked and time.monotonic() - self._touched_at() > self.minutes * 60:
            self.lock()

    def lock(self) -> None:
        """Cover the window and every dialog over it; what was typed stays as it is."""
        if self.is_locked:
            return
        self.is_locked = True
        self._focus = QApplication.focusWidget()
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, QDialog) and widget.isVisible():
                widget.hide()
                self._hidden.append(widget)
        self._window.cover(self.cover)
        self.cover.notice.clear()
        self.cover.show_clerk(
            self._clerk.display_name,
            "Việc đang làm vẫn giữ nguyên; máy vẫn gửi và in tiếp. Nhập mã PIN để mở.",
        )
        self.turned.emit(True)

    def _try(self, pin: str) -> None:
        self.cover.set_busy(busy=True)
        self._jobs.run(
            Lane.DATABASE,
            lambda: signin.sign_in_offline(self._desk, self._clerk.user, pin),
            owner=self, done=lambda _: self._open(), failed=self._refused,
        )  # fmt: skip

    def _refused(self, problem: AppError) -> None:
        self.cover.set_busy(busy=False)
        self.cover.pin.clear()
        self.cover.pin.setFocus()
        self.cover.notice.say_problem(problem)

    def _open(self) -> None:
        self.cover.set_busy(busy=False)
        self.is_locked = False
        self._window.uncover()
        hidden, self._hidden = self._hidden, []
        for dialog in hidden:
            dialog.show()
        if self._focus is not None and self._focus.isVisible():
            self._focus.setFocus()
        self.turned.emit(False)

    def stop(self) -> None:
        """End looking; hidden dialogs go with the window."""
        self._timer.stop()
        for dialog in self._hidden:
            dialog.reject()
        self._hidden = []
