"""Fault 1: the power goes at any write of the store, of its log and of the second journal."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.models.restore import back_up
from app.services import scanning
from app.services.corrections import undo
from tests.support.crash import Record, crash, lay_out
from tests.support.laws import Verdict, codes_of, judge, judge_restored
from tests.support.office import BICH, Counter, Office, enrol_station, picture, running_office
from tests.support.watched_disk import WatchedDisk, watched

ACTS, CUTS_A_LIFE, REBUILT = 14, 25, 0.05
SMALL_LOG = 60  # pages: the log is folded into the file while receiving, too


@dataclass
class Played:
    """What became of the cuts.

    Attributes:
        cuts: images that were opened.
        verdict: what was found in them.
        codes: that left the process before the cuts that were lived through.
        on_server: what the server holds at the end.
        failures: cuts that broke a law, and how to find them again.
    """

    cuts: int
    verdict: Verdict
    codes: list[str]
    on_server: list[str]
    failures: list[str]

    @property
    def lost(self) -> int:
        """Codes the server does not have after all, and what the images lacked."""
        return self.verdict.lost + len(set(self.codes) - set(self.on_server))

    @property
    def doubled(self) -> int:
        """Codes that the server has twice."""
        return len(self.on_server) - len(set(self.on_server))

    @property
    def reissued(self) -> int:
        """Codes that left the process twice."""
        return self.verdict.reissued + len(self.codes) - len(set(self.codes))


def cut_receptions(
    folder: Path, *, cuts: int, seed: int, synchronous: str = "", flushes: bool = True
) -> Played:
    """Cut the power of one station again and again, at random writes of its days.

    A life of the station is recorded; from cuts at random moments of it images are made, and
    each is opened and used. One of them is what the next life begins with.

    Args:
        folder: for server and station.
        cuts: images made.
        seed: of acts, moments and luck.
        synchronous: another level than the product's, to see the harness fail.
        flushes: False for a disk that ignores them, to see it fail as well.
    """
    chance = random.Random(seed)
    with running_office(folder / "office") as office, _station(office, folder) as (counter, disk):
        disk.synchronous = synchronous
        played = Played(0, Verdict(), [], [], [])
        life = 0
        while played.cuts < cuts:
            life += 1
            record = _live(counter, disk, chance, small_log=life % 2 == 0)
            if not flushes:
                record = record.without_syncs()
            for _ in range(min(CUTS_A_LIFE, cuts - played.cuts)):
                upto = chance.randint(1, len(record.ops))
                verdict = _cut(counter, disk.root, record, upto, chance, played.codes)
                played.cuts += 1
                played.verdict += verdict
                if not verdict.is_clean:
                    where = f"seed {seed} life {life} cut {upto} of {len(record.ops)}"
                    played.failures.append(f"{where}: {verdict}")
            if played.failures:
                return played  # what follows would only repeat it
            upto = chance.randint(1, len(record.ops))
            lay_out(crash(record, upto, chance), disk.root)
            played.codes += codes_of(record.said(upto))
        counter.reopen().sync()
        played.on_server = office.codes()
    return played


@contextmanager
def _station(office: Office, folder: Path) -> Iterator[tuple[Counter, WatchedDisk]]:
    (folder / "disk" / "stick").mkdir(parents=True)
    with watched(folder / "disk") as disk, _seeded(folder.name):
        counter = enrol_station(office, disk.root / "quay", journal_folder=str(disk.root / "stick"))
        counter.close()
        disk.is_on = False
        yield counter, disk
        counter.close()


@contextmanager
def _seeded(seed: str) -> Iterator[None]:
    """Draw ids and nonces from a seed: the same plays write the same bytes."""
    chance = random.Random(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "urandom", chance.randbytes)
        yield


def _live(counter: Counter, disk: WatchedDisk, chance: random.Random, *, small_log: bool) -> Record:
    """Open the station, let a clerk act, and return all that was written."""
    disk.checkpoint_pages = SMALL_LOG if small_log else 0
    disk.begin()
    counter.reopen()
    for i in range(ACTS):
        chance.choice(ACTING)(counter, disk, i)
    counter.close()
    disk.is_on = False
    return disk.record


def _receives(counter: Counter, disk: WatchedDisk, i: int) -> None:
    disk.say(f"code {counter.receive(f'Nguyễn Văn {i}').code}")


def _scans(counter: Counter, disk: WatchedDisk, i: int) -> None:
    reception = counter.receive(f"Trần Thị {i}")
    disk.say(f"code {reception.code}")
    page = scanning.keep_image(
        counter.desk, picture(i, size=(60, 80)), paper="ban-chinh", position=1, device="file"
    )
    disk.say(f"page {page.sha256}")
    scanning.attach_page(counter.desk, BICH, reception.dossier, page)


def _copies(counter: Counter, disk: WatchedDisk, i: int) -> None:
    disk.say(f"copy {back_up(counter.desk.store, now=counter.clock())}")
    counter.clock.move(minutes=1)


def _voids(counter: Counter, disk: WatchedDisk, i: int) -> None:
    reception = counter.receive(f"Lê Thị {i}")
    disk.say(f"code {reception.code}")
    undo(counter.desk, BICH, reception.dossier, "gõ nhầm")


def _restarts(counter: Counter, disk: WatchedDisk, i: int) -> None:
    counter.reopen()


ACTING: list[Callable[[Counter, WatchedDisk, int], None]] = [
    *[_receives] * 6, *[_scans] * 2, _copies, _voids, _restarts,
]  # fmt: skip


def _cut(
    counter: Counter,
    root: Path,
    record: Record,
    upto: int,
    chance: random.Random,
    before: list[str],
) -> Verdict:
    """Make an image, open it, go on; now and then lose its store and rebuild it as well."""
    image = crash(record, upto, chance)
    said = [*(f"code {code}" for code in before), *record.said(upto)]
    verdict = judge(lay_out(image, root) / "quay", said, counter.clock)
    if chance.random() < REBUILT:
        verdict += judge_restored(lay_out(image, root) / "quay", said, counter.clock)
    return verdict


# ---- the tests -----------------------------------------------------------------------------------


def test_no_code_page_or_copy_that_left_the_process_is_lost_to_a_power_cut(tmp_path: Path) -> None:
    played = cut_receptions(tmp_path, cuts=200, seed=20261120)

    assert played.failures == []
    assert played.verdict.is_clean
    assert (played.lost, played.doubled, played.reissued) == (0, 0, 0)
    assert played.codes  # some lives were long enough


@pytest.mark.parametrize(
    "weaker", [{"synchronous": "OFF"}, {"flushes": False}], ids=["synchronous=OFF", "no flushes"]
)
def test_the_harness_finds_losses_where_syncs_are_missing(tmp_path: Path, weaker: dict) -> None:
    played = cut_receptions(tmp_path, cuts=12, seed=7, **weaker)

    assert played.failures
    assert played.verdict.lost + played.verdict.corrupt > 0
