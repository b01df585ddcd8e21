"""Fault 1, in between: the power goes while enrolling, restoring, migrating, or putting back."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

import app.models.migrate as stepping
from app.bootstrap import open_workstation, restore_workstation
from app.errors import AppError
from app.models.database import Database
from app.models.restore import back_up
from app.paths import Profile
from app.sync import enrol
from tests.support.crash import Image, Record, crash, image_of, lay_out
from tests.support.laws import Verdict, judge, look
from tests.support.office import (
    Counter,
    Office,
    enrol_station,
    home,
    running_office,
)
from tests.support.watched_disk import WatchedDisk, watched

STEP = '''
"""A step that a later version might take."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{before}"


def upgrade() -> None:
    op.add_column("dossier", sa.Column("later", sa.Text(), nullable=False, server_default=""))
    op.execute("UPDATE dossier SET later = code")
    op.create_index("ix_dossier_later", "dossier", ["later"])
'''


@contextmanager
def _played(folder: Path) -> Iterator[tuple[Office, WatchedDisk]]:
    (folder / "disk" / "stick").mkdir(parents=True)
    with (
        running_office(folder / "office") as office,
        home(folder / "disk" / "home"),
        watched(folder / "disk") as disk,
    ):
        disk.is_on = False
        yield office, disk


def _cuts(
    disk: WatchedDisk,
    record: Record,
    cuts: int,
    chance: random.Random,
    judged: Callable[[], Verdict],
) -> Verdict:
    """Cut the power at `cuts` moments, spread evenly, and judge what is left each time."""
    total = Verdict()
    for i in range(cuts):
        upto = 1 + (i * len(record.ops) + chance.randrange(len(record.ops))) // cuts
        lay_out(crash(record, upto, chance), disk.root)
        total += judged()
    return total


def cut_enrolments(folder: Path, *, cuts: int, seed: int) -> Verdict:
    """Cut the power while enrolling; what is not enrolled then is enrolled anew."""
    chance = random.Random(seed)
    with _played(folder) as (office, disk):
        root, stick = disk.root / "quay", str(disk.root / "stick")
        disk.begin()
        _enrol(office, root, stick)
        disk.is_on = False

        def judged() -> Verdict:
            try:
                counter = Counter(office, root, office.clock, open_workstation(root))
            except AppError:
                _enrol(office, root, stick)  # with a new code; it must not say "already"
                counter = Counter(office, root, office.clock, open_workstation(root))
            counter._take_clock()
            counter.sync()
            code = counter.receive().code
            counter.sync()
            found = look(counter.opened, [code])
            counter.close()
            return found + Verdict(lost=code not in office.codes())

        return _cuts(disk, disk.record, cuts, chance, judged)


def _enrol(office: Office, root: Path, journal_folder: str) -> None:
    enrol.enrol(
        Profile(root),
        server=office.address,
        code=office.code(),
        ca_file="",
        journal_folder=journal_folder,
        clock=office.clock(),
    )


@contextmanager
def _used(folder: Path) -> Iterator[tuple[Counter, WatchedDisk, list[str], Image]]:
    """A station with receptions before and after a backup, closed; and its older state."""
    with _played(folder) as (office, disk):
        counter = enrol_station(office, disk.root / "quay", journal_folder=str(disk.root / "stick"))
        said = [f"code {counter.receive(f'Trước {i}').code}" for i in range(4)]
        back_up(counter.desk.store, now=counter.clock())
        counter.reopen()
        older = image_of(counter.root)
        said += [f"code {counter.receive(f'Sau {i}').code}" for i in range(4)]
        counter.close()
        yield counter, disk, said, older


def cut_restores(folder: Path, *, cuts: int, seed: int, with_copy: bool) -> Verdict:
    """Cut the power while a dead store is rebuilt; then open it, or rebuild it again."""
    chance = random.Random(seed)
    with _used(folder) as (counter, disk, said, _):
        counter.profile.store.write_bytes(b"\0" * 8192)  # dead, and to be set aside
        if not with_copy:
            shutil.rmtree(counter.profile.backups)
        disk.begin()
        restore_workstation(counter.root, None, None)[0].close()
        disk.is_on = False

        def judged() -> Verdict:
            try:
                open_workstation(counter.root).close()
            except AppError:  # says so; the clerk runs it again
                restore_workstation(counter.root, None, None)[0].close()
            # without a copy there is no catalogue to receive with, until the next sync
            return judge(counter.root, said, counter.clock, receptions=int(with_copy))

        return _cuts(disk, disk.record, cuts, chance, judged)


def cut_put_backs(folder: Path, *, cuts: int, seed: int) -> Verdict:
    """Cut the power while a store put back to an older state takes in its journal."""
    chance = random.Random(seed)
    with _used(folder) as (counter, disk, said, older):
        former = counter.reopen().incarnation
        counter.close()
        lay_out(older, counter.root)
        disk.begin()
        counter.reopen().close()
        disk.is_on = False

        def judged() -> Verdict:
            verdict = judge(counter.root, said, counter.clock)
            opened = open_workstation(counter.root)
            with opened.desk.store.database.reading() as session:
                now = session.execute(
                    text("SELECT value FROM fact WHERE key = 'incarnation'")
                ).scalar()
            opened.close()
            # whatever the moment: a store that was put back never goes on under its old name
            return verdict + Verdict(reissued=now == str(former))

        return _cuts(disk, disk.record, cuts, chance, judged)


def cut_migrations(folder: Path, *, cuts: int, seed: int) -> Verdict:
    """Cut the power while a store takes a step to a later schema."""
    chance = random.Random(seed)
    with _used(folder) as (counter, disk, said, _), _later_schema(folder):
        disk.begin()
        open_workstation(counter.root).close()
        disk.is_on = False

        def judged() -> Verdict:
            verdict = judge(counter.root, said, counter.clock, receptions=0)
            opened = open_workstation(counter.root)
            with opened.desk.store.database.reading() as session:
                unfilled = session.execute(
                    text("SELECT count(*) FROM dossier WHERE later <> code")
                ).scalar()
            assert stepping.schema_of(opened.desk.store.database) == stepping.SCHEMA
            copies = list(counter.profile.backups.glob("before-schema-*.db"))
            opened.close()
            whole = [_holds(path, opened.keys.store, len(said)) for path in copies]
            return verdict + Verdict(lost=unfilled or 0, corrupt=not any(whole))

        return _cuts(disk, disk.record, cuts, chance, judged)


@contextmanager
def _later_schema(folder: Path) -> Iterator[None]:
    scripts = folder / "migrations"
    shutil.copytree(stepping._SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    step = STEP.format(before=f"{stepping.SCHEMA:04d}")
    (scripts / "versions" / "9999_later.py").write_text(step, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stepping, "_SCRIPTS", scripts)
        patch.setattr(stepping, "SCHEMA", stepping.SCHEMA + 1)
        yield


def _holds(path: Path, key: bytes, count: int) -> bool:
    database = Database(path, key)
    try:
        with database.reading() as session:
            return session.execute(text("SELECT count(*) FROM dossier")).scalar() == count
    except AppError:
        return False
    finally:
        database.close()


# ---- the tests -----------------------------------------------------------------------------------


def test_an_enrolment_cut_off_anywhere_can_be_repeated_with_a_new_code(tmp_path: Path) -> None:
    found = cut_enrolments(tmp_path, cuts=8, seed=1)

    assert found.is_clean, found


def test_a_store_whose_settings_are_lost_is_not_taken_for_an_enrolment_cut_off(
    tmp_path: Path,
) -> None:
    with running_office(tmp_path / "office") as office:
        counter = enrol_station(office, tmp_path / "quay")
        counter.receive()
        counter.close()
        counter.profile.settings.unlink()
        before = image_of(counter.root)

        with pytest.raises(enrol.AlreadyEnrolled):
            _enrol(office, counter.root, "")

        assert image_of(counter.root) == before


@pytest.mark.parametrize("with_copy", [True, False])
def test_a_restore_cut_off_anywhere_can_be_repeated_and_never_looks_done(
    tmp_path: Path, with_copy: bool
) -> None:
    found = cut_restores(tmp_path, cuts=10, seed=2, with_copy=with_copy)

    assert found.is_clean, found


def test_a_store_put_back_takes_in_its_journal_and_a_new_name_or_neither(tmp_path: Path) -> None:
    found = cut_put_backs(tmp_path, cuts=8, seed=3)

    assert found.is_clean, found


def test_a_migration_cut_off_anywhere_is_done_again_with_its_copy_whole(tmp_path: Path) -> None:
    found = cut_migrations(tmp_path, cuts=10, seed=4)

    assert found.is_clean, found
