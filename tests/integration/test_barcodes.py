"""Barcodes on scanned pages: found on clean paper at once, never read wrong on any."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from app.domain.routing import MarkKind, mark_of
from app.scanning.barcodes import BarcodeKind, is_ours, read_page
from app.services.pile_proposals import BLANK_INK
from printing.document import PaperSize
from tests.support import paper_mill as mills
from tests.support.paper_mill import CLEAN, HARD, NOISY, STAMPED, Mill

CODE = mills.code_of(1)


@pytest.fixture
def mill() -> Mill:
    return Mill(seed=7, dpi=300)


def ours(reading) -> set[str]:
    marks = [mark_of(one.text) for one in reading.barcodes]
    return {mark.code for mark in marks if mark.is_separator}


def turned(image: bytes, quarters: int) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(image)) as opened:
        opened.rotate(90 * quarters, expand=True).save(out, "JPEG", quality=90, dpi=(300, 300))
    return out.getvalue()


@pytest.mark.parametrize("paper", [PaperSize.A4, PaperSize.A5])
@pytest.mark.parametrize("dpi", [200, 300])
def test_a_clean_receipt_is_read_at_once_by_bars_and_square(paper: PaperSize, dpi: int) -> None:
    image = Mill(1, dpi).scan(mills.receipt(CODE, dpi, paper), CLEAN)

    found = read_page(image, dpi=dpi)

    assert found.stage == "plain"
    assert ours(found) == {CODE}
    assert {one.kind for one in found.barcodes} == {BarcodeKind.CODE128, BarcodeKind.QR}
    assert all(0 <= one.left < one.right <= 1 and one.bottom < 0.4 for one in found.barcodes)


def test_a_cover_sheet_says_code_and_paper(mill: Mill) -> None:
    found = read_page(mill.scan(mills.cover(CODE, 300, "to-khai"), CLEAN), dpi=300)

    assert {mark_of(one.text) for one in found.barcodes} == {mark_of(f"BIA|{CODE}|to-khai")}


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("wear", [CLEAN, NOISY], ids=["clean", "noisy"])
def test_paper_may_lie_any_way_round(mill: Mill, quarters: int, wear) -> None:
    image = turned(mill.scan(mills.receipt(CODE, 300), wear), quarters)

    assert ours(read_page(image, dpi=300)) == {CODE}


@pytest.mark.parametrize("draw", [mills.letter, mills.id_card, mills.parcel])
@pytest.mark.parametrize("wear", [CLEAN, NOISY, HARD], ids=["clean", "noisy", "hard"])
def test_pages_without_a_code_of_ours_have_none(mill: Mill, draw, wear) -> None:
    found = read_page(mill.scan(draw(3, 300), wear), dpi=300)

    assert ours(found) == set()
    assert found.stage == ""
    assert not found.has_unread_bars


def test_other_codes_are_seen_and_told_apart(mill: Mill) -> None:
    card = read_page(mill.scan(mills.id_card(3, 300), CLEAN), dpi=300)
    parcel = read_page(mill.scan(mills.parcel(3, 300), CLEAN), dpi=300)

    assert [mark_of(one.text).kind for one in card.barcodes] == [MarkKind.OTHER]
    assert {mark_of(one.text).kind for one in parcel.barcodes} == {MarkKind.FOREIGN}
    assert {one.kind for one in parcel.barcodes} == {BarcodeKind.CODE128, BarcodeKind.EAN}


def test_a_dpi_that_makes_no_sheet_is_not_believed(mill: Mill) -> None:
    image = mill.scan(mills.receipt(CODE, 300), HARD)

    assert {frozenset(ours(read_page(image, dpi=dpi))) for dpi in (0, 72, 96, 300, 1200)} == {
        frozenset({CODE})
    }


def test_a_parcel_label_beside_a_faint_receipt_does_not_hide_it(mill: Mill) -> None:
    page = mills.receipt(CODE, 300)
    label = mills.parcel(3, 300)[: round(45 * 300 / 25.4)]
    page[-len(label) :] = label

    found = read_page(mill.scan(page, NOISY), dpi=300)

    assert ours(found) == {CODE}


@pytest.mark.parametrize("seed", range(6))
def test_noise_and_skew_are_overcome(seed: int) -> None:
    wear = (NOISY, HARD)[seed % 2]
    paper = (PaperSize.A5, PaperSize.A4)[seed // 3]

    found = read_page(Mill(seed, 300).scan(mills.receipt(CODE, 300, paper), wear), dpi=300)

    assert ours(found) == {CODE}


def test_a_red_stamp_vanishes_in_a_colour_scan(mill: Mill) -> None:
    image = mill.scan(mills.receipt(CODE, 300), STAMPED, colour=True)

    assert ours(read_page(image, dpi=300)) == {CODE}


def test_a_page_with_two_codes_yields_both(mill: Mill) -> None:
    page = mills.receipt(CODE, 300)
    half = len(page) // 2
    page[half:] = mills.receipt(mills.code_of(2), 300)[: len(page) - half]

    assert ours(read_page(mill.scan(page, CLEAN), dpi=300)) == {CODE, mills.code_of(2)}


@pytest.mark.parametrize("seed", range(12))
def test_bars_that_mean_nothing_are_never_read_as_a_code(seed: int) -> None:
    rng = np.random.default_rng(seed)
    page = mills.letter(seed, 300)
    for row in range(4):
        bits = "".join(rng.choice(["0", "1"], 240))
        patch = mills.bars(bits, 0.3, 11, 300)
        top = 300 + 500 * row
        page[top : top + len(patch), 200 : 200 + patch.shape[1]] = patch

    found = read_page(Mill(seed, 300).scan(page, (CLEAN, NOISY, HARD)[seed % 3]), dpi=300)

    assert not any(is_ours(one.text) for one in found.barcodes)


@pytest.mark.parametrize("seed", range(8))
def test_a_code_with_bars_torn_off_is_read_right_or_not_at_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    page = mills.receipt(CODE, 300)
    for _ in range(3):  # white scratches from top to bottom, right through the bars
        x = int(rng.integers(450, 1300))
        page[:900, x : x + int(rng.integers(3, 16))] = 255
    page[150:700, 1500:] = 255  # no QR to help

    found = read_page(Mill(seed, 300).scan(page, (CLEAN, NOISY)[seed % 2]), dpi=300)

    assert ours(found) <= {CODE}
    assert ours(found) or found.has_unread_bars


def _png(picture: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", picture)[1])


@pytest.mark.parametrize(
    "image",
    [b"", b"no picture", b"\xff\xd8\xff" + bytes(100), b"\x89PNG\r\n\x1a\n" + bytes(64)],
    ids=["empty", "text", "jpeg head", "png head"],
)
def test_what_is_no_picture_is_said_to_be_none(image: bytes) -> None:
    assert read_page(image) == read_page(b"")
    assert not read_page(image).is_readable


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((1, 1), np.uint8), np.zeros((3000, 1), np.uint8), np.zeros((60, 60), np.uint8),
        np.full((900, 700), 255, np.uint8), np.tile(np.uint8([0, 255]), (900, 350)),
        np.random.default_rng(1).integers(0, 256, (900, 700)).astype(np.uint8),
        np.random.default_rng(1).integers(0, 65536, (400, 300)).astype(np.uint16),
    ],
    ids=["one pixel", "a line", "small", "white", "stripes", "noise", "16 bits"],
)  # fmt: skip
@pytest.mark.parametrize("dpi", [0, 1, 72, 300, 30_000])
def test_any_picture_can_be_read_without_harm(picture: np.ndarray, dpi: int) -> None:
    assert read_page(_png(picture), dpi=dpi).barcodes == ()


@pytest.mark.parametrize("wear", [CLEAN, NOISY], ids=["clean", "noisy"])
@pytest.mark.parametrize("front", [mills.receipt, mills.cover], ids=["receipt", "cover"])
def test_a_code_that_shows_through_from_the_other_side_is_none_of_this_page(
    mill: Mill, front, wear
) -> None:
    back = mills.blank(300, shows_through=front(CODE, 300))

    found = read_page(mill.scan(back, wear), dpi=300)

    assert found.barcodes == ()
    assert found.ink < BLANK_INK


def test_a_blank_back_has_no_ink_and_one_written_date_has(mill: Mill) -> None:
    receipt, empty = mills.receipt(CODE, 300), mills.blank(300)
    shows = mills.blank(300, shows_through=mills.letter(2, 300))
    dated = empty.copy()
    cv2.putText(dated, "20/11", (1200, 1700), cv2.FONT_HERSHEY_SIMPLEX, 2.0, 40, 5)

    for wear in (CLEAN, NOISY):
        for page in (empty, shows):
            assert read_page(mill.scan(page, wear), dpi=300).ink < BLANK_INK
        assert read_page(mill.scan(dated, wear), dpi=300).ink > BLANK_INK
    assert read_page(mill.scan(receipt, CLEAN), dpi=300).ink > BLANK_INK
