"""A station that is killed while it prints: sheets are counted, none is lost, none comes twice."""

from __future__ import annotations

import json
import random
import re
import subprocess
import time
from collections import Counter
from pathlib import Path

from sqlalchemy import text

from app.bootstrap import open_workstation
from tests.support.office import CommandLine, real_clock, running_office
from tests.support.print_shop import PrintShop, print_shop
from tests.support.processes import wait_for

ENTRY = {"procedure": "ctbs", "copies": [{"name": "Bằng", "pages": 1, "copies": 1}]}
RUNS = 10
CODE = re.compile(r"H24\.15-\d{6}-\d{4}")


def test_killed_while_printing_every_receipt_comes_out_once_or_is_asked_about(tmp_path: Path):
    chance = random.Random(20261120)
    with (
        running_office(tmp_path / "office", clock=real_clock()) as office,
        print_shop(tmp_path / "shop") as shop,
    ):
        line = CommandLine(tmp_path / "quay", tmp_path / "office" / "home")
        line.enrol(office)
        queue = shop.queue_uri("HCC")
        codes = [receive(line, i) for i in range(RUNS)]
        began = time.monotonic()
        assert line("print", receive(line, RUNS), "--printer", queue).json["state"] == "printed"
        lasts_s = time.monotonic() - began

        for code in codes:
            child = line.start("print", code, "--printer", queue)
            time.sleep(lasts_s * chance.uniform(0.3, 1.0))
            child.kill()
            child.communicate(timeout=30)
        left = line("jobs").json["jobs"]

        wait_for(lambda: is_idle(shop), 60, "last sheet")
        line("jobs")
        sheets = Counter(code for pdf in shop.printed("HCC") for code in codes_of(pdf))
        states = states_of(line)

    assert {job["state"] for job in left} <= {"unknown"}
    for code in codes:
        assert sheets[code] <= 1, (code, "came out twice")
        if code not in states:
            assert sheets[code] == 0, (code, "came out without a job")
        elif states[code] == "printed":
            assert sheets[code] == 1, (code, "said to be printed")
        else:
            assert states[code] == "unknown", (code, "neither printed nor asked about")
    assert "printed" in states.values()


def receive(line: CommandLine, i: int) -> str:
    said = line("receive", "--from", "-", stdin=json.dumps(ENTRY | {"name": f"Người Thứ {i}"}))
    assert said.exit_code == 0, said
    return str(said.json["code"])


def codes_of(pdf: Path) -> set[str]:
    done = subprocess.run(["pdftotext", str(pdf), "-"], capture_output=True, text=True, check=True)
    return set(CODE.findall(done.stdout))


def is_idle(shop: PrintShop) -> bool:
    return shop.printer_state(shop.queue_uri("HCC")).word == "idle"


def states_of(line: CommandLine) -> dict[str, str]:
    """Return the state of every code's print job."""
    opened = open_workstation(line.root)
    try:
        with opened.desk.store.database.reading() as session:
            rows = session.execute(text("SELECT title, state FROM print_job ORDER BY id")).all()
    finally:
        opened.close()
    found = {}
    for title, state in rows:
        match = CODE.search(title)
        assert match is not None
        assert match[0] not in found, "a second job was made"
        found[match[0]] = state
    return found
