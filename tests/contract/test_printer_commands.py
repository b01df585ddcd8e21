"""`printers`, `print-test`, `jobs` and `close-day` as operators use them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.office import CommandLine, Office, real_clock, running_office
from tests.support.paper_roll import on_socket
from tests.support.ports import free_port
from tests.support.print_shop import PrintShop, print_shop

COPIES = {"procedure": "ctbs", "name": "Nguyễn Văn Đức", "copies": [{"name": "Bằng", "pages": 1,
                                                                    "copies": 1}]}  # fmt: skip


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("office"), clock=real_clock()) as running:
        yield running


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrintShop]:
    with print_shop(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture(scope="module")
def main(office: Office, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    folder = tmp_path_factory.mktemp("counter")
    line = CommandLine(folder / "p", folder / "home")
    line.enrol(office)
    return line


def receive(main: CommandLine) -> str:
    said = main("receive", "--from", "-", stdin=json.dumps(COPIES))
    assert said.exit_code == 0, said
    return str(said.json["code"])


def test_each_printer_says_what_it_is_and_how_it_stands(main, shop):
    gone = f"socket://127.0.0.1:{free_port()}"
    said = main("printers", "--add", gone, env=shop.env)

    assert said.exit_code == 0, said
    found = {printer["printer"]: printer for printer in said.json["printers"]}
    assert found["HCC"]["ready"]
    assert set(found["HCC"]["papers"]) >= {"A4", "A5"}
    assert not found[gone]["ready"]
    assert "không phản hồi" in found[gone]["problem"]


def test_a_form_is_given_its_printer_and_goes_there(main, shop, tmp_path: Path):
    folder = f"file://{tmp_path}"
    said = main("printers", "--choose", "01", "--printer", folder, env=shop.env)
    assert said.json["choices"]["01"]["printer"] == folder

    code = receive(main)
    saved = main("print", code)

    assert saved.json["state"] == "saved"
    (file,) = tmp_path.glob("*.pdf")
    assert code in file.name
    main("printers", "--choose", "01", "--printer", shop.queue_uri("HCC"))


def test_a_test_page_comes_out_of_a_thermal_printer_and_a_receipt_for_sheets_does_not(main):
    with on_socket() as (roll, address):
        assert main("print-test", address).json["state"] == "printed"
        refused = main("print", receive(main), "--printer", address)

        assert refused.json["state"] == "not_printed"
        assert "rộng hơn cuộn giấy" in refused.json["reason"]
        assert len(roll.strips) == 1


def test_a_test_page_is_printed_or_saved(main, shop, tmp_path: Path):
    before = len(shop.printed("HCC"))
    said = main("print-test", shop.queue_uri("HCC"), "--paper", "A4")
    assert (said.json["state"], said.json["sheets"]) == ("printed", 1)
    assert len(shop.printed("HCC")) == before + 1

    saved = main("print-test", "socket://127.0.0.1:9", "--pdf", tmp_path / "t.pdf")
    assert saved.json["state"] == "saved"
    assert (tmp_path / "t.pdf").read_bytes().startswith(b"%PDF")


def test_what_did_not_come_out_waits_and_goes_to_another_printer(main, shop):
    gone = f"ipp://127.0.0.1:{free_port()}/ipp/print"
    code = receive(main)
    assert main("print", code, "--printer", gone).json["state"] == "not_printed"

    (job,) = [j for j in main("jobs").json["jobs"] if code in j["title"]]
    again = main("jobs", "--retry", str(job["job"]), "--printer", shop.queue_uri("HCC"))

    assert again.exit_code == 0, again
    assert [j for j in again.json["jobs"] if code in j["title"]] == []


def test_a_job_is_thrown_away_once(main):
    code = receive(main)
    main("print", code, "--printer", f"ipp://127.0.0.1:{free_port()}/ipp/print")
    (job,) = [j for j in main("jobs").json["jobs"] if code in j["title"]]

    assert main("jobs", "--drop", str(job["job"])).exit_code == 0
    assert main("jobs", "--drop", str(job["job"])).exit_code == 2


@pytest.mark.parametrize("words", [["print-test", "ftp://x"], ["printers", "--add", "ftp://x"],
                                   ["printers", "--choose", "01"], ["jobs", "--retry", "99999"],
                                   ["close-day", "--day", "hôm nay"]])  # fmt: skip
def test_wrong_use_is_said_and_nothing_is_done(main, words):
    said = main(*words)

    assert said.exit_code == 2, said
    assert said.json["error"]["title"]


def test_a_day_is_looked_at_then_sealed_and_printed(main, shop, tmp_path: Path):
    receive(main)
    looked = main("close-day", "--look").json
    assert looked["closings"] == 0
    assert not looked["agrees"]

    closed = main("close-day", "--pdf", tmp_path / "d.pdf", "--printer", shop.queue_uri("HCC"))

    assert closed.exit_code == 0, closed
    assert closed.json["sha256"] == looked["sha256"]
    assert closed.json["print"]["state"] == "printed"
    assert (tmp_path / "d.pdf").read_bytes().startswith(b"%PDF")
    assert main("close-day", "--look").json["closings"] == 1
    assert not main("sync").json["quarantined"]
