"""Pages from real SANE drivers: a network feeder, the test scanner, and files."""

import io
import os
import threading
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageDraw
from reportlab.pdfgen.canvas import Canvas

from app.scanning.driver import (
    FeederEmpty,
    FeederJam,
    NotReadable,
    ScannedPage,
    ScannerCoverOpen,
    ScannerCrashed,
    ScannerGone,
    ScanProfile,
    Source,
)
from app.scanning.files import read_files
from app.scanning.sane import SaneScanners
from tests.support.scan_shop import ScanShop

FAST = ScanProfile(dpi=100)


def draw_page(path: Path, words: str, size: tuple[int, int] = (827, 1169)) -> Path:
    page = Image.new("L", size, 255)
    ImageDraw.Draw(page).text((80, 80), words, fill=0)
    page.save(path, dpi=(100, 100))
    return path


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pages")
    return [draw_page(folder / f"{i}.png", f"page {i}") for i in (1, 2, 3)]


@pytest.fixture
def shop(shop_of_module, pages, monkeypatch) -> ScanShop:
    for name, value in shop_of_module.env.items():
        monkeypatch.setenv(name, value)
    shop_of_module.cover_open(False)
    shop_of_module.load(pages)
    return shop_of_module


def scan(device: str, profile: ScanProfile = FAST, **more) -> list[ScannedPage]:
    options = {"progress": lambda *_: None, "cancel": threading.Event()} | more
    return list(SaneScanners().scan(device, profile, **options))


def test_three_pages_come_from_a_network_feeder_in_order(shop):
    seen: list[tuple[int, float]] = []

    found = scan(shop.feeder, progress=lambda page, share: seen.append((page, share)))

    assert len(found) == 3
    images = [Image.open(io.BytesIO(page.image)) for page in found]
    assert {image.format for image in images} == {"JPEG"}
    assert images[0].size[0] == pytest.approx(827, abs=8)
    assert {page for page, _ in seen} == {1, 2, 3}


def test_a_jam_keeps_the_pages_before_it_and_says_what_hands_must_do(shop):
    shop.jam_after(2)
    kept: list[ScannedPage] = []

    with pytest.raises(FeederJam) as caught:
        kept.extend(
            SaneScanners().scan(
                shop.feeder, FAST, progress=lambda *_: None, cancel=threading.Event()
            )
        )

    assert caught.value.pages_before == 2
    assert "gỡ tờ giấy kẹt" in caught.value.advice
    assert "2 trang đã lưu" in caught.value.kept


def test_pages_arrive_one_by_one_not_at_the_end(shop):
    shop.jam_after(2)
    arrived = []

    with pytest.raises(FeederJam):
        for page in SaneScanners().scan(
            shop.feeder, FAST, progress=lambda *_: None, cancel=threading.Event()
        ):
            arrived.append(page)

    assert len(arrived) == 2


def test_an_empty_feeder_is_named(shop):
    shop.empty()
    with pytest.raises(FeederEmpty):
        scan(shop.feeder)


def test_an_open_cover_is_named(shop):
    shop.cover_open(True)
    try:
        with pytest.raises(ScannerCoverOpen):
            scan(shop.feeder)
    finally:
        shop.cover_open(False)


def test_the_glass_gives_one_page(shop):
    assert len(scan(shop.feeder, ScanProfile(source=Source.GLASS, dpi=100))) == 1


def test_the_test_scanners_feeder_ends_after_its_ten_pages(shop):
    assert len(scan(shop.test_device, ScanProfile(dpi=50))) == 10


def test_cancelling_keeps_what_came_and_leaves_no_child(shop):
    cancel = threading.Event()
    found = []

    for page in SaneScanners().scan(
        shop.test_device, ScanProfile(dpi=50), progress=lambda *_: None, cancel=cancel
    ):
        found.append(page)
        if len(found) == 2:
            cancel.set()

    assert 2 <= len(found) < 10


def test_a_scanner_that_is_not_there_is_named(shop):
    with pytest.raises(ScannerGone):
        scan("airscan:e0:Nobody")


def test_the_scanners_are_listed_with_their_makers(shop):
    found = {device.name: device.label for device in SaneScanners().devices()}
    assert shop.test_device in found
    assert shop.feeder in found


def test_a_driver_that_hangs_is_ended(tmp_path, monkeypatch):
    program = tmp_path / "scanimage"
    program.write_text("#!/bin/sh\ncase $* in *-A*) exit 0;; esac\nsleep 600\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    with pytest.raises(ScannerCrashed):
        list(
            SaneScanners(silence_s=0.5).scan(
                "x", FAST, progress=lambda *_: None, cancel=threading.Event()
            )
        )


def test_a_driver_that_crashes_after_a_page_keeps_that_page(tmp_path, monkeypatch, pages):
    program = tmp_path / "scanimage"
    page = tmp_path / "p0001.png"
    program.write_text(
        "#!/bin/sh\ncase $* in *-A*) exit 0;; esac\n"
        f"cp {pages[0]} {page}; echo {page}\nsleep 0.2\nkill -SEGV $$\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    found = []

    with pytest.raises(ScannerCrashed) as caught:
        for page in SaneScanners().scan(
            "x", FAST, progress=lambda *_: None, cancel=threading.Event()
        ):
            found.append(page)

    assert len(found) == caught.value.pages_before == 1


def test_without_sane_a_file_is_offered(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert SaneScanners().devices() == []
    with pytest.raises(ScannerGone, match="sane-utils"):
        scan("x")


def read(*files: Path) -> list[ScannedPage]:
    return list(read_files(list(files), progress=lambda *_: None, cancel=threading.Event()))


def test_a_png_is_taken_as_it_is(tmp_path):
    path = draw_page(tmp_path / "a.png", "x")
    assert read(path)[0].image == path.read_bytes()


def test_a_pdf_gives_a_picture_a_page(tmp_path):
    path = tmp_path / "a.pdf"
    canvas = Canvas(str(path))
    for words in ("one", "two"):
        canvas.drawString(100, 700, words)
        canvas.showPage()
    canvas.save()

    found = read(path)

    assert len(found) == len(pypdfium2.PdfDocument(path)) == 2
    assert Image.open(io.BytesIO(found[0].image)).info["dpi"] == (200, 200)


def test_a_photograph_is_turned_upright(tmp_path):
    path = tmp_path / "photo.jpg"
    photo = Image.new("RGB", (400, 300), "white")
    exif = photo.getexif()
    exif[0x0112] = 6  # turned by 90 degrees
    photo.save(path, exif=exif)

    (page,) = read(path)

    assert Image.open(io.BytesIO(page.image)).size == (300, 400)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("photo.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        ("note.txt", b"not a picture", "không phải ảnh"),
        ("cut.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "hỏng"),
        ("bad.pdf", b"%PDF-1.7\nnothing", "PDF"),
        ("film.gif", b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;", "GIF"),
    ],
)
def test_what_is_no_page_is_refused_with_advice(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(NotReadable) as caught:
        read(path)

    assert words in str(caught.value)
    assert caught.value.advice


def test_a_bad_file_among_good_ones_keeps_the_pages_before_it(tmp_path):
    good = draw_page(tmp_path / "a.png", "x")
    bad = tmp_path / "b.png"
    bad.write_bytes(b"no")
    found = []

    with pytest.raises(NotReadable):
        for page in read_files(
            [good, bad, good], progress=lambda *_: None, cancel=threading.Event()
        ):
            found.append(page)

    assert len(found) == 1
