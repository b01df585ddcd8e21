"""The screen of piles, as a clerk uses it: by keys, with nothing kept before F9."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.domain.routing import Fate
from app.services import piles, receipts
from app.ui import theme
from app.ui.preview import Preview
from tests.support import paper_mill as mills
from tests.support.office import BICH
from tests.support.paper_mill import CLEAN, Mill
from tests.ui.test_qualities import ENGLISH, SIZES, cut_off, texts
from tests.ui.test_reception import press

DPI = 150
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture(scope="module")
def mill() -> Mill:
    return Mill(seed=5, dpi=DPI)


class Pile:
    """Two dossiers' receipts with a letter each, a letter before them and a strange receipt."""

    def __init__(self, station, mill: Mill, folder: Path) -> None:
        self.received = [station.receive(name) for name in ("Người Một", "Người Hai")]
        a, b = (
            mills.receipt(
                one.code, DPI, pdf=receipts.make_receipt(station.desk, BICH, one.dossier).pdf
            )
            for one in self.received
        )
        strange = mills.receipt(mills.code_of(9999), DPI)
        letters = [mills.letter(i, DPI) for i in range(4)]
        sheets = [letters[0], a, letters[1], b, letters[2], strange, letters[3]]
        self.files = [folder / f"{i}.jpg" for i in range(len(sheets))]
        for path, sheet in zip(self.files, sheets, strict=True):
            path.write_bytes(mill.scan(sheet, CLEAN))

    @property
    def codes(self) -> list[str]:
        return [one.code for one in self.received]


@pytest.fixture
def pile(station, mill, tmp_path) -> Pile:
    return Pile(station, mill, tmp_path)


@pytest.fixture
def screen(seat, pile):
    """The screen with the pile taken in from files and read."""
    seat.presenter("piles")._choose_files = lambda: pile.files
    press(seat, Qt.Key.Key_G, CTRL)
    press(seat, Qt.Key.Key_O, CTRL)
    seat.until(lambda: "7 trang" in seat.view("piles").state.text())
    seat.idle()
    return seat.view("piles")


def titles(view) -> list[str]:
    return [view.groups.item(row).text().split("\n")[0] for row in range(view.groups.count())]


