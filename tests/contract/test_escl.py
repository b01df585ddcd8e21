"""Network scanners by eSCL, spoken directly to a scanner with a feeder on a loopback port."""

from __future__ import annotations

import io
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest
from PIL import Image, ImageDraw

from app.scanning.driver import (
    FeederEmpty,
    FeederJam,
    ScannedPage,
    ScannerBusy,
    ScannerCoverOpen,
    ScannerCrashed,
    ScannerGone,
    ScanProblem,
    ScanProfile,
    Source,
)
from app.scanning.escl import PREFIX, EsclScanner, EsclScanners
from app.scanning.escl_messages import NotEscl, read_capabilities, read_status, write_settings
from app.scanning.sane import SaneScanners
from app.scanning.scanners import AllScanners
from tests.support.ports import free_port
from tests.support.scan_shop import Fault, ScanShop

FAST = ScanProfile(dpi=100)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pages")
    found = []
    for number in (1, 2, 3, 4):
        page = Image.new("L", (827, 1169), 255)
        ImageDraw.Draw(page).rectangle((80, 80, 80 + 100 * number, 180), fill=0)
        page.save(folder / f"{number}.png", dpi=(100, 100))
        found.append(folder / f"{number}.png")
    return found


@pytest.fixture
def shop(shop_of_module: ScanShop, pages: list[Path]) -> ScanShop:
    shop_of_module.cover_open(False)
    shop_of_module.load(pages)
    return shop_of_module


def bars(page: ScannedPage) -> int:
    """Return which page it is: its bar has so many hundred pixels."""
    with Image.open(io.BytesIO(page.image)) as image:
        row = image.convert("L").crop((0, 130, image.width, 131))
        return round(sum(value < 128 for value in row.tobytes()) / 100)


def scan(
    shop: ScanShop, profile: ScanProfile = FAST, *, silence_s: float = 60.0, **more: object
) -> tuple[list[ScannedPage], ScanProblem | None]:
    options = {"progress": lambda *_: None, "cancel": threading.Event()} | more
    kept: list[ScannedPage] = []
    driver = EsclScanners([shop.address], silence_s=silence_s)
    try:
        for page in driver.scan(PREFIX + shop.address, profile, **options):  # type: ignore[arg-type]
            kept.append(page)
    except ScanProblem as problem:
        return kept, problem
    return kept, None


def children() -> list[psutil.Process]:
    found = psutil.Process().children(recursive=True)
    return [p for p in found if "app.scanning.child" in " ".join(p.cmdline())]


def test_a_stack_comes_page_by_page_in_order(shop: ScanShop) -> None:
    seen: list[tuple[int, float]] = []

    found, problem = scan(shop, progress=lambda page, share: seen.append((page, share)))

    assert problem is None
    assert [bars(page) for page in found] == [1, 2, 3, 4]
    assert {Image.open(io.BytesIO(page.image)).format for page in found} == {"JPEG"}
    assert found[0].device == PREFIX + shop.address
    assert {page for page, _ in seen} == {1, 2, 3, 4}
    assert shop.jobs_ended == 1
    assert children() == []


def test_both_sides_are_told_apart(shop: ScanShop) -> None:
    found, _ = scan(shop, ScanProfile(dpi=100, source=Source.FEEDER_DUPLEX))

    assert [page.side for page in found] == ["front", "back", "front", "back"]


def test_the_glass_gives_one_page_and_leaves_the_feeder_alone(shop: ScanShop) -> None:
    found, problem = scan(shop, ScanProfile(dpi=100, source=Source.GLASS))

    assert (len(found), problem) == (1, None)
    assert [bars(page) for page in scan(shop)[0]] == [1, 2, 3, 4]


def test_colour_and_resolution_are_asked_for(shop: ScanShop) -> None:
    found, _ = scan(shop, ScanProfile(dpi=240, colour=True))

    with Image.open(io.BytesIO(found[0].image)) as image:
        assert image.mode == "RGB"
        assert image.info["dpi"] == (300, 300)  # the next one that the scanner offers


