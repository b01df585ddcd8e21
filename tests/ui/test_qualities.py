"""Qualities of every screen: words, sizes, names, contrast, keys; a clerk with every role looks."""

import os
import re
import subprocess
import sys
from collections import Counter as Counting
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QFontMetrics
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QScrollArea,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.services import lookup
from app.ui import theme
from app.ui.help_sheet import HelpSheet
from app.ui.keys import EVERYWHERE, KEYS
from app.ui.screens import SCREENS
from app.ui.settings.pin_dialog import PinDialog
from tests.support import office as offices
from tests.support.seat import Seat, seated
from tests.ui.test_reception import a_card

SIZES = ((1366, 768), (1093, 614))
NAMES = [kind.name for kind in SCREENS]
_SHORT = 12
ENGLISH = re.compile(
    r"\b(the|and|open|close|save|cancel|error|file|search|name|date|new|print|scan|sync|help|"
    r"yes|no|ok|print|select|copy|paste|undo)\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def every(qapp, office, request, tmp_path_factory) -> Iterator[Seat]:
    """A clerk with every role who looks at every screen, one after the other."""
    folder = tmp_path_factory.mktemp("sane")
    (folder / "dll.conf").write_text("")
    with pytest.MonkeyPatch.context() as patch:  # of this machine's devices nothing is shown
        patch.setenv("SANE_CONFIG_DIR", str(folder))
        patch.setenv("CUPS_SERVER", "127.0.0.1:9")
        station = office.station()
        station.sign_in(offices.LAN.user)
        with seated(qapp, QtBot(request), station, offices.LAN.user) as seat:
            station.receive("Trần Văn Hướng")
            yield seat


def turn_to(seat: Seat, name: str) -> None:
    """Open a screen as it is worked with."""
    seat.window.activateWindow()
    seat.counter.open(name)
    if name == "intake":
        seat.presenter("intake").begin()
        seat.counter.route(a_card())
        seat.presenter("intake").pick("1.001193")
    seat.idle()
    for _ in range(3):  # words come, layouts follow
        QApplication.processEvents()


def texts(root: QWidget) -> list[str]:
    found = [w.text() for w in root.findChildren(QLabel)]
    found += [w.text() for w in root.findChildren(QAbstractButton)]
    found += [w.placeholderText() for w in root.findChildren(QLineEdit)]
    for box in root.findChildren(QComboBox):
        found += [box.itemText(i) for i in range(box.count())]
    return [re.sub(r"Ctrl\+\w|Alt\+\w|Shift\+\w|F\d+|Enter|Esc|Space|PIN|PDF|QR", "", t)
            for t in found if t]  # fmt: skip


def test_no_key_is_used_twice_where_it_works():
    pressed = Counting()
    for key in KEYS:
        screens = {key.screen} if key.screen != EVERYWHERE else {k.screen for k in KEYS}
        pressed.update((screen, key.press) for screen in screens)

    assert [both for both, count in pressed.items() if count > 1] == []


def test_no_key_belongs_to_an_input_method_or_the_system():
    taken = re.compile(r"^(Ctrl\+Shift\+.*|Alt\+Z|Alt\+Shift.*|Ctrl\+Space|F10|Ctrl\+[WQ])$")
    assert [key.press for key in KEYS if taken.match(key.press)] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_english_word_stands_on_a_screen(every, name):
    turn_to(every, name)

    wrong = [text for text in texts(every.window) if ENGLISH.search(text)]

    assert wrong == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("look", theme.THEMES, ids=[look.name for look in theme.THEMES])
def test_geometry_nothing_is_cut_off_or_overlaps(every, qapp, size, look):
    theme.apply(qapp, look)
    try:
        every.window.resize(*size)
        for name in NAMES:
            turn_to(every, name)
            assert (every.window.width(), every.window.height()) == size
            assert cut_off(every.window) == [], name
    finally:
        theme.apply(qapp, theme.LIGHT)


DIALOGS = ("supplement", "more_papers", "record", "extend", "propose", "pass_on", "correct",
           "retype", "pay", "count", "pin", "help")  # fmt: skip


def open_dialog(seat: Seat, name: str) -> QWidget:
    """Open one of the small windows over the list of dossiers."""
    seat.counter.open("dossiers")
    dossier = lookup.newest(seat.counter.seat.desk).lines[-1].id
    strip, course = seat.view("dossiers").notice, seat.counter.course
    course.dialog = None
    if name == "pay":
        seat.counter.pay_desk.ask(dossier, strip.say_problem)
        seat.until(lambda: seat.counter.pay_desk.dialog is not None)
        return seat.counter.pay_desk.dialog
    if name == "count":
        seat.counter.open("cash")
        seat.idle()
        seat.presenter("cash").close_shift()
        return seat.presenter("cash").dialog
    if name == "pin":
        seat.counter.open("settings")
        seat.presenter("settings").change_pin()
        return next(iter(seat.window.findChildren(PinDialog)))
    if name == "help":
        sheet = HelpSheet(seat.window, "Xử lý")
        sheet.show()
        return sheet
    if name in ("propose", "correct", "retype"):
        getattr(course, name)(dossier, strip)
    elif name == "pass_on":
        course.pass_on([dossier])
    else:
        course.do(name, dossier, strip)
    seat.until(lambda: course.dialog is not None)
    return course.dialog


@pytest.mark.parametrize("name", DIALOGS)
@pytest.mark.parametrize("look", theme.THEMES, ids=[look.name for look in theme.THEMES])
def test_geometry_of_every_small_window(every, qapp, name, look):
    theme.apply(qapp, look)
    every.window.resize(*SIZES[-1])
    dialog = open_dialog(every, name)
    try:
        for _ in range(3):
            QApplication.processEvents()
        wrong = cut_off(dialog)
        nameless = [
            type(line).__name__
            for kind in (QLineEdit, QComboBox, QTableView)
            for line in dialog.findChildren(kind)
            if not line.accessibleName() and line.objectName() != "qt_spinbox_lineedit"
        ]
        english = [text for text in texts(dialog) if ENGLISH.search(text)]
        size = dialog.size()
    finally:
        dialog.close()
        QApplication.processEvents()
        theme.apply(qapp, theme.LIGHT)

    assert wrong == []
    assert nameless == []
    assert english == []
    assert size.width() <= SIZES[-1][0]
    assert size.height() <= SIZES[-1][1]


@pytest.mark.parametrize("factor", ["1.25", "1.5"])
def test_nothing_is_cut_off_where_the_system_shows_everything_larger(factor):
    """The same looks in a process of its own, for the factor holds for a whole process."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider",
         __file__, "-k", "test_geometry and light"],
        capture_output=True, text=True, check=False, cwd=offices.ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": factor},
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-3000:]
    assert "passed" in done.stdout


def cut_off(window: QWidget) -> list[str]:
    """Return what is narrower than its words, stands outside its parent, or over its neighbour."""
    found = []
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or widget.size().isEmpty():
            continue
        words = ""
        if isinstance(widget, QAbstractButton) or (
            isinstance(widget, QLabel) and not widget.wordWrap() and not widget.pixmap()
        ):
            words = widget.text()
        if words and widget.sizeHint().width() > widget.width() + 1:
            found.append(f"{words!r} needs {widget.sizeHint().width()}, has {widget.width()}")
        if isinstance(widget, QLabel) and widget.wordWrap() and widget.text():
            needed = widget.heightForWidth(widget.width())
            if needed > widget.height() + 1:
                found.append(f"{widget.text()!r} needs {needed} high, has {widget.height()}")
        parent = widget.parentWidget()
        in_page = isinstance(widget, (QLineEdit, QComboBox, QAbstractButton))
        if in_page and parent is not None and widget.geometry().right() > parent.width():
            found.append(f"{widget.accessibleName() or words} stands out of its block")
        if isinstance(widget, QScrollArea) and widget.widget() is not None:
            off = widget.horizontalScrollBarPolicy() is Qt.ScrollBarPolicy.ScrollBarAlwaysOff
            if off and widget.widget().width() > widget.viewport().width() + 1:
                found.append(f"what scrolls is {widget.widget().width()} wide, its frame "
                             f"{widget.viewport().width()}")  # fmt: skip
        if isinstance(widget, QLineEdit) and widget.text() and widget.isReadOnly() is False:
            needed = QFontMetrics(widget.font()).horizontalAdvance(widget.text())
            is_short = len(widget.text()) <= _SHORT  # what is longer scrolls under the cursor
            if is_short and needed > widget.width() - 8:
                found.append(f"{widget.text()!r} needs {needed}, its field has {widget.width()}")
        if isinstance(widget, QHeaderView) and widget.orientation() is Qt.Orientation.Horizontal:
            found += _cut_headings(widget)
    return found + _overlaps(window)


def _cut_headings(header: QHeaderView) -> list[str]:
    metrics, model = QFontMetrics(header.font()), header.model()
    found = []
    for section in range(header.count()):
        words = str(model.headerData(section, Qt.Orientation.Horizontal) or "")
        needed = max((metrics.horizontalAdvance(line) for line in words.split("\n")), default=0)
        if not header.isSectionHidden(section) and needed > header.sectionSize(section):
            found.append(f"heading {words!r} needs {needed}, has {header.sectionSize(section)}")
    return found


def _overlaps(window: QWidget) -> list[str]:
    """Return fields and buttons of one parent that stand over each other."""
    kinds = (QLineEdit, QComboBox, QAbstractButton, QLabel)
    by_parent: dict[QWidget, list[QWidget]] = {}
    for kind in kinds:
        for widget in window.findChildren(kind):
            parent = widget.parentWidget()
            if widget.isVisible() and parent is not None and not isinstance(parent, kinds):
                by_parent.setdefault(parent, []).append(widget)
    found = []
    for widgets in by_parent.values():
        for i, one in enumerate(widgets):
            for other in widgets[i + 1 :]:
                if one.geometry().intersects(other.geometry()):
                    found.append(f"{_called(one)!r} over {_called(other)!r}")
    return found


def _called(widget: QWidget) -> str:
    return widget.accessibleName() or getattr(widget, "text", str)()


@pytest.mark.parametrize("name", NAMES)
def test_everything_has_a_name_and_a_role_for_a_screen_reader(every, name):
    turn_to(every, name)

    nameless = []
    for kind in (QLineEdit, QComboBox, QTableView, QAbstractButton):
        for widget in every.window.findChildren(kind):
            if type(widget) is QAbstractButton or widget.objectName() == "qt_spinbox_lineedit":
                continue
            reads = QAccessible.queryAccessibleInterface(widget)
            said = widget.accessibleName() or reads.text(QAccessible.Text.Name)
            if not said or reads.role() is QAccessible.Role.NoRole:
                nameless.append(f"{type(widget).__name__} {widget.objectName()}")

    assert nameless == []


@pytest.mark.parametrize("name", NAMES)
def test_tab_goes_through_the_screen_and_comes_back_without_a_trap(every, name):
    turn_to(every, name)
    start = QApplication.focusWidget()
    assert start is not None

    seen, at = [start], start
    for _ in range(200):
        every.window.focusNextChild()
        at = QApplication.focusWidget()
        if at is start:
            break
        seen.append(at)

    assert at is start, "the focus never came back"
    assert len(seen) == len(set(seen)), "a field is met twice"
    hidden = [type(w).__name__ for w in seen if not w.isVisible()]
    assert hidden == []


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.2, 1.4.3)."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("look", theme.THEMES, ids=[look.name for look in theme.THEMES])
def test_contrast_of_every_tone_is_enough(look):
    for tone in (look.good, look.wait, look.work, look.bad, look.plain):
        assert contrast(tone.text, tone.back) >= 4.5
    assert contrast(look.text, look.base) >= 4.5
    assert contrast(look.soft, look.window) >= 4.5
    assert contrast(look.soft, look.base) >= 4.5
    assert contrast(look.accent_text, look.accent) >= 4.5
    assert contrast(look.accent, look.window) >= 3  # the ring of the focus


def test_high_contrast_is_high():
    assert contrast(theme.CONTRAST.text, theme.CONTRAST.base) >= 15
    assert contrast(theme.CONTRAST.soft, theme.CONTRAST.window) >= 7
