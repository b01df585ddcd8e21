"""Hồ sơ: papers beside the receipt are chosen, looked at and printed by keys."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from app.ui.preview import Preview
from printing.drivers.fake import FakePrinter


def test_any_other_paper_of_a_dossier_is_shown_and_printed_by_keys(seat, station, monkeypatch):
    printer = FakePrinter()
    monkeypatch.setattr("app.ui.print_room.open_printer", lambda *_: printer)
    seat.counter.print_room.take_choices(seat.counter.print_room.choices, ["HCC"])
    reception = station.receive("Nguyễn Thị In Bìa")
    view = seat.view("dossiers")
    seat.qtbot.keyClick(seat.window, Qt.Key.Key_F3)
    seat.presenter("dossiers").seek(reception.code)
    seat.idle()

    looks = (
        "SELECT count(*) FROM event WHERE kind = 'dossier.viewed'"
        f" AND dossier = '{reception.dossier.hex}'"
    )
    before = station.value(looks)
    view.papers_asked.emit()
    (menu,) = [m for m in view.findChildren(QMenu) if m.isVisible()]
    names = [action.text().split("  ", 1)[1] for action in menu.actions()]
    at = names.index("Tờ bìa hồ sơ")
    seat.qtbot.keyClick(menu, Qt.Key(Qt.Key.Key_1 + at))

    seat.until(lambda: any(p.isVisible() for p in seat.window.findChildren(Preview)))
    (preview,) = [p for p in seat.window.findChildren(Preview) if p.isVisible()]
    assert reception.code in preview.windowTitle()
    assert printer.printed == []
    assert station.value(looks) == before + 1
    seat.qtbot.keyClick(preview, Qt.Key.Key_Return)
    seat.until(lambda: len(printer.printed) == 1)
    assert not any(p.isVisible() for p in seat.window.findChildren(Preview))


def test_a_paper_for_which_there_is_no_reason_says_so(seat, station):
    reception = station.receive("Nguyễn Thị Chưa Thiếu")
    seat.qtbot.keyClick(seat.window, Qt.Key.Key_F3)
    seat.presenter("dossiers").seek(reception.code)
    seat.idle()

    seat.view("dossiers").paper_chosen.emit("05")

    words = seat.view("dossiers").notice.words
    seat.until(lambda: words.text() and "Đang lập" not in words.text())
    assert not any(p.isVisible() for p in seat.window.findChildren(Preview))
