"""The register, the books of certifications, and the end of a shift, as seen at the window."""

import itertools
import zipfile
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.domain.bodies import Person
from app.models import books
from app.services import cashier, closing, corrections, intake, processing, shifts
from app.services.processing import Result
from tests.support import office as offices
from tests.ui.test_returning import PAPERS, press

SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
_numbers = itertools.count(800)


def birth(station):
    number = next(_numbers)
    person = Person(name=f"Bùi Thị Số {number}", id_number=f"000190{number:06d}")
    entry = replace(offices.birth_entry(papers=PAPERS), submitter=person)
    return intake.receive(station.desk, offices.BICH, entry)


def copies(station):
    number = next(_numbers)
    entry = offices.copies_entry(f"Bùi Văn Số {number}", id_number=f"000090{number:06d}")
    return intake.receive(station.desk, offices.BICH, entry)


def column(table, x: int) -> list[str]:
    return [table.item(y, x).text() for y in range(table.rowCount())]


@pytest.fixture
def saved(seat, tmp_path):
    """Where the next file is saved to."""
    target = tmp_path / "xuat.xlsx"
    seat.presenter("register")._save_as = lambda name, kinds: target
    return target


def test_void_numbers_stand_in_the_book_struck_through(seat, station):
    kept, void = birth(station), birth(station)
    corrections.undo(station.desk, offices.BICH, void.dossier, "nhập nhầm")

    press(seat, Qt.Key.Key_F2, SHIFT)
    table = seat.view("register").register
    seat.until(lambda: void.code in column(table, 1))

    at = column(table, 1).index(void.code)
    assert table.item(at, 1).font().strikeOut()
    assert "Đã hoàn tác" in table.item(at, 8).text()
    assert not table.item(column(table, 1).index(kept.code), 1).font().strikeOut()
    assert "SHA-256" in seat.view("register").seal.text()


def test_arrows_turn_the_days(seat, station):
    one = birth(station)
    press(seat, Qt.Key.Key_F2, SHIFT)
    view = seat.view("register")
    seat.until(lambda: one.code in column(view.register, 1))

    press(seat, Qt.Key.Key_Left)
    seat.until(lambda: view.first_day.text() == "19/11/2026")
    seat.until(lambda: view.register.rowCount() == 0)
    press(seat, Qt.Key.Key_Right)

    seat.until(lambda: one.code in column(view.register, 1))


def test_a_book_of_certifications_shows_every_number(seat, station):
    for _ in range(2):
        processing.record_result(
            station.desk, offices.BICH, copies(station).dossier,
            Result(name="Bản sao chứng thực", book="SCT/BS"),
        )  # fmt: skip
    press(seat, Qt.Key.Key_F2, SHIFT)
    view = seat.view("register")

    press(seat, Qt.Key.Key_2)

    seat.until(lambda: view.certifications.rowCount() == 2)
    assert column(view.certifications, 0) == ["1", "2"]
    assert "SCT/BS" in view.book.currentText()
    assert "2 số" in view.total.text()


def test_a_number_that_no_dossier_bears_is_shown_as_unused(seat, station):
    one = copies(station)
    with station.desk.store.database.writing() as session:  # what bore it was refused since
        books.take(session, books.name_of(session, "SCT/BS", 2026))
    processing.record_result(
        station.desk, offices.BICH, one.dossier, Result(name="Bản sao chứng thực", book="SCT/BS")
    )
    press(seat, Qt.Key.Key_F2, SHIFT)
    view = seat.view("register")

    press(seat, Qt.Key.Key_2)
    seat.until(lambda: view.certifications.rowCount() > 0)
    while view.book.currentText().split("/")[0] != station_volume(station):
        press(seat, Qt.Key.Key_D, CTRL)
        seat.idle()

    seat.until(lambda: view.certifications.rowCount() == 2)
    assert "số bỏ" in view.certifications.item(0, 2).text()
    assert view.certifications.item(1, 2).text() == one.code


