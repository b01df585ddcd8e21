"""The scan screen by keyboard alone, on a real store and a real network scanner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QPushButton

from app.domain.pages import Crop
from app.scanning.driver import Device
from app.scanning.escl import PREFIX
from app.services import waiting_pages
from app.ui import theme
from app.ui.scan.large import pushed
from tests.support import pages as sheets
from tests.support.scan_shop import ScanShop, scan_shop
from tests.ui.test_qualities import ENGLISH, SIZES, cut_off, texts

Key = Qt.Key


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("papers")
    found = []
    for seed in range(4):
        page = sheets.scanned(sheets.sheet(seed), seed)
        (folder / f"{seed}.jpg").write_bytes(sheets.as_jpeg(page, grey=True))
        found.append(folder / f"{seed}.jpg")
    return found


@pytest.fixture
def shop(tmp_path: Path, papers: list[Path]) -> Iterator[ScanShop]:
    with scan_shop(tmp_path / "shop", papers) as shop:
        yield shop


class ScanSeat:
    """A clerk at the scan screen."""

    def __init__(self, seat) -> None:
        self.seat = seat
        self.view, self.scan = seat.view("scan"), seat.presenter("scan")

    def until(self, condition) -> None:
        self.seat.qtbot.waitUntil(condition, timeout=60_000)

    def idle(self) -> None:
        self.until(lambda: self.seat.session.jobs.is_idle)

    def use(self, shop: ScanShop) -> None:
        self.scan.taker.profiles = tuple(
            replace(profile, dpi=200) for profile in self.scan.taker.profiles
        )
        name = PREFIX + shop.address
        scanners = self.seat.counter.scanners
        scanners.found, scanners.chosen = [Device(name=name, label="Máy quét quầy")], name
        scanners.looked.emit()

    def press(self, *keys: Key, with_ctrl: bool = False) -> None:
        modifier = (
            Qt.KeyboardModifier.ControlModifier if with_ctrl else Qt.KeyboardModifier.NoModifier
        )
        for key in keys:
            target = self.view.large if self.view.is_large else self.view.thumbs
            QTest.keyClick(target, key, modifier)
            self.idle()

    def scan_all(self) -> None:
        self.scan.taker.scan()
        self.until(lambda: not self.scan.taker.is_scanning)
        self.idle()

    def open(self, dossier) -> None:
        self.scan.open_dossier(dossier)
        self.seat.window.show_screen("scan")
        self.idle()

    @property
    def words(self) -> str:
        return self.view.notice.words.text()

    @property
    def pages(self):
        return self.scan.pages


@pytest.fixture
def clerk(seat, shop) -> ScanSeat:
    clerk = ScanSeat(seat)
    clerk.use(shop)
    return clerk


@pytest.fixture
def dossier(station):
    return station.receive("Trần Văn Quét").dossier


def test_a_stack_is_scanned_given_to_papers_and_kept_by_keys(clerk, dossier, station) -> None:
    clerk.open(dossier)
    clerk.scan_all()
    assert len(clerk.pages) == 4
    assert "4 trang" in clerk.words
    clerk.view.thumbs.go_to(0)

    clerk.press(Key.Key_1, Key.Key_2)  # each goes on to the next page

    slots = clerk.scan.place.papers
    assert [page.paper for page in clerk.pages][:2] == [slots[0].key, slots[1].key]
    assert clerk.view.thumbs.row == 2
    assert all(page.is_judged and page.derived for page in clerk.pages)
    model = clerk.scan._model
    assert [line.marks for line in model.lines] == [""] * 4
    pictures = [model.picture(row) for row in range(4)]
    assert all(p is not None and p.height() > 300 > p.width() for p in pictures)
    clerk.scan.keep()
    clerk.until(lambda: "Đã lưu 4 trang" in clerk.words)
    folded = station.fold(dossier)
    assert len(folded.pages) == 4
    assert {page.mime for page in folded.pages} == {"image/tiff"}
    assert clerk.pages == ()


def test_keys_turn_move_drop_and_take_back(clerk, dossier) -> None:
    clerk.open(dossier)
    clerk.scan_all()
    order = [page.page for page in clerk.pages]
    clerk.view.thumbs.go_to(0)

    clerk.press(Key.Key_R)
    assert clerk.pages[0].turned == 90
    clerk.press(Key.Key_Down, with_ctrl=True)
    assert [page.page for page in clerk.pages] == [order[1], order[0], *order[2:]]
    assert clerk.view.thumbs.row == 1
    clerk.press(Key.Key_Delete)
    assert [page.page for page in clerk.pages] == [order[1], *order[2:]]
    assert "đã bỏ 1 trang" in clerk.view.status.text()
    clerk.press(Key.Key_K)
    assert not clerk.pages[1].is_clean

    for _ in range(4):
        clerk.scan.acts.undo()
        clerk.idle()

    assert [page.page for page in clerk.pages] == order
    assert [page.turned for page in clerk.pages] == [0] * 4
    assert all(page.is_clean for page in clerk.pages)


def test_enter_shows_a_page_large_and_c_cuts_it(clerk, dossier) -> None:
    clerk.open(dossier)
    clerk.scan_all()
    clerk.view.thumbs.go_to(0)

    clerk.press(Key.Key_Return)
    assert clerk.view.is_large
    clerk.press(Key.Key_Right)
    assert clerk.view.thumbs.row == 1
    clerk.press(Key.Key_Escape)
    assert not clerk.view.is_large

    clerk.press(Key.Key_C)
    clerk.press(Key.Key_Right, Key.Key_Right, Key.Key_Down, Key.Key_Return)
    assert clerk.pages[1].crop == Crop(0.02, 0.01, 1.0, 1.0)
    assert not clerk.view.is_large
    clerk.press(Key.Key_C)
    assert clerk.pages[1].crop.is_whole


def test_a_jam_says_what_to_do_and_f6_goes_on(clerk, dossier, shop, papers) -> None:
    shop.jam_after(2)
    clerk.open(dossier)
    clerk.scan_all()

    assert len(clerk.pages) == 2
    assert "kẹt giấy ở trang 3" in clerk.words
    assert "2 trang đã lưu" in clerk.words

    shop.load(papers[2:])
    clerk.scan_all()
    assert len(clerk.pages) == 4


def test_a_page_is_scanned_again_in_its_place_and_between_others(
    clerk, dossier, shop, papers
) -> None:
    clerk.open(dossier)
    clerk.scan_all()
    before = [page.page for page in clerk.pages]
    clerk.view.thumbs.go_to(1)
    shop.load(papers[:1])

    clerk.scan.taker.scan_again()
    clerk.idle()

    after = [page.page for page in clerk.pages]
    assert (after[0], after[2:]) == (before[0], before[2:])
    assert after[1] != before[1]
    clerk.view.thumbs.go_to(0)
    shop.load(papers[:1])
    clerk.scan.taker.scan_between()
    clerk.idle()
    assert [page.page for page in clerk.pages][2:] == after[1:]


def test_a_note_on_a_sheet_is_asked_about_once_and_never_blocks(clerk, dossier, station) -> None:
    clerk.open(dossier)
    clerk.scan_all()
    clerk.view.thumbs.go_to(0)
    clerk.press(Key.Key_G)

    clerk.scan.keep()
    clerk.idle()
    assert "cần hai ảnh" in clerk.words
    assert station.fold(dossier).pages == ()

    QTest.keyClick(clerk.seat.window, Key.Key_2, Qt.KeyboardModifier.AltModifier)
    clerk.until(lambda: "Đã lưu 4 trang" in clerk.words)


def test_what_waits_for_a_scan_is_listed_and_opened_by_enter(clerk, dossier, station) -> None:
    clerk.seat.counter.open("scan")
    clerk.idle()
    code = station.value("SELECT code FROM dossier WHERE id = :d", d=dossier.hex)
    shown = [clerk.view.later.item(row, 0).text() for row in range(clerk.view.later.rowCount())]
    assert code in shown
    clerk.view.later.selectRow(shown.index(code))

    QTest.keyClick(clerk.view.later, Key.Key_Return)
    clerk.idle()

    assert clerk.scan.place is not None
    assert clerk.scan.place.waiting_for == dossier
    assert code in clerk.view.title.text()


def test_pages_of_a_reception_under_way_wait_for_it(clerk, station) -> None:
    clerk.seat.presenter("intake").pick("1.001193")
    clerk.seat.counter.screen("intake").verbs["open_scan"]()
    clerk.idle()
    clerk.scan_all()
    draft = clerk.seat.presenter("intake").draft
    assert len(waiting_pages.waiting(station.desk, draft)) == 4

    clerk.scan.keep()
    clerk.idle()

    assert clerk.seat.window.current_screen == "intake"
    assert "4" in clerk.seat.view("intake").pages_line.text()


def test_esc_stops_and_keeps_what_came(clerk, dossier, shop) -> None:
    clerk.open(dossier)
    clerk.scan.taker.scan()
    clerk.until(lambda: len(clerk.pages) >= 1 or not clerk.scan.taker.is_scanning)

    clerk.seat.window.escaped.emit()

    clerk.until(lambda: not clerk.scan.taker.is_scanning)
    clerk.idle()
    assert 1 <= len(clerk.pages) <= 4


def test_without_a_scanner_a_file_is_offered(clerk, dossier) -> None:
    scanners = clerk.seat.counter.scanners
    scanners.found, scanners.chosen = [], ""
    scanners.looked.emit()
    clerk.open(dossier)
    clerk.scan.taker.scan()
    assert "Ctrl+O" in clerk.words


def test_no_english_word_stands_on_the_scan_screen(clerk, dossier) -> None:
    clerk.open(dossier)
    clerk.scan_all()
    shown = texts(clerk.view) + [box.currentText() for box in clerk.view.findChildren(QComboBox)]
    shown += [clerk.view.papers.item(i, 0).text() for i in range(clerk.view.papers.rowCount())]
    assert [text for text in shown if ENGLISH.search(text)] == []


def test_every_part_of_the_scan_screen_has_a_name(clerk, dossier) -> None:
    clerk.open(dossier)
    view = clerk.view
    for part in (view.thumbs, view.papers, view.later, view.large, view.source, view.profile):
        assert part.accessibleName()
    buttons = view.findChildren(QPushButton)
    assert len(buttons) >= 7
    assert all(button.accessibleName() for button in buttons)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_nothing_is_cut_off_on_the_scan_screen(clerk, dossier, qapp, size, look) -> None:
    theme.apply(qapp, look)
    try:
        clerk.seat.window.resize(*size)
        clerk.open(dossier)
        clerk.scan_all()
        QApplication.processEvents()
        assert (clerk.seat.window.width(), clerk.seat.window.height()) == size
        assert cut_off(clerk.seat.window) == []
    finally:
        theme.apply(qapp, theme.LIGHT)


def test_the_arrows_push_the_edge_opposite_to_them() -> None:
    part = Crop()
    for key in (Key.Key_Right, Key.Key_Left, Key.Key_Down, Key.Key_Up):
        part = pushed(part, key, 0.1)
    assert part == Crop(0.1, 0.1, 0.9, 0.9)
    for _ in range(50):
        part = pushed(part, Key.Key_Right, 0.1)
    assert part.right - part.left == pytest.approx(0.1)
    for _ in range(50):
        part = pushed(part, Key.Key_Right, -0.1)
    assert part.left == 0.0
