"""Receipts through CUPS to a real IPP printer that jams, runs out of paper and goes away."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from app.services import print_jobs, receipts
from printing.document import PaperSize
from printing.drivers import JobOptions
from printing.drivers.ipp import IppPrinter, list_printers
from printing.errors import (
    CoverOpen,
    OutcomeUnknown,
    OutOfPaper,
    PaperJam,
    PrinterOffline,
    PrinterPaused,
)
from printing.spool import Spool
from tests.support import office as offices
from tests.support.ports import free_port
from tests.support.print_shop import PrintShop, print_shop
from tests.support.processes import wait_for


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Iterator[PrintShop]:
    with print_shop(tmp_path_factory.mktemp("shop"), ("HCC", "DU-PHONG")) as shop:
        yield shop


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Iterator[offices.Office]:
    with offices.running_office(tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest.fixture
def station(office, shop, monkeypatch) -> offices.Counter:
    monkeypatch.setenv("CUPS_SERVER", shop.env["CUPS_SERVER"])
    return office.station()


def spool_of(station: offices.Counter) -> Spool:
    return Spool(print_jobs.DeskJournal(station.desk), IppPrinter)


def queue(station: offices.Counter, printer: str = "HCC", **more) -> print_jobs.PrintJob:
    reception = station.receive()
    return receipts.queue_print(station.desk, offices.BICH, reception.dossier, printer, **more)


def state(station: offices.Counter, job: print_jobs.PrintJob) -> tuple[str, str]:
    found = print_jobs.job(station.desk, job.id)
    return found.state, found.reason


def words_of(pdf: Path) -> str:
    done = subprocess.run(
        ["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True
    )
    return " ".join(done.stdout.split())


def printed_on(shop: PrintShop, printer: str = "HCC") -> set[Path]:
    return set(shop.printed(printer))


@pytest.mark.parametrize("paper", [PaperSize.A4, PaperSize.A5])
def test_a_receipt_comes_out_with_its_words_barcode_and_qr(station, shop, tmp_path, paper):
    before = printed_on(shop)
    job = queue(station, paper=paper)

    spool_of(station).work(patience_s=30)

    assert state(station, job) == ("printed", "")
    (pdf,) = printed_on(shop) - before
    words = words_of(pdf)
    shown = station.fold(job.dossier)
    for wanted in (shown.code, shown.lookup, "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ",
                   "NGUYỄN VĂN ĐỨC", "đồng ("):  # fmt: skip
        assert wanted in words
    subprocess.run(
        ["pdftoppm", "-r", "200", "-png", "-f", "1", "-l", "1", str(pdf), str(tmp_path / "p")],
        check=True,
    )
    (picture,) = tmp_path.glob("p*.png")
    codes = {found.text for found in zxingcpp.read_barcodes(Image.open(picture))}
    assert shown.code in codes
    assert any(code.endswith(f"/hs/{shown.code}?m={shown.lookup}") for code in codes)


def test_the_outcome_is_an_event_of_the_dossier_and_a_repeat_is_marked(station, shop):
    before = printed_on(shop)
    job = queue(station)
    spool_of(station).work(patience_s=30)

    again = receipts.queue_print(station.desk, offices.BICH, job.dossier, "HCC")
    spool_of(station).work(patience_s=30)

    assert again.copy == 2
    assert station.fold(job.dossier).prints == {"01": 2}
    texts = [
        subprocess.run(
            ["pdftotext", str(p), "-"], capture_output=True, text=True, check=True
        ).stdout
        for p in sorted(printed_on(shop) - before)
    ]
    assert sorted("BẢN IN LẠI" in text for text in texts) == [False, True]


def test_a_jam_is_not_taken_for_printed(station, shop):
    shop.jam("HCC")
    try:
        job = queue(station, shop.printer_uri("HCC"))
        spool_of(station).work(patience_s=10)
        found, words = state(station, job)
    finally:
        shop.clear_jam("HCC")

    assert found in ("not_printed", "unknown")
    assert PaperJam.title in words
    assert station.fold(job.dossier) is not None  # the dossier is safe


def test_an_empty_tray_is_said_and_the_job_comes_out_once_it_is_filled(station, shop):
    before = printed_on(shop)
    job = queue(station)
    driver = IppPrinter("HCC")
    number = driver.send("x", receipts_pdf(station, job), JobOptions(paper=PaperSize.A5))
    wait_for(lambda: driver.state(number).outcome == "printed", 20, "first job")
    shop.empty_tray("HCC")
    try:
        told: list[str] = []
        spool = Spool(
            print_jobs.DeskJournal(station.desk), IppPrinter,
            told=lambda id, state, words: told.append(words),
        )  # fmt: skip
        spool.work(patience_s=6)
    finally:
        shop.fill_tray("HCC")
    if state(station, job)[0] == "not_printed":  # the tray was seen empty beforehand
        assert OutOfPaper.title in state(station, job)[1]
        job = receipts.queue_print(station.desk, offices.BICH, job.dossier, "HCC")
    else:
        assert any(OutOfPaper.title in words for words in told)

    spool_of(station).work(patience_s=30)

    assert state(station, job)[0] == "printed"
    assert len(printed_on(shop) - before) == 2


def receipts_pdf(station: offices.Counter, job: print_jobs.PrintJob) -> bytes:
    return station.desk.store.blobs.get(job.sha256)


def test_an_open_cover_is_named_before_anything_is_sent(shop):
    printer = IppPrinter(shop.printer_uri("DU-PHONG"))
    shop.open_cover("DU-PHONG")
    try:
        with pytest.raises(CoverOpen):
            printer.look()
    finally:
        shop.close_cover("DU-PHONG")
    wait_for(lambda: looks_well(printer), 10, "closed cover")


def looks_well(printer: IppPrinter) -> bool:
    try:
        printer.look()
    except CoverOpen:
        return False
    return True


def test_a_paused_queue_is_named(station, shop):
    shop.pause("DU-PHONG")
    try:
        with pytest.raises(PrinterPaused):
            IppPrinter("DU-PHONG").look()
    finally:
        shop.resume("DU-PHONG")


def test_a_printer_that_is_not_there_keeps_the_dossier_and_says_what_to_do(station):
    job = queue(station, f"ipp://127.0.0.1:{free_port()}/ipp/print")

    spool_of(station).work(patience_s=5)

    found, words = state(station, job)
    assert found == "not_printed"
    assert PrinterOffline.title in words
    assert [j.id for j in print_jobs.jobs_waiting(station.desk)] == [job.id]


def test_what_was_being_handed_over_when_the_power_went_is_unknown_and_not_sent_again(
    station, shop
):
    before = printed_on(shop)
    job = queue(station)
    print_jobs.note_outcome(station.desk, job.id, "sending", "", None)

    spool = spool_of(station)
    spool.recover()
    spool.work(patience_s=5)

    found, words = state(station, job)
    assert found == "unknown"
    assert OutcomeUnknown.title in words
    assert printed_on(shop) == before


def test_the_queues_of_this_machine_are_listed(station):
    assert set(list_printers()) == {"HCC", "DU-PHONG"}


def test_without_cups_there_are_no_printers(monkeypatch):
    monkeypatch.setenv("CUPS_SERVER", f"127.0.0.1:{free_port()}")
    assert list_printers() == []


def test_several_printers_work_side_by_side_and_a_jam_holds_up_only_its_own(station, shop):
    before = printed_on(shop), printed_on(shop, "DU-PHONG")
    stuck = [queue(station, shop.queue_uri("HCC")) for _ in range(2)]
    free = [queue(station, "DU-PHONG") for _ in range(3)]
    shop.pause("HCC")
    try:
        spool_of(station).work(patience_s=3)
        assert [state(station, job)[0] for job in free] == ["printed"] * 3
        assert [state(station, job)[0] for job in stuck] == ["not_printed"] * 2
    finally:
        shop.resume("HCC")

    for job in stuck:
        print_jobs.retry(station.desk, job.id)
    spool_of(station).work(patience_s=30)

    assert [state(station, job)[0] for job in stuck] == ["printed"] * 2
    assert len(printed_on(shop) - before[0]) == 2
    assert len(printed_on(shop, "DU-PHONG") - before[1]) == 3


def test_a_printer_that_goes_away_with_a_job_prints_it_once_when_it_is_back(station, shop):
    before = printed_on(shop)
    shop.stop_printer("HCC")
    try:
        job = queue(station, "HCC")
        spool_of(station).work(patience_s=3)
        taken, words = state(station, job)
    finally:
        shop.start_printer("HCC")
    if taken == "not_printed":  # the queue had noticed that the printer is gone
        assert words
        print_jobs.retry(station.desk, job.id)

    spool_of(station).work(patience_s=60)

    assert state(station, job)[0] == "printed"
    assert len(printed_on(shop) - before) == 1


def test_a_job_of_which_the_answer_was_lost_is_found_and_followed(station, shop):
    before = printed_on(shop)
    job = queue(station)
    (spooled,) = [j for j in print_jobs.DeskJournal(station.desk).waiting() if j.id == job.id]
    print_jobs.note_outcome(station.desk, job.id, "sending", "", None)
    IppPrinter("HCC").send(spooled.title, receipts_pdf(station, job), spooled.options)

    spool = spool_of(station)  # as after a crash: the number never reached the journal
    spool.recover()
    spool.work(patience_s=30)

    assert state(station, job) == ("printed", "")
    assert len(printed_on(shop) - before) == 1
