"""Files as pages: photographs, stacks in one file, and files that mean harm."""

from __future__ import annotations

import io
import struct
import threading
import tracemalloc
import zlib
from pathlib import Path

import pikepdf
import pillow_heif
import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from app.domain.pages import Origin
from app.scanning import pictures
from app.scanning.driver import NotReadable, ScannedPage
from app.scanning.files import MAX_PDF_PAGES, read_files
from tests.support import pages as sheets
from tests.support.office import picture


def read(*files: Path) -> list[ScannedPage]:
    return list(read_files(list(files), progress=lambda *_: None, cancel=threading.Event()))


def saved(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def size_of(image: bytes) -> tuple[int, int]:
    seen = pictures.look(image)
    return seen.width, seen.height


def test_a_scan_a_photograph_and_a_born_digital_page_are_told_apart(tmp_path: Path) -> None:
    scan = saved(tmp_path / "scan.jpg", sheets.as_jpeg(sheets.sheet(1)))
    photo = Image.new("RGB", (900, 1200), "grey")
    exif = photo.getexif()
    exif.get_ifd(0x8769)[0x829A] = 0.01
    photo.save(tmp_path / "photo.jpg", exif=exif)
    bare = saved(tmp_path / "zalo.jpg", sheets.as_jpeg(sheets.photograph(1)[0], 0))
    canvas = Canvas(str(tmp_path / "word.pdf"))
    canvas.drawString(100, 700, "born digital")
    canvas.save()
    Image.open(scan).save(tmp_path / "scanned.pdf", resolution=200)
    names = ("scan.jpg", "photo.jpg", bare.name, "word.pdf", "scanned.pdf")

    found = [read(tmp_path / name)[0].origin for name in names]

    assert found == [
        Origin.FILE, Origin.PHOTOGRAPHED, Origin.PHOTOGRAPHED, Origin.BORN_DIGITAL, Origin.FILE,
    ]  # fmt: skip


def test_a_heic_photograph_becomes_a_jpeg(tmp_path: Path) -> None:
    pillow_heif.from_pillow(Image.new("RGB", (640, 480), "teal")).save(tmp_path / "a.heic")

    (page,) = read(tmp_path / "a.heic")

    assert page.image[:3] == b"\xff\xd8\xff"
    assert size_of(page.image) == (640, 480)
    assert page.origin is Origin.PHOTOGRAPHED


def test_a_tiff_of_three_sheets_gives_three_pages(tmp_path: Path) -> None:
    frames = [Image.new("1", (300, 400), i % 2) for i in range(3)]
    frames[0].save(
        tmp_path / "a.tif", save_all=True, append_images=frames[1:], compression="group4",
        dpi=(200, 200),
    )  # fmt: skip

    found = read(tmp_path / "a.tif")

    assert [size_of(page.image) for page in found] == [(300, 400)] * 3
    with Image.open(io.BytesIO(found[0].image)) as first:
        assert first.format == "PNG"
        assert round(first.info["dpi"][0]) == 200


@pytest.mark.parametrize("orientation", [0, 9, 99, 65535, 3, 6, 8])
def test_marks_of_the_camera_that_lie_do_no_harm(tmp_path: Path, orientation: int) -> None:
    photo = Image.new("RGB", (400, 300), "white")
    exif = photo.getexif()
    exif[0x0112] = orientation
    exif[0x0100] = 4_000_000_000  # it claims to be four billion wide
    photo.save(tmp_path / "a.jpg", exif=exif)

    (page,) = read(tmp_path / "a.jpg")

    assert size_of(page.image) == ((300, 400) if orientation in (6, 8) else (400, 300))


@pytest.mark.parametrize("cut", [20, 60, 200])
def test_marks_that_are_cut_off_do_no_harm(tmp_path: Path, cut: int) -> None:
    photo = Image.new("RGB", (400, 300), "white")
    exif = photo.getexif()
    exif[0x0112] = 6
    block = b"Exif\0\0" + exif.tobytes()[6:][:cut]
    out = io.BytesIO()
    photo.save(out, "JPEG")
    raw = out.getvalue()
    marked = raw[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + raw[2:]

    (page,) = read(saved(tmp_path / "a.jpg", marked))

    assert size_of(page.image) in {(400, 300), (300, 400)}


def png_bomb(width: int, height: int) -> bytes:
    """Return a small PNG that unpacks to many gigabytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        crc = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(2_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def heic_that_breaks_off(folder: Path) -> bytes:
    pillow_heif.from_pillow(Image.new("RGB", (64, 64))).save(folder / "whole.heic")
    return (folder / "whole.heic").read_bytes()[:120]


@pytest.mark.parametrize(
    "make",
    [
        lambda _: b"",
        lambda _: png_bomb(100_000, 100_000),
        lambda _: png_bomb(2_000_000_000, 1),
        lambda _: picture(1)[:-200],
        lambda _: picture(1)[:30],
        lambda _: b"\xff\xd8\xff" + bytes(5000),
        lambda _: b"%PDF-1.7\n" + b"(" * 100_000,
        lambda _: b"II*\0" + bytes(8),
        lambda _: b"II*\0\x08\0\0\0\xff\xff" + b"\xff" * 400,
        lambda _: b"MM\0*" + bytes(100),
        heic_that_breaks_off,
        lambda _: b"PK\x03\x04" + bytes(100),
        lambda _: b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
)
def test_a_file_that_is_no_page_is_refused_in_words_and_cheaply(tmp_path: Path, make) -> None:
    path = saved(tmp_path / "x.dat", make(tmp_path))
    tracemalloc.start()
    try:
        with pytest.raises(NotReadable) as caught:
            read(path)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert "x.dat" in caught.value.title
    assert caught.value.advice
    assert most < 64 * 2**20


def test_a_pdf_of_ten_thousand_pages_is_refused_before_it_is_drawn(tmp_path: Path) -> None:
    document = pikepdf.new()
    for _ in range(10_000):
        document.add_blank_page(page_size=(100, 100))
    document.save(tmp_path / "long.pdf")

    with pytest.raises(NotReadable) as caught:
        read(tmp_path / "long.pdf")

    assert "10000 trang" in caught.value.title
    assert str(MAX_PDF_PAGES) in caught.value.title
    assert "Tách" in caught.value.advice


def test_a_pdf_page_as_large_as_a_wall_is_drawn_small(tmp_path: Path) -> None:
    document = pikepdf.new()
    document.add_blank_page(page_size=(14_400, 14_400))
    document.save(tmp_path / "wall.pdf")

    (page,) = read(tmp_path / "wall.pdf")

    width, height = size_of(page.image)
    assert width * height <= 40_000_000 * 1.01


def test_esc_between_pages_stops_there(tmp_path: Path) -> None:
    document = pikepdf.new()
    for _ in range(5):
        document.add_blank_page(page_size=(200, 200))
    document.save(tmp_path / "a.pdf")
    cancel = threading.Event()
    kept = []

    for page in read_files([tmp_path / "a.pdf"], progress=lambda *_: None, cancel=cancel):
        kept.append(page)
        if len(kept) == 2:
            cancel.set()

    assert len(kept) == 2
