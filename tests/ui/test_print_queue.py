"""Chờ in: what still has to come out, worked by keys."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from app.services import print_jobs, receipts
from app.settings import write_settings
from app.ui.preview import Preview
from printing.drivers.fake import FakePrinter
from printing.errors import OutOfPaper, PaperJam
from tests.support import office as offices


@pytest.fixture
def station(office):
    station = office.station()
    settings = replace(station.opened.settings, printer="HCC")
    write_settings(station.profile.settings, settings)
    station.reopen()
    station.sign_in()
    return station


@pytest.fixture
def printers(monkeypatch) -> dict[str, FakePrinter]:
    printers = {"HCC": FakePrinter(), "DU-PHONG": FakePrinter()}
    monkeypatch.setattr("app.ui.print_room.open_printer", lambda name, _: printers[name])
    monkeypatch.setattr("app.ui.print_room.list_printers", lambda: list(printers))
    return printers


@pytest.fixture
def seat(printers, seat):
    return seat


def queue(seat, station, outcome: str = "not_printed") -> print_jobs.PrintJob:
    """Leave a receipt in the list and open it."""
    reception = station.receive()
    job = receipts.queue_print(station.desk, offices.BICH, reception.dossier, "HCC")
    print_jobs.note_outcome(station.desk, job.id, outcome, str(OutOfPaper()), None)
    seat.qtbot.keyClick(seat.window, Qt.Key.Key_F9, Qt.KeyboardModifier.ShiftModifier)
    seat.until(lambda: seat.window.current_screen == "print_queue")
    seat.until(lambda: table(seat).rowCount() == 1)
    return job


def table(seat):
    return seat.view("print_queue").table


def press(seat, key: Qt.Key) -> None:
    seat.qtbot.keyClick(table(seat), key)


def state(station, job) -> str:
    return print_jobs.job(station.desk, job.id).state


def words(seat) -> str:
    return seat.window.strip.words.text()


def test_the_list_says_what_waits_why_and_how_many_sheets(seat, station):
    job = queue(seat, station)

    row = [table(seat).item(0, x).text() for x in range(5)]

    assert job.code in row[1]
    assert row[2:4] == ["HCC", "2"]
    assert "chưa in được" in row[4]
    assert OutOfPaper.advice in seat.view("print_queue").words.text()


def test_enter_prints_it_and_the_list_is_empty(seat, station, printers):
    job = queue(seat, station)

    press(seat, Qt.Key.Key_Return)

    seat.until(lambda: state(station, job) == "printed")
    seat.until(lambda: table(seat).rowCount() == 0)
    assert seat.view("print_queue").empty.isVisible()
    assert len(printers["HCC"].printed) == 1


def test_m_prints_it_on_another_printer(seat, station, printers):
    printers["HCC"].trouble = PaperJam()
    job = queue(seat, station)

    press(seat, Qt.Key.Key_M)

    seat.until(lambda: state(station, job) == "printed")
    assert len(printers["DU-PHONG"].printed) == 1
    assert printers["HCC"].printed == []


def test_t_saves_it_as_a_file(seat, station, tmp_path):
    job = queue(seat, station)
    target = tmp_path / "giay.pdf"
    seat.counter.print_room._save_as = lambda _: target

    press(seat, Qt.Key.Key_T)

    seat.until(lambda: state(station, job) == "saved")
    assert target.read_bytes().startswith(b"%PDF")


def test_d_says_that_the_paper_is_there(seat, station, printers):
    job = queue(seat, station, "unknown")

    press(seat, Qt.Key.Key_D)

    seat.until(lambda: state(station, job) == "printed")
    assert printers["HCC"].printed == []
    assert station.fold(job.dossier).prints == {"01": 1}


def test_c_prints_a_marked_copy(seat, station, printers):
    job = queue(seat, station, "unknown")

    press(seat, Qt.Key.Key_C)

    seat.until(lambda: state(station, job) == "dropped")
    seat.until(lambda: len(printers["HCC"].printed) == 1)
    seat.until(lambda: "Đã in" in words(seat))
    assert station.fold(job.dossier).prints == {"01": 2}


def test_enter_on_an_unknown_outcome_prints_nothing_and_asks_to_look(seat, station, printers):
    job = queue(seat, station, "unknown")

    press(seat, Qt.Key.Key_Return)
    seat.idle()

    assert "Nhìn khay giấy" in seat.view("print_queue").notice.words.text()
    assert state(station, job) == "unknown"
    assert printers["HCC"].printed == []


def test_delete_throws_it_away_and_the_dossier_stays(seat, station):
    job = queue(seat, station)

    press(seat, Qt.Key.Key_Delete)

    seat.until(lambda: state(station, job) == "dropped")
    seat.until(lambda: table(seat).rowCount() == 0)
    assert station.fold(job.dossier) is not None


def test_x_shows_the_paper_that_would_be_printed(seat, station):
    job = queue(seat, station)

    press(seat, Qt.Key.Key_X)

    seat.until(lambda: bool(seat.window.findChildren(Preview)))
    (preview,) = seat.window.findChildren(Preview)
    assert job.code in preview.windowTitle()
    pages = [label for label in preview.findChildren(QLabel) if not label.pixmap().isNull()]
    assert len(pages) == 2
    preview.close()


def test_what_waits_is_counted_beside_the_screens_name(seat, station):
    queue(seat, station)

    button = seat.window._nav["print_queue"]
    seat.until(lambda: "Chờ in (1)" in button.text())
    seat.window.show_count("print_queue", 88)
    assert button.sizeHint().width() <= button.width()


def test_the_day_is_closed_with_one_key_and_says_whether_it_agrees(seat, station, printers):
    queue(seat, station)

    seat.qtbot.keyClick(table(seat), Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)

    notice = seat.view("print_queue").notice
    seat.until(lambda: "chưa khớp" in notice.words.text())
    seat.until(lambda: any("Bảng đối chiếu" in title for title, _ in printers["HCC"].printed))
    seat.until(lambda: bool(seat.window.findChildren(Preview)))
    seat.window.findChildren(Preview)[0].close()
    assert station.value("SELECT count(*) FROM event WHERE kind = 'day.closed'") == 1


def test_a_job_that_waits_in_the_printer_is_cancelled_there(seat, station, printers):
    class RunsDry(FakePrinter):
        def send(self, title, pdf, options):
            number = super().send(title, pdf, options)
            self.trouble = OutOfPaper()
            return number

    printers["HCC"] = RunsDry()
    reception = station.receive()
    seat.counter.print_room.print_receipt(reception.dossier, reception.code)
    seat.until(lambda: "đang chờ máy in" in words(seat))
    assert OutOfPaper.title in words(seat)

    buttons = seat.window.strip._buttons
    assert [button.accessibleName() for button in buttons] == ["Huỷ in"]
    buttons[0].click()

    seat.until(lambda: "Chưa in được" in words(seat))
    (job,) = print_jobs.jobs_waiting(station.desk)
    assert job.state == "not_printed"
    assert printers["HCC"].cancelled == {1}
