"""The returning screen, as a clerk uses it: receipts, cards, money, several at once."""

import itertools
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.domain.bodies import Person
from app.domain.papers import GivenPaper
from app.domain.status import BusinessState
from app.services import intake, lookup, processing
from app.services.processing import Result
from tests.support import office as offices

_numbers = itertools.count(500)
PAPERS = (
    GivenPaper(key="to-khai", original=1),
    GivenPaper(key="giay-chung-sinh", original=1),
)
NONE = Qt.KeyboardModifier.NoModifier


def press(seat, key, modifiers=NONE) -> None:
    QTest.keyClick(QApplication.focusWidget() or seat.window, key, modifiers)


def card_of(number: str, name: str) -> str:
    return f"{number}||{name}|01021990|Nữ|Số 12, tổ 5, phường Minh Tâm|15042021"


@pytest.fixture
def citizen() -> tuple[str, str]:
    """A name and number that no other test uses; the stations of an office see each other's."""
    number = next(_numbers)
    return f"Phạm Thị Số {number}", f"000190{number:06d}"


def received(station, citizen):
    name, id_number = citizen
    entry = offices.birth_entry(papers=PAPERS)
    entry = replace(entry, submitter=Person(name=name, id_number=id_number))
    return intake.receive(station.desk, offices.BICH, entry)


def finished(station, citizen):
    dossier = received(station, citizen)
    processing.record_result(
        station.desk, offices.BICH, dossier.dossier, Result(name="Giấy khai sinh", number="15")
    )
    return dossier


def state(station, dossier) -> BusinessState:
    return lookup.show(station.desk, dossier).dossier.state


def open_returning(seat):
    press(seat, Qt.Key.Key_F4)
    view = seat.view("returning")
    seat.until(lambda: view.isVisible())
    return view


def test_a_scanned_receipt_one_key_and_f9_hand_the_result_out(seat, station, citizen):
    done = finished(station, citizen)
    view = open_returning(seat)

    seat.counter.route(done.code)
    seat.until(lambda: view.table.rowCount() == 1)
    press(seat, Qt.Key.Key_1)
    press(seat, Qt.Key.Key_F9)

    seat.until(lambda: state(station, done.dossier) is BusinessState.RETURNED)
    shown = lookup.show(station.desk, done.dossier).dossier
    assert shown.satisfaction == 1
    seat.until(lambda: "Đã trả 1 kết quả" in view.notice.words.text())
    assert view.table.rowCount() == 0


def test_a_card_lists_what_waits_for_its_bearer_and_agrees(seat, station, citizen):
    done = finished(station, citizen)
    view = open_returning(seat)

    seat.counter.route(card_of(citizen[1], citizen[0]))

    seat.until(lambda: view.table.rowCount() == 1)
    assert view.table.item(0, 1).text() == done.code
    assert "Đúng người nộp" in view.match.text()
    assert citizen[1] not in view.match.text()


def test_another_persons_card_stops_the_handing_out(seat, station, citizen):
    done = finished(station, citizen)
    view = open_returning(seat)
    seat.counter.route(done.code)
    seat.until(lambda: view.table.rowCount() == 1)

    seat.counter.route(card_of("000190999999", "Người Khác"))

    assert "không phải người nộp" in view.notice.words.text()
    press(seat, Qt.Key.Key_F9)
    seat.idle()
    assert state(station, done.dossier) is BusinessState.FINISHED


def test_an_authorised_person_shows_what_authorises_them(seat, station, citizen):
    done = finished(station, citizen)
    view = open_returning(seat)
    seat.counter.route(done.code)
    seat.until(lambda: view.table.rowCount() == 1)

    press(seat, Qt.Key.Key_U)
    seat.counter.route(card_of("000190999998", "Lê Văn Thay"))
    press(seat, Qt.Key.Key_F9)
    seat.until(lambda: "uỷ quyền" in view.notice.words.text())
    assert state(station, done.dossier) is BusinessState.FINISHED
    view.authority.setText("Giấy uỷ quyền 12/2026")
    press(seat, Qt.Key.Key_F9)

    seat.until(lambda: state(station, done.dossier) is BusinessState.RETURNED)
    shown = lookup.show(station.desk, done.dossier).dossier
    assert shown.returned_at is not None


def test_a_receipt_without_a_result_is_answered_and_kept_on_the_list(seat, station, citizen):
    done = received(station, citizen)
    view = open_returning(seat)

    seat.counter.route(done.code)

    seat.until(lambda: "chưa có kết quả" in view.notice.words.text())
    press(seat, Qt.Key.Key_F9)
    seat.idle()
    assert state(station, done.dossier) is BusinessState.RECEIVED


def test_money_comes_first_and_one_enter_takes_it(seat, station, citizen):
    entry = offices.copies_entry(citizen[0], id_number=citizen[1])
    done = intake.receive(station.desk, offices.BICH, entry)
    view = open_returning(seat)
    seat.counter.route(done.code)  # certified on the spot: the result is recorded with it
    seat.until(lambda: view.table.rowCount() == 1)
    press(seat, Qt.Key.Key_F9)
    seat.until(lambda: "còn phải thu" in view.notice.words.text())

    press(seat, Qt.Key.Key_F8)
    seat.until(lambda: seat.counter.pay_desk.dialog is not None)
    QTest.keyClick(seat.counter.pay_desk.dialog.cash, Qt.Key.Key_Return)
    seat.until(lambda: view.money.text() == "")
    seat.until(lambda: QApplication.activeWindow() is seat.window)
    press(seat, Qt.Key.Key_F9)

    seat.until(lambda: state(station, done.dossier) is BusinessState.RETURNED)
    shown = lookup.show(station.desk, done.dossier).dossier
    assert shown.paid == shown.fee.amount > 0
    assert shown.result_number == "1"


def test_several_receipts_go_out_together_with_one_sheet(seat, station, citizen):
    both = [finished(station, citizen), finished(station, citizen)]
    view = open_returning(seat)

    for one in both:
        seat.counter.route(one.code)
        seat.idle()
    seat.until(lambda: view.table.rowCount() == 2)
    press(seat, Qt.Key.Key_F9)

    seat.until(lambda: all(state(station, o.dossier) is BusinessState.RETURNED for o in both))
    seat.idle()
    form = station.value("SELECT form FROM print_job ORDER BY id DESC LIMIT 1")
    assert form == "result-several"


def test_a_name_finds_results_and_the_clerk_chooses(seat, station, citizen):
    both = [finished(station, citizen), finished(station, citizen)]
    view = open_returning(seat)

    QTest.keyClicks(view.line, citizen[0].replace("ạ", "a").replace("ị", "i").replace("ố", "o"))
    press(seat, Qt.Key.Key_Return)
    seat.until(lambda: view.table.rowCount() == 2)
    press(seat, Qt.Key.Key_Space)
    press(seat, Qt.Key.Key_F9)

    seat.until(lambda: "Đã trả 1 kết quả" in view.notice.words.text())
    states = [state(station, one.dossier) for one in both]
    assert sorted(states) == [BusinessState.FINISHED, BusinessState.RETURNED]


def test_esc_empties_the_screen_step_by_step(seat, station, citizen):
    done = finished(station, citizen)
    view = open_returning(seat)
    seat.counter.route(done.code)
    seat.until(lambda: view.table.rowCount() == 1)

    press(seat, Qt.Key.Key_U)
    press(seat, Qt.Key.Key_Escape)
    assert not view.is_authorised
    assert view.table.rowCount() == 1
    press(seat, Qt.Key.Key_Escape)

    assert view.table.rowCount() == 0
