"""Fault 1 on the encrypted store: what a real process writes, cut off at many moments."""

from __future__ import annotations

import random
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.crash import Record, crash, image_of, lay_out, without_a_cut
from tests.support.laws import Verdict, judge, judge_restored
from tests.support.office import ROOT, Counter, Office, enrol_station, picture, running_office
from tests.support.processes import bare_environment
from tests.support.traced import traced

RECEPTIONS, REBUILT = 10, 0.1

CLERK = """
import datetime as dt, sys
from pathlib import Path
from app.bootstrap import open_workstation
from app.models.restore import back_up
from app.services import scanning
from tests.support.office import BICH, FRIDAY, Clock, copies_entry
from app.services import intake

root, count, image = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]).read_bytes()
opened = open_workstation(root)
opened.desk.clock = Clock()
say = lambda words: print(f"said: {words}", flush=True)
for i in range(count):
    reception = intake.receive(opened.desk, BICH, copies_entry(f"Người Thật {i}"))
    say(f"code {reception.code}")
    if i % 4 == 1:
        page = scanning.keep_image(
            opened.desk, image + bytes([i]), paper="ban-chinh", position=1, device="file")
        say(f"page {page.sha256}")
        scanning.attach_page(opened.desk, BICH, reception.dossier, page)
    if i == count // 2:
        say(f"copy {back_up(opened.desk.store, now=FRIDAY)}")
    if i % 5 == 4:
        opened.close()
        opened = open_workstation(root)
        opened.desk.clock = Clock()
opened.close()
"""


@dataclass(frozen=True)
class Traced:
    """A real shift as a record, and whether the record is the whole truth of it."""

    record: Record
    is_whole: bool


def traced_shift(office: Office, counter: Counter, disk: Path, receptions: int) -> Traced:
    """Let a real process receive into an encrypted store, under strace."""
    image = office.folder / "page.jpg"
    image.write_bytes(picture(3, size=(60, 80)))
    env = bare_environment(
        office.folder / "home",
        PYTHONPATH=str(ROOT),
        PYTHONDONTWRITEBYTECODE="1",
        PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring",
    )
    command = [sys.executable, "-c", CLERK, counter.root, str(receptions), image]
    record = traced(command, disk, env=env, log=office.folder / "strace.log")
    return Traced(record, without_a_cut(record) == image_of(disk))


def cut_encrypted(folder: Path, *, cuts: int, seed: int, flushes: bool = True) -> Verdict:
    """Cut the power at moments of real shifts; open each image with the real SQLCipher."""
    chance = random.Random(seed)
    disk = folder / "disk"
    (disk / "stick").mkdir(parents=True)
    total = Verdict()
    with running_office(folder / "office") as office:
        counter = enrol_station(office, disk / "quay", journal_folder=str(disk / "stick"))
        counter.close()
        shift = traced_shift(office, counter, disk, RECEPTIONS)
        assert shift.is_whole
        record = shift.record if flushes else shift.record.without_syncs()
        for i in range(cuts):
            upto = 1 + (i * len(record.ops) + chance.randrange(len(record.ops))) // cuts
            image, said = crash(record, upto, chance), record.said(upto)
            verdict = judge(lay_out(image, disk) / "quay", said, counter.clock)
            if chance.random() < REBUILT:
                verdict += judge_restored(lay_out(image, disk) / "quay", said, counter.clock)
            if not verdict.is_clean:
                where = f"seed {seed}, cut {i} before write {upto} of {len(record.ops)}"
                verdict += Verdict(reasons=(where,))
            total += verdict
    shutil.rmtree(disk)
    return total


def test_an_encrypted_store_keeps_all_that_left_a_real_process(tmp_path: Path) -> None:
    found = cut_encrypted(tmp_path, cuts=50, seed=20261120)

    assert found.is_clean, found


def test_the_images_show_losses_where_flushes_are_ignored(tmp_path: Path) -> None:
    found = cut_encrypted(tmp_path, cuts=6, seed=5, flushes=False)

    assert found.lost + found.corrupt > 0
