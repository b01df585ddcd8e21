"""The frame around the screens: keys, search, chip, words and sizes."""

import datetime as dt
import re
import tomllib

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QScrollArea,
)

from app.services import lookup, receipts
from app.services.station import StationStatus
from app.ui.help_sheet import HelpSheet
from app.ui.keys import KEYS, OwnKeysFirst, keys_of
from app.ui.preview import PREVIEW_DPI, Preview
from app.ui.screens import SCREENS
from app.ui.sync_runner import chip_of
from printing.raster import rasterise
from tests.support import office as offices
from tests.ui.test_reception import CARD, press

ENGLISH = re.compile(
    r"\b(the|and|open|close|save|cancel|error|file|search|name|date|new|print|scan|sync|help|"
    r"yes|no|ok|print|select|copy|paste|undo)\b",
    re.IGNORECASE,
)


def test_f1_shows_every_key(qapp, qtbot):
    sheet = HelpSheet()
    qtbot.addWidget(sheet)

    shown = {label.text() for label in sheet.findChildren(QLabel)}

    assert {key.words for key in KEYS} <= shown


def test_the_sheet_of_keys_needs_no_sideways_scrolling_and_moves_by_the_arrows(qapp, qtbot):
    sheet = HelpSheet()
    qtbot.addWidget(sheet)
    sheet.show()
    qtbot.waitExposed(sheet)
    scroll = sheet.findChild(QScrollArea)

    assert scroll.horizontalScrollBar().maximum() == 0
    qtbot.keyClick(scroll, Qt.Key.Key_Down)
    assert scroll.verticalScrollBar().value() > 0  # the test's screen is small


def test_f1_shows_the_keys_of_this_screen_first_and_f1_again_all(seat):
    seat.counter.open("dossiers")
    press(seat, Qt.Key.Key_F1)
    sheet = seat.window.findChild(HelpSheet)

    def shown() -> set[str]:
        return {label.text() for label in sheet.pages.currentWidget().findChildren(QLabel)}

    assert {key.words for key in keys_of("Hồ sơ")} <= shown()
    assert not {key.words for key in keys_of("Thống kê")} <= shown()
    QTest.keyClick(sheet, Qt.Key.Key_F1)
    assert {key.words for key in KEYS} <= shown()
    sheet.close()


def test_every_screen_has_its_keys_in_the_registry_under_its_own_name():
    assert [kind.name for kind in SCREENS if not keys_of(kind.words)] == []


def test_the_contract_that_holds_screens_apart_names_every_screen():
    settings = tomllib.loads((offices.ROOT / "pyproject.toml").read_text("utf-8"))
    (apart,) = [
        one for one in settings["tool"]["importlinter"]["contracts"]
        if one["name"] == "No screen knows another"
    ]  # fmt: skip

    assert {kind.module.removesuffix(".screen") for kind in SCREENS} == set(apart["modules"])


def test_p_on_the_sheet_shows_the_card_of_keys_ready_to_print(seat):
    press(seat, Qt.Key.Key_F1)
    QTest.keyClick(seat.window.findChild(HelpSheet), Qt.Key.Key_P)
    seat.until(lambda: seat.window.findChildren(Preview) != [])

    (preview,) = seat.window.findChildren(Preview)
    assert "Bảng phím tắt" in preview.windowTitle()
    preview.close()


def test_the_arrows_turn_through_who_signed_in_here(seat, station):
    station.sign_in(offices.HOA.user)
    view = seat.session.sign_in_view
    seat.session.sign_in.show()
    names = {offices.USER, offices.HOA.user}
    first = view.user.text()

    QTest.keyClick(view.secret, Qt.Key.Key_Down)
    second = view.user.text()
    QTest.keyClick(view.user, Qt.Key.Key_Up)

    assert {first, second} == names
    assert view.user.text() == first
    assert "↑ ↓" in view.known.text()


