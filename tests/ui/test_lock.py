"""The lock, fast change of clerks, settings, practice, and the first steps."""

import time

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.domain.scans import INPUT_METHOD_TEXT
from app.services import first_steps, preferences, signin
from app.ui import theme
from tests.support import office as offices
from tests.ui.test_reception import CARD, a_card
from tests.ui.test_returning import press

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NEW_PIN = "864209"


def open_with(seat, pin: str) -> None:
    cover = seat.counter.lock.cover
    cover.pin.setText(pin)
    QTest.keyClick(cover.pin, Qt.Key.Key_Return)


# ---- the lock ----------------------------------------------------------------------------------


def test_the_lock_hides_the_citizen_and_gives_everything_back(seat):
    seat.counter.route(CARD)
    view = seat.view("intake")
    view.person.phone.setText("0912345678")

    press(seat, Qt.Key.Key_L, CTRL)

    assert seat.counter.lock.is_locked
    assert not view.isVisible()
    shown = [w.text() for w in seat.window.findChildren(type(view.due)) if w.isVisible()]
    assert not any("Hồng Nhung" in words for words in shown)
    open_with(seat, offices.PIN)
    seat.until(lambda: not seat.counter.lock.is_locked)
    assert view.isVisible()
    assert view.person.phone.text() == "0912345678"
    assert view.person.name.text() == "Nguyễn Thị Hồng Nhung"


def test_behind_the_lock_no_key_and_no_scan_does_anything(seat, station):
    press(seat, Qt.Key.Key_L, CTRL)

    seat.counter.route(a_card())
    press(seat, Qt.Key.Key_F3)
    press(seat, Qt.Key.Key_K, CTRL)

    assert seat.window.current_screen == "intake"
    assert seat.view("intake").person.name.text() == ""
    assert seat.counter.lock.cover.pin.hasFocus()


def test_a_wrong_pin_keeps_it_locked_and_says_how_many_tries_are_left(seat):
    press(seat, Qt.Key.Key_L, CTRL)

    open_with(seat, "999000")

    cover = seat.counter.lock.cover
    seat.until(lambda: not cover.notice.isHidden())
    assert "Còn 2 lần" in cover.notice.words.text()
    assert seat.counter.lock.is_locked


def test_it_locks_by_itself_when_nobody_does_anything(seat, monkeypatch):
    lock = seat.counter.lock
    lock._look()
    assert not lock.is_locked

    seat.session.scan_filter.touched_at = time.monotonic() - lock.minutes * 60 - 1
    lock._look()

    assert lock.is_locked


def test_a_dialog_with_a_citizen_in_it_goes_behind_the_lock_and_comes_back(seat, station):
    one = station.receive("Trần Văn Hướng")
    seat.counter.pay_desk.ask(one.dossier, lambda problem: None)
    seat.until(lambda: seat.counter.pay_desk.dialog is not None)
    dialog = seat.counter.pay_desk.dialog

    seat.counter.lock.lock()
    assert not dialog.isVisible()
    open_with(seat, offices.PIN)

    seat.until(lambda: not seat.counter.lock.is_locked)
    assert dialog.isVisible()
    dialog.reject()


def test_ctrl_u_at_the_lock_lets_another_clerk_in(seat, station):
    station.sign_in(offices.HOA.user)
    press(seat, Qt.Key.Key_L, CTRL)

    press(seat, Qt.Key.Key_U, CTRL)
    seat.until(lambda: seat.session.window is None)
    seat.sign_in(user=offices.HOA.user)

    assert seat.window.user.text() == offices.HOA.display_name


# ---- settings ------------------------------------------------------------------------------------


def test_choices_are_turned_by_arrows_used_at_once_and_kept(seat, station, qapp):
    press(seat, Qt.Key.Key_F12, SHIFT)
    view = seat.view("settings")
    view.table.selectRow(0)
    try:
        press(seat, Qt.Key.Key_Right)
        seat.until(lambda: "sáng" in view.table.item(0, 1).text())
        for _ in range(2):
            press(seat, Qt.Key.Key_Right)
            seat.idle()

        assert theme.current() is theme.CONTRAST
        assert preferences.read(station.desk, offices.BICH).look == "contrast"
        view.table.selectRow(1)
        size = qapp.font().pointSizeF()
        press(seat, Qt.Key.Key_Right)
        seat.until(lambda: qapp.font().pointSizeF() > size)
    finally:
        theme.choose(qapp, theme.LIGHT, 0)