def test_a_jam_on_page_three_keeps_two_and_goes_on_from_the_third(
    shop: ScanShop, pages: list[Path]
) -> None:
    shop.jam_after(2)

    found, problem = scan(shop)

    assert [bars(page) for page in found] == [1, 2]
    assert isinstance(problem, FeederJam)
    assert problem.pages_before == 2
    assert "trang 3" in problem.title
    assert "gỡ tờ giấy kẹt" in problem.advice
    assert problem.kept == "2 trang đã lưu."

    shop.load(pages[2:])
    again, problem = scan(shop)
    assert [bars(page) for page in again] == [3, 4]
    assert problem is None


def test_empty_cover_and_busy_are_named(shop: ScanShop, pages: list[Path]) -> None:
    shop.empty()
    assert isinstance(scan(shop)[1], FeederEmpty)
    shop.cover_open(True)
    assert isinstance(scan(shop)[1], ScannerCoverOpen)
    shop.cover_open(False)
    shop.load(pages)
    shop.be_busy()
    assert isinstance(scan(shop)[1], ScannerBusy)


def test_a_scanner_that_warms_up_is_waited_for(shop: ScanShop) -> None:
    shop.warm_up(2)

    found, problem = scan(shop)

    assert (len(found), problem) == (4, None)


@pytest.mark.parametrize("fault", [Fault.VANISHES, Fault.CUTS_PAGE_SHORT])
def test_a_scanner_that_goes_in_the_middle_keeps_what_came(shop: ScanShop, fault: Fault) -> None:
    shop.break_line(fault, after=2)

    found, problem = scan(shop)

    assert [bars(page) for page in found] == [1, 2]
    assert isinstance(problem, ScannerGone)
    assert problem.kept == "2 trang đã lưu."


def test_a_scanner_that_hangs_is_given_up_and_scanning_goes_on_afterwards(
    shop: ScanShop, pages: list[Path]
) -> None:
    shop.break_line(Fault.HANGS, after=1)

    found, problem = scan(shop, silence_s=2.0)

    assert [bars(page) for page in found] == [1]
    assert isinstance(problem, ScannerCrashed)
    assert children() == []
    shop.load(pages[1:])
    assert [bars(page) for page in scan(shop)[0]] == [2, 3, 4]


def test_a_dripping_scanner_is_ended_by_esc(shop: ScanShop) -> None:
    shop.break_line(Fault.DRIPS, after=1)
    cancel = threading.Event()
    kept = []

    for page in EsclScanners().scan(
        PREFIX + shop.address,
        FAST,
        progress=lambda *_: None,
        cancel=cancel,
    ):
        kept.append(page)
        threading.Timer(0.5, cancel.set).start()

    assert [bars(page) for page in kept] == [1]
    assert children() == []


def test_a_child_that_is_killed_keeps_what_came(shop: ScanShop, pages: list[Path]) -> None:
    shop.break_line(Fault.HANGS, after=2)
    kept: list[ScannedPage] = []

    with pytest.raises(ScannerCrashed) as caught:
        for page in EsclScanners().scan(
            PREFIX + shop.address, FAST, progress=lambda *_: None, cancel=threading.Event()
        ):
            kept.append(page)
            if len(kept) == 2:
                (child,) = children()
                os.kill(child.pid, signal.SIGKILL)

    assert [bars(page) for page in kept] == [1, 2]
    assert caught.value.pages_before == 2
    assert "tự" not in caught.value.advice
    assert "quét tiếp từ trang sau" in caught.value.advice


def test_cancelling_lets_the_scanner_go(shop: ScanShop) -> None:
    cancel = threading.Event()
    kept = []

    for page in EsclScanners().scan(
        PREFIX + shop.address, FAST, progress=lambda *_: None, cancel=cancel
    ):
        kept.append(page)
        cancel.set()

    assert len(kept) == 1
    assert children() == []
    assert shop.jobs_ended == 1


