"""Fault 13: a disk that is full, read-only or failing, under the store or under the journal."""

from __future__ import annotations

import errno
import os
import random
import subprocess
from collections import Counter as Tally
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.errors import AppError
from app.models.problems import DiskFails, DiskFull, NotWritable
from app.models.restore import back_up
from app.services import scanning
from tests.support.crash import crash, lay_out
from tests.support.disks import may_mount, small_disk
from tests.support.laws import Verdict, codes_of, judge, judge_restored
from tests.support.office import Counter, enrol_station, picture, running_office
from tests.support.processes import program
from tests.support.watched_disk import WatchedDisk, watched

ANSWERS = {
    "full": errno.ENOSPC,
    "read-only": errno.EROFS,
    "failing": errno.EIO,
}
AREAS = {"store": ("quay/",), "journal": ("stick/",), "both": ("quay/", "stick/")}
ACTS_BEFORE, ACTS_DURING, ACTS_AFTER = 2, 4, 2


@dataclass
class Troubled:
    """What came of a disk that answered with errors.

    Attributes:
        spells: times the disk went wrong, by answer and area.
        refused: acts that ended with words for the clerk, by the class of the words.
        said: words that left the process.
        verdict: of the store after each spell, and of what a power cut then left.
        on_server: codes the server holds at the end.
    """

    spells: Tally[str] = field(default_factory=Tally)
    refused: Tally[str] = field(default_factory=Tally)
    said: list[str] = field(default_factory=list)
    verdict: Verdict = field(default_factory=Verdict)
    on_server: list[str] = field(default_factory=list)

    @property
    def codes(self) -> list[str]:
        """Final codes that left the process."""
        return [code for code in codes_of(self.said) if not code.startswith("T-")]

    @property
    def lost(self) -> int:
        """What left the process and is not there."""
        return self.verdict.lost + len(set(self.codes) - set(self.on_server))

    @property
    def doubled(self) -> int:
        """Codes that the server has twice."""
        return len(self.on_server) - len(set(self.on_server))

    @property
    def reissued(self) -> int:
        """Codes that left the process twice."""
        return self.verdict.reissued + len(self.codes) - len(set(self.codes))


