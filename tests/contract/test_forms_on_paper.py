"""Every form through CUPS to an IPP printer and off a roll: what came out is read again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import zxingcpp
from PIL import Image, ImageChops, ImageStat

from printing.document import PaperSize
from printing.drivers import JobOptions
from printing.drivers.ipp import IppPrinter
from printing.drivers.opening import open_printer
from tests.support.form_samples import PAGES, codes, golden, layout, pictures, sample_pdf
from tests.support.paper_roll import on_socket
from tests.support.print_shop import PrintShop, print_shop
from tests.support.processes import wait_for

SHEETS = [page for page in PAGES if page[1] is not PaperSize.ROLL]
ROLLS = [form for form, paper in PAGES if paper is PaperSize.ROLL]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrintShop]:
    with print_shop(tmp_path_factory.mktemp("shop"), ("HCC",)) as shop:
        yield shop


def difference(seen: Image.Image, wanted: Image.Image) -> float:
    """Mean difference of two pictures, of 255; two forms differ by 10 and more."""
    assert seen.size == wanted.size
    return ImageStat.Stat(ImageChops.difference(seen, wanted)).mean[0]


@pytest.mark.parametrize("page", SHEETS, ids=lambda p: f"{p[0]}-{p[1].value}")
def test_what_comes_out_is_the_form(shop: PrintShop, page: tuple[str, PaperSize]) -> None:
    form, paper = page
    before = set(shop.printed("HCC"))
    printer = IppPrinter(shop.queue_uri("HCC"))
    made = sample_pdf(form, paper)

    printer.look()
    job = printer.send(f"{form} {paper.value}", made, JobOptions(paper=paper))
    wait_for(lambda: printer.state(job).outcome == "printed", 30, "sheet")

    (sheet,) = set(shop.printed("HCC")) - before
    printed = sheet.read_bytes()
    assert layout(printed).split() == golden(form, paper, "txt").read_text("utf-8").split()
    for drawn, wanted in zip(pictures(printed), pictures(made), strict=True):
        if drawn.size != wanted.size:  # a wide page on upright paper; halved, for edges lie anew
            turned = (drawn.rotate(turn, expand=True) for turn in (90, 270))
            best = min(difference(page.reduce(2), wanted.reduce(2)) for page in turned)
        else:
            best = difference(drawn, wanted)
        assert best < 2.5
    assert codes(printed) == codes(made)


@pytest.mark.parametrize("form", ROLLS)
def test_what_comes_off_the_roll_is_the_form(form: str) -> None:
    made = sample_pdf(form, PaperSize.ROLL)
    with on_socket() as (roll, address):
        printer = open_printer(address)
        options = JobOptions(paper=PaperSize.ROLL)
        printer.look(options)
        job = printer.send(form, made, options)
        wait_for(lambda: printer.state(job).outcome == "printed", 30, "strip")
        strips = roll.pictures()

    expected = [{text for _, text in found} for found in codes(made)]
    assert [{c.text for c in zxingcpp.read_barcodes(strip)} for strip in strips] == expected
    for strip, page in zip(strips, pictures(made, 203), strict=True):
        height = round(page.height * strip.width / page.width)  # made as narrow as the roll
        page = page.resize((strip.width, height)).crop((0, 0, *strip.size))
        small = (strip.width // 4, strip.height // 4)  # dots of black become greys again
        seen, wanted = (p.convert("L").resize(small, Image.Resampling.BOX) for p in (strip, page))
        assert difference(seen, wanted) < 12
