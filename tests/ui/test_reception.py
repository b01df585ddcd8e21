"""The reception screen, as a clerk uses it."""

import itertools

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QListWidget

from app.services import drafts, lookup
from tests.support import office as offices

CARD = "000190000001||Nguyễn Thị Hồng Nhung|01021990|Nữ|Số 12, tổ 5, phường Minh Tâm|15042021"
_citizens = itertools.count(100)


def a_card() -> str:
    """Return the card of a citizen whom no other test serves; the stations share an office."""
    return CARD.replace("000190000001", f"000190{next(_citizens):06d}")


def press(seat, key, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key where the focus is, shortcuts included."""
    QTest.keyClick(QApplication.focusWidget() or seat.window, key, modifiers)


def pick(seat, words: str) -> None:
    picker = seat.view("intake").picker
    picker.setFocus()
    picker.clear()
    QTest.keyClicks(picker, words)
    press(seat, Qt.Key.Key_Return)


def fill_birth(seat, card: str = "") -> None:
    seat.counter.route(card or a_card())
    pick(seat, "khai sinh")
    view = seat.view("intake")
    view.case.restore({"child_name": "Trần Gia Hân", "child_born": "2026-11-15", "child_sex": "Nữ"})
    press(seat, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)


def received_here(station) -> int:
    """Count this station's own receptions; the stations of an office see each other's."""
    return station.value(
        "SELECT count(*) FROM event WHERE kind = 'dossier.received' AND store = :store",
        store=station.incarnation.hex,
    )


def test_a_card_fills_the_person_in_and_says_that_it_is_not_authenticated(seat):
    seat.counter.route(CARD)

    person = seat.view("intake").person
    assert person.name.text() == "Nguyễn Thị Hồng Nhung"
    assert person.id_number.text() == "000190000001"
    assert person.born.text() == "01/02/1990"
    assert "chưa xác thực" in person.note.text()


def test_words_without_marks_pick_the_procedure(seat):
    pick(seat, "khai sinh")

    view = seat.view("intake")
    assert view.procedure is not None
    assert view.procedure.code == "1.001193"
    assert "17:00" in view.due.text()


def test_words_that_fit_no_procedure_are_answered_and_the_cursor_stays(seat):
    pick(seat, "xyzzy")

    view = seat.view("intake")
    assert view.procedure is None
    assert QApplication.focusWidget() is view.picker
    popups = [w for w in QApplication.topLevelWidgets() if w.findChildren(QListWidget)]
    lists = [w.findChild(QListWidget) for w in popups if w.isVisible()]
    shown = [found.item(0).text() for found in lists if found.count()]
    assert any("Không thấy thủ tục" in words for words in shown)
    pick(seat, "khai sinh")
    assert view.procedure is not None


def test_f9_stores_the_dossier_and_shows_its_code_large(seat, station):
    fill_birth(seat)

    press(seat, Qt.Key.Key_F9)

    view = seat.view("intake")
    seat.until(lambda: view.shows_result)
    code = view.result.code.text()
    assert code.startswith("H24.15-")
    shown = lookup.show(station.desk, lookup.by_code(station.desk, code))
    assert shown.dossier.submitter.name == "Nguyễn Thị Hồng Nhung"
    assert shown.dossier.fields["child_name"] == "Trần Gia Hân"
    assert {p.key for p in shown.dossier.papers} == {"to-khai", "giay-chung-sinh"}


def test_pressing_f9_twice_stores_one_dossier(seat, station):
    fill_birth(seat)

    seat.presenter("intake").submit()
    seat.presenter("intake").submit()

    seat.until(lambda: seat.view("intake").shows_result)
    seat.idle()
    assert received_here(station) == 1


def test_the_same_procedure_twice_in_a_day_is_asked_about_and_nothing_is_lost(seat, station):
    card = a_card()
    fill_birth(seat, card)
    press(seat, Qt.Key.Key_F9)
    view = seat.view("intake")
    seat.until(lambda: view.shows_result)
    press(seat, Qt.Key.Key_F2)
    fill_birth(seat, card)

    press(seat, Qt.Key.Key_F9)

    seat.until(lambda: not view.notice.isHidden())
    assert "đã nộp “Đăng ký khai sinh” lúc" in view.notice.words.text()
    assert received_here(station) == 1
    press(seat, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)  # receive it all the same
    seat.until(lambda: view.shows_result)
    assert received_here(station) == 2


def test_what_is_missing_is_named_and_the_entry_is_kept(seat, station):
    seat.counter.route(a_card())
    pick(seat, "khai sinh")

    press(seat, Qt.Key.Key_F9)

    view = seat.view("intake")
    seat.until(lambda: not view.notice.isHidden())
    words = view.notice.words.text()
    assert "Tờ khai đăng ký khai sinh" in words
    assert view.person.name.text() == "Nguyễn Thị Hồng Nhung"
    assert received_here(station) == 0


def test_number_keys_tick_papers_and_letters_choose_the_kind(seat):
    pick(seat, "khai sinh")
    papers = seat.view("intake").papers
    papers.setFocus()

    QTest.keyClick(papers, "2")
    QTest.keyClick(papers, "p")
    QTest.keyClick(papers, "+")

    (given,) = papers.given()
    assert (given.key, given.original, given.photocopy) == ("giay-chung-sinh", 0, 2)


def test_certified_copies_go_by_enter_alone(seat, station):
    seat.counter.route(a_card())
    pick(seat, "ctbs")
    view = seat.view("intake")
    first = view.copies.first()
    first.setFocus()
    for words in ("bang tot nghiep", "12", "2"):
        QTest.keyClicks(QApplication.focusWidget(), words)
        press(seat, Qt.Key.Key_Return)
    assert "28.000" in view.copies.total.text()
    assert "Hai mươi tám nghìn đồng" in view.copies.total.text()

    press(seat, Qt.Key.Key_Return)  # the empty line is the end

    seat.until(lambda: view.shows_result)
    line = lookup.newest(station.desk).lines[0]
    assert line.procedure == "2.000815"


def test_what_was_typed_is_a_draft_within_a_second_and_offered_after_a_crash(seat, station):
    fill_birth(seat)
    seat.until(lambda: "Đã lưu nháp" in seat.view("intake").saved.text())

    found = drafts.open_drafts(station.desk, offices.BICH)
    assert found[0].content["person"]["name"] == "Nguyễn Thị Hồng Nhung"

    seat.view("intake").begin()  # as if the program had started anew
    seat.presenter("intake").start()
    seat.until(lambda: not seat.view("intake").notice.isHidden())
    assert "Nguyễn Thị Hồng Nhung" in seat.view("intake").notice.words.text()
    seat.presenter("intake").reopen(found[0])

    view = seat.view("intake")
    assert view.person.name.text() == "Nguyễn Thị Hồng Nhung"
    assert view.case.values()["child_name"] == "Trần Gia Hân"
    assert len(view.papers.given()) == 2


def test_ctrl_z_voids_the_reception_on_screen(seat, station):
    fill_birth(seat)
    press(seat, Qt.Key.Key_F9)
    view = seat.view("intake")
    seat.until(lambda: view.shows_result)
    code = view.result.code.text()

    seat.presenter("intake").undo()

    seat.until(lambda: "Đã hoàn tác" in view.notice.words.text())
    assert lookup.show(station.desk, lookup.by_code(station.desk, code)).dossier.voided


def test_an_earlier_dossier_of_the_citizen_is_pointed_out(seat, station):
    offices.intake.receive(
        station.desk, offices.BICH, offices.copies_entry("Nguyễn Thị Hồng Nhung",
                                                         id_number="000190000077")
    )  # fmt: skip

    seat.counter.route(CARD.replace("000190000001", "000190000077"))

    citizen = seat.view("intake").citizen
    seat.until(lambda: not citizen.isHidden())
    assert "1 hồ sơ" in citizen.words.text()


def test_without_a_printer_the_dossier_is_safe_and_the_strip_says_what_to_do(seat, station):
    fill_birth(seat)
    press(seat, Qt.Key.Key_F9)

    seat.until(lambda: not seat.window.strip.isHidden())
    seat.idle()
    words = seat.window.strip.words.text()
    assert words.startswith("Đã tiếp nhận H24.15-")
    assert "Chưa in được" in words
    assert received_here(station) == 1


def test_the_fee_follows_the_typing_and_agrees_with_the_panel(seat):
    seat.counter.route(a_card())
    pick(seat, "ctbs")
    view = seat.view("intake")
    name, pages, copies, price = view.copies._rows[0]

    QTest.keyClicks(name, "Hop dong")
    QTest.keyClicks(pages, "12")
    QTest.keyClicks(copies, "2")

    assert price.text() == "28.000"
    assert "28.000 đồng" in view.fee.fee.text()  # at once, not with the next autosave


def test_a_fee_that_is_not_known_is_never_shown_as_nothing(seat, station):
    seat.counter.route(a_card())
    pick(seat, "khai sinh")
    view = seat.view("intake")

    assert "chưa tính" in view.fee.fee.text()
    assert "0 đồng" not in view.fee.fee.text()
    press(seat, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    press(seat, Qt.Key.Key_F9)
    seat.until(lambda: view.shows_result)
    assert "chưa tính" in view.result.money.text()
    assert "0 đồng" not in view.result.money.text()