def test_a_screen_behind_takes_no_keys_from_the_one_in_front(seat, station):
    station.receive("Lê Thị Sau")
    seat.counter.open("intake")
    seat.counter.open("dossiers")
    table = seat.view("dossiers").table
    table.setFocus()
    seat.until(table.hasFocus)

    seat.presenter("intake").begin()  # as its clock does, a minute after a reception

    assert QApplication.focusWidget() is table
    seat.counter.open("intake")
    assert QApplication.focusWidget() is seat.view("intake").picker


def test_a_key_of_ours_is_not_taken_by_a_field_that_has_an_edit_for_it(qapp, qtbot):
    line = QLineEdit()
    qtbot.addWidget(line)

    def is_claimed() -> bool:
        asked = QKeyEvent(QKeyEvent.Type.ShortcutOverride, Qt.Key.Key_A,
                          Qt.KeyboardModifier.ControlModifier)  # fmt: skip
        asked.ignore()
        QApplication.sendEvent(line, asked)
        return asked.isAccepted()

    assert is_claimed(), "a field takes Ctrl+A by itself"
    ours = OwnKeysFirst(qapp, ["Ctrl+A"])
    assert not is_claimed()
    qapp.removeEventFilter(ours)
    ours.deleteLater()


def test_standard_buttons_speak_vietnamese(qapp, qtbot):
    every = QDialogButtonBox(
        QDialogButtonBox.StandardButton.Ok
        | QDialogButtonBox.StandardButton.Cancel
        | QDialogButtonBox.StandardButton.Save
        | QDialogButtonBox.StandardButton.Yes
        | QDialogButtonBox.StandardButton.Close
    )
    qtbot.addWidget(every)

    words = {button.text().replace("&", "") for button in every.buttons()}

    assert words == {"Đồng ý", "Huỷ bỏ", "Lưu", "Có", "Đóng"}


def test_a_context_menu_speaks_vietnamese(qapp, qtbot):
    line = QLineEdit("x")
    qtbot.addWidget(line)

    words = {a.text().split("\t")[0] for a in line.createStandardContextMenu().actions()}

    assert {"&Hoàn tác", "&Dán", "Chọn hết"} <= words
    assert not any(ENGLISH.search(w.replace("&", "")) for w in words)


def status(**more) -> StationStatus:
    moment = dt.datetime(2026, 11, 20, 9, 14, tzinfo=dt.timezone(dt.timedelta(hours=7)))
    values = {
        "station": "Quầy 1", "agency": "H24.15", "agency_name": "x", "server": "",
        "waiting": 0, "pages_waiting": 0,
        "bytes_waiting": 0, "sent_today": 0,
        "to_look_at": 0, "proven_at": moment, "reached_at": moment, "is_offline": False,
        "stopped": "", "difference": "", "is_proof_due": False,
        "leased": 5, "standing": 400, "numbers_low": False, "plan_ends": None,
        "catalogue": 1, "catalogue_at": None,
        "journal": "", "has_second_volume": True, "key_place": "keyring",
    }  # fmt: skip
    return StationStatus(**values | more)


def test_the_chip_is_green_only_by_proof_and_says_since_when():
    green = chip_of(status(), is_syncing=False, is_line_down=False)
    assert (green.tone, green.words) == ("good", "● Trực tuyến · khớp lúc 09:14")

    for not_proven in (
        chip_of(status(proven_at=None), is_syncing=False, is_line_down=False),
        chip_of(status(waiting=1), is_syncing=False, is_line_down=False),
        chip_of(status(pages_waiting=1), is_syncing=False, is_line_down=False),
        chip_of(status(to_look_at=1), is_syncing=False, is_line_down=False),
        chip_of(status(), is_syncing=False, is_line_down=True),
    ):
        assert not_proven.tone != "good"


def test_offline_is_amber_and_counts_what_waits():
    chip = chip_of(status(waiting=12), is_syncing=False, is_line_down=True)
    assert (chip.tone, chip.words) == ("wait", "▲ Ngoại tuyến · 12 chờ gửi")


