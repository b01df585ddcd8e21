"""Pages for printers that take no PDF: written here, read back by another reader."""

import io
import struct

import numpy as np
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from printing.alignment import page_for, render_page
from printing.document import PaperSize
from printing.pwg_raster import _header, _packed, pwg_raster
from tests.support.pwg import read_pwg

CODE = "THU-261120-0900"


def pdf(paper: PaperSize, pages: int = 1) -> bytes:
    if pages == 1:
        return render_page(page_for(paper, CODE, f"https://thu.invalid/{CODE}", ("Quầy 1",)))
    out = io.BytesIO()
    width, height = (mm / 25.4 * 72 for mm in paper.size_mm)
    canvas = Canvas(out, (width, height))
    for i in range(pages):
        canvas.rect(20, 20, 60 + 60 * i, 40, fill=1)  # low on the left, wider page by page
        canvas.showPage()
    canvas.save()
    return out.getvalue()


@pytest.mark.parametrize(
    ("paper", "dpi", "size"),
    [(PaperSize.A4, 300, (2480, 3508)), (PaperSize.A5, 300, (1748, 2480)),
     (PaperSize.A5, 600, (3496, 4961))],
)  # fmt: skip
def test_a_page_is_as_large_as_its_paper_and_its_codes_are_read(paper, dpi, size):
    (page,) = read_pwg(pwg_raster(pdf(paper), dpi=dpi, paper=paper))

    assert page.pixels.shape == (size[1], size[0])
    assert (page.dpi, page.size_name, page.total) == (dpi, paper.ipp_media, 1)
    assert page.size_pt == tuple(round(mm / 25.4 * 72) for mm in paper.size_mm)
    found = {code.text for code in zxingcpp.read_barcodes(Image.fromarray(page.pixels))}
    assert found == {CODE, f"https://thu.invalid/{CODE}"}


def test_an_odd_document_on_both_sides_gets_a_white_last_side():
    pages = read_pwg(pwg_raster(pdf(PaperSize.A5, 3), dpi=100, paper=PaperSize.A5, duplex=True))

    assert [page.duplex for page in pages] == [True] * 4
    assert [page.total for page in pages] == [4] * 4
    assert (pages[3].pixels == 255).all()
    assert not (pages[2].pixels == 255).all()


@pytest.mark.parametrize(
    ("sheet_back", "transforms", "turn"),
    [("normal", (1, 1), lambda p: p), ("manual-tumble", (1, 1), lambda p: p),
     ("flipped", (1, -1), lambda p: p[::-1]), ("rotated", (-1, -1), lambda p: p[::-1, ::-1])],
)  # fmt: skip
def test_the_back_of_a_sheet_is_turned_as_the_printer_wants_it(sheet_back, transforms, turn):
    document = pdf(PaperSize.A5, 2)
    one_sided = read_pwg(pwg_raster(document, dpi=100, paper=PaperSize.A5))

    front, back = read_pwg(
        pwg_raster(document, dpi=100, paper=PaperSize.A5, duplex=True, sheet_back=sheet_back)
    )

    assert front.transforms == (1, 1)
    assert (front.pixels == one_sided[0].pixels).all()
    assert back.transforms == transforms
    assert (back.pixels == turn(one_sided[1].pixels)).all()


def test_copies_are_whole_documents_one_after_the_other():
    document = pdf(PaperSize.A5, 2)

    pages = read_pwg(pwg_raster(document, dpi=100, paper=PaperSize.A5, copies=3))

    assert len(pages) == 6
    assert (pages[0].pixels == pages[2].pixels).all()
    assert (pages[0].pixels != pages[1].pixels).any()
    assert pages[0].total == 6


@given(
    arrays.arrays(
        np.uint8,
        st.tuples(st.integers(1, 6), st.integers(1, 400)),
        elements=st.sampled_from([0, 1, 128, 255]),
    )
)
def test_any_pixels_are_read_back_as_they_were(pixels):
    header = _header(pixels, 300, PaperSize.A5, False, 1, 1, 1)

    (page,) = read_pwg(b"RaS2" + header + _packed(pixels))

    assert (page.pixels == pixels).all()


def test_more_equal_rows_than_one_count_holds_are_written_in_parts():
    pixels = np.full((700, 3), 7, np.uint8)

    packed = _packed(pixels)

    assert packed == bytes([255, 2, 7, 255, 2, 7, 187, 2, 7])


def test_the_header_has_its_numbers_where_the_standard_wants_them():
    header = _header(np.zeros((10, 20), np.uint8), 300, PaperSize.A4, True, 2, 1, 0xFFFFFFFF)

    assert len(header) == 1796
    numbers = {at: struct.unpack_from(">I", header, at)[0] for at in range(256, 516, 4)}
    assert header[:9] == b"PwgRaster"
    assert (numbers[272], numbers[276], numbers[280]) == (1, 300, 300)
    assert (numbers[352], numbers[356]) == (595, 842)
    assert (numbers[372], numbers[376], numbers[384], numbers[388]) == (20, 10, 8, 8)
    assert (numbers[392], numbers[400], numbers[420]) == (20, 18, 1)
    assert (numbers[452], numbers[456], numbers[460]) == (2, 1, 0xFFFFFFFF)
    assert (numbers[472], numbers[476]) == (20, 10)
    assert header[1732:].rstrip(b"\0") == b"iso_a4_210x297mm"