def test_the_child_sees_no_secrets(shop: ScanShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QMC_PIN", "135790")
    seen: list[dict[str, str]] = []

    for _ in EsclScanners().scan(
        PREFIX + shop.address, FAST, progress=lambda *_: None, cancel=threading.Event()
    ):
        seen.extend(child.environ() for child in children())

    assert seen
    assert all("QMC_PIN" not in environment for environment in seen)


def test_the_same_scanner_is_reached_through_sane_too(
    shop: ScanShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in shop.env.items():
        monkeypatch.setenv(name, value)

    found = list(
        SaneScanners().scan(shop.feeder, FAST, progress=lambda *_: None, cancel=threading.Event())
    )

    assert [bars(page) for page in found] == [1, 2, 3, 4]


def test_devices_are_those_that_answer(shop: ScanShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANE_CONFIG_DIR", "/nowhere")
    gone = f"http://127.0.0.1:{free_port()}/eSCL"

    assert [d.label for d in EsclScanners([gone, shop.address]).devices()] == ["Counter Scanner"]
    names = [d.name for d in AllScanners([PREFIX + shop.address, PREFIX + gone]).devices()]
    assert names[0] == PREFIX + shop.address
    assert PREFIX + gone not in names


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/eSCL", "nonsense", "ftp://x/y", ""])
def test_an_address_without_a_scanner_is_named(address: str) -> None:
    with pytest.raises(ScannerGone) as caught:
        EsclScanner(address).capabilities()
    assert caught.value.advice


class _Liar(BaseHTTPRequestHandler):
    """Answers everything with what it is told to."""

    content = b""
    status = 200
    location = ""

    def do_GET(self) -> None:
        self.send_response(self.status)
        if self.location:
            self.send_header("Location", self.location)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.mark.parametrize(
    ("content", "status", "location"),
    [
        (b"", 200, ""),
        (b"<html>printer</html>", 200, ""),
        (b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]><x>&a;</x>", 200, ""),
        (b"x" * 3_000_000, 200, ""),
        (b"", 500, ""),
        (b"", 302, "http://169.254.169.254/latest"),
        (b"\xff\xfe\x00", 200, ""),
    ],
)
def test_what_is_no_scanner_is_not_believed(content: bytes, status: int, location: str) -> None:
    liar = type("Liar", (_Liar,), {"content": content, "status": status, "location": location})
    with HTTPServer(("127.0.0.1", 0), liar) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            with pytest.raises(ScannerGone):
                EsclScanner(f"http://127.0.0.1:{server.server_address[1]}/eSCL").capabilities()
        finally:
            server.shutdown()
            thread.join()


RANGE = b"""<?xml version="1.0"?><scan:ScannerCapabilities
 xmlns:scan="http://schemas.hp.com/imaging/escl/2011/05/03"
 xmlns:pwg="http://www.pwg.org/schemas/2010/12/sm"><pwg:Version>2.9</pwg:Version>
<pwg:MakeAndModel> Maker X </pwg:MakeAndModel><scan:Platen><scan:PlatenInputCaps>
<scan:MaxWidth>2550</scan:MaxWidth><scan:MaxHeight>oops</scan:MaxHeight><scan:SettingProfiles>
<scan:SettingProfile><scan:ColorModes><scan:ColorMode>RGB24</scan:ColorMode></scan:ColorModes>
<scan:SupportedResolutions><scan:ResolutionRange><scan:XResolutionRange><scan:Min>75</scan:Min>
<scan:Max>200</scan:Max></scan:XResolutionRange></scan:ResolutionRange></scan:SupportedResolutions>
</scan:SettingProfile></scan:SettingProfiles></scan:PlatenInputCaps></scan:Platen>
</scan:ScannerCapabilities>"""


def test_a_scanner_with_less_is_asked_for_what_it_has() -> None:
    able = read_capabilities(RANGE)

    settings = write_settings(able, ScanProfile(source=Source.FEEDER_DUPLEX, dpi=300))

    assert able.name == "Maker X"
    for words in (b"Platen", b"RGB24", b"XResolution>200<", b"Version>2.9<", b"Height>3508<"):
        assert words in settings
    assert b"Duplex" not in settings


@pytest.mark.parametrize("content", [b"", b"<x/>", b"<a><b></a>", b"\0" * 100])
def test_a_broken_message_is_named(content: bytes) -> None:
    for read in (read_capabilities, read_status):
        with pytest.raises(NotEscl):
            read(content)