def trouble_disk(folder: Path, *, spells: int, seed: int) -> Troubled:
    """Let the disk go wrong at any operation, for a while; the clerk goes on acting.

    Whatever an act answers is a code, or words for the clerk. When the disk is well again the
    same process goes on without repair.
    """
    chance, troubled = random.Random(seed), Troubled()
    disk_root = folder / "disk"
    (disk_root / "stick").mkdir(parents=True)
    with running_office(folder / "office") as office, watched(disk_root) as disk:
        counter = enrol_station(office, disk_root / "quay", journal_folder=str(disk_root / "stick"))
        for i in range(spells):
            answer = list(ANSWERS)[i % len(ANSWERS)]
            area = list(AREAS)[i // len(ANSWERS) % len(AREAS)]
            troubled.spells[f"{answer}, {area}"] += 1
            _spell(counter, disk, chance, troubled, ANSWERS[answer], AREAS[area])
            counter.close()
            _look(counter, disk, chance, troubled)
            counter.reopen()
        disk.is_on = False
        counter.reopen().sync()
        troubled.on_server = office.codes()
        counter.close()
    return troubled


def _spell(
    counter: Counter,
    disk: WatchedDisk,
    chance: random.Random,
    troubled: Troubled,
    answer: int,
    areas: tuple[str, ...],
) -> None:
    for _ in range(ACTS_BEFORE):
        disk.say(_act(counter, chance))
    begins = chance.randrange(0, 40)
    seen = 0

    def fault(what: str, path: str) -> None:
        nonlocal seen
        if not path.startswith(areas) or (what == "read" and answer != errno.EIO):
            return
        seen += 1
        if seen > begins:
            raise OSError(answer, os.strerror(answer))

    disk.fault = fault
    for _ in range(ACTS_DURING):
        try:
            disk.say(_act(counter, chance))
        except AppError as error:
            has_words = bool(error.title and error.advice)
            troubled.refused[type(error).__name__ if has_words else "without words"] += 1
    disk.fault = lambda what, path: None
    for _ in range(ACTS_AFTER):
        disk.say(_act(counter, chance))  # without repair


def _act(counter: Counter, chance: random.Random) -> str:
    luck = chance.random()
    if luck < 0.1:
        counter.clock.move(minutes=1)
        return f"copy {back_up(counter.desk.store, now=counter.clock())}"
    if luck < 0.3:
        image = picture(chance.randrange(10**6), size=(60, 80))
        page = scanning.keep_image(
            counter.desk, image, paper="ban-chinh", position=1, device="file"
        )
        return f"page {page.sha256}"
    reception = counter.receive(f"Người {chance.randrange(10**6)}")
    if reception.provisional:
        return f"tạm {reception.code}"
    return f"code {reception.code}"


def _look(counter: Counter, disk: WatchedDisk, chance: random.Random, troubled: Troubled) -> None:
    """Look at the store as it lies there, and at what a power cut at the end would leave."""
    record = disk.record
    said = [words for words in record.said(len(record.ops)) if not words.startswith("tạm")]
    troubled.said += said
    disk.is_on = False
    image = crash(record, len(record.ops), chance)
    for judged in (judge, judge_restored):
        troubled.verdict += judged(lay_out(image, disk.root) / "quay", troubled.said, counter.clock)
    lay_out(image, disk.root)
    disk.begin()


def test_a_disk_in_trouble_is_named_and_loses_nothing_that_was_said(tmp_path: Path) -> None:
    troubled = trouble_disk(tmp_path, spells=9, seed=1)

    assert troubled.verdict.is_clean, troubled.verdict
    assert (troubled.lost, troubled.doubled, troubled.reissued) == (0, 0, 0)
    assert "without words" not in troubled.refused
    assert {"DiskFull", "NotWritable", "DiskFails"} <= set(troubled.refused), troubled.refused


def test_each_trouble_of_the_store_has_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    with running_office(tmp_path / "office") as office, watched(tmp_path / "disk") as disk:
        counter = enrol_station(office, disk.root / "quay")
        for i, (answer, kind) in enumerate(
            ((errno.ENOSPC, DiskFull), (errno.EROFS, NotWritable), (errno.EIO, DiskFails))
        ):
            disk.fault = _answering(answer)
            with pytest.raises(kind) as caught:
                counter.receive()
            with pytest.raises(kind):
                scanning.keep_image(
                    counter.desk, picture(i), paper="ban-chinh", position=1, device="file"
                )
            disk.fault = lambda what, path: None
            assert caught.value.advice
            assert not list(counter.profile.blobs.rglob("*.new"))
            assert counter.value("SELECT count(*) FROM dossier") == i
            assert not counter.receive().provisional
        counter.close()


def _answering(answer: int) -> Callable[[str, str], None]:
    def fault(what: str, path: str) -> None:
        if what != "read" and path.startswith("quay/"):
            raise OSError(answer, os.strerror(answer))

    return fault


def test_a_stick_that_is_full_or_read_only_is_replaced_and_caught_up(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if not may_mount(request):
        return
    remount = [program("mount"), "-o"]
    with running_office(tmp_path / "office") as office, small_disk(tmp_path / "d", "1m") as disk:
        counter = enrol_station(office, tmp_path / "quay", journal_folder=str(disk))
        codes = [counter.receive().code]
        (disk / "filler").write_bytes(bytes(os.statvfs(disk).f_bavail * 4096))
        while not counter.desk.store.misses_journal_folder:  # the last block has room for some
            codes.append(counter.receive().code)
        (disk / "filler").unlink()
        codes.append(counter.receive().code)
        assert not counter.desk.store.misses_journal_folder
        subprocess.run([*remount, "remount,ro", str(disk)], check=True)
        codes.append(counter.receive().code)
        assert counter.desk.store.misses_journal_folder
        subprocess.run([*remount, "remount,rw", str(disk)], check=True)
        codes.append(counter.receive().code)

        assert len(set(codes)) == len(codes)
        assert judge_restored(counter.root, [f"code {c}" for c in codes], counter.clock).is_clean
        counter.close()


class Killed(BaseException):
    """The process is gone, in the middle of a call."""


def test_what_a_dying_process_left_unsynced_in_the_journal_is_synced_before_it_is_believed(
    tmp_path: Path,
) -> None:
    def die(what: str, path: str) -> None:
        if what == "sync" and path.endswith(".qmcj"):
            raise Killed

    (tmp_path / "disk" / "stick").mkdir(parents=True)
    with running_office(tmp_path / "office") as office, watched(tmp_path / "disk") as disk:
        counter = enrol_station(office, disk.root / "quay", journal_folder=str(disk.root / "stick"))
        disk.fault = die
        with pytest.raises(Killed):
            counter.receive()
        disk.fault = lambda what, path: None
        counter.reopen()
        shown = counter.values("SELECT code FROM dossier")
        counter.close()
        disk.is_on = False

        for seed in range(8):
            image = crash(disk.record, len(disk.record.ops), random.Random(seed))
            root = lay_out(image, disk.root) / "quay"
            found = judge_restored(root, [f"code {code}" for code in shown], counter.clock)
            assert found.lost == 0
    assert len(shown) == 1
