"""A scanner that types is told from a person, wherever the focus is."""

import time

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.scan_filter import ScanFilter

CARD = "000090000001||NGUYEN VAN AN|01021990|Nam|So 12, to 5, Minh Tam|15042021"
CODE = "H24.15-261120-0001"
SCANNER_MS, PERSON_MS, FAST_TYPIST_MS = 1, 60, 20


class Bench(QWidget):
    """A field, a password, a button and a list that keep what they get."""

    def __init__(self) -> None:
        super().__init__()
        self.field, self.secret = QLineEdit(), QLineEdit()
        self.secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.button, self.list = QPushButton("x"), Keys()
        self.presses = 0
        self.button.clicked.connect(self._pressed)
        layout = QVBoxLayout(self)
        for widget in (self.field, self.secret, self.button, self.list):
            layout.addWidget(widget)

    def _pressed(self) -> None:
        self.presses += 1


class Keys(QListWidget):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def keyPressEvent(self, event) -> None:
        if event.text():
            self.seen.append(event.text())


@pytest.fixture
def bench(qapp, qtbot):
    bench = Bench()
    qtbot.addWidget(bench)
    bench.show()
    bench.activateWindow()
    qtbot.waitUntil(bench.isActiveWindow, timeout=5000)
    bench.scans = []
    filter_ = ScanFilter(qapp)
    filter_.scanned.connect(bench.scans.append)
    yield bench
    qapp.removeEventFilter(filter_)
    filter_.deleteLater()


def type_keys(bench: QWidget, text: str, gap_ms: int, *, enter: bool) -> None:
    handle, plain = bench.windowHandle(), Qt.KeyboardModifier.NoModifier
    for character in text:
        QTest.qWait(gap_ms)
        if character.isupper():  # as the system sends it: Shift goes down first
            QTest.keyPress(handle, Qt.Key.Key_Shift, plain)
        QTest.keyClick(handle, character)
        if character.isupper():
            QTest.keyRelease(handle, Qt.Key.Key_Shift, plain)
    if enter:
        QTest.qWait(gap_ms)
        QTest.keyClick(handle, Qt.Key.Key_Return)


def test_a_scan_while_typing_in_a_field_leaves_the_field_as_it_was(bench, qtbot):
    bench.field.setFocus()
    bench.field.setText("Nguyen")
    bench.field.setCursorPosition(3)
    qtbot.wait(60)

    type_keys(bench, CODE, SCANNER_MS, enter=True)

    assert bench.scans == [CODE]
    assert (bench.field.text(), bench.field.cursorPosition()) == ("Nguyen", 3)


def test_a_card_with_spaces_presses_no_button_and_doubles_no_key(bench):
    bench.button.setFocus()

    type_keys(bench, CARD, SCANNER_MS, enter=True)

    assert bench.scans == [CARD]
    assert bench.presses == 0


def test_a_person_typing_is_left_alone(bench):
    bench.field.setFocus()

    type_keys(bench, "dang van", PERSON_MS, enter=True)

    assert bench.field.text() == "dang van"
    assert bench.scans == []


def test_a_very_fast_typist_loses_no_letter(bench, qtbot):
    bench.field.setFocus()

    type_keys(bench, "hong nhung", FAST_TYPIST_MS, enter=False)

    qtbot.waitUntil(lambda: bench.field.text() == "hong nhung", timeout=2000)
    assert bench.scans == []


def test_a_scan_while_a_list_has_focus_shows_the_list_no_key(bench):
    bench.list.setFocus()

    type_keys(bench, CODE, SCANNER_MS, enter=True)

    assert bench.scans == [CODE]
    assert bench.list.seen == []


def test_a_single_key_of_a_person_still_reaches_the_list(bench, qtbot):
    bench.list.setFocus()

    type_keys(bench, "3", PERSON_MS, enter=False)

    qtbot.waitUntil(lambda: bench.list.seen == ["3"], timeout=2000)


def test_a_secret_is_never_read_as_a_code(bench):
    bench.secret.setFocus()

    type_keys(bench, "2461357", SCANNER_MS, enter=True)

    assert bench.scans == []
    assert bench.secret.text() == "2461357"


def test_a_space_pressed_by_a_person_presses_the_button(bench, qtbot):
    bench.button.setFocus()

    QTest.keyClick(bench.windowHandle(), Qt.Key.Key_Space)

    qtbot.waitUntil(lambda: bench.presses == 1, timeout=2000)
    assert QApplication.focusWidget() is bench.button


def test_a_moment_in_which_the_program_is_busy_does_not_cut_a_scan_in_two(bench, qtbot):
    """The first key of a card once made the search load a catalogue: the card lost a digit."""
    bench.field.setFocus()
    bench.field.textEdited.connect(lambda _: time.sleep(0.2))
    handle = bench.windowHandle()
    keys = [(ord(c.upper()), c) for c in CODE] + [(Qt.Key.Key_Return, "\r")]

    for i, (key, text) in enumerate(keys):  # as they wait in the system's queue, with their times
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, text)
        event.setTimestamp(10_000 + 2 * i)
        QApplication.postEvent(handle, event)
        if i == 0:
            QTest.qWait(400)  # the first key keeps the program busy, the others come after

    qtbot.waitUntil(lambda: bench.scans == [CODE], timeout=3000)
    assert bench.field.text() == ""
