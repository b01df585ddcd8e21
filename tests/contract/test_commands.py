"""The command line as operators and scripts use it: exit codes, JSON, and nobody's secrets."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.office import (
    PASSWORD,
    PIN,
    USER,
    CommandLine,
    Office,
    Said,
    picture,
    real_clock,
    running_office,
)
from tests.support.ports import free_port
from tests.support.processes import wait_for

NAME, ID, PHONE = "Nguyễn Thị Kín Đáo", "000190000088", "0912000088"
CARD = f"{ID}||{NAME}|01021990|Nữ|Số 12, phường Minh Tâm|15042021"
COPIES = {"procedure": "ctbs", "name": NAME, "id_number": ID, "phone": PHONE}
COPIES |= {"copies": [{"name": "Bằng", "pages": 3, "copies": 2}]}  # type: ignore[dict-item]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("office"), clock=real_clock()) as running:
        yield running


@pytest.fixture(scope="module")
def main(office: Office, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    folder = tmp_path_factory.mktemp("counter")
    line = CommandLine(folder / "p", folder / "home")
    line.enrol(office)
    return line


@pytest.fixture(scope="module")
def received(main: CommandLine) -> dict[str, object]:
    said = main("receive", "--from", "-", stdin=json.dumps(COPIES))
    assert said.exit_code == 0, said
    return said.json


def _refused(said: Said, exit_code: int) -> dict[str, str]:
    assert said.exit_code == exit_code, said
    error: dict[str, str] = said.json["error"]
    assert error["title"]
    assert error["title"] in said.err
    assert "Traceback" not in said.err + said.out
    return error


def test_a_day_at_the_counter_by_commands(
    office: Office, main: CommandLine, received: dict[str, object], tmp_path: Path
) -> None:
    code = str(received["code"])
    assert received["fee"] == 10_000
    assert received["provisional"] is False

    image = tmp_path / "trang.jpg"
    image.write_bytes(picture(1))
    pages = main("scan", "--dossier", code, "--paper", "ban-chinh", "--file", image).json["pages"]
    assert len(pages) == 1
    saved = main("print", code, "--pdf", tmp_path / "giay.pdf").json
    assert saved["state"] == "saved"
    assert (tmp_path / "giay.pdf").read_bytes().startswith(b"%PDF")
    done = main("sync").json
    assert (done["waiting"], done["pages_waiting"], done["quarantined"]) == (0, 0, 0)
    assert done["proven"]
    assert main("status").json["green"] is True
    shown = main("show", code[-4:]).json
    assert (shown["code"], shown["pages"], shown["pages_stored"]) == (code, 1, 1)
    assert shown["submitter"]["id_number"] == "000190******"
    found = main("find", "kin dao nguyen").json["dossiers"]
    assert code in {line["code"] for line in found}
    assert ID not in json.dumps(found)
    assert code in office.codes()


def test_wrong_use_is_two_with_words(main: CommandLine, office: Office) -> None:
    for arguments, stdin in (
        (["receive"], ""),
        (["receive", "--from", "-"], "{"),
        (["receive", "--from", "-"], '{"procedure":"ctbs","unbekannt":1}'),
        (["receive", "--from", "-"], "[" * 100_000),
        (["sign-in"], ""),
        (["due", "--procedure", "ctbs", "--at", "morgen"], ""),
        (["card", "--qr", "-"], ""),
    ):
        _refused(main(*arguments, stdin=stdin), 2)
    for arguments in (["--quatsch"], ["receive", "--paper", "B5"], ["due"]):
        assert main(*arguments).exit_code == 2


def test_what_the_world_refuses_is_three_with_title_and_advice(
    main: CommandLine, office: Office, tmp_path: Path
) -> None:
    for arguments in (
        ["receive", "--procedure", "khong-co", "--name", "A"],
        ["receive", "--procedure", "ctbs", "--name", ""],
        ["show", "H24.15-261120-4999"],
        ["scan", "--dossier", "H24.15-261120-4999", "--paper", "x", "--file", "/x.jpg"],
        ["enrol", "--server", office.address, "--code", "FALSCH"],
    ):
        _refused(main(*arguments), 3)
    other = CommandLine(tmp_path / "neu", tmp_path / "home")
    assert "enrol" in _refused(other("status"), 3)["advice"]
    assert not (tmp_path / "neu").exists()
    dead = f"http://127.0.0.1:{free_port()}"
    _refused(other("enrol", "--server", dead, "--code", "X"), 3)
    _refused(other("enrol", "--server", "http://example.test", "--code", "X"), 3)
    wrong_pin = {"QMC_USER": USER, "QMC_PIN": "111222"}
    said = main("receive", "--procedure", "ctbs", "--name", "A", "--pages", "1", env=wrong_pin)
    assert "PIN" in _refused(said, 3)["title"]


def test_faults_are_all_named_and_nothing_is_received(main: CommandLine) -> None:
    before = main("status").json["waiting"]
    said = main("receive", "--from", "-", stdin=json.dumps({"procedure": "1.001193", "name": ""}))

    error = _refused(said, 3)
    for words in ("họ và tên", "Còn thiếu"):
        assert words in error["advice"]
    assert main("status").json["waiting"] == before


def test_a_station_off_the_line_works_and_says_so(office: Office, tmp_path: Path) -> None:
    line = CommandLine(tmp_path / "p", tmp_path / "home")
    line.enrol(office)
    settings = line.root / "station.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace(str(office.port), str(free_port())), "utf-8")

    said = line("receive", "--from", "-", stdin=json.dumps(COPIES))
    assert said.exit_code == 0
    assert "máy chủ" in _refused(line("sync"), 3)["title"]

    settings.write_text(text, "utf-8")
    assert line("sync").json["waiting"] == 0
    assert said.json["code"] in office.codes()


def test_backup_and_restore_by_command(office: Office, tmp_path: Path) -> None:
    line = CommandLine(tmp_path / "p", tmp_path / "home")
    line.enrol(office)
    first = line("receive", "--from", "-", stdin=json.dumps(COPIES)).json["code"]
    backup = Path(line("backup").json["backup"])
    assert backup.exists()
    second = line("receive", "--from", "-", stdin=json.dumps(COPIES)).json["code"]
    for path in line.root.glob("store.db*"):
        path.unlink()
    assert "restore" in _refused(line("status"), 3)["advice"]

    restored = line("restore").json

    assert (restored["copy"], restored["from_journal"]) == (str(backup), 1)
    assert line("sync").json["waiting"] == 0
    assert {first, second} <= set(office.codes())
    key = tmp_path / "recovery.key"
    key.write_text(office.recovery_key.hex(), "ascii")
    assert line("restore", "--recovery-key", key).exit_code == 0


def test_answers_that_need_no_profile(tmp_path: Path) -> None:
    line = CommandLine(tmp_path / "keins", tmp_path / "home")

    due = line("due", "--procedure", "1.004873", "--at", "2026-11-20T10:00").json
    assert due["due"].startswith("2026-11-2")
    card = line("card", "--qr", "-", stdin=CARD).json
    assert (card["id_number"], card["name"], card["authenticated"]) == (ID, NAME, False)
    assert not (tmp_path / "keins").exists()


def test_no_personal_data_stands_in_the_process_list(main: CommandLine) -> None:
    entry = COPIES | {"card": CARD}
    child = main.start("receive", "--from", "-", env={"QMC_USER": USER, "QMC_PIN": PIN})
    words = " ".join(psutil.Process(child.pid).cmdline())
    out, err = child.communicate(json.dumps(entry).encode(), timeout=60)

    assert child.returncode == 0, err
    for secret in (NAME, ID, PHONE, PIN):
        assert secret not in words
        assert secret.encode() not in out + err


def test_logs_hold_no_name_number_pin_or_password(
    main: CommandLine, received: dict[str, object]
) -> None:
    main("show", str(received["code"]))
    main("receive", "--procedure", "ctbs", "--card", CARD, "--pages", "1")
    main("receive", "--procedure", "ctbs", "--card", CARD, "--phone", "1")

    logs = list((main.root / "logs").iterdir())
    assert logs
    for path in logs:
        text = path.read_text("utf-8")
        for secret in (NAME, ID, PHONE, PIN, PASSWORD, str(received["lookup"])):
            assert secret not in text


def test_the_pin_is_not_passed_on_to_a_scanner_program(
    main: CommandLine, received: dict[str, object], tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    fake = tmp_path / "bin" / "scanimage"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\nenv >> {seen}\nexit 7\n", "utf-8")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    path = f"{fake.parent}:{os.environ['PATH']}"
    secrets = {"QMC_USER": USER, "QMC_PIN": PIN, "QMC_PASSWORD": PASSWORD}

    said = main(
        "scan", "--dossier", str(received["code"]), "--paper", "ban-chinh", "--device", "test:0",
        env=secrets | {"PATH": path},
    )  # fmt: skip

    assert "giấy" in _refused(said, 3)["title"]
    environment = seen.read_text("utf-8")
    assert "PATH=" in environment
    for name, value in secrets.items():
        assert name not in environment
        assert f"={value}" not in environment


def test_a_running_sync_is_left_to_its_owner(main: CommandLine) -> None:
    import filelock

    with filelock.FileLock(str(main.root / "sync.lock")):
        error = _refused(main("sync"), 3)
    assert "đang gửi" in error["title"]


def test_a_store_in_use_elsewhere_is_shared(main: CommandLine) -> None:
    children = [main.start("receive", "--from", "-") for _ in range(3)]
    codes = []
    for child in children:
        assert child.stdin is not None
        child.stdin.write(json.dumps(COPIES).encode())
        child.stdin.close()
        child.stdin = None
    for child in children:
        out, err = child.communicate(timeout=60)
        assert child.returncode == 0, err
        codes.append(json.loads(out)["code"])

    assert len(set(codes)) == 3
    wait_for(lambda: all(child.poll() is not None for child in children), 5, "end")


def test_a_paper_or_folder_that_is_not_there_is_named_and_costs_nothing(
    office: Office, main: CommandLine, received: dict[str, object], tmp_path: Path
) -> None:
    code, image = str(received["code"]), tmp_path / "trang.jpg"
    image.write_bytes(picture(2))
    pages = main("show", code).json["pages"]
    said = main("scan", "--dossier", code, "--paper", "ban-chanh", "--file", image)
    assert "ban-chinh" in _refused(said, 2)["advice"]
    assert main("show", code).json["pages"] == pages

    target = tmp_path / "khong-co" / "giay.pdf"
    assert str(target) in _refused(main("print", code, "--pdf", target), 3)["title"]
    assert not target.parent.exists()

    other, one_time = CommandLine(tmp_path / "moi", tmp_path / "home"), office.code()
    enrol = ("enrol", "--server", office.address, "--code", one_time)
    _refused(other(*enrol, "--journal", tmp_path / "o-thu-hai"), 3)
    assert not (tmp_path / "moi").exists()
    assert other(*enrol).exit_code == 0  # the code was not spent


def test_a_fee_not_yet_known_is_null_and_not_nothing(main: CommandLine) -> None:
    said = main("receive", "--procedure", "1.001193", "--name", "Nguyễn Thị Chưa Khai",
                "--id-number", ID, "--born", "01/02/1990", "--papers", "all").json  # fmt: skip
    assert said["fee"] is None
    assert main("show", str(said["code"])).json["fee"] is None


def test_without_a_display_the_window_says_so_and_commands_still_answer(main: CommandLine) -> None:
    bare = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}
    said = main(env=bare)
    assert said.exit_code == 3
    assert "main.py --help" in said.err
    assert main("status", env=bare).exit_code == 0


def test_a_dossier_comes_to_its_end_by_commands(
    main: CommandLine, received: dict[str, object]
) -> None:
    code = str(received["code"])
    unpaid = _refused(main("return", code, "--card", CARD), 3)
    assert "thu" in unpaid["advice"] + unpaid["title"]

    part = main("pay", code, "--amount", "4000").json
    assert (part["amount"], part["left"]) == (4000, 6000)
    _refused(main("pay", code, "--method", "transfer"), 3)
    rest = main("pay", code, "--method", "transfer", "--reference", "FT26-0017").json
    assert (rest["amount"], rest["left"], rest["paid"]) == (6000, 0, 10_000)

    other = CARD.replace(ID, "000190000099").replace(NAME, "Lê Thị Khác")
    _refused(main("return", code, "--card", other), 3)
    assert main("show", code).json["state"] != 10
    given = main("return", code, "--card", "-", "--satisfaction", "1", stdin=CARD).json
    assert [one["code"] for one in given["returned"]] == [code]
    assert main("show", code).json["state"] == 10
    _refused(main("return", code), 3)


def test_a_result_gets_the_next_number_of_its_book_and_goes_to_somebody_with_an_authority(
    main: CommandLine,
) -> None:
    said = main("receive", "--from", "-", stdin=json.dumps(COPIES | {"id_number": "000190000091"}))
    code = said.json["code"]
    _refused(main("result", code, "--name", "Bản sao", "--issued", "hôm nay"), 2)
    result = main("result", code, "--name", "Bản sao", "--book", "SCT/BS").json
    assert result["state"] == 9
    assert int(result["number"]) >= 1
    assert result["book"].endswith("SCT/BS")
    main("pay", code)

    friend = CARD.replace(ID, "000190000092").replace(NAME, "Lê Thị Nhận")
    _refused(main("return", code, "--authority", "Giấy uỷ quyền"), 2)
    given = main("return", code, "--card", friend, "--authority", "Giấy uỷ quyền 12/2026").json
    assert given["returned"][0]["number"] == result["number"]
