"""Processing and hand-over: officers and leaders at the window, by keys alone."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.domain.bodies import Person
from app.domain.papers import GivenPaper
from app.domain.status import BusinessState as B
from app.services import handing_over, intake, lookup, processing, supplements
from tests.support import office as offices
from tests.support.seat import Seat, seated
from tests.ui.test_returning import PAPERS, press

UNIT = "Phòng Văn hóa - Xã hội"
_numbers = itertools.count(700)


@pytest.fixture
def officer(qapp, qtbot, station) -> Iterator[Seat]:
    station.sign_in(offices.HOA.user)
    with seated(qapp, qtbot, station, offices.HOA.user) as seat:
        yield seat


@pytest.fixture
def leader(qapp, qtbot, station) -> Iterator[Seat]:
    station.sign_in(offices.DUNG.user)
    with seated(qapp, qtbot, station, offices.DUNG.user) as seat:
        yield seat


def birth(station):
    number = next(_numbers)
    person = Person(name=f"Đỗ Thị Số {number}", id_number=f"000190{number:06d}")
    entry = replace(offices.birth_entry(papers=PAPERS), submitter=person)
    return intake.receive(station.desk, offices.BICH, entry)


def handed(station, *dossiers, unit=UNIT):
    return handing_over.hand_over(
        station.desk, offices.BICH, [one.dossier for one in dossiers], to_unit=unit
    )


def folded(station, reception):
    return lookup.show(station.desk, reception.dossier).dossier


def row_of(view, code) -> int:
    column = [view.table.item(y, 1).text() for y in range(view.table.rowCount())]
    return column.index(code) if code in column else -1


def turn_to(view, seat, code) -> None:
    seat.until(lambda: row_of(view, code) >= 0)
    view.table.selectRow(row_of(view, code))
    view.table.setFocus()


def test_scanned_dossiers_go_on_with_one_slip_that_is_printed(seat, station):
    both = [birth(station), birth(station)]
    press(seat, Qt.Key.Key_F4, Qt.KeyboardModifier.ShiftModifier)
    view = seat.view("hand_over")

    for one in both:
        seat.counter.route(one.code)
        seat.idle()
    assert view.table.rowCount() == 2
    view.unit.setCurrentText(UNIT)
    press(seat, Qt.Key.Key_F9)

    seat.until(lambda: "Đã bàn giao 2 hồ sơ" in view.notice.words.text())
    assert {folded(station, one).unit for one in both} == {UNIT}
    seat.idle()
    form = station.value("SELECT form FROM print_job ORDER BY id DESC LIMIT 1")
    assert form == "hand-over"


def test_what_waits_is_loaded_at_once_and_a_row_may_stay(seat, station):
    one = birth(station)
    press(seat, Qt.Key.Key_F4, Qt.KeyboardModifier.ShiftModifier)
    view = seat.view("hand_over")

    press(seat, Qt.Key.Key_F7)
    seat.until(lambda: view.table.rowCount() > 0)
    codes = [view.table.item(y, 0).text() for y in range(view.table.rowCount())]
    assert one.code in codes
    before = view.table.rowCount()
    view.table.setFocus()
    press(seat, Qt.Key.Key_Delete)

    assert view.table.rowCount() == before - 1


def test_what_was_brought_later_waits_to_go_on_and_what_an_officer_holds_does_not(station):
    lacking, held, asked = birth(station), birth(station), birth(station)
    supplements.ask(station.desk, offices.BICH, lacking.dossier, ["Giấy chứng sinh"], "thiếu")
    supplements.ask(station.desk, offices.BICH, asked.dossier, ["Giấy chứng sinh"], "thiếu")
    supplements.receive(station.desk, offices.BICH, lacking.dossier,
                        (GivenPaper(key="giay-chung-sinh", original=1),))  # fmt: skip
    processing.take(station.desk, offices.HOA, [held.dossier])

    waiting = {one.id for one in handing_over.waiting(station.desk)}

    assert lacking.dossier in waiting
    assert not {held.dossier, asked.dossier} & waiting


def test_a_slip_scanned_by_the_officer_confirms_what_came(officer, station):
    one = birth(station)
    slip = handed(station, one)

    officer.counter.route(slip.number)

    view = officer.view("processing")
    officer.until(lambda: "Đã nhận 1 hồ sơ" in view.notice.words.text())
    assert folded(station, one).holder == offices.HOA.user


def test_an_officer_takes_proposes_and_the_leader_signs(officer, station):
    one = birth(station)
    handed(station, one)
    officer.counter.open("processing")
    view = officer.view("processing")
    view.unit.setCurrentIndex(view.unit.findData(UNIT))
    view.unit_chosen.emit(UNIT)

    turn_to(view, officer, one.code)
    press(officer, Qt.Key.Key_T)
    officer.until(lambda: folded(station, one).holder == offices.HOA.user)
    press(officer, Qt.Key.Key_1)
    turn_to(view, officer, one.code)
    press(officer, Qt.Key.Key_P)
    officer.until(lambda: officer.counter.course.dialog is not None)
    officer.counter.course.dialog.words.setText("Cấp giấy khai sinh")
    QTest.keyClick(officer.counter.course.dialog, Qt.Key.Key_F9)

    officer.until(lambda: folded(station, one).proposal is not None)
    assert folded(station, one).proposal.state == "made"


def test_a_leader_signs_several_and_sends_one_back_with_words(leader, station):
    three = [birth(station) for _ in range(3)]
    for one in three:
        processing.take(station.desk, offices.HOA, [one.dossier])
        processing.propose(station.desk, offices.HOA, one.dossier, "grant", "Cấp giấy khai sinh")
    leader.counter.open("processing")
    view = leader.view("processing")

    turn_to(view, leader, three[0].code)
    press(leader, Qt.Key.Key_D)
    leader.until(lambda: view.notice.is_asking)
    QTest.keyClicks(QApplication.focusWidget(), "sai ten me")
    press(leader, Qt.Key.Key_Return)
    leader.until(lambda: folded(station, three[0]).proposal.state == "declined")
    for one in three[1:]:
        turn_to(view, leader, one.code)
        press(leader, Qt.Key.Key_Space)
    press(leader, Qt.Key.Key_F9)

    leader.until(lambda: all(folded(station, o).proposal.state == "signed" for o in three[1:]))
    assert folded(station, three[0]).proposal.said == "sai ten me"


def test_the_clock_stands_still_while_papers_are_awaited(officer, station):
    one = birth(station)
    handed(station, one)
    officer.counter.open("processing")
    view = officer.view("processing")
    view.unit_chosen.emit(UNIT)
    turn_to(view, officer, one.code)

    officer.presenter("processing").do("supplement")
    officer.until(lambda: officer.counter.course.dialog is not None)
    dialog = officer.counter.course.dialog
    dialog.more[0].setText("Giấy chứng sinh bản chính")
    QTest.keyClick(dialog, Qt.Key.Key_F9)
    officer.until(lambda: folded(station, one).state is B.AWAITING_SUPPLEMENT)
    officer.until(lambda: QApplication.activeWindow() is officer.window)
    press(officer, Qt.Key.Key_4)

    turn_to(view, officer, one.code)

    def due_words() -> str:
        row = row_of(view, one.code)
        return view.table.item(row, 4).text() if row >= 0 else ""

    officer.until(lambda: due_words().startswith("tạm dừng"))


def test_extending_asks_for_day_and_reason_and_makes_the_apology(officer, station):
    one = birth(station)
    handed(station, one)
    officer.counter.open("processing")
    view = officer.view("processing")
    view.unit_chosen.emit(UNIT)
    turn_to(view, officer, one.code)

    press(officer, Qt.Key.Key_X)
    officer.until(lambda: officer.counter.course.dialog is not None)
    dialog = officer.counter.course.dialog
    QTest.keyClick(dialog, Qt.Key.Key_F9)
    officer.until(lambda: "Ngày hẹn mới chưa đúng" in dialog.notice.words.text())
    dialog.day.setText("27112026")
    dialog.reason.setText("Chờ xác minh nơi cư trú")
    QTest.keyClick(dialog, Qt.Key.Key_F9)

    officer.until(lambda: folded(station, one).extended)
    officer.idle()
    form = station.value("SELECT form FROM print_job ORDER BY id DESC LIMIT 1")
    assert form == "04"


def test_linked_stages_say_whose_turn_it_is(officer, station):
    linked = next(p for p in station.desk.catalogue().procedures if p.stages)
    number = next(_numbers)
    person = Person(name=f"Đỗ Thị Số {number}", id_number=f"000190{number:06d}")
    papers = tuple(
        GivenPaper(key=paper.key, original=1) for paper in linked.papers if paper.required
    )
    entry = intake.Intake(procedure=linked.code, submitter=person, papers=papers)
    one = intake.receive(station.desk, offices.BICH, entry)
    officer.counter.open("processing")
    view = officer.view("processing")
    press(officer, Qt.Key.Key_5)
    turn_to(view, officer, one.code)
    officer.until(lambda: "▶" in view.words.text())
    first = view.words.text()

    press(officer, Qt.Key.Key_T)
    officer.until(lambda: folded(station, one).holder == offices.HOA.user)
    officer.idle()
    turn_to(view, officer, one.code)
    press(officer, Qt.Key.Key_G)
    officer.until(lambda: view.notice.is_asking)
    press(officer, Qt.Key.Key_Return)

    officer.until(lambda: any(s.done_at for s in folded(station, one).stage_states.values()))
    assert all(stage.name in first for stage in linked.stages)


def test_what_is_typed_again_elsewhere_is_copied_line_by_line_and_leaves_the_clipboard(
    seat, station
):
    one = birth(station)
    seat.counter.open("dossiers")
    seat.presenter("dossiers").seek_dossier(one.dossier)
    seat.idle()
    press(seat, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    seat.until(lambda: seat.counter.course.dialog is not None)
    dialog = seat.counter.course.dialog
    clipboard = QApplication.clipboard()
    values = [dialog.table.item(y, 1).text() for y in range(dialog.table.rowCount())]

    QTest.keyClick(dialog.table, Qt.Key.Key_Return)
    assert clipboard.text() == values[0]
    QTest.keyClick(dialog.table, Qt.Key.Key_Return)
    assert clipboard.text() == values[1]
    dialog.timerEvent(None)  # a minute later
    assert clipboard.text() == ""

    QTest.keyClick(dialog.table, Qt.Key.Key_Return)
    clipboard.setText("của người khác")
    dialog.close()
    assert clipboard.text() == "của người khác"
    clipboard.clear()
    kinds = [event.kind for event in lookup.show(station.desk, one.dossier).timeline]
    assert "id.revealed" in kinds


def test_what_was_copied_goes_when_the_window_closes(seat, station):
    one = birth(station)
    seat.counter.open("dossiers")
    seat.counter.course.retype(one.dossier, seat.view("dossiers").notice)
    seat.until(lambda: seat.counter.course.dialog is not None)
    dialog = seat.counter.course.dialog
    QTest.keyClick(dialog.table, Qt.Key.Key_Return)
    assert QApplication.clipboard().text()

    dialog.close()

    assert QApplication.clipboard().text() == ""
