"""The citizens' page in a real browser, on a telephone; its own policy forbids scripts."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.support import office as offices

QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars",
)  # fmt: skip
TELEPHONE = (412, 915)


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Iterator[offices.Office]:
    with offices.running_office(tmp_path_factory.mktemp("office")) as office:
        yield office


def browse(folder: Path, address: str, *what: str) -> str:
    """Open an address; return what the browser wrote on standard output."""
    done = subprocess.run(
        ["chromium", *QUIET, f"--user-data-dir={folder / 'browser'}",
         f"--window-size={TELEPHONE[0]},{TELEPHONE[1]}", *what, address],
        capture_output=True, text=True, check=True, timeout=90,
    )  # fmt: skip
    return done.stdout


def test_a_citizen_reads_how_the_dossier_stands_on_a_telephone(office, tmp_path):
    station = office.station()
    reception = station.receive("Nguyễn Văn Đức")
    station.sync()
    address = f"{office.address}/hs/{reception.code}?m={reception.lookup}"

    page = browse(tmp_path, address, "--dump-dom")

    assert "Được tiếp nhận" in page
    assert reception.code in page
    assert "Đức" not in page
    picture = tmp_path / "page.png"
    browse(tmp_path, address, f"--screenshot={picture}")
    with Image.open(picture) as shown:
        assert shown.size[0] == TELEPHONE[0]
        assert len(shown.convert("L").getcolors(256) or []) > 8  # letters, not a blank sheet


def test_the_form_works_without_javascript(office, tmp_path):
    page = browse(tmp_path, f"{office.address}/tra-cuu", "--dump-dom")

    assert 'method="get"' in page
    assert "Mã tra cứu" in page
    assert "<script" not in page
    policy = office.ask("GET", "/tra-cuu").headers["content-security-policy"]
    assert "default-src 'none'" in policy
