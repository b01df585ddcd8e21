"""A real window on a real store, with a real server that can be switched off."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from app.bootstrap import Joiner
from app.ui.application import Session, make_application
from app.ui.counter import Counter
from app.ui.window import Window
from tests.support import office as offices


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    return make_application()


@pytest.fixture(autouse=True)
def no_devices(tmp_path, monkeypatch) -> None:
    """Find neither scanners nor printers of the machine that runs the tests."""
    (tmp_path / "sane").mkdir()
    (tmp_path / "sane" / "dll.conf").write_text("")
    monkeypatch.setenv("SANE_CONFIG_DIR", str(tmp_path / "sane"))
    monkeypatch.setenv("CUPS_SERVER", "127.0.0.1:9")


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Iterator[offices.Office]:
    with offices.running_office(tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest.fixture
def station(office) -> offices.Counter:
    station = office.station()
    station.sign_in()
    return station


class Seat:
    """A clerk at the window."""

    def __init__(self, session: Session, qtbot) -> None:
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

    def until(self, condition) -> None:
        self.qtbot.waitUntil(condition, timeout=10_000)

    def idle(self) -> None:
        self.until(lambda: self.session.jobs.is_idle)


@contextmanager
def seated(qapp, qtbot, station, user: str = offices.USER) -> Iterator[Seat]:
    """A signed-in clerk; the window is closed and every job ended afterwards."""
    session = Session(qapp, station.opened, Joiner())
    session.start()
    seat = Seat(session, qtbot)
    seat.sign_in(user=user)
    yield seat
    if session.window is not None:
        session.window.close()
    session.close()
    session.sign_in_view.close()
    qapp.removeEventFilter(session.scan_filter)
    alive = [t.name for lane in session.jobs._lanes.values() for t in lane._threads if t.is_alive()]
    assert alive == []


@pytest.fixture
def seat(qapp, qtbot, station) -> Iterator[Seat]:
    """The clerk of the counter at the window."""
    with seated(qapp, qtbot, station) as seat:
        yield seat