def station_volume(station) -> str:
    with station.desk.store.database.reading() as session:
        return f"{books.volume(session):02d}"


def test_a_day_is_closed_under_its_seal_and_a_later_change_shows(seat, station):
    birth(station)
    press(seat, Qt.Key.Key_F2, SHIFT)
    view = seat.view("register")
    press(seat, Qt.Key.Key_3)
    seat.until(lambda: "chưa khoá sổ" in view.total.text())

    press(seat, Qt.Key.Key_F9)
    seat.until(lambda: "Đã khoá lần 1" in view.total.text())
    assert "Sổ không đổi từ đó" in view.total.text()
    assert len(closing.closings_of(station.desk, station.clock().date())) == 1
    birth(station)
    seat.presenter("register").refresh()

    seat.until(lambda: "Sổ đã có việc mới" in view.total.text())


def test_the_book_is_written_as_an_excel_file_and_that_is_recorded(seat, station, saved):
    one = birth(station)
    press(seat, Qt.Key.Key_F2, SHIFT)
    view = seat.view("register")
    seat.until(lambda: one.code in column(view.register, 1))

    press(seat, Qt.Key.Key_E, CTRL)

    seat.until(lambda: "Đã xuất" in view.notice.words.text())
    with zipfile.ZipFile(saved) as book:
        assert one.code in book.read("xl/worksheets/sheet1.xml").decode()
    assert station.value("SELECT count(*) FROM event WHERE kind = 'data.exported'") == 1


def test_a_shift_is_opened_counted_and_closed_with_its_difference_explained(seat, station):
    press(seat, Qt.Key.Key_F8, SHIFT)
    view = seat.view("cash")
    seat.until(lambda: "Chưa mở ca" in view.shift.title.text())
    press(seat, Qt.Key.Key_F7)
    QTest.keyClicks(QApplication.focusWidget(), "200.000")
    press(seat, Qt.Key.Key_Return)
    seat.until(lambda: "Ca mở từ" in view.shift.title.text())
    one = copies(station)
    cashier.pay(station.desk, offices.BICH, one.dossier, 10_000, cashier.CASH)
    seat.presenter("cash").refresh()
    seat.until(lambda: "PHẢI CÓ TRONG KÉT 210.000 đ" in view.words.text())
    assert column(view.payments, 1) == [one.code]

    press(seat, Qt.Key.Key_F9)
    dialog = seat.presenter("cash").dialog
    seat.until(lambda: QApplication.activeWindow() is dialog)
    QTest.keyClicks(dialog.counts[1], "1")  # one note of 200,000
    assert "thiếu 10.000 đ" in dialog.words.text()
    QTest.keyClick(dialog, Qt.Key.Key_F9)
    seat.until(lambda: "Đếm lại, hoặc ghi chênh lệch" in dialog.notice.words.text())
    dialog.reason.setText("thối nhầm cho người dân")
    QTest.keyClick(dialog, Qt.Key.Key_F9)

    seat.until(lambda: "Ca đã đóng" in view.shift.title.text())
    shift = shifts.current(station.desk, offices.BICH)
    assert (shift.counted, shift.booked) == (200_000, 210_000)
    seat.idle()
    form = station.value("SELECT form FROM print_job ORDER BY id DESC LIMIT 1")
    assert form == "shift"


def test_what_is_owed_is_taken_from_the_list_by_enter(seat, station):
    one = copies(station)
    press(seat, Qt.Key.Key_F8, SHIFT)
    view = seat.view("cash")
    press(seat, Qt.Key.Key_2)
    seat.until(lambda: one.code in column(view.owing, 0))
    view.owing.selectRow(column(view.owing, 0).index(one.code))

    press(seat, Qt.Key.Key_Return)
    seat.until(lambda: seat.counter.pay_desk.dialog is not None)
    QTest.keyClick(seat.counter.pay_desk.dialog.cash, Qt.Key.Key_Return)

    seat.until(lambda: one.code not in column(view.owing, 0))
    assert cashier.bill(station.desk, one.dossier).left == 0
