"""Receipts that do not come out: the dossier is safe, the strip says what hands must do."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QPushButton

from app.services import lookup, print_jobs
from app.settings import write_settings
from printing.drivers.fake import FakePrinter
from printing.errors import OutOfPaper, PaperJam
from tests.ui.test_reception import fill_birth


@pytest.fixture
def station(office):
    station = office.station()
    settings = replace(station.opened.settings, printer="HCC")
    write_settings(station.profile.settings, settings)
    station.reopen()
    station.sign_in()
    return station


@pytest.fixture
def printer(monkeypatch) -> FakePrinter:
    printer = FakePrinter()
    monkeypatch.setattr("app.ui.print_room.open_printer", lambda *_: printer)
    monkeypatch.setattr("app.ui.print_room.list_printers", lambda: ["HCC", "DU-PHONG"])
    return printer


@pytest.fixture
def seat(printer, seat):
    return seat


def receive(seat) -> None:
    fill_birth(seat)
    seat.presenter("intake").submit()
    seat.until(lambda: seat.view("intake").shows_result)


def words(seat) -> str:
    return seat.window.strip.words.text()


def press(seat, caption: str) -> None:
    buttons = seat.window.strip.findChildren(QPushButton)
    next(b for b in buttons if caption in b.text() and not b.isHidden()).click()


def test_a_receipt_that_came_out_is_said(seat, printer):
    receive(seat)

    seat.until(lambda: "Đã in giấy tiếp nhận" in words(seat))
    assert len(printer.printed) == 1


def test_a_jam_is_named_and_printing_again_takes_one_key(seat, printer, station):
    printer.trouble = PaperJam()
    receive(seat)
    seat.until(lambda: PaperJam.title in words(seat))
    assert "rút tờ giấy kẹt" in words(seat)
    code = seat.view("intake").result.code.text()
    assert lookup.by_code(station.desk, code)
    assert printer.printed == []

    printer.trouble = None
    press(seat, "In lại")

    seat.until(lambda: "Đã in giấy tiếp nhận" in words(seat))
    assert len(printer.printed) == 1


def test_another_printer_is_offered(seat, printer):
    printer.trouble = OutOfPaper()
    receive(seat)
    seat.until(lambda: OutOfPaper.title in words(seat))

    printer.trouble = None
    press(seat, "In máy DU-PHONG")

    seat.until(lambda: "Đã in giấy tiếp nhận" in words(seat))


def test_an_unknown_outcome_asks_for_an_eye_and_is_not_sent_again(seat, printer, station):
    printer.loses_answers = True
    receive(seat)

    seat.until(lambda: "Không rõ giấy đã ra hay chưa" in words(seat))
    seat.idle()
    assert len(printer.printed) == 1
    assert [job.state for job in print_jobs.jobs_waiting(station.desk)] == ["unknown"]


def test_the_receipt_can_be_saved_as_a_file_instead(seat, printer, station, tmp_path):
    printer.trouble = OutOfPaper()
    target = tmp_path / "giay.pdf"
    seat.counter.print_room._save_as = lambda _: target
    receive(seat)
    seat.until(lambda: OutOfPaper.title in words(seat))

    press(seat, "Lưu PDF")

    seat.until(lambda: "Đã lưu giay.pdf" in words(seat))
    assert target.read_bytes().startswith(b"%PDF-")
