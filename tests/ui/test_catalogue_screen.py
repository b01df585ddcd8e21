"""The catalogue screen: what the province signed, from when, what changed, a sample on paper."""

import datetime as dt
import json
import zipfile

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from app.models.base import CatalogueRow
from app.services import catalogue_review, intake
from app.services.acting import NotYours
from app.services.paperwork import making
from app.services.paperwork.order import NothingToPrint, Order
from app.ui.catalogue.view import CHANGES, PROCEDURES
from app.ui.preview import Preview
from tests.support import office as offices
from tests.support.seat import seated

K, CTRL = Qt.Key, Qt.KeyboardModifier.ControlModifier


def press(seat, key, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(QApplication.focusWidget() or seat.window, key, modifiers)


@pytest.fixture
def chief(qapp, qtbot, station):
    station.sign_in(offices.CHIEF.user)
    with seated(qapp, qtbot, station, offices.CHIEF.user) as seat:
        yield seat


def open_catalogue(seat):
    press(seat, K.Key_F12, CTRL)
    view = seat.view("catalogue")
    seat.until(lambda: view.table.rowCount() > 0)
    return view


def cells(view, column: int) -> list[str]:
    return [view.table.item(row, column).text() for row in range(view.table.rowCount())]


def amend(station, change) -> None:
    """Put a second version beside the first, as if the province had signed it."""
    with station.database.writing() as session:
        row = session.get(CatalogueRow, 1)
        content = json.loads(row.payload)
        content["version"] = 2
        content["files"] = {name: change(name, text) for name, text in content["files"].items()}
        content["files"]["catalogue.toml"] = content["files"]["catalogue.toml"].replace(
            "version = 1", "version = 2"
        )
        session.add(
            CatalogueRow(version=2, payload=msgspec.json.encode(content).decode(), signature="",
                         stored_at=station.desk.now())
        )  # fmt: skip
    station.desk.reload_catalogue()


def test_every_procedure_stands_with_term_fee_and_validity_and_words_narrow_it(chief):
    view = open_catalogue(chief)
    everything = view.table.rowCount()

    press(chief, K.Key_F, CTRL)
    QTest.keyClicks(view.seek, "khai sinh luu dong")

    assert everything == len(chief.session._opened.desk.catalogue().procedures)
    assert cells(view, 2) == ["Đăng ký khai sinh lưu động"]
    assert cells(view, 3) == ["5 ngày làm việc"]
    assert cells(view, 6) == ["dùng đến 28/02/2027"]
    press(chief, K.Key_Escape)
    assert view.table.rowCount() == everything


def test_another_day_shows_what_holds_then(chief):
    view = open_catalogue(chief)

    view.day.setText("01/04/2027")
    view.day.editingFinished.emit()
    chief.idle()

    births = [row for row, code in enumerate(cells(view, 0)) if code == "1.001193"]
    assert "hết từ 01/03/2027" in cells(view, 6)[births[0]]


def test_what_a_version_changed_is_told_field_by_field(chief, station):
    def change(name: str, text: str) -> str:
        return text.replace('short = "xnhn"\nsubject = "ho-tich"\nterm = { unit = "working_days", '
                            'count = 3', 'short = "xnhn"\nsubject = "ho-tich"\n'
                            'term = { unit = "working_days", count = 2')  # fmt: skip

    amend(station, change)
    view = open_catalogue(chief)
    press(chief, K.Key_1)
    chief.until(lambda: view.table.rowCount() == 2)
    press(chief, K.Key_Return)
    chief.until(lambda: view.tables.currentIndex() == CHANGES)
    chief.idle()

    rows = [[view.table.item(y, x).text() for x in range(6)] for y in range(view.table.rowCount())]
    changed = [row for row in rows if row[3] == "thời hạn"]
    assert [row[4:] for row in changed] == [["3 ngày làm việc", "2 ngày làm việc"]]
    assert "1.004873" in changed[0][2]
    ends = [row for row in rows if row[5] == "hết hiệu lực"]
    assert ends, "what ends by itself is told too"
    press(chief, K.Key_Escape)
    chief.idle()
    assert view.tables.currentIndex() == 0


def test_enter_shows_the_receipt_that_a_procedure_would_give_and_stores_nothing(chief, station):
    view = open_catalogue(chief)
    numbers = station.value("SELECT COUNT(*) FROM number_mark")
    press(chief, K.Key_F, CTRL)
    QTest.keyClicks(view.seek, "dkks")
    press(chief, K.Key_Return)
    assert view.tables.currentIndex() == PROCEDURES

    press(chief, K.Key_F9)
    chief.until(lambda: chief.window.findChildren(Preview) != [])

    (preview,) = chief.window.findChildren(Preview)
    assert any(label.pixmap() for label in preview.findChildren(QLabel))
    assert "Giấy tiếp nhận mẫu" in preview.windowTitle()
    assert station.value("SELECT COUNT(*) FROM dossier") == 0
    assert station.value("SELECT COUNT(*) FROM number_mark") == numbers
    preview.close()


def test_every_procedure_with_a_term_gives_a_sample_on_every_paper(station):
    desk = station.desk
    made = 0
    for procedure in desk.catalogue().procedures_on(desk.now().date()):
        order = Order(form=making.SAMPLE, procedure=procedure.code)
        if intake.quote(desk, intake.Intake(
            procedure=procedure.code, submitter=offices.copies_entry().submitter
        )).due is None:  # fmt: skip
            with pytest.raises(NothingToPrint):
                making.make(desk, offices.CHIEF, order)
            continue
        assert making.make(desk, offices.CHIEF, order).pdf.startswith(b"%PDF")
        made += 1
    assert made > 30


def test_a_table_goes_into_a_file_and_that_is_recorded(chief, station, tmp_path):
    open_catalogue(chief)
    target = tmp_path / "danh-muc.xlsx"
    chief.presenter("catalogue")._save_as = lambda *_: target

    press(chief, K.Key_E, CTRL)
    chief.until(target.exists)
    chief.idle()

    with zipfile.ZipFile(target) as book:
        assert "dkks" in book.read("xl/worksheets/sheet1.xml").decode()
    assert station.value("SELECT COUNT(*) FROM event WHERE kind = 'data.exported'") == 1


def test_only_who_answers_for_the_counter_looks_after_it(seat, station):
    press(seat, K.Key_F12, CTRL)

    assert seat.window.current_screen != "catalogue"
    with pytest.raises(NotYours):
        catalogue_review.versions(station.desk, offices.BICH)


def test_every_table_says_something(chief):
    view = open_catalogue(chief)
    for number in range(6):
        press(chief, Qt.Key(K.Key_1 + number))
        chief.idle()
        assert view.tables.currentIndex() == number
        assert view.table.rowCount() > 0, number
        assert all(cells(view, 1))


def test_what_begins_later_is_told_before_it_does(station):
    desk = station.desk
    found = catalogue_review.ahead(desk.catalogue(), dt.date(2027, 2, 1))

    assert any(change.since == dt.date(2027, 3, 1) for change in found)
    assert [c.since for c in found] == sorted(c.since for c in found if c.since)