def test_the_pin_is_changed_only_with_the_former_one(seat, station):
    press(seat, Qt.Key.Key_F12, SHIFT)
    press(seat, Qt.Key.Key_F7)
    dialog = seat.presenter("settings").dialog
    seat.until(lambda: QApplication.activeWindow() is dialog)
    dialog.former.setText("999000")
    dialog.new.setText(NEW_PIN)
    dialog.again.setText(NEW_PIN)
    QTest.keyClick(dialog, Qt.Key.Key_F9)
    seat.until(lambda: "chưa đúng" in dialog.notice.words.text())

    dialog.former.setText(offices.PIN)
    QTest.keyClick(dialog, Qt.Key.Key_F9)

    seat.until(lambda: "Đã đổi mã PIN" in seat.view("settings").notice.words.text())
    assert signin.sign_in_offline(station.desk, offices.USER, NEW_PIN).user == offices.USER
    assert signin.token_of(station.desk, offices.USER, NEW_PIN)


# ---- practice ------------------------------------------------------------------------------------


def test_practice_is_another_store_and_the_way_back_is_one_key(seat, station):
    before = station.value("SELECT count(*) FROM event")
    press(seat, Qt.Key.Key_F12, SHIFT)

    press(seat, Qt.Key.Key_F9)
    seat.until(lambda: "TẬP SỰ" in seat.window.windowTitle())
    seat.idle()
    desk = seat.counter.seat.desk
    assert desk.practice
    assert "Tập sự" in seat.window.chip.text()
    received = offices.intake.receive(desk, offices.BICH, offices.copies_entry())
    assert received.code.startswith("H24.15-")
    press(seat, Qt.Key.Key_F12, SHIFT)
    press(seat, Qt.Key.Key_F9)

    seat.until(lambda: "TẬP SỰ" not in seat.window.windowTitle())
    seat.idle()
    assert not seat.counter.seat.desk.practice
    assert station.value("SELECT count(*) FROM event") == before


def test_the_first_steps_read_back_what_was_printed(seat, station):
    press(seat, Qt.Key.Key_F12, SHIFT)
    press(seat, Qt.Key.Key_F8)
    view = seat.view("first_steps")
    seat.until(lambda: view.table.rowCount() == 4)

    seat.counter.route("THU-261120-0900")

    seat.until(lambda: "gun" in first_steps.done_at(station.desk))
    seat.until(lambda: "đọc được THU-261120-0900" in view.table.item(1, 3).text())


def test_an_input_method_that_spoils_codes_is_named(seat):
    seat.counter.open("first_steps")
    view = seat.view("first_steps")
    seat.until(lambda: view.table.rowCount() == 4)

    seat.counter.route("ÂÊÔĐƯSFRXJ0123456789")
    assert "Bộ gõ tiếng Việt đang làm sai" in view.notice.words.text()
    seat.counter.route(INPUT_METHOD_TEXT)

    seat.until(lambda: "đều đúng" in view.table.item(1, 3).text())


def test_a_practice_dossier_is_shown_with_its_mark_and_never_leaves(seat, station):
    before = station.value("SELECT count(*) FROM event")
    shown = []
    seat.counter.open("first_steps")
    seat.counter.ways.paper.connect(lambda title, pages, print_it: shown.append((title, pages)))
    view = seat.view("first_steps")
    seat.until(lambda: view.table.rowCount() == 4)
    view.table.selectRow(3)

    press(seat, Qt.Key.Key_Return)

    seat.until(lambda: bool(shown))
    assert shown[0][0].startswith("Giấy tiếp nhận tập sự")
    assert station.value("SELECT count(*) FROM event") == before
    assert "practice" in first_steps.done_at(station.desk)
