"""Thiết bị: printers with their state in words, a test page, and what is printed where."""

import zipfile
from dataclasses import replace

import pytest
from PIL import Image
from PySide6.QtCore import Qt

from app.services import print_choices
from app.settings import write_settings
from app.ui.preview import Preview
from printing.alignment import page_for, render_page
from printing.document import PaperSize
from printing.drivers.fake import FakePrinter
from printing.drivers.opening import open_printer as really_open
from printing.errors import PaperJam
from printing.raster import rasterise
from tests.support import office as offices
from tests.support.scan_shop import scan_shop


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

    def opened(name, others):
        return printers.get(name) or really_open(name, others)

    monkeypatch.setattr("app.ui.print_room.open_printer", opened)
    monkeypatch.setattr("app.ui.print_room.list_printers", lambda: list(printers))
    return printers


@pytest.fixture
def seat(printers, seat):
    return seat


def look(seat) -> list[list[str]]:
    """Open the screen by its key and return its rows."""
    seat.qtbot.keyClick(seat.window, Qt.Key.Key_F12)
    seat.until(lambda: seat.window.current_screen == "devices")
    seat.until(lambda: table(seat).rowCount() >= 2)
    seat.idle()
    return rows(seat)


def rows(seat) -> list[list[str]]:
    return [
        [table(seat).item(y, x).text() for x in range(3)] for y in range(table(seat).rowCount())
    ]


def printers_of(seat) -> list[list[str]]:
    return [row for row in rows(seat) if row[0].startswith("Máy in")]


def table(seat):
    return seat.view("devices").table


def test_every_printer_says_how_it_stands(seat, printers):
    printers["DU-PHONG"].trouble = PaperJam()

    found = look(seat)

    assert found[0] == ["Máy in", "HCC", "✓ Sẵn sàng"]
    assert found[1][1] == "DU-PHONG"
    assert PaperJam.title in found[1][2]
    assert "rút tờ giấy kẹt" in found[1][2]


def test_enter_prints_a_test_page_on_the_chosen_printer(seat, printers):
    look(seat)
    table(seat).selectRow(1)

    seat.qtbot.keyClick(table(seat), Qt.Key.Key_Return)

    seat.until(lambda: len(printers["DU-PHONG"].printed) == 1)
    seat.until(lambda: "Đã in trang in thử" in seat.window.strip.words.text())
    assert printers["HCC"].printed == []


def test_a_form_gets_its_own_printer_paper_and_copies_and_they_are_used(seat, printers, station):
    look(seat)
    line = seat.view("devices").lines["01"]
    line.printer.setCurrentIndex(line.printer.findData("DU-PHONG"))
    seat.idle()
    line.paper.setCurrentIndex(line.paper.findData(PaperSize.A4))
    seat.idle()
    line.copies.setValue(2)
    seat.idle()

    choice = print_choices.read(station.desk).of("01")
    assert (choice.printer, choice.paper, choice.copies) == ("DU-PHONG", PaperSize.A4, 2)
    reception = station.receive()
    seat.counter.print_room.print_receipt(reception.dossier, reception.code)

    seat.until(lambda: len(printers["DU-PHONG"].printed) == 1)
    (options,) = printers["DU-PHONG"].options
    assert (options.paper, options.copies) == (PaperSize.A4, 2)


def test_a_printer_is_added_by_its_address_and_taken_away_again(seat, station):
    look(seat)
    view = seat.view("devices")
    view.address.setText("socket://127.0.0.1:9?model=xprinter-80")
    seat.qtbot.keyClick(view.address, Qt.Key.Key_Return)
    seat.until(lambda: len(printers_of(seat)) == 3)
    seat.idle()

    found = rows(seat)[2]
    assert found[:2] == ["Máy in phiếu", "127.0.0.1:9"]
    assert "không phản hồi" in found[2]
    assert print_choices.read(station.desk).added == ("socket://127.0.0.1:9?model=xprinter-80",)

    table(seat).selectRow(2)
    seat.qtbot.keyClick(table(seat), Qt.Key.Key_Delete)
    seat.until(lambda: len(printers_of(seat)) == 2)
    assert print_choices.read(station.desk).added == ()
    assert "Máy quét" in [row[0] for row in rows(seat)]


