"""A screen reader hears the reception screen: the real window, over the real accessibility bus."""

import os
import subprocess
import sys
import time

import pytest

from scripts import office as sample
from tests.support.display import display
from tests.support.ports import free_port
from tests.support.reader import Reader, patient_read, screen_reader


@pytest.fixture
def reader(tmp_path) -> Reader:
    with screen_reader(tmp_path / "bus") as reader:
        yield reader


@pytest.mark.e2e
def test_a_screen_reader_hears_every_field_and_button_of_the_reception(tmp_path, reader):
    office = sample.Office(tmp_path / "server", free_port())
    office.set_up()
    office.start()
    profile = tmp_path / "quay-1"
    with display(tmp_path / "screen") as screen:
        env = {**os.environ, "HOME": str(tmp_path), **screen.env, **reader.env}
        sample.enrol(office, profile, env)
        window = subprocess.Popen(
            [sys.executable, str(sample.ROOT / "main.py"), "--profile", str(profile)],
            cwd=sample.ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            asked = patient_read(reader, "Mật khẩu hoặc mã PIN")
            shown = {(one.role, one.name) for one in asked if one.is_shown}
            assert ("text", "Mật khẩu hoặc mã PIN") in shown
            assert ("text", "Mã PIN mới") not in shown
            screen.type_text(sample.PIN + "\n", delay_ms=120)
            patient_read(reader, "Thủ tục")
            time.sleep(1)
            screen.keys("F2")
            screen.type_text(sample.synthetic_card() + "\n", delay_ms=1)
            time.sleep(1)
            screen.type_text("dkks", delay_ms=200)
            time.sleep(0.5)
            screen.keys("Return")
            said = patient_read(reader, "Họ tên người được khai sinh")
        finally:
            window.terminate()
            window.wait(20)
            office.stop()

    said = [one for one in said if one.is_shown]
    heard = {(one.role, one.name) for one in said}
    for field in ("Họ và tên", "Số căn cước", "Điện thoại", "Họ tên người được khai sinh",
                  "Ngày sinh", "Quét mã hoặc tìm"):  # fmt: skip
        assert ("text", field) in heard, field
    assert ("combo box", "Giới tính") in heard
    assert ("table", "Giấy tờ của hồ sơ") in heard
    buttons = {one.name for one in said if one.role == "push button"}
    assert {"Quét giấy tờ", "Tiếp nhận và in"} <= buttons, buttons
    spoken = [one for one in said if one.role in ("text", "combo box", "push button")]
    assert [one for one in spoken if not one.name] == []
