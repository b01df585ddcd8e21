"""The first run: a machine becomes a station by code, file or QR, and its first clerk signs in."""

import io

import pytest
import segno
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.bootstrap import Joiner
from app.domain.enrolment import Invitation, file_text, qr_text
from app.ui.first_run.presenter import FirstRun
from app.ui.first_run.view import CATALOGUE, ENROL, PIN, SIGN_IN, FirstRunView
from app.ui.jobs import JobRunner
from tests.support import office as offices


class Wizard:
    """The pages with somebody in front of them."""

    def __init__(self, qapp, qtbot, office, root, files):
        self.view, self.jobs, self.files = FirstRunView(), JobRunner(qapp), files
        self.ready: list = []
        self.run = FirstRun(
            self.view, root, Joiner(), self.jobs, lambda: self.files.pop(0), office.clock
        )
        self.run.ready.connect(lambda *both: self.ready.append(both))
        self._bot = qtbot
        qtbot.addWidget(self.view)
        self.view.show()
        qtbot.waitExposed(self.view)

    def until(self, condition) -> None:
        self._bot.waitUntil(condition, timeout=15_000)

    def press(self, key) -> None:
        QTest.keyClick(self.view, key)

    def at(self, step: int) -> None:
        self.until(lambda: self.view.step == step and not self.view.is_busy)

    @property
    def said(self) -> str:
        return self.view.notice.words.text()


@pytest.fixture
def wizard(qapp, qtbot, office, tmp_path, monkeypatch):
    files: list = []
    wizard = Wizard(qapp, qtbot, office, tmp_path / "quay-moi", files)
    yield wizard
    wizard.jobs.close()
    if wizard.run.opened is not None:
        wizard.run.opened.close()


def invitation(office) -> Invitation:
    return Invitation(server=office.address, code=office.code())


def enrolled(wizard, office) -> None:
    one = invitation(office)
    wizard.view.server.setText(one.server)
    wizard.view.code.setText(one.code)
    wizard.press(Qt.Key.Key_F9)
    wizard.at(SIGN_IN)


def test_by_code_to_the_first_screen_with_keys_alone(wizard, office):
    enrolled(wizard, office)
    assert office_name(wizard) in wizard.said
    QTest.keyClicks(wizard.view.user, offices.USER)
    QTest.keyClick(wizard.view.user, Qt.Key.Key_Return)
    QTest.keyClicks(wizard.view.password, offices.PASSWORD)
    QTest.keyClick(wizard.view.password, Qt.Key.Key_Return)
    wizard.at(PIN)
    assert wizard.view.password.text() == ""
    QTest.keyClicks(wizard.view.pin, offices.PIN)
    QTest.keyClick(wizard.view.pin, Qt.Key.Key_Return)
    QTest.keyClicks(wizard.view.again, offices.PIN)
    QTest.keyClick(wizard.view.again, Qt.Key.Key_Return)
    wizard.at(CATALOGUE)
    wizard.until(lambda: "thủ tục" in wizard.view.loaded.text())
    assert "số ngoại tuyến" in wizard.view.loaded.text()

    wizard.press(Qt.Key.Key_F9)

    ((opened, clerk),) = wizard.ready
    assert clerk.user == offices.USER
    assert opened.desk.catalogue().procedures


def office_name(wizard) -> str:
    return wizard.run.opened.settings.station_name


def test_a_file_fills_everything_in(wizard, office, tmp_path):
    path = tmp_path / "quay-1.json"
    path.write_text(file_text(invitation(office)), "utf-8")
    wizard.files.append(path)

    wizard.run.take_file()
    wizard.until(lambda: wizard.view.server.text() == office.address)
    wizard.press(Qt.Key.Key_F9)

    wizard.at(SIGN_IN)


def test_a_picture_of_the_qr_does_the_same(wizard, office, tmp_path):
    path = tmp_path / "ma.png"
    segno.make(qr_text(invitation(office)), error="m").save(str(path), scale=8)
    wizard.files.append(path)

    wizard.run.take_file()

    wizard.until(lambda: wizard.view.server.text() == office.address)


def test_a_hand_held_scanner_types_the_qr_into_any_field(wizard, office):
    one = invitation(office)

    QTest.keyClicks(wizard.view.server, qr_text(one))
    QTest.keyClick(wizard.view.server, Qt.Key.Key_Return)

    assert wizard.view.server.text() == one.server
    assert wizard.view.code.text() == one.code


@pytest.mark.parametrize("name", ["x.txt", "x.png"])
def test_a_file_that_is_none_is_said_and_nothing_is_filled_in(wizard, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"\x00\x01 khong phai")
    wizard.files.append(path)

    wizard.run.take_file()

    wizard.until(lambda: bool(wizard.said))
    assert wizard.view.server.text() == ""


def test_a_wrong_code_is_refused_and_can_be_typed_again(wizard, office):
    wizard.view.server.setText(office.address)
    wizard.view.code.setText("AAAA-BBBB-CCCC-DDDD-EEEE-FFFF")
    wizard.press(Qt.Key.Key_F9)
    wizard.until(lambda: not wizard.view.is_busy)
    assert wizard.view.step == ENROL
    assert "Mã" in wizard.said

    enrolled(wizard, office)


def test_no_line_is_said_and_the_code_stays(wizard):
    wizard.view.server.setText("http://127.0.0.1:9")
    wizard.view.code.setText("AAAA-BBBB-CCCC-DDDD-EEEE-FFFF")

    wizard.press(Qt.Key.Key_F9)

    wizard.until(lambda: not wizard.view.is_busy)
    assert wizard.view.step == ENROL
    assert wizard.view.code.text()
    assert wizard.said


def test_a_pin_that_is_guessed_at_once_is_refused(wizard, office):
    enrolled(wizard, office)
    wizard.view.user.setText(offices.USER)
    wizard.view.password.setText(offices.PASSWORD)
    wizard.press(Qt.Key.Key_F9)
    wizard.at(PIN)
    for pin, again, words in (
        ("123456", "123456", "không theo dãy"), ("135790", "135791", "chưa giống"),
    ):  # fmt: skip
        wizard.view.pin.setText(pin)
        wizard.view.again.setText(again)
        wizard.press(Qt.Key.Key_F9)
        wizard.until(lambda words=words: words in wizard.said)
        assert wizard.view.step == PIN


def test_pictures_are_read_without_the_disk(office):
    out = io.BytesIO()
    segno.make(qr_text(invitation(office)), error="m").save(out, kind="png", scale=6)

    from app.ui.first_run.presenter import _read_qr

    assert _read_qr(out.getvalue()).startswith("QMC-DANGKY|")