def test_an_address_that_is_none_is_said_and_nothing_is_kept(seat, station):
    look(seat)
    view = seat.view("devices")
    view.address.setText("ftp://x")

    seat.qtbot.keyClick(view.address, Qt.Key.Key_Return)

    seat.until(lambda: "Địa chỉ máy in không đúng" in view.notice.words.text())
    assert print_choices.read(station.desk).added == ()


def test_the_spare_printer_is_offered_first_when_the_chosen_one_fails(seat, printers, station):
    look(seat)
    spare = seat.view("devices").spare
    spare.setCurrentIndex(spare.findData("DU-PHONG"))
    seat.idle()

    assert print_choices.read(station.desk).spare == "DU-PHONG"
    assert seat.counter.print_room.other_printer("HCC") == "DU-PHONG"


@pytest.fixture
def shop(tmp_path, tmp_path_factory):
    printed = page_for(PaperSize.A4, "THU-261120-0900", "https://thu.invalid/x", ("Quầy 1",))
    page = rasterise(render_page(printed), dpi=300)[0]
    path = tmp_path / "page.png"
    Image.frombytes("RGB", (page.width, page.height), page.pixels).save(path, dpi=(300, 300))
    with scan_shop(tmp_path_factory.mktemp("scanner"), [path, path]) as shop:
        yield shop


@pytest.fixture
def scanning_station(shop, station):
    settings = replace(station.opened.settings, scanners=(f"escl:{shop.address}",))
    write_settings(station.profile.settings, settings)
    station.reopen()
    station.sign_in()
    return station


def test_enter_tries_a_scanner_out_shows_the_page_and_keeps_nothing(scanning_station, seat, shop):
    look(seat)
    kinds = lambda: [row[0] for row in rows(seat)]  # noqa: E731
    seat.until(lambda: "Máy quét" in kinds())
    table(seat).selectRow(kinds().index("Máy quét"))

    seat.qtbot.keyClick(table(seat), Qt.Key.Key_Return)

    words = seat.view("devices").notice.words
    seat.until(lambda: "Đọc được mã THU-261120-0900" in words.text())
    (preview,) = [w for w in seat.window.findChildren(Preview) if w.isVisible()]
    assert "Trang quét thử" in preview.windowTitle()
    preview.close()
    assert scanning_station.value("SELECT count(*) FROM pending_page") == 0

    shop.cover_open(True)
    seat.qtbot.keyClick(table(seat), Qt.Key.Key_Return)
    seat.until(lambda: "nắp" in words.text())
    assert "Enter để thử lại" in words.text()


def test_the_machine_the_gun_and_the_input_method_stand_in_the_list(seat):
    look(seat)
    seat.until(lambda: "Bộ gõ" in [row[0] for row in rows(seat)])

    seat.counter.route("THU-261120-0900")

    seat.until(lambda: any(r[0] == "Súng quét" and "✓ đọc lần cuối" in r[2] for r in rows(seat)))
    names = {row[1] for row in rows(seat) if row[0] == "Máy tính"}
    assert {"Đĩa trống", "Giờ máy", "Phiên bản", "Nhật ký thứ hai"} <= names


def test_the_bundle_holds_how_the_machine_stands_and_no_citizen(seat, station, tmp_path):
    station.receive("Trần Văn Hướng", id_number="000090123456", phone="0912345678")
    (station.profile.logs).mkdir(exist_ok=True)
    (station.profile.logs / "workstation.log").write_text("sai 000090123456 ở đâu đó", "utf-8")
    target = tmp_path / "chan-doan.zip"
    look(seat)

    seat.presenter("devices").export(offices.BICH, station.opened.settings, target)

    seat.until(lambda: "Đã ghi chan-doan.zip" in seat.view("devices").notice.words.text())
    with zipfile.ZipFile(target) as bundle:
        texts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    everything = "\n".join(texts.values())
    for secret in ("Hướng", "000090123456", "0912345678", station.opened.settings.profile_id):
        assert secret not in everything
    assert {"kiem-tra.json", "thiet-bi.json", "lenh-in.json", "nhat-ky/workstation.log"} <= set(
        texts
    )
    assert "dossier.received" in texts["so-dong.json"]
    assert station.value("SELECT count(*) FROM event WHERE kind = 'data.exported'") == 1
