"""The sync screen: conflicts and refusals have a way out, the queue goes by stick, time is told."""

import itertools
from collections.abc import Iterator
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.domain import bodies
from app.models import events, projection
from app.services import lookup, settling
from app.services import station as stations
from app.ui.sync_status.progress import EVENT_BYTES, Progress, rest_words
from tests.support import office as offices
from tests.support.seat import Seat, seated
from tests.ui.test_returning import press

CTRL = Qt.KeyboardModifier.ControlModifier
_numbers = itertools.count(1)


def act(counter, dossier, kind, body) -> None:
    with counter.desk.store.acting() as session:
        actor = offices.BICH.user
        projection.record(session, events.Act(kind, body, actor, counter.desk.now(), dossier))


def clashed(office, station) -> UUID:
    """Let two stations end one dossier in two ways, unaware of each other."""
    other = office.station()
    dossier = station.receive(f"Mai Văn Số {next(_numbers)}").dossier
    station.sync()
    other.sync()
    due = station.clock().replace(day=27)
    act(station, dossier, "due.extended", bodies.DueExtended(due_at=due, reason="chờ"))
    act(other, dossier, "dossier.withdrawn", bodies.Ended(reason="theo đề nghị"))
    station.sync()
    other.sync()
    station.sync()
    other.close()
    return dossier


@pytest.fixture
def chief(qapp, qtbot, station) -> Iterator[Seat]:
    station.sign_in(offices.CHIEF.user)
    with seated(qapp, qtbot, station, offices.CHIEF.user) as seat:
        yield seat


def row_with(view, words: str) -> int:
    found = [y for y in range(view.table.rowCount()) if words in view.table.item(y, 3).text()]
    return found[0] if found else -1


def open_sync(seat):
    press(seat, Qt.Key.Key_S, CTRL)
    return seat.view("sync")


def test_a_conflict_is_shown_field_by_field_and_decided_by_keys(chief, office, station):
    dossier = clashed(office, station)
    view = open_sync(chief)
    chief.until(lambda: row_with(view, "trái với") >= 0)
    view.table.selectRow(row_with(view, "trái với"))
    press(chief, Qt.Key.Key_Return)
    chief.until(lambda: chief.presenter("sync").dialog is not None)
    dialog = chief.presenter("sync").dialog
    fields = [dialog.table.item(y, 0).text() for y in range(dialog.table.rowCount())]
    assert {"Việc", "Ai, lúc nào", "Hẹn trả", "Lý do"} <= set(fields)

    QTest.keyClick(dialog.table, Qt.Key.Key_2)
    assert "lấy việc 2" in dialog.chosen.text()
    chief.until(lambda: QApplication.activeWindow() is dialog)
    QTest.keyClick(dialog, Qt.Key.Key_F9)
    chief.until(lambda: "cần lý do" in dialog.notice.words.text())
    dialog.reason.setText("người dân đã rút")
    QTest.keyClick(dialog, Qt.Key.Key_F9)

    chief.until(lambda: lookup.show(station.desk, dossier).dossier.open_conflicts == ())
    assert dossier not in [d.dossier for d in settling.disputes(station.desk)]


def test_a_clerk_without_the_role_is_told_whose_it_is(seat, office, station):
    clashed(office, station)
    view = open_sync(seat)
    seat.until(lambda: row_with(view, "trái với") >= 0)
    view.table.selectRow(row_with(view, "trái với"))

    press(seat, Qt.Key.Key_Return)

    assert "phụ trách" in view.notice.words.text()
    assert seat.presenter("sync").dialog is None


def test_a_refused_reception_goes_again_under_another_number(seat, office, station):
    one = station.receive("Mai Thị Số Cũ")
    day = station.clock().date()
    stranger = UUID(int=next(_numbers) + 900)
    office.change(
        "INSERT INTO dossier_number (agency, day, number, dossier) VALUES (:a, :d, :n, :s)",
        a="H24.15", d=day, n=int(one.code[-4:]),
        s=stranger if office.url.startswith("postgresql") else stranger.hex,
    )  # fmt: skip
    station.sync()
    view = open_sync(seat)
    seat.until(lambda: row_with(view, "chưa nhận") >= 0)
    view.table.selectRow(row_with(view, "chưa nhận"))
    press(seat, Qt.Key.Key_Return)
    seat.until(lambda: seat.presenter("sync").dialog is not None)
    dialog = seat.presenter("sync").dialog
    seat.until(lambda: QApplication.activeWindow() is dialog)

    dialog.new_code.setChecked(True)
    QTest.keyClick(dialog, Qt.Key.Key_F9)

    seat.until(lambda: "Đã gửi lại" in view.notice.words.text())
    assert lookup.show(station.desk, one.dossier).dossier.code != one.code
    seat.until(lambda: stations.refused_events(station.desk) == ())


def test_the_queue_goes_by_stick_and_one_that_is_gone_is_said(seat, station, tmp_path):
    seat.counter.sync.stop()
    station.receive("Mai Thị Đường")
    view = open_sync(seat)
    seat.presenter("sync")._choose_folder = lambda: tmp_path

    press(seat, Qt.Key.Key_E, CTRL)
    seat.until(lambda: "Đã ghi" in view.notice.words.text())
    assert list(tmp_path.glob("*.qmcb"))

    seat.presenter("sync")._choose_folder = lambda: tmp_path / "da-rut"
    press(seat, Qt.Key.Key_E, CTRL)
    seat.until(lambda: "Cắm USB rồi chọn lại" in view.notice.words.text())


def test_a_file_that_is_no_bundle_is_said(seat, tmp_path):
    path = tmp_path / "x.qmcb"
    path.write_bytes(b"khong phai goi")
    view = open_sync(seat)
    seat.presenter("sync")._choose_file = lambda kinds: path

    press(seat, Qt.Key.Key_O, CTRL)

    seat.until(
        lambda: bool(view.notice.words.text()) and "Đang đọc" not in view.notice.words.text()
    )
    assert "gói" in view.notice.words.text().casefold()


# ---- how long it takes ------------------------------------------------------------------------


def test_the_rest_follows_from_what_went_before():
    progress = Progress()
    assert progress.see(0.0, 0, 0) is None
    first = progress.see(1.0, 100, 0)
    later = progress.see(11.0, 50, 0)

    assert (first.share, first.seconds) == (0.0, None)
    assert later.share == pytest.approx(0.5)
    assert later.seconds == pytest.approx(10.0)


def test_a_line_that_stands_still_promises_nothing():
    progress = Progress()
    progress.see(0.0, 0, 1000 * EVENT_BYTES)

    assert progress.see(20.0, 0, 1000 * EVENT_BYTES).seconds is None


def test_more_work_while_sending_moves_the_mark_back_and_not_below_nothing():
    progress = Progress()
    progress.see(0.0, 10, 0)
    progress.see(5.0, 5, 0)

    standing = progress.see(6.0, 40, 0)

    assert standing.share == 0.0
    assert standing.seconds is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "chưa rõ"), (0.2, "1 giây"), (40, "40 giây"), (600, "10 phút"), (9000, "2,5 giờ")],
)
def test_time_is_told_in_words(seconds, words):
    assert words in rest_words(seconds)
