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
    ends = kill_prints(tmp_path, runs=8, seed=20261120)

    assert ends["printed"] > 0
    assert sum(ends.values()) == 8


def kill_prints(folder: Path, *, runs: int, seed: int) -> Counter[str]:
    """Kill `main.py print` at random moments; return how the jobs ended once it went on.

    Args:
        folder: where server, station and printers live.
        runs: receipts of which the printing is killed.
        seed: of the moments.
    """
    chance = random.Random(seed)
    with (
        running_office(folder / "office", clock=real_clock()) as office,
        print_shop(folder / "shop") as shop,
    ):
        line = CommandLine(folder / "quay", folder / "office" / "home")
        line.enrol(office)
        queue = shop.queue_uri("HCC")
        codes = [receive(line, i) for i in range(runs)]
        began = time.monotonic()
        assert line("print", receive(line, runs), "--printer", queue).json["state"] == "printed"
        lasts_s = time.monotonic() - began

        for i, code in enumerate(codes):
            wal = line.root / "store.db-wal"
            before = wal.stat().st_size if wal.exists() else 0
            child = line.start("print", code, "--printer", queue)
            if i % 4 == 0:  # any moment
                time.sleep(lasts_s * chance.uniform(0.3, 1.0))
            else:  # about when the job is handed over
                deadline = time.monotonic() + 4 * lasts_s
                while time.monotonic() < deadline:
                    if wal.exists() and wal.stat().st_size > before:
                        break
                    time.sleep(0.001)
                time.sleep(chance.uniform(0, 0.25))
            child.kill()
            child.communicate(timeout=30)
        left = line("jobs").json["jobs"]

        wait_for(lambda: is_idle(shop), 60, "last sheet")
        line("jobs")
        sheets = Counter(code for pdf in shop.printed("HCC") for code in codes_of(pdf))
        states = states_of(line)
    assert {job["state"] for job in left} <= {"unknown"}
    return Counter(_checked(code, states.get(code, "never queued"), sheets[code]) for code in codes)


def _checked(code: str, state: str, sheets: int) -> str:
    """Check that a receipt came out as often as its job says."""
    assert sheets <= 1, (code, "came out twice")
    if state == "never queued":
        assert sheets == 0, (code, "came out without a job")
    elif state == "printed":
        assert sheets == 1, (code, "said to be printed, and is not")
    else:
        assert state == "unknown", (code, "neither printed nor asked about")
    return state


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
