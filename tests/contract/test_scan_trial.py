"""A scanner is tried out: the page just printed is read again, and nothing is kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from app.domain.page_quality import Mark
from app.domain.scans import TEST_PREFIX
from app.scanning.driver import (
    Device,
    FeederEmpty,
    FeederJam,
    ScannedPage,
    ScannerCoverOpen,
    ScannerDriver,
    ScannerGone,
    ScanProfile,
    Source,
)
from app.scanning.escl import PREFIX, EsclScanners
from app.scanning.sane import SaneScanners
from app.services.scan_trial import ScanTrial, try_scanner
from printing.alignment import page_for, render_page
from printing.document import PaperSize
from printing.raster import rasterise
from tests.support.scan_shop import ScanShop

CODE = f"{TEST_PREFIX}261120-0900"


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The test page as a printer made it."""
    pdf = render_page(page_for(PaperSize.A4, CODE, "https://thu.invalid/x", ("Quầy 1",)))
    page = rasterise(pdf, dpi=300)[0]
    path = tmp_path_factory.mktemp("printed") / "page.png"
    Image.frombytes("RGB", (page.width, page.height), page.pixels).save(path, dpi=(300, 300))
    return path


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("blank") / "page.png"
    Image.new("L", (2480, 3508), 250).save(path, dpi=(300, 300))
    return path


@pytest.fixture
def shop(shop_of_module: ScanShop, monkeypatch: pytest.MonkeyPatch) -> ScanShop:
    shop_of_module.cover_open(False)
    shop_of_module.load([])
    for name, value in shop_of_module.env.items():
        monkeypatch.setenv(name, value)
    return shop_of_module


@pytest.fixture(params=["escl", "sane"])
def way(request: pytest.FixtureRequest, shop: ScanShop) -> tuple[ScannerDriver, str]:
    if request.param == "escl":
        return EsclScanners([shop.address]), PREFIX + shop.address
    return SaneScanners(), shop.feeder


def tried(way: tuple[ScannerDriver, str], cancel: threading.Event | None = None) -> ScanTrial:
    trial = try_scanner(*way, progress=lambda *_: None, cancel=cancel or threading.Event())
    assert trial is not None
    return trial


def test_the_page_just_printed_is_read_again(way, shop: ScanShop, printed: Path) -> None:
    shop.load([printed])

    trial = tried(way)

    assert trial.codes == (CODE,)
    assert (trial.size_mm, trial.dpi) == ((210, 297), 300)
    assert f"Đọc được mã {CODE}" in trial.words
    assert trial.is_good, trial.marks
    assert len(trial.picture.pixels) == trial.picture.stride * trial.picture.height


def test_a_blank_page_says_so_and_asks_for_no_barcode(way, shop: ScanShop, blank: Path) -> None:
    shop.load([blank])

    trial = tried(way)

    assert Mark.BLANK in trial.marks
    assert not trial.is_good
    assert "trang trắng" in trial.words
    assert "mã vạch" not in trial.words


def test_one_page_of_a_stack_is_enough(way, shop: ScanShop, printed: Path, blank: Path) -> None:
    shop.load([printed, blank, blank])

    assert tried(way).codes == (CODE,)


def test_troubles_keep_their_own_words(way, shop: ScanShop, printed: Path) -> None:
    shop.load([printed])
    shop.jam_after(0)
    with pytest.raises(FeederJam):
        tried(way)
    shop.load([printed])
    shop.cover_open(True)
    with pytest.raises(ScannerCoverOpen):
        tried(way)


def test_an_empty_feeder_is_no_trouble_where_there_is_a_glass(way, shop: ScanShop) -> None:
    assert tried(way).marks[0] is Mark.BLANK


class _FeederOnly:
    """A scanner without a glass, and without paper."""

    def devices(self) -> list[Device]:
        return []

    def scan(self, _: str, profile: ScanProfile, **__: object) -> Iterator[ScannedPage]:
        raise FeederEmpty if profile.source is Source.FEEDER else ScannerGone
        yield


def test_an_empty_feeder_without_a_glass_asks_for_paper() -> None:
    with pytest.raises(FeederEmpty):
        tried((_FeederOnly(), "x"))


def test_a_cancelled_trial_ends_without_a_page(way, shop: ScanShop, printed: Path) -> None:
    shop.load([printed])
    cancel = threading.Event()
    cancel.set()

    assert try_scanner(*way, progress=lambda *_: None, cancel=cancel) is None
