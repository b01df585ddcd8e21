"""The statistics screen: charts by keys, their tables, the way to the dossiers, files, paper."""

import io
import itertools
import zipfile
from dataclasses import replace

import pytest
from PIL import Image
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from app.domain.bodies import Person
from app.services import intake
from app.ui.statistics.charts import PAPER, Chart, Kind, paint, picture, rows_of
from tests.support import office as offices
from tests.ui.test_returning import PAPERS, press

SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
_numbers = itertools.count(900)


def birth(station):
    number = next(_numbers)
    person = Person(name=f"Cao Thị Số {number}", id_number=f"000190{number:06d}")
    entry = replace(offices.birth_entry(papers=PAPERS), submitter=person)
    return intake.receive(station.desk, offices.BICH, entry)


@pytest.fixture
def opened(seat, station):
    for _ in range(3):
        birth(station)
    press(seat, Qt.Key.Key_F7, SHIFT)
    view = seat.view("statistics")
    seat.until(lambda: view.headline.text().startswith("Tiếp nhận"))
    return view


def a_chart(kind: Kind) -> Chart:
    return Chart(
        title="Thử", kind=kind, labels=("a", "b", "c"),
        series=(("Một", (1, 0, 3)), ("Hai", (2, 2, 0))) if kind is not Kind.RING
        else (("Một", (1, 0, 3)),),
    )  # fmt: skip


@pytest.mark.parametrize("kind", list(Kind))
def test_every_value_is_drawn_inside_the_room_and_none_hides_another(qapp, kind):
    image = QImage(600, 300, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    room = QRectF(10, 10, 580, 280)

    spots = paint(painter, room, a_chart(kind), PAPER)
    painter.end()

    chart = a_chart(kind)
    expected = sum(bool(v) for _, values in chart.series for v in values)
    assert len(spots) == expected
    assert all(room.adjusted(-1, -1, 1, 1).contains(spot.place) for spot in spots)
    for one, other in itertools.combinations(spots, 2):
        assert not one.place.adjusted(0.5, 0.5, -0.5, -0.5).intersects(
            other.place.adjusted(0.5, 0.5, -0.5, -0.5)
        )


@pytest.mark.parametrize("kind", list(Kind))
def test_a_chart_without_numbers_says_so(qapp, kind):
    empty = Chart(title="Thử", kind=kind, labels=(), series=(("Một", ()),))
    image = QImage(300, 200, QImage.Format.Format_RGB32)
    painter = QPainter(image)

    assert paint(painter, QRectF(0, 0, 300, 200), empty, PAPER) == []
    painter.end()


def test_on_paper_a_chart_needs_no_colour(qapp):
    with Image.open(io.BytesIO(picture(a_chart(Kind.COLUMNS), (300, 200)))) as image:
        greys = image.getcolors()

        assert image.mode == "L"
        assert len(greys) > 3


def test_a_table_twin_has_every_number():
    headings, rows = rows_of(a_chart(Kind.COLUMNS))

    assert headings == ("", "Một", "Hai", "Cộng")
    assert rows == [("a", "1", "2", "3"), ("b", "0", "2", "2"), ("c", "3", "0", "3")]


def test_figures_and_the_report_agree(seat, opened):
    received = int(opened.headline.text().split()[2])
    last = opened.report.rowCount() - 1

    assert received >= 3
    assert opened.report.item(last, 1).text() == str(received)
    assert "cân" in opened.balance.text()
    assert "CHƯA" not in opened.balance.text()


def test_enter_on_a_value_opens_its_dossiers(seat, opened):
    opened.charts[0].canvas.setFocus()
    QApplication.processEvents()
    press(seat, Qt.Key.Key_Right)
    press(seat, Qt.Key.Key_Return)

    dossiers = seat.view("dossiers")
    seat.until(dossiers.isVisible)
    assert "Đang lọc: ngày 20/11/2026" in dossiers.notice.words.text()
    assert dossiers.table.model().rowCount() >= 3


def test_t_shows_the_tables_and_the_numbers_stay(seat, opened):
    opened.charts[0].canvas.setFocus()
    press(seat, Qt.Key.Key_T)

    table = opened.charts[0].table
    assert table.isVisible()
    total = sum(int(table.item(y, 4).text()) for y in range(table.rowCount()))
    assert total == int(opened.headline.text().split()[2])


def test_periods_turn_by_keys_and_never_into_the_future(seat, opened):
    press(seat, Qt.Key.Key_1)
    seat.until(lambda: opened.first_day.text() == "20/11/2026")
    press(seat, Qt.Key.Key_Right, CTRL)
    seat.idle()
    assert opened.first_day.text() == "20/11/2026"
    press(seat, Qt.Key.Key_Left, CTRL)

    seat.until(lambda: opened.first_day.text() == "19/11/2026")
    seat.until(lambda: opened.headline.text().startswith("Tiếp nhận 0 "))


def test_the_tables_go_to_excel_as_numbers(seat, opened, tmp_path):
    target = tmp_path / "thong-ke.xlsx"
    seat.presenter("statistics")._save_as = lambda name, kinds: target

    press(seat, Qt.Key.Key_E, CTRL)

    seat.until(lambda: "Đã xuất" in opened.notice.words.text())
    with zipfile.ZipFile(target) as book:
        names = book.read("xl/workbook.xml").decode()
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "II.06a" in names
    assert "Giờ cao điểm" in names
    assert "<v>" in sheet


def test_the_report_is_shown_before_it_is_printed(seat, opened):
    shown = []
    seat.counter.ways.paper.connect(lambda title, pages, print_it: shown.append((title, pages)))

    press(seat, Qt.Key.Key_P, CTRL)

    seat.until(lambda: bool(shown))
    title, pages = shown[0]
    assert title.startswith("Tình hình")
    assert len(pages) >= 2
