"""Back up and put back: newest copy or empty store, journals, then the server's events."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sqlalchemy import text

from app.domain.events import Event
from app.models import migrate
from app.models.blobs import make_folder, opened_blob, sync_folder
from app.models.database import Database
from app.models.journal import open_journal, open_key, read_head
from app.models.keys import StationKeys
from app.models.problems import StoreProblem
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
    """

    copy: Path | None
    from_journal: int
    set_aside: Path | None
    journals: tuple[Path, ...]


def back_up(store: Store, *, now: dt.datetime) -> Path:
    """Make a full, encrypted copy of the store; return its path.

    Raises:
        StoreProblem: it could not be made; no half copy is left.
    """
    folder = store.profile.backups
    make_folder(folder)
    target = folder / f"store-{now.astimezone(dt.UTC):%Y%m%dT%H%M%S.%fZ}.db"
    partial = target.with_suffix(".part")
    try:
        with store.database.reading() as session:
            raw = session.connection().connection.driver_connection
            if raw is None:
                raise StoreProblem("Không sao lưu được.", "Thử lại sau.")
            raw.rollback()
            raw.execute("VACUUM INTO ?", (str(partial),))
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(target)
        sync_folder(folder)
    finally:
        partial.unlink(missing_ok=True)
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

    The former file, if any, is set aside, never overwritten. The store goes
    on under a new incarnation; what only the server has comes with the next
    sync.

    Args:
        more_journals: another folder of journal files, such as a stick.
        private: raw X25519 key that opens the journals; the station's own
            if None.

    Raises:
        StoreProblem: a journal cannot be opened, or the place will not do.
    """
    private = private or keys.sealing
    journals = _journal_files(profile, station, journal_folder, more_journals)
    recovered = _read_journals(journals, private)
    set_aside = _set_aside(profile, now)
    copy = _newest_good_copy(profile, keys)
    if copy is not None:
        shutil.copy2(copy, profile.store)
        store = Store(profile, keys, station, journal_folder)
        migrate.migrate(store.database, profile.backups)
        store.begin_incarnation(uuid4())
    else:
        store = Store.create(profile, keys, station, journal_folder, uuid4())
    _bring_back_pages(store, journals, private)
    with store.database.writing() as session:
        count = take_in(session, recovered)
    store.write_journal()
    return store, Restored(copy, count, set_aside, tuple(journals))


def _journal_files(profile: Profile, station: Station, *others: Path | None) -> list[Path]:
    """Return this station's journals; other stations may keep theirs in the same folder."""
    folders = [profile.journal, *(folder for folder in others if folder is not None)]
    found = {path.resolve() for folder in folders for path in folder.glob("*.qmcj")}
    return [path for path in sorted(found) if read_head(path).station == str(station.id)]


def _read_journals(files: Sequence[Path], private: bytes) -> list[Event]:
    return [event for path in files for event in open_journal(path, private).events()]


def _set_aside(profile: Profile, now: dt.datetime) -> Path | None:
    if not profile.store.exists():
        return None
    folder = profile.backups / f"set-aside-{now.astimezone(dt.UTC):%Y%m%dT%H%M%S.%fZ}"
    make_folder(folder)
    for suffix in ("", "-wal", "-shm"):
        path = profile.store.with_name(profile.store.name + suffix)
        if path.exists():
            path.rename(folder / path.name)
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


def _bring_back_pages(store: Store, journals: Sequence[Path], private: bytes) -> None:
    """Put the journal's copies of pages not yet sent back into the blob folder.

    The copies are encrypted under the key the journal holds, which is not
    the store's where a new machine takes the place of a lost one.
    """
    for path in journals:
        key = open_key(read_head(path), private)
        for copy in (path.parent / "pages").glob("*"):
            content = opened_blob(copy, key)
            if content is not None:
                store.blobs.put(content)
