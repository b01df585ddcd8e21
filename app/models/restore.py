"""Back up and put back: newest copy or empty store, journals, then the server's events."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from sqlalchemy import text

from app.domain.events import Event
from app.models import migrate
from app.models.blobs import BlobFolder, bring_back_pages, make_folder, sync_folder
from app.models.database import Database
from app.models.journal import open_journal, open_key, read_head
from app.models.keys import StationKeys
from app.models.problems import DiskFails, StoreProblem, WrongKey
from app.models.recovered import take_in
from app.models.store import Station, Store
from app.paths import Profile


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore brought back.

    Attributes:
        copy: the backup that was the start, None for an empty store.
        from_journal: events that only the journals held.
        set_aside: where the former store now lies, None if there was none.
        journals: files that were read.
        damaged: those of them in which some event could not be read.
    """

    copy: Path | None
    from_journal: int
    set_aside: Path | None
    journals: tuple[Path, ...]
    damaged: tuple[Path, ...] = ()


def back_up(store: Store, *, now: dt.datetime) -> Path:
    """Make a full, encrypted copy of the store; return its path.

    Raises:
        StoreProblem: it could not be made; no half copy is left.
    """
    target = store.profile.backups / f"store-{now.astimezone(dt.UTC):%Y%m%dT%H%M%S.%fZ}.db"
    store.database.copy_to(target)
    return target


def restore(
    profile: Profile,
    keys: StationKeys,
    station: Station,
    journal_folder: Path | None,
    *,
    more_journals: Path | None = None,
    private: bytes | None = None,
    now: dt.datetime,
) -> tuple[Store, Restored]:
    """Rebuild a store from the newest good copy and the journals.

    It is built beside the former file and put in its place when it is whole,
    so a restore that is cut off never looks done: it is run again. The former
    file, if any, is set aside, never overwritten. The store goes on under a
    new incarnation; what only the server has comes with the next sync.

    Args:
        more_journals: another folder of journal files, such as a stick.
        private: raw X25519 key that opens the journals; the station's own
            if None.

    Raises:
        StoreProblem: a journal cannot be opened, or the place will not do.
    """
    private = private or keys.sealing
    folders = [f for f in (profile.journal, journal_folder, more_journals) if f is not None]
    journals = _journal_files(folders, station, keys)
    recovered, damaged = _read_journals(journals, private)
    copy = _newest_good_copy(profile, keys)
    blobs = BlobFolder(profile.blobs, keys.store)
    for path in journals:
        bring_back_pages(blobs, path.parent, open_key(read_head(path), private))
    count = _build_beside(profile, keys, station, journal_folder, copy, recovered)
    former = set_aside(profile, now)
    _beside(profile).store.rename(profile.store)
    sync_folder(profile.root)
    store = Store(profile, keys, station, journal_folder)
    store.write_journal()
    return store, Restored(copy, count, former, tuple(journals), damaged)


def _beside(profile: Profile) -> Profile:
    return replace(profile, store_name="store.restored.db")


def _build_beside(
    profile: Profile,
    keys: StationKeys,
    station: Station,
    journal_folder: Path | None,
    copy: Path | None,
    recovered: Sequence[Event],
) -> int:
    """Build the new store under another name; return how many events the copy lacked."""
    beside = _beside(profile)
    for path in _files_of(beside):
        path.unlink(missing_ok=True)  # of a restore that was cut off
    if copy is not None:
        shutil.copy2(copy, beside.store)
        store = Store(beside, keys, station, journal_folder)
        migrate.migrate(store.database, profile.backups)
        store.begin_incarnation(uuid4())
    else:
        store = Store.create(beside, keys, station, journal_folder, uuid4())
    with store.database.writing() as session:
        count = take_in(session, recovered)
    store.close()
    if beside.store.with_name(beside.store.name + "-wal").exists():  # it was not folded in
        raise DiskFails(
            "Chưa dựng lại được kho hồ sơ: đĩa không ghi hết.",
            "Kiểm tra đĩa rồi chạy “restore” lại.",
            "Kho cũ còn nguyên như trước.",
        )
    with beside.store.open("rb+") as file:
        os.fsync(file.fileno())
    return count


def _files_of(profile: Profile) -> list[Path]:
    """Return where a store's files lie: itself first, for without it nothing opens."""
    store = profile.store
    return [store, *(store.with_name(store.name + suffix) for suffix in ("-wal", "-shm"))]


def _journal_files(folders: Sequence[Path], station: Station, keys: StationKeys) -> list[Path]:
    """Return this station's journals; other stations may keep theirs in the same folder."""
    found = {path.resolve() for folder in folders for path in folder.glob("*.qmcj")}
    return [path for path in sorted(found) if _is_ours(path, station, keys)]


def _is_ours(path: Path, station: Station, keys: StationKeys) -> bool:
    head = read_head(path)
    if head.station == str(station.id):
        return True
    try:
        open_key(head, keys.sealing)
    except WrongKey:
        return False
    return True  # the name is damaged, not the seal


def _read_journals(files: Sequence[Path], private: bytes) -> tuple[list[Event], tuple[Path, ...]]:
    events: list[Event] = []
    damaged: list[Path] = []
    for path in files:
        found, unread = open_journal(path, private).salvage()
        events += found
        damaged += [path] if unread else []
    return events, tuple(damaged)


def set_aside(profile: Profile, now: dt.datetime) -> Path | None:
    """Move a store's files among the backups; return where, None if there were none."""
    files = [path for path in _files_of(profile) if path.exists()]
    if not files:
        return None
    folder = profile.backups / f"set-aside-{now.astimezone(dt.UTC):%Y%m%dT%H%M%S.%fZ}"
    make_folder(folder)
    for path in files:
        path.rename(folder / path.name)
    sync_folder(folder)
    sync_folder(profile.root)  # no log of the former may be found beside the next store
    return folder


def _newest_good_copy(profile: Profile, keys: StationKeys) -> Path | None:
    for path in sorted(profile.backups.glob("store-*.db"), reverse=True):
        database = Database(path, keys.store)
        try:
            with database.reading() as session:
                if session.execute(text("PRAGMA quick_check")).scalar() == "ok":
                    return path
        except StoreProblem:
            continue
        finally:
            database.close()
    return None
