"""`form`, `forms` and `print --form`: any paper form by command, with words where there is none."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.office import CommandLine, real_clock, running_office
from tests.support.processes import program

BIRTH = {
    "procedure": "dkks",
    "name": "Nguyễn Thị Kín Đáo",
    "id_number": "000190000088",
    "field": {"child_name": "Trần Gia Hân", "child_born": "2026-11-15", "child_sex": "Nữ"},
    "papers": "all",
}


@pytest.fixture(scope="module")
def main(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    with running_office(tmp_path_factory.mktemp("office"), clock=real_clock()) as office:
        folder = tmp_path_factory.mktemp("counter")
        line = CommandLine(folder / "p", folder / "home")
        line.enrol(office)
        yield line


@pytest.fixture(scope="module")
def code(main: CommandLine) -> str:
    said = main("receive", "--from", "-", stdin=json.dumps(BIRTH))
    assert said.exit_code == 0, said
    return str(said.json["code"])


def text(path: Path) -> str:
    command = [program("pdftotext"), "-layout", str(path), "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split())


def test_every_form_is_listed_with_what_it_needs(main: CommandLine) -> None:
    said = main("forms")

    assert said.exit_code == 0
    forms = {row["form"]: row for row in said.json["forms"]}
    assert {"01", "02", "03", "04", "05", "06", "07", "fee", "result", "pad"} <= set(forms)
    assert forms["01"] == {
        "form": "01",
        "name": "Giấy tiếp nhận hồ sơ và hẹn trả kết quả",
        "needs": "dossier",
        "papers": ["A5", "A4", "80mm"],
    }


def test_a_form_of_a_dossier_is_saved(main: CommandLine, code: str, tmp_path: Path) -> None:
    for form, words in (("06", "PHIẾU KIỂM SOÁT"), ("cover", "TỜ BÌA HỒ SƠ"),
                        ("01", "GIẤY TIẾP NHẬN")):  # fmt: skip
        target = tmp_path / f"{form}.pdf"
        said = main("form", form, code, "--pdf", str(target))
        assert said.exit_code == 0, said
        assert said.json["state"] == "saved"
        assert (said.json["form"], said.json["copy"]) == (form, 1)
        assert said.json["pdf"] == str(target)
        assert words in text(target)
        assert code in text(target)


def test_print_takes_any_form_of_a_dossier_and_a_roll(
    main: CommandLine, code: str, tmp_path: Path
) -> None:
    target = tmp_path / "giay.pdf"

    said = main("print", code, "--paper", "80mm", "--pdf", str(target))
    assert said.exit_code == 0, said
    assert "GIẤY TIẾP NHẬN HỒ SƠ" in text(target)
    assert main("print", code, "--form", "06", "--pdf", str(target)).exit_code == 0
    refused = main("print", code, "--form", "07", "--pdf", str(target))
    assert refused.exit_code == 2
    assert "form" in refused.json["error"]["advice"]


def test_lists_pads_leaflets_and_keys_are_saved(
    main: CommandLine, code: str, tmp_path: Path
) -> None:
    target = tmp_path / "x.pdf"
    keys = json.dumps({"Mọi màn hình": [["F2", "Tiếp nhận mới"]]})
    for arguments, stdin, words in (
        (("07",), "", "SỔ THEO DÕI HỒ SƠ"),
        (("hand-over", "--to", "Phòng Tư pháp"), "", "Phòng Tư pháp"),
        (("hand-over", code), "", code),
        (("01-list", code), "", "BIÊN BẢN GIAO NHẬN HỒ SƠ"),
        (("shift",), "", "PHIẾU CHỐT CA"),
        (("pad", "--sheets", "2", "--paper", "A5"), "", "GT-"),
        (("leaflet", "--procedure", "ctbs"), "", "Chứng thực bản sao"),
        (("keys", "--keys", "-"), keys, "Tiếp nhận mới"),
        (("02-before", "--from", "-"), json.dumps(BIRTH | {"papers": ""}), "Giấy chứng sinh"),
        (("03-before", "--from", "-", "--reason", "sai nơi"), json.dumps(BIRTH), "sai nơi"),
    ):
        said = main("form", *arguments, "--pdf", str(target), stdin=stdin)
        assert said.exit_code == 0, said
        assert words in text(target), arguments


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (("99",), 2),
        (("02",), 2),
        (("01", "{code}", "{code}"), 2),
        (("leaflet", "{code}", "--procedure", "ctbs"), 2),
        (("leaflet",), 2),
        (("leaflet", "--procedure", "khongco"), 3),
        (("02", "{code}"), 3),
        (("fee", "{code}", "--book", "01BLP", "AA", "123456789"), 2),
        (("07", "--day", "hôm qua"), 2),
        (("07", "--day", "2026-11-20", "--until", "2026-11-19"), 2),
        (("07", "--paper", "80mm"), 2),
        (("keys", "--keys", "-"), 2),
        (("06", "H24.15-260101-9999"), 3),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_what_cannot_be_printed_is_said_in_words(
    main: CommandLine, code: str, tmp_path: Path, arguments: tuple[str, ...], exit_code: int
) -> None:
    target = tmp_path / "x.pdf"
    filled = [code if a == "{code}" else a for a in arguments]

    said = main("form", *filled, "--pdf", str(target), stdin="không phải JSON")

    assert said.exit_code == exit_code, said
    assert said.json["error"]["title"]
    assert "Traceback" not in said.err
    assert not target.exists()
