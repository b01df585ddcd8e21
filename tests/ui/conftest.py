"""A real window on a real store, with a real server that can be switched off."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from app.ui.application import make_application
from tests.support import office as offices
from tests.support.seat import Seat, seated


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


@pytest.fixture
def seat(qapp, qtbot, station) -> Iterator[Seat]:
    """The clerk of the counter at the window."""
    with seated(qapp, qtbot, station) as seat:
        yield seat
