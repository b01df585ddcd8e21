"""Printers without a queue, asked what they can do: PDF or PWG raster, sides, copies, trays."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from printing.alignment import page_for, render_page
from printing.document import PaperSize
from printing.drivers import JobOptions
from printing.drivers.ipp import IppPrinter
from printing.errors import CannotRead, PrinterBusy, PrinterOffline, PrinterRefused, WrongPaper
from printing.pwg_raster import pwg_raster
from printing.raster import count_pages, grey_pages
from tests.support.driverless import Driverless, driverless
from tests.support.ports import free_port
from tests.support.print_shop import PrintShop, print_shop
from tests.support.processes import wait_for
from tests.support.pwg import read_pwg

CODE = "THU-261120-0900"
ADDRESS = f"https://thu.invalid/{CODE}"
A4 = JobOptions(paper=PaperSize.A4)
PAGE = render_page(page_for(PaperSize.A4, CODE, ADDRESS, ("Quầy 1",)))


@pytest.fixture(scope="module")
def raster_only(tmp_path_factory) -> Iterator[Driverless]:
    folder = tmp_path_factory.mktemp("raster")
    with driverless(folder, ["image/pwg-raster"], duplex=True) as printer:
        yield printer


@pytest.fixture(scope="module")
def with_pdf(tmp_path_factory) -> Iterator[Driverless]:
    folder = tmp_path_factory.mktemp("pdf")
    with driverless(folder, ["application/pdf", "image/pwg-raster"]) as printer:
        yield printer


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Iterator[PrintShop]:
    with print_shop(tmp_path_factory.mktemp("shop"), ("HCC",)) as shop:
        yield shop


def send(printer: IppPrinter, options: JobOptions = A4, title: str = "Trang thử · 1") -> int:
    printer.look()
    job = printer.send(title, PAGE, options)
    wait_for(lambda: printer.state(job).outcome == "printed", 20, "print")
    return job


def test_a_printer_with_pdf_gets_the_very_bytes(with_pdf):
    before = len(with_pdf.printed())

    send(IppPrinter(with_pdf.uri))

    assert with_pdf.printed()[before:] == [PAGE]


def test_a_printer_without_pdf_gets_raster_and_its_codes_are_read(raster_only):
    before = len(raster_only.printed())

    send(IppPrinter(raster_only.uri))

    (page,) = read_pwg(raster_only.printed()[before])
    assert page.size_name == PaperSize.A4.ipp_media
    codes = {c.text for c in zxingcpp.read_barcodes(Image.fromarray(page.pixels))}
    assert codes == {CODE, ADDRESS}
    assert raster_only.told()[before]["CONTENT_TYPE"] == "image/pwg-raster"


def test_both_sides_are_asked_for_and_the_raster_says_so(raster_only):
    before = len(raster_only.printed())

    send(IppPrinter(raster_only.uri), JobOptions(paper=PaperSize.A4, duplex=True))

    pages = read_pwg(raster_only.printed()[before])
    assert [page.duplex for page in pages] == [True, True]
    assert raster_only.told()[before]["IPP_SIDES"] == "two-sided-long-edge"


def test_copies_reach_the_printer(with_pdf):
    before = len(with_pdf.told())

    send(IppPrinter(with_pdf.uri), JobOptions(paper=PaperSize.A4, copies=3))

    assert with_pdf.told()[before]["IPP_COPIES"] == "3"
    assert with_pdf.told()[before]["IPP_MEDIA"] == PaperSize.A4.ipp_media


def test_a_printer_that_takes_neither_is_named_and_gets_nothing(tmp_path):
    with driverless(tmp_path, ["image/jpeg"]) as printer:
        driver = IppPrinter(printer.uri)
        driver.look()
        with pytest.raises(CannotRead):
            driver.send("x", PAGE, A4)
        assert printer.printed() == []


def test_a_job_is_found_again_by_its_title(with_pdf):
    printer = IppPrinter(with_pdf.uri)
    job = send(printer, title="Giấy tiếp nhận H24.15-261120-0001 · abcdef01-7")

    assert printer.find("Giấy tiếp nhận H24.15-261120-0001 · abcdef01-7") == job
    assert printer.find("Giấy tiếp nhận H24.15-261120-0001 · abcdef01-8") is None


def test_a_busy_printer_takes_nothing_and_says_so(with_pdf):
    printer = IppPrinter(with_pdf.uri)
    before = len(with_pdf.printed())
    with_pdf.hold()
    try:
        first = printer.send("a · 1", PAGE, A4)
        with pytest.raises(PrinterBusy):
            printer.send("b · 2", PAGE, A4)
    finally:
        with_pdf.release()
    wait_for(lambda: printer.state(first).outcome == "printed", 20, "first job")
    assert len(with_pdf.printed()) == before + 1


def test_it_says_what_it_is_and_can(raster_only, with_pdf):
    facts = IppPrinter(raster_only.uri).describe()

    assert facts.problem is None
    assert facts.duplex
    assert facts.formats == ("application/octet-stream", "image/pwg-raster") or (
        "image/pwg-raster" in facts.formats and "application/pdf" not in facts.formats
    )
    assert PaperSize.A4 in facts.papers
    assert not IppPrinter(with_pdf.uri).describe().duplex


def test_a_printer_that_is_gone_is_described_as_offline():
    gone = IppPrinter(f"ipp://127.0.0.1:{free_port()}/ipp/print")

    assert isinstance(gone.describe().problem, PrinterOffline)
    with pytest.raises(PrinterOffline):
        gone.find("x")


def test_paper_that_lies_in_no_tray_is_named_before_anything_is_sent(shop):
    printer = IppPrinter(shop.printer_uri("HCC"))
    assert set(printer.describe().loaded) == {PaperSize.A4, PaperSize.A5}
    printer.look(JobOptions(paper=PaperSize.A5))

    def load(size: str) -> None:
        import http.client
        from urllib.parse import urlencode

        port = int(shop.printer_uri("HCC").split(":")[2].split("/")[0])
        form = {"size0": size, "type0": "stationery", "level0": 250,
                "size1": size, "type1": "stationery", "level1": 250}  # fmt: skip
        page = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        page.request("GET", f"/media?{urlencode(form)}")
        page.getresponse().read()
        page.close()

    load("iso_a4_210x297mm")
    try:
        with pytest.raises(WrongPaper, match="A5"):
            printer.look(JobOptions(paper=PaperSize.A5))
        printer.look(JobOptions(paper=PaperSize.A4))
    finally:
        shop.fill_tray("HCC")


def test_a_job_can_be_cancelled_while_the_printer_waits(shop):
    printer = IppPrinter(shop.queue_uri("HCC"))
    before = shop.printed("HCC")
    shop.pause("HCC")
    try:
        job = shop_job(shop, printer)
        printer.cancel(job)
        assert printer.state(job).outcome == "not_printed"
        with pytest.raises(PrinterRefused):
            printer.cancel(job)
    finally:
        shop.resume("HCC")
    assert shop.printed("HCC") == before


def shop_job(shop: PrintShop, printer: IppPrinter) -> int:
    return printer.send("Huỷ · 9", PAGE, A4)


def test_two_copies_from_a_tray_on_a5_arrive_through_the_queue(shop, tmp_path: Path):
    page = render_page(page_for(PaperSize.A5, CODE, ADDRESS, ("Quầy 1",)))
    printer = IppPrinter(shop.queue_uri("HCC"))
    before = set(shop.printed("HCC"))
    trays = printer.describe().trays

    printer.look()
    options = JobOptions(paper=PaperSize.A5, copies=2, tray=trays[0] if trays else "")
    job = printer.send("Hai bản · 3", page, options)
    wait_for(lambda: printer.state(job).outcome == "printed", 30, "print")

    (pdf,) = set(shop.printed("HCC")) - before
    text = subprocess.run(["pdfinfo", str(pdf)], capture_output=True, text=True, check=True).stdout
    assert "419" in text or "420" in text  # A5, in points
    assert count_pages(pdf.read_bytes()) in (1, 2)


def test_another_reader_of_pwg_raster_makes_the_same_page_of_ours(tmp_path: Path):
    """The filter of cups-filters is what CUPS itself reads such files with."""
    raster, back = tmp_path / "page.pwg", tmp_path / "page.pdf"
    raster.write_bytes(pwg_raster(PAGE, dpi=300, paper=PaperSize.A4))
    command = ["/usr/lib/cups/filter/rastertopdf", "1", "lp", "x", "1", "", str(raster)]
    env = {"CONTENT_TYPE": "image/pwg-raster", "PATH": "/usr/bin:/bin"}
    with back.open("wb") as out:
        subprocess.run(command, env=env, stdout=out, stderr=subprocess.DEVNULL, check=True)

    ((theirs, ours),) = zip(
        grey_pages(back.read_bytes(), dpi=300, size_px=(2480, 3508)),
        grey_pages(PAGE, dpi=300, size_px=(2480, 3508)),
        strict=True,
    )

    codes = {c.text for c in zxingcpp.read_barcodes(Image.fromarray(theirs))}
    assert codes == {CODE, ADDRESS}
    assert ((theirs < 128) != (ours < 128)).mean() < 0.01