def test_the_omni_box_opens_a_single_hit(seat, station):
    code = station.receive("Trần Văn Hướng").code
    station.receive("Đặng Kim Hương")

    seat.counter.seek("huong dang")

    assert seat.window.current_screen == "dossiers"
    seat.until(lambda: not seat.view("dossiers").quick.isHidden())
    assert "Đặng Kim Hương" in seat.view("dossiers").quick_words.text()

    seat.counter.seek(code)
    seat.until(lambda: "Trần Văn Hướng" in seat.view("dossiers").quick_words.text())


def test_ids_are_masked_in_the_quick_view_and_the_look_is_recorded(seat, station):
    station.receive("Trần Văn Hướng", id_number="000090123456")

    seat.counter.seek("huong tran")

    seat.until(lambda: not seat.view("dossiers").quick.isHidden())
    words = seat.view("dossiers").quick_words.text()
    assert "000090******" in words
    assert "000090123456" not in words
    assert station.value("SELECT count(*) FROM event WHERE kind = 'dossier.viewed'") == 1


def test_an_unknown_code_offers_a_search_and_opens_nothing(seat):
    seat.counter.route("ABCDEF987654")

    assert "Không nhận ra mã này" in seat.window.strip.words.text()
    assert seat.window.current_screen == "intake"


def test_the_list_goes_on_by_key_to_the_end(seat, station):
    for i in range(120):
        station.receive(f"Lý Văn Số {i}")
    model = seat.view("dossiers").table.model()
    seat.counter.open("dossiers")

    while model.canFetchMore(seat.view("dossiers").table.rootIndex()):
        model.fetchMore(seat.view("dossiers").table.rootIndex())

    rows = [line.row for line in model.lines]
    assert len(rows) == 120
    assert rows == sorted(set(rows), reverse=True)


def test_another_clerk_takes_over_and_the_draft_comes_back(seat, station):
    seat.counter.route(CARD)
    seat.counter.left.emit()

    seat.until(lambda: seat.session.window is None)
    assert seat.session.sign_in_view.isVisible()

    seat.sign_in()
    view = seat.view("intake")
    seat.until(lambda: not view.notice.isHidden())
    assert "Nguyễn Thị Hồng Nhung" in view.notice.words.text()  # the draft is offered


def test_a_wrong_pin_says_how_many_tries_are_left(seat):
    seat.counter.left.emit()
    seat.until(lambda: seat.session.window is None)
    view = seat.session.sign_in_view
    view.user.setText(offices.USER)
    view.secret.setText("999000")

    view.enter.click()

    seat.until(lambda: not view.notice.isHidden())
    assert "Mã PIN chưa đúng" in view.notice.words.text()
    assert "Còn 2 lần" in view.notice.words.text()
    assert view.secret.hasFocus() or not view.isActiveWindow()


def test_escape_closes_the_notice_and_nothing_else(seat):
    seat.counter.route("ABCDEF987654")
    seat.window.escaped.emit()

    assert seat.window.strip.isHidden()
    assert seat.window.isVisible()


def test_ctrl_p_shows_the_receipt_that_would_be_printed(seat, station):
    code = station.receive("Trần Văn Hướng").code
    seat.counter.open("dossiers")
    seat.view("dossiers").table.selectRow(0)

    seat.view("dossiers").preview_asked.emit()

    seat.until(lambda: seat.window.findChildren(Preview) != [])
    (preview,) = seat.window.findChildren(Preview)
    assert code in preview.windowTitle()
    pages = [label for label in preview.findChildren(QLabel) if not label.pixmap().isNull()]
    assert len(pages) == 2
    dossier = lookup.by_code(station.desk, code)
    stored = receipts.make_receipt(station.desk, offices.BICH, dossier).pdf
    page = rasterise(stored, dpi=PREVIEW_DPI)[0]
    image = pages[0].pixmap().toImage()
    assert (image.width(), image.height()) == (page.width, page.height)
    middle = image.pixelColor(page.width // 2, page.height // 4)
    at = (page.height // 4) * page.stride + (page.width // 2) * 3
    assert (middle.red(), middle.green(), middle.blue()) == tuple(page.pixels[at : at + 3])
    preview.close()
