"""The manual's pictures are made here, of real screens, and say whether they went stale.

Each picture has the words that stood on its screen beside it, in `pictures.json`;
figures, codes and times apart, a screen that says something else fails the test.
`make manual` takes all pictures anew.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.domain.bodies import Person
from app.services import handing_over, intake, processing
from app.services.processing import Result
from app.ui import theme
from app.ui.first_run.view import FirstRunView
from app.ui.help_sheet import HelpSheet
from app.ui.keys import KEYS
from tests.support import office as offices
from tests.support.seat import Seat, seated
from tests.ui.test_returning import PAPERS

MANUAL = offices.ROOT / "docs" / "huong-dan"
PICTURES = MANUAL / "hinh"
WORDS = MANUAL / "hinh" / "pictures.json"
WRITES = os.environ.get("QMC_WRITE_PICTURES") == "1"
SIZE = (1093, 614)
K, NONE = Qt.Key, Qt.KeyboardModifier.NoModifier
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
FATHER = "000090000811||Nguyễn Văn Bình|01021990|Nam|Số 12, tổ 5, phường Minh Tâm|15042021"
_PASSING = ("Đã lưu nháp", "Máy in:", "Lần trước còn", "●", "◐", "▲")
_CHANGING = re.compile(r"\S*\d\S*|\b[A-Z]{5,}\b")


def press(seat: Seat, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
    QTest.keyClick(QApplication.focusWidget() or seat.window, key, modifiers)


def birth(station, name: str, number: int) -> intake.Reception:
    person = Person(name=name, id_number=f"000190000{number:03d}", phone="0987654321")
    entry = replace(offices.birth_entry(papers=PAPERS), submitter=person)
    return intake.receive(station.desk, offices.LAN, entry)


@pytest.fixture(scope="module")
def at_work(qapp, office, request, tmp_path_factory) -> Iterator[tuple[Seat, dict]]:
    """A clerk with every role, and dossiers in every state."""
    folder = tmp_path_factory.mktemp("sane")
    (folder / "dll.conf").write_text("")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANE_CONFIG_DIR", str(folder))
        patch.setenv("CUPS_SERVER", "127.0.0.1:9")
        station = office.station()
        station.sign_in(offices.LAN.user)
        desk = station.desk
        made = {
            "open": birth(station, "Trần Thị Hoa", 821), "done": birth(station, "Lê Thị Mai", 822),
            "taken": birth(station, "Phạm Thị Lan", 823),
            "copies": intake.receive(desk, offices.LAN, offices.copies_entry("Vũ Văn Minh")),
        }  # fmt: skip
        processing.record_result(
            desk, offices.LAN, made["done"].dossier, Result(name="Giấy khai sinh", number="15")
        )
        handing_over.hand_over(desk, offices.LAN, [made["taken"].dossier], to_agency=offices.AGENCY,
                               to_unit="Văn phòng HĐND và UBND")  # fmt: skip
        processing.take(desk, offices.LAN, [made["taken"].dossier])
        with seated(qapp, QtBot(request), station, offices.LAN.user) as seat:
            seat.window.resize(*SIZE)
            seat.until(lambda: seat.session.jobs.is_idle and bool(seat.window.devices.text()))
            seat.counter.print_room.print_receipt(made["open"].dossier, "")  # on no printer
            seat.until(lambda: not seat.window.strip.isHidden())
            seat.window.strip.clear()
            yield seat, made


# ---- scenes: each returns what is to be seen -----------------------------------------------


def _intake(seat: Seat, _: dict, number: int = 811) -> QWidget:
    seat.counter.open("intake")
    seat.presenter("intake").begin()
    seat.counter.route(FATHER.replace("811", str(number)))
    seat.presenter("intake").pick("dkks")
    seat.view("intake").case.restore(
        {"child_name": "Nguyễn Gia Hân", "child_born": "2026-11-15", "child_sex": "Nữ"}
    )
    seat.counter.screen("intake").verbs["tick_required"]()
    seat.presenter("intake")._quote()
    return seat.window


def _lacking(seat: Seat, made: dict) -> QWidget:
    _intake(seat, made, 814)
    seat.view("intake").papers.restore([])
    seat.presenter("intake").submit()
    seat.until(lambda: seat.view("intake").notice.isVisible())
    return seat.window


def _received(seat: Seat, made: dict) -> QWidget:
    _intake(seat, made, 815)
    seat.presenter("intake").submit()
    seat.until(lambda: seat.view("intake").shows_result)
    return seat.window


def _copies(seat: Seat, _: dict) -> QWidget:
    seat.counter.open("intake")
    seat.presenter("intake").begin()
    seat.counter.route(FATHER.replace("811", "812").replace("Bình", "An"))
    seat.presenter("intake").pick("ctbs")
    for text in ("Bang tot nghiep", "2", "3"):
        QTest.keyClicks(QApplication.focusWidget(), text)
        press(seat, K.Key_Return)
    return seat.window


def _dossiers(seat: Seat, made: dict) -> QWidget:
    seat.counter.open("dossiers")
    seat.presenter("dossiers").choose_filter(0)
    seat.presenter("dossiers").show_dossier(made["taken"].dossier)
    seat.idle()
    return seat.window


def _sheet(seat: Seat, made: dict) -> QWidget:
    seat.counter.open("dossiers")
    seat.presenter("dossiers").open_sheet(made["taken"].dossier)
    seat.until(lambda: seat.view("dossiers").shows_sheet)
    return seat.window


def _ask(seat: Seat, made: dict) -> QWidget:
    _dossiers(seat, made)
    seat.presenter("dossiers").do("supplement")
    seat.until(lambda: seat.counter.course.dialog is not None)
    dialog = seat.counter.course.dialog
    assert dialog is not None
    seat.until(dialog.isVisible)
    return dialog


def _pay(seat: Seat, made: dict) -> QWidget:
    seat.counter.open("dossiers")
    seat.counter.pay_desk.ask(made["copies"].dossier, lambda _: None)
    seat.until(lambda: seat.counter.pay_desk.dialog is not None)
    dialog = seat.counter.pay_desk.dialog
    assert dialog is not None
    return dialog


def _returning(seat: Seat, made: dict) -> QWidget:
    seat.counter.open("returning")
    seat.presenter("returning").begin()
    seat.counter.route(made["done"].code)
    seat.until(lambda: seat.view("returning").table.rowCount() == 1)
    return seat.window


def _hand_over(seat: Seat, _: dict) -> QWidget:
    seat.counter.open("hand_over")
    seat.presenter("hand_over").load_waiting()
    seat.until(lambda: seat.view("hand_over").table.rowCount() > 0)
    return seat.window


def _opened(name: str) -> Callable[[Seat, dict], QWidget]:
    def scene(seat: Seat, _: dict) -> QWidget:
        seat.counter.open(name)
        seat.idle()
        return seat.window

    return scene


def _work(seat: Seat, _: dict) -> QWidget:
    seat.counter.open("processing")
    seat.presenter("processing").choose(0)
    seat.until(lambda: seat.view("processing").table.rowCount() > 0)
    return seat.window


def _count(seat: Seat, _: dict) -> QWidget:
    seat.counter.open("cash")
    seat.idle()
    seat.presenter("cash").close_shift()
    dialog = seat.presenter("cash").dialog
    QTest.keyClicks(dialog.total, "70000")
    return dialog


def _locked(seat: Seat, _: dict) -> QWidget:
    seat.counter.open("register")
    seat.counter.lock.lock()
    return seat.window


def _help(seat: Seat, _: dict) -> QWidget:
    sheet = HelpSheet(seat.window, "Tiếp nhận")
    sheet.show()
    return sheet


def _sign_in(seat: Seat, _: dict) -> QWidget:
    view = seat.session.sign_in_view
    seat.session.sign_in.show()
    view.resize(760, 460)
    return view


def _first_run(_: Seat, __: dict) -> QWidget:
    view = FirstRunView()
    view.resize(*SIZE)
    view.show_step(0)
    return view


SCENES: dict[str, Callable[[Seat, dict], QWidget]] = {
    "may-moi": _first_run, "dang-nhap": _sign_in, "khoa-may": _locked,
    "tiep-nhan": _intake, "ban-sao": _copies, "thieu-giay": _lacking, "da-nhan": _received,
    "thu-tien": _pay, "ho-so": _dossiers, "mot-ho-so": _sheet, "bo-sung": _ask,
    "ban-giao": _hand_over, "xu-ly": _work, "tra-ket-qua": _returning,
    "so-theo-doi": _opened("register"), "thu-tien-ca": _opened("cash"), "dem-tien": _count,
    "thong-ke": _opened("statistics"), "dong-bo": _opened("sync"), "quet": _opened("scan"),
    "chong-giay": _opened("piles"), "cho-in": _opened("print_queue"),
    "thiet-bi": _opened("devices"), "cai-dat": _opened("settings"),
    "danh-muc": _opened("catalogue"), "buoc-dau": _opened("first_steps"), "phim-tat": _help,
}  # fmt: skip


def words_on(seen: QWidget) -> list[str]:
    """Return what can be read, figures, codes and times left out."""
    found = []
    for widget in seen.findChildren(QWidget):
        if not widget.isVisibleTo(seen):
            continue
        if isinstance(widget, (QLabel, QAbstractButton)):
            found.append(widget.text())
        elif isinstance(widget, QLineEdit):
            found.append(widget.placeholderText())
        elif isinstance(widget, QComboBox):
            found.append(widget.currentText())
        elif isinstance(widget, QTableView):
            model = widget.model()
            found += [
                str(model.headerData(x, Qt.Orientation.Horizontal) or "")
                for x in range(model.columnCount())
            ]
    cleaned = (_CHANGING.sub("#", text).strip(" #") for text in found)
    return [words for words in cleaned if words and not words.startswith(_PASSING)]


def _all_sent(seat: Seat) -> None:
    """Let nothing be under way, so that every picture tells the same."""
    seat.counter.sync.sync_now()
    seat.until(lambda: seat.window.chip.text().startswith("●"))
    seat.idle()


def written() -> dict[str, list[str]]:
    return json.loads(WORDS.read_text("utf-8")) if WORDS.exists() else {}


@pytest.mark.parametrize("name", SCENES)
def test_a_picture_shows_what_its_screen_says(at_work, name):
    seat, made = at_work
    _all_sent(seat)
    seen = SCENES[name](seat, made)
    if seen is seat.window:
        _all_sent(seat)
        seat.window.strip.clear()
    for label in seen.findChildren(QLabel):  # where this test lies is nobody's concern
        if "/tmp/" in label.text():
            label.setText(re.sub(r"/tmp/\S+", "/media/o-thu-hai", label.text()))
    for _ in range(4):
        QApplication.processEvents()
    said = words_on(seen)
    if WRITES:
        PICTURES.mkdir(parents=True, exist_ok=True)
        image = seen.grab().toImage()
        assert image.save(str(PICTURES / f"{name}.png"))
        WORDS.write_text(
            json.dumps(written() | {name: said}, ensure_ascii=False, indent=1, sort_keys=True)
            + "\n", "utf-8",
        )  # fmt: skip
    if name == "khoa-may":
        cover = seat.counter.lock.cover
        QTest.keyClicks(cover.pin, offices.PIN)
        QTest.keyClick(cover.pin, K.Key_Return)
        seat.until(lambda: not seat.counter.lock.is_locked)
    elif seen is not seat.window:
        seen.close()

    assert written().get(name) == said, "the screen says something else: make manual"
    assert (PICTURES / f"{name}.png").exists()
    assert theme.current() is theme.LIGHT


def manual() -> str:
    return "\n".join(page.read_text("utf-8") for page in sorted(MANUAL.glob("*.md")))


def test_the_manual_shows_every_picture_and_no_other():
    shown = set(re.findall(r"\(hinh/([a-z-]+)\.png\)", manual()))

    assert shown == set(SCENES)
    assert {path.stem for path in PICTURES.glob("*.png")} == set(SCENES)


def test_the_manual_names_no_key_that_the_registry_has_not():
    known = {part for key in KEYS for part in (key.press, *key.press.split())}
    known |= {"Enter", "Shift+Enter", "Esc", "Tab", "Shift+Tab", "Space", "↑", "↓", "←", "→",
              "Alt+1", "Alt+2", "Alt+3", "Alt+4", "Del", "P", *"0123456789"}  # fmt: skip
    named = set(re.findall(r"`((?:Ctrl\+|Shift\+|Alt\+)*(?:F\d{1,2}|[A-Z0-9]|Enter|Esc|Tab|Space|"
                           r"Del|[↑↓←→]))`", manual()))  # fmt: skip

    assert named - known == set()


def test_the_manual_tells_of_every_key_that_is_pressed_for_an_act():
    text = manual()
    single = [key for key in KEYS if not key.in_list]

    assert [key.verb for key in single if f"`{key.press}`" not in text] == []


def test_the_manual_opens_from_one_page():
    start = (MANUAL / "README.md").read_text("utf-8")

    for page in MANUAL.glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in start
    assert Path(offices.ROOT / "README.md").read_text("utf-8").count("docs/huong-dan") >= 1
