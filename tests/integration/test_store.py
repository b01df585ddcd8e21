"""The store: encrypted, never overwritten, honest about what the disk does to it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import psutil
import pytest
from sqlalchemy import text

from app.models.blobs import BlobFolder
from app.models.database import Database
from app.models.keys import StationKeys, load_keys, make_keys, save_keys
from app.models.problems import (
    DamagedStore,
    DiskFull,
    JournalGone,
    NewerStore,
    NotWritable,
    OnNetworkShare,
    WrongKey,
)
from app.models.restore import back_up
from app.models.store import Station, Store
from app.paths import Profile, key_folder
from app.services import drafts, scanning
from app.services.desk import Desk
from app.services.station import examine
from tests.support.disks import may_mount, small_disk
from tests.support.office import (
    BICH,
    ROOT,
    Counter,
    Office,
    enrol_station,
    home,
    picture,
    running_office,
)
from tests.support.processes import program

NAME = "Nguyễn Thị Dấu Kín"
FOLDED = b"nguyen thi dau kin"

WRITER = """
import sys
from pathlib import Path
from sqlalchemy import text
from app.models.database import Database
database = Database(Path(sys.argv[1]), bytes.fromhex(sys.stdin.read()))
for _ in range(int(sys.argv[2])):
    with database.writing() as session:
        found = session.execute(text("SELECT value FROM fact WHERE key = 'count'")).scalar()
        session.execute(text("UPDATE fact SET value = :v WHERE key = 'count'"),
                        {"v": str(int(found) + 1)})
"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("office")) as running:
        yield running


@pytest.fixture
def counter(office: Office) -> Iterator[Counter]:
    counter = office.station()
    yield counter
    counter.close()


def _open(
    counter: Counter, keys: StationKeys | None = None, profile: Profile | None = None
) -> Store:
    opened = counter.opened
    return Store.open(profile or opened.profile, keys or opened.keys, opened.station, None)


def _files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# ---- secrecy -------------------------------------------------------------------------------------


def test_no_file_of_the_profile_holds_a_name_or_number_in_the_clear(counter: Counter) -> None:
    counter.receive(NAME, id_number="000190000077", phone="0912000077")
    drafts.save(counter.desk, BICH, uuid4(), {"name": NAME, "phone": "0912000077"})
    image = picture(1) + NAME.encode()
    counter.desk.store.blobs.put(image)

    names = {path.name for path in _files(counter.root)}
    assert {"store.db", "store.db-wal"} <= names
    for path, content in _files(counter.root).items():
        for secret in (NAME.encode(), FOLDED, b"000190000077", b"0912000077", image[:64]):
            assert secret not in content, path
    assert not (counter.root / "store.db").read_bytes().startswith(b"SQLite format 3")


def test_a_backup_is_encrypted_and_opens_with_the_same_key_only(counter: Counter) -> None:
    counter.receive(NAME)
    copy = back_up(counter.desk.store, now=counter.clock())

    content = copy.read_bytes()
    assert NAME.encode() not in content
    assert FOLDED not in content
    assert not content.startswith(b"SQLite format 3")
    database = Database(copy, counter.opened.keys.store)
    with database.reading() as session:
        assert session.execute(text("SELECT submitter FROM dossier")).scalar() == NAME
    database.close()


def test_keys_lie_in_an_owner_only_file_outside_the_profile(counter: Counter) -> None:
    path = key_folder() / f"{counter.opened.settings.profile_id}.key"

    assert counter.opened.keys.place == "file"
    assert path.stat().st_mode & 0o077 == 0
    assert counter.root not in path.parents
    for found, content in _files(counter.root).items():
        assert counter.opened.keys.store.hex().encode() not in content, found
        assert counter.opened.keys.store not in content, found


def test_keys_do_not_show_in_what_is_printed_for_debugging() -> None:
    keys = make_keys()

    assert keys.store.hex() not in repr(keys)
    assert repr(keys.store) not in repr(keys)


def test_a_damaged_or_absent_key_file_is_a_clear_message(tmp_path: Path) -> None:
    with home(tmp_path / "home"):
        with pytest.raises(WrongKey):
            load_keys("nobody")
        save_keys("someone", make_keys())
        path = key_folder() / "someone.key"
        path.write_text('["00", "zz"]', "utf-8")
        with pytest.raises(WrongKey) as caught:
            load_keys("someone")
    assert caught.value.kept


# ---- wrong, missing, damaged ---------------------------------------------------------------------