def show(seat, view, row: int, *marked: int) -> None:
    """Go to a group and mark some of its pages."""
    view.groups.setFocus()
    view.groups.setCurrentRow(row)
    press(seat, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is view.pages
    view.pages.clearSelection()
    for one in marked:
        view.pages.setCurrentRow(one)
        view.pages.item(one).setSelected(True)
    seat.idle()


def test_a_pile_shows_its_dossiers_and_what_waits(seat, screen, pile):
    a, b = pile.codes

    assert [title.split(" · ")[0] for title in titles(screen)] == [
        f"1  {a}", f"2  {b}", "0  ⚠ Chờ xếp",
    ]  # fmt: skip
    assert "3 trang chờ xếp" in screen.state.text()
    assert "Người Một" in screen.groups.item(0).text()
    show(seat, screen, 2, 1)
    assert "chưa có trên máy này" in screen.words.text()


def test_every_page_gets_its_picture(seat, screen):
    show(seat, screen, 2)
    seat.idle()
    icons = [screen.pages.item(i).icon().pixmap(120, 168).toImage() for i in range(3)]

    shades = [{image.pixelColor(x, y).lightness() for x in range(0, image.width(), 2)
               for y in range(0, image.height(), 4)} for image in icons]  # fmt: skip
    assert all(len(found) > 8 for found in shades)


def test_a_digit_moves_a_page_and_ctrl_z_takes_it_back(seat, screen, pile):
    show(seat, screen, 2, 0)
    press(seat, Qt.Key.Key_2)
    seat.until(lambda: "2 trang chờ xếp" in screen.state.text())
    assert titles(screen)[1] == f"2  {pile.codes[1]} · 3 trang"

    press(seat, Qt.Key.Key_Z, CTRL)

    seat.until(lambda: "3 trang chờ xếp" in screen.state.text())


def test_a_strange_receipt_is_given_a_code_and_what_follows_goes_along(seat, screen, pile):
    show(seat, screen, 2, 1)
    press(seat, Qt.Key.Key_C)
    assert QApplication.focusWidget() is screen.target
    screen.target.setText(pile.codes[0])
    press(seat, Qt.Key.Key_Return)

    seat.until(lambda: "1 trang chờ xếp" in screen.state.text())
    assert titles(screen)[0] == f"1  {pile.codes[0]} · 4 trang"
    assert QApplication.focusWidget() is screen.pages


def test_a_code_that_is_not_here_is_said_and_stays_typed(seat, screen):
    show(seat, screen, 2, 1)
    press(seat, Qt.Key.Key_C)
    screen.target.setText("H24.15-261120-8888")
    press(seat, Qt.Key.Key_Return)

    seat.until(lambda: "Không thấy hồ sơ" in screen.notice.words.text())
    assert screen.target.text() == "H24.15-261120-8888"
    press(seat, Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is screen.pages


def test_split_join_drop_and_turn_by_one_key_each(seat, screen, pile):
    show(seat, screen, 0, 1)
    press(seat, Qt.Key.Key_S)
    seat.until(lambda: "4 trang chờ xếp" in screen.state.text())
    press(seat, Qt.Key.Key_Z, CTRL)
    seat.until(lambda: "3 trang chờ xếp" in screen.state.text())

    show(seat, screen, 1, 0)
    press(seat, Qt.Key.Key_J)
    seat.until(lambda: titles(screen)[0] == f"1  {pile.codes[0]} · 4 trang")
    press(seat, Qt.Key.Key_Z, CTRL)
    seat.until(lambda: "2 hồ sơ" in screen.state.text())
    seat.idle()

    show(seat, screen, 0, 1)
    press(seat, Qt.Key.Key_Delete)
    seat.until(lambda: "1 trang sẽ bỏ" in screen.state.text())
    press(seat, Qt.Key.Key_Z, CTRL)
    seat.until(lambda: "sẽ bỏ" not in screen.state.text())

    show(seat, screen, 0, 1)
    press(seat, Qt.Key.Key_R)
    seat.idle()
    proposal = seat.presenter("piles")._proposal
    assert [page.turned for page in proposal.groups[0].pages] == [0, 90]


def test_enter_shows_a_page_large(seat, screen):
    show(seat, screen, 0, 0)
    press(seat, Qt.Key.Key_Return)

    seat.until(lambda: bool(seat.window.findChildren(Preview)))
    for preview in seat.window.findChildren(Preview):
        preview.close()


def test_f9_keeps_what_has_a_dossier_and_leaves_the_rest(seat, screen, pile, station):
    assert station.fold(pile.received[0].dossier).pages == ()

    press(seat, Qt.Key.Key_F9)

    seat.until(lambda: "Đã lưu 4 trang vào 2 hồ sơ" in screen.notice.words.text())
    seat.idle()
    assert [len(station.fold(one.dossier).pages) for one in pile.received] == [2, 2]
    assert "3 trang" in screen.state.text()
    press(seat, Qt.Key.Key_Delete, CTRL)
    press(seat, Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    seat.until(lambda: piles.open_piles(station.desk) == ())
    assert "F6" in screen.state.text()


def test_a_pile_is_there_again_after_a_restart(seat, screen):
    presenter = seat.presenter("piles")
    presenter._pile = None
    presenter._show_empty()

    presenter.open()

    seat.until(lambda: "7 trang" in screen.state.text())
    assert any(g.fate is Fate.WAIT for g in presenter._proposal.groups)


def test_without_a_scanner_f6_says_what_to_do(seat):
    press(seat, Qt.Key.Key_G, CTRL)
    press(seat, Qt.Key.Key_F6)

    assert "Ctrl+O" in seat.view("piles").notice.words.text()


def test_no_english_word_stands_on_the_screen(seat, screen):
    assert [text for text in texts(seat.window) if ENGLISH.search(text)] == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_nothing_is_cut_off(seat, qapp, screen, size, look):
    theme.apply(qapp, look)
    try:
        seat.window.resize(*size)
        for row in range(screen.groups.count()):
            show(seat, screen, row)
            QApplication.processEvents()
            assert (seat.window.width(), seat.window.height()) == size
            assert cut_off(seat.window) == []
        if folder := os.environ.get("QMC_PICTURES"):
            show(seat, screen, 2, 1)
            seat.window.grab().save(f"{folder}/piles-{look.name}-{size[0]}.png")
    finally:
        theme.apply(qapp, theme.LIGHT)
