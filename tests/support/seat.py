"""A clerk at a real window: signed in, with ways to wait for what happens there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from app.bootstrap import Joiner
from app.ui.application import Session
from app.ui.counter import Counter
from app.ui.window import Window
from tests.support import office as offices


class Waiter(Protocol):
    """What waits while the window works; pytest-qt's `qtbot` is one."""

    def waitUntil(self, callback: Callable[[], object], *, timeout: int) -> None:
        """Wait until a question is answered with yes."""


class Patience:
    """Waits without pytest."""

    def waitUntil(self, callback: Callable[[], object], *, timeout: int) -> None:
        deadline = time.monotonic() + timeout / 1000
        while not callback():
            if time.monotonic() > deadline:
                raise TimeoutError("the window did not do it in time")
            QApplication.processEvents()
            time.sleep(0.001)


class Seat:
    """A clerk at the window."""

    def __init__(self, session: Session, qtbot: Waiter) -> None:
        self.session, self.qtbot = session, qtbot

    @property
    def window(self) -> Window:
        assert self.session.window is not None
        return self.session.window

    @property
    def counter(self) -> Counter:
        assert self.session.counter is not None
        return self.session.counter

    def view(self, name: str) -> Any:
        """The widget of a screen."""
        return self.counter.screen(name).view

    def presenter(self, name: str) -> Any:
        """What works behind a screen."""
        return self.counter.screen(name).presenter

    def sign_in(self, secret: str = offices.PIN, user: str = offices.USER) -> None:
        view = self.session.sign_in_view
        view.user.setText(user)
        view.secret.setText(secret)
        view.enter.click()
        self.qtbot.waitUntil(lambda: self.session.window is not None, timeout=10_000)
        self.qtbot.waitUntil(lambda: self.session.jobs.is_idle, timeout=10_000)

    def until(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=10_000)

    def idle(self) -> None:
        self.until(lambda: self.session.jobs.is_idle)


@contextmanager
def seated(
    qapp: QApplication, qtbot: Waiter, station: Any, user: str = offices.USER
) -> Iterator[Seat]:
    """A signed-in clerk; the window is closed and every job ended afterwards."""
    session = Session(qapp, station.opened, Joiner())
    session.start()
    seat = Seat(session, qtbot)
    seat.sign_in(user=user)
    yield seat
    windows = [session.sign_in_view, *([session.window] if session.window else [])]
    for window in windows:
        window.close()
    session.close()
    qapp.removeEventFilter(session.scan_filter)
    alive = [t.name for lane in session.jobs._lanes.values() for t in lane._threads if t.is_alive()]
    for leaving in (*windows, session):  # a window that stays makes every later one slower
        leaving.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert alive == []