def test_a_wrong_key_is_named_and_the_file_stays_as_it_was(counter: Counter) -> None:
    counter.receive(NAME)
    counter.close()
    before = _files(counter.root)

    with pytest.raises(WrongKey) as caught:
        _open(counter, make_keys())

    assert caught.value.advice
    assert _files(counter.root)[counter.profile.store] == before[counter.profile.store]
    assert counter.reopen().value("SELECT submitter FROM dossier") == NAME


def test_a_missing_store_makes_no_new_empty_one(counter: Counter) -> None:
    counter.close()
    counter.profile.store.unlink()

    with pytest.raises(WrongKey) as caught:
        _open(counter)

    assert "restore" in caught.value.advice
    assert not counter.profile.store.exists()


@pytest.mark.parametrize("left", [0, 1, 100, 4096, 5000])
def test_a_cut_off_store_is_refused_and_not_overwritten(counter: Counter, left: int) -> None:
    counter.receive(NAME)
    counter.close()
    os.truncate(counter.profile.store, left)
    before = counter.profile.store.read_bytes()

    with pytest.raises((DamagedStore, WrongKey)):
        _open(counter)

    assert counter.profile.store.read_bytes() == before


def test_noise_anywhere_in_the_store_is_noticed_and_not_overwritten(counter: Counter) -> None:
    for i in range(30):
        counter.receive(f"{NAME} {i}")
    counter.close()
    whole = counter.profile.store.read_bytes()
    for page in range(0, len(whole) // 4096, 5):
        at = page * 4096 + 200
        counter.profile.store.write_bytes(whole[:at] + os.urandom(64) + whole[at + 64 :])
        damaged = counter.profile.store.read_bytes()
        try:
            store = _open(counter)
        except (DamagedStore, WrongKey):
            assert counter.profile.store.read_bytes() == damaged, page
            continue
        # a page that opening does not need: the examination finds it, and goes on
        findings = examine(Desk(store, clock=counter.clock))
        assert [f.ok for f in findings if f.what == "Kho hồ sơ"] == [False], page
        assert "Đĩa trống" in {f.what for f in findings}
        store.close()
    counter.profile.store.write_bytes(whole)


def test_a_damaged_search_index_is_named_as_damage(counter: Counter) -> None:
    counter.change("UPDATE dossier_search_config SET v = 0 WHERE k = 'version'")

    with pytest.raises(DamagedStore):
        counter.reopen().value("SELECT count(*) FROM dossier_search WHERE words MATCH 'a'")


def test_creating_never_replaces_a_store(counter: Counter) -> None:
    before = counter.incarnation
    opened = counter.opened

    with pytest.raises(FileExistsError):
        Store.create(opened.profile, opened.keys, opened.station, None, uuid4())

    assert counter.reopen().incarnation == before


def test_a_store_of_a_newer_program_is_refused_untouched(counter: Counter) -> None:
    counter.change("PRAGMA user_version = 99")
    counter.close()
    before = counter.profile.store.read_bytes()

    with pytest.raises(NewerStore):
        _open(counter)

    assert counter.profile.store.read_bytes() == before


def test_a_changed_page_image_is_noticed(counter: Counter) -> None:
    blobs = counter.desk.store.blobs
    sha256 = blobs.put(picture(5))
    path = blobs.path(sha256)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    with pytest.raises(DamagedStore):
        blobs.get(sha256)
    path.unlink()
    with pytest.raises(DamagedStore):
        blobs.get(sha256)


def test_a_page_image_put_under_another_name_is_noticed(counter: Counter) -> None:
    blobs = counter.desk.store.blobs
    one, other = blobs.put(picture(6)), blobs.put(picture(7))
    shutil.copy(blobs.path(one), blobs.path(other))

    with pytest.raises(DamagedStore):
        blobs.get(other)


# ---- the place -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs"])
def test_a_profile_on_a_network_share_is_refused(
    counter: Counter, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = SimpleNamespace(mountpoint=str(counter.root), fstype=kind)
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: [share])

    with pytest.raises(OnNetworkShare):
        _open(counter)


def test_a_folder_that_cannot_be_written_is_named(
    counter: Counter, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if not may_mount(request):
        return
    counter.close()
    with small_disk(tmp_path / "disk", "16m") as disk:
        profile = Profile(disk / "p")
        shutil.copytree(counter.root, profile.root)
        subprocess.run([program("mount"), "-o", "remount,ro", str(disk)], check=True)
        with pytest.raises(NotWritable):
            _open(counter, profile=profile)
        subprocess.run([program("mount"), "-o", "remount,rw", str(disk)], check=True)
        store = _open(counter, profile=profile)
        store.close()


def _fill(disk: Path, leave: int = 0) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    assert shutil.disk_usage(disk).free < 4096
    if leave:
        os.truncate(filler, max(0, filler.stat().st_size - leave))
    return filler


def test_a_full_disk_refuses_the_act_and_stores_no_half_of_it(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if not may_mount(request):
        return
    with running_office(tmp_path / "office") as office, small_disk(tmp_path / "d", "16m") as disk:
        beside = tmp_path / "journal"
        beside.mkdir()
        counter = enrol_station(office, disk / "p", journal_folder=str(beside))
        kept = [counter.receive(f"{NAME} {i}").code for i in range(3)]
        filler = _fill(disk)

        with pytest.raises(DiskFull):  # the log may have room left for some
            kept.extend(counter.receive(NAME).code for _ in range(10_000))
        with pytest.raises(DiskFull):
            scanning.keep_image(
                counter.desk, picture(8), paper="ban-chinh", position=1, device="file"
            )
        assert not list(counter.profile.blobs.rglob("*.new"))
        held = counter.values("SELECT code FROM dossier ORDER BY code")
        assert held == sorted(kept)

        filler.unlink()
        kept.append(counter.receive(NAME).code)
        assert len(set(kept)) == len(kept)
        assert counter.reopen().values("SELECT code FROM dossier ORDER BY code") == sorted(kept)
        assert counter.value("PRAGMA integrity_check") == "ok"
        counter.sync()
        assert set(kept) <= set(office.codes())
        counter.close()


def test_where_store_and_journal_share_a_full_disk_no_code_leaves_without_both(
    office: Office, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if not may_mount(request):
        return
    with small_disk(tmp_path / "disk", "16m") as disk:
        counter = enrol_station(office, disk / "p")
        kept = [counter.receive(NAME).code]
        filler = _fill(disk, leave=65536)
        refused = False
        while not refused:
            try:
                kept.append(counter.receive(NAME).code)
            except (DiskFull, JournalGone):
                refused = True
        filler.unlink()
        counter.reopen()

        journalled = counter.desk.store._open_journal(counter.profile.journal).last_n()
        own = "SELECT max(n) FROM event WHERE store = :store"
        assert journalled == counter.value(own, store=counter.incarnation.hex)
        assert set(kept) <= set(counter.values("SELECT code FROM dossier"))
        counter.close()


# ---- several at once -----------------------------------------------------------------------------


def test_processes_and_threads_that_write_keep_every_increment(counter: Counter) -> None:
    counter.change("INSERT INTO fact (key, value) VALUES ('count', '0')")
    key = counter.opened.keys.store
    children = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(counter.profile.store), "60"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.write(key.hex().encode())
        child.stdin.close()

    def write() -> None:
        for _ in range(60):
            with counter.database.writing() as session:
                found = session.execute(text("SELECT value FROM fact WHERE key='count'")).scalar()
                session.execute(
                    text("UPDATE fact SET value = :v WHERE key = 'count'"),
                    {"v": str(int(found) + 1)},
                )

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [child.wait(60) for child in children] == [0, 0]

    assert counter.fact("count") == "240"


def test_a_failed_act_leaves_nothing_behind(counter: Counter) -> None:
    def fail() -> None:
        with counter.database.writing() as session:
            session.execute(text("INSERT INTO fact (key, value) VALUES ('half', '1')"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert counter.fact("half") == ""


def test_a_reader_sees_one_state_while_another_writes(counter: Counter) -> None:
    counter.receive(NAME)
    with counter.database.reading() as session:
        before = session.execute(text("SELECT count(*) FROM dossier")).scalar()
        counter.receive(NAME)
        assert session.execute(text("SELECT count(*) FROM dossier")).scalar() == before


def test_the_store_syncs_fully_and_holds_to_its_foreign_keys(counter: Counter) -> None:
    assert counter.value("PRAGMA journal_mode") == "wal"
    assert counter.value("PRAGMA synchronous") == 2
    assert counter.value("PRAGMA foreign_keys") == 1


def test_blobs_of_another_store_key_do_not_open(counter: Counter) -> None:
    sha256 = counter.desk.store.blobs.put(picture(9))
    foreign = BlobFolder(counter.profile.blobs, os.urandom(32))

    with pytest.raises(DamagedStore):
        foreign.get(sha256)


def test_station_settings_hold_no_secret(counter: Counter) -> None:
    settings = counter.profile.settings.read_text("utf-8")
    keys = counter.opened.keys

    assert isinstance(counter.opened.station, Station)
    for secret in (keys.store, keys.signing, keys.sealing):
        assert secret.hex() not in settings
