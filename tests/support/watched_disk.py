"""A folder whose every write is seen, and can be made to fail: SQLite's by a VFS, Python's own too.

Inside `watched` the product's store runs on SQLite without SQLCipher, by APSW, so that its
pages can be seen on their way to the disk. All other code is the product's own.
"""

from __future__ import annotations

import errno
import io
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests.support.crash import (
    FailedSync,
    Record,
    Said,
    Sync,
    SyncFolder,
    Truncate,
    Write,
    is_passing,
)

_names = count()
_JOURNALS = apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_SUPER_JOURNAL


@dataclass
class WatchedDisk:
    """What is done to a folder.

    Attributes:
        root: only files below it are seen.
        record: where it is noted.
        fault: asked before each read of SQLite's, and each write, sync and new name with "read",
            "write", "sync" or "name" and the path; what it raises (an OSError) is what the
            disk answers.
        synchronous: what `PRAGMA synchronous` is turned into, "" to leave it.
        checkpoint_pages: after how many pages the log is folded in, 0 for SQLite's own 1,000.
        is_on: False while files may change unseen.
    """

    root: Path
    record: Record
    fault: Callable[[str, str], None] = lambda what, path: None
    synchronous: str = ""
    checkpoint_pages: int = 0
    is_on: bool = True
    handles: dict[int, int] = field(default_factory=dict)
    places: dict[int, str] = field(default_factory=dict)
    folders: dict[int, str] = field(default_factory=dict)

    def say(self, words: str) -> None:
        """Note that words left the process."""
        self.record.ops.append(Said(words))

    def begin(self) -> None:
        """Take what lies there now as durable and forget what was done."""
        assert not self.handles
        self.record = Record.of(self.root)
        self.is_on = True

    @contextmanager
    def syncing(self, file: int) -> Iterator[None]:
        """Note a sync that fails: what was written before it is dropped."""
        try:
            yield
        except OSError:
            self.record.ops.append(FailedSync(file))
            raise

    def place(self, path: object) -> str | None:
        """Return a path within the folder, None for what is not watched."""
        if not self.is_on or not isinstance(path, (str, os.PathLike)):
            return None
        text = os.path.abspath(os.fspath(path))  # noqa: PTH100 # no link may be followed
        inside = str(self.root) + os.sep
        if not isinstance(text, str) or not text.startswith(inside) or is_passing(text):
            return None
        return text.removeprefix(inside)


# ---- SQLite's files ------------------------------------------------------------------------------


class _Vfs(apsw.VFS):
    def __init__(self, name: str, disk: WatchedDisk) -> None:
        self._disk = disk
        super().__init__(name, "", exclude={"xCurrentTimeInt64"})

    def excepthook(self, *_: object) -> None:
        """Say nothing: SQLite goes on where it can, a checkpoint on closing for instance."""

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        return _VfsFile(name, flags, self._disk)

    def xDelete(self, name: str, syncdir: bool) -> None:
        super().xDelete(name, syncdir)
        place = self._disk.place(name)
        if place is not None and self._disk.record.knows(place):
            self._disk.record.unlink(place)
            if syncdir:
                self._disk.record.ops.append(SyncFolder(place.rpartition("/")[0]))


class _VfsFile(apsw.VFSFile):
    def __init__(self, name: Any, flags: list[int], disk: WatchedDisk) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._disk = disk
        self._place = disk.place(path)
        # as in unixOpen: the folder of a journal is synced with its first sync
        self._syncs_folder = bool(flags[0] & _JOURNALS)
        if self._place is not None and not disk.record.knows(self._place):
            with _as_sqlite():
                disk.fault("name", self._place)
        super().__init__("", name, flags)
        if self._place is not None:
            self._file = disk.record.open(self._place)

    def excepthook(self, *_: object) -> None:
        """Say nothing, as above."""

    def xRead(self, amount: int, offset: int) -> bytes:
        if self._place is not None:
            with _as_sqlite():
                self._disk.fault("read", self._place)
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:
        if self._place is None:
            return super().xWrite(data, offset)
        with _as_sqlite():
            self._disk.fault("write", self._place)
        super().xWrite(data, offset)
        return self._disk.record.ops.append(Write(self._file, offset, bytes(data)))

    def xTruncate(self, size: int) -> None:
        super().xTruncate(size)
        if self._place is not None:
            self._disk.record.ops.append(Truncate(self._file, size))

    def xSync(self, flags: int) -> None:  # noqa: ARG002 # SQLite's name
        if self._place is None:
            return  # whatever is not watched is thrown away soon
        with _as_sqlite(), self._disk.syncing(self._file):
            self._disk.fault("sync", self._place)
        # what counts is the record; the true disk need not be waited for
        self._disk.record.ops.append(Sync(self._file))
        if self._syncs_folder:
            self._disk.record.ops.append(SyncFolder(self._place.rpartition("/")[0]))
            self._syncs_folder = False
        return


@contextmanager
def _as_sqlite() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise apsw.FullError from error
        if error.errno == errno.EROFS:
            raise apsw.ReadOnlyError from error
        raise apsw.IOError from error


# ---- SQLite as a DBAPI ---------------------------------------------------------------------------


class _Driver:
    """As much of a DBAPI as SQLAlchemy and the product ask of `sqlcipher3.dbapi2`."""

    paramstyle = "qmark"
    sqlite_version_info = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    PARSE_DECLTYPES, PARSE_COLNAMES = sqlite3.PARSE_DECLTYPES, sqlite3.PARSE_COLNAMES
    Binary = bytes
    Warning, Error, InterfaceError = sqlite3.Warning, sqlite3.Error, sqlite3.InterfaceError
    DatabaseError, DataError = sqlite3.DatabaseError, sqlite3.DataError
    OperationalError, IntegrityError = sqlite3.OperationalError, sqlite3.IntegrityError
    InternalError, ProgrammingError = sqlite3.InternalError, sqlite3.ProgrammingError
    NotSupportedError = sqlite3.NotSupportedError

    def __init__(self, vfs: str, disk: WatchedDisk) -> None:
        self._vfs, self._disk = vfs, disk

    def connect(self, path: str, **_: object) -> _Connection:
        with _as_dbapi():
            raw = apsw.Connection(path, vfs=self._vfs)
            raw.wal_autocheckpoint(self._disk.checkpoint_pages or 1000)
            return _Connection(raw, self._disk)


class _Connection:
    isolation_level = None

    def __init__(self, raw: apsw.Connection, disk: WatchedDisk) -> None:
        self._raw, self._disk = raw, disk

    def cursor(self) -> _Cursor:
        return _Cursor(self._raw)

    def execute(self, statement: str, values: Sequence[Any] = ()) -> _Cursor:
        if statement.startswith("PRAGMA synchronous") and self._disk.synchronous:
            statement = f"PRAGMA synchronous = {self._disk.synchronous}"
        return self.cursor().execute(statement, values)

    def create_function(self, name: str, arity: int, work: Any, **more: Any) -> None:
        self._raw.create_scalar_function(name, work, arity, **more)

    def commit(self) -> None:
        if self._raw.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        if self._raw.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        with _as_dbapi():
            self._raw.close(True)


class _Cursor:
    arraysize = 1

    def __init__(self, raw: apsw.Connection) -> None:
        self._raw = raw
        self._rows: list[tuple[Any, ...]] = []
        self.description: Any = None
        self.rowcount, self.lastrowid = -1, 0

    def execute(self, statement: str, values: Sequence[Any] = ()) -> _Cursor:
        with _as_dbapi():
            before = self._raw.total_changes()
            cursor = self._raw.cursor()
            cursor.exec_trace = self._describe  # the only place that knows it for no rows
            self._rows = list(cursor.execute(statement, tuple(values)))
            self.rowcount = self._raw.total_changes() - before
            self.lastrowid = self._raw.last_insert_rowid()
        return self

    def _describe(self, cursor: apsw.Cursor, *_: object) -> bool:
        columns = cursor.get_description()
        self.description = tuple((name, kind, *[None] * 5) for name, kind in columns) or None
        return True

    def executemany(self, statement: str, several: Sequence[Sequence[Any]]) -> None:
        changed = 0
        for values in several:
            changed += self.execute(statement, values).rowcount
        self.rowcount = changed

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        taken = self._rows[: size or self.arraysize]
        del self._rows[: len(taken)]
        return taken

    def fetchall(self) -> list[tuple[Any, ...]]:
        taken, self._rows = self._rows, []
        return taken

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.fetchall())

    def close(self) -> None:
        self._rows = []


@contextmanager
def _as_dbapi() -> Iterator[None]:
    try:
        yield
    except apsw.ConstraintError as error:
        raise sqlite3.IntegrityError(str(error)) from error
    except apsw.NotADBError as error:
        raise sqlite3.DatabaseError("file is not a database") from error
    except apsw.CorruptError as error:
        raise sqlite3.DatabaseError("database disk image is malformed") from error
    except apsw.FullError as error:
        raise sqlite3.OperationalError("database or disk is full") from error
    except apsw.IOError as error:
        raise sqlite3.OperationalError("disk I/O error") from error
    except apsw.ReadOnlyError as error:
        raise sqlite3.OperationalError("attempt to write a readonly database") from error
    except apsw.CantOpenError as error:
        raise sqlite3.OperationalError("unable to open database file") from error
    except apsw.Error as error:
        raise sqlite3.OperationalError(str(error)) from error


# ---- Python's own files --------------------------------------------------------------------------


class _RawFile(io.FileIO):
    def __init__(self, target: Any, mode: str, disk: WatchedDisk, file: int, place: str) -> None:
        super().__init__(target, mode)
        self._disk, self._file, self._place = disk, file, place
        disk.handles[self.fileno()] = file
        disk.places[self.fileno()] = place

    def write(self, data: Any) -> int:
        at = self.tell()
        taken = bytes(data)
        try:
            self._disk.fault("write", self._place)
        except OSError as error:
            if error.errno != errno.EROFS and taken:  # some of it fits
                self._write_at(at, taken[: len(taken) // 2])
            raise
        return self._write_at(at, taken)

    def _write_at(self, at: int, taken: bytes) -> int:
        written = super().write(taken)
        self._disk.record.ops.append(Write(self._file, at, taken[:written]))
        return written

    def truncate(self, size: int | None = None) -> int:
        size = self.tell() if size is None else size
        self._disk.record.ops.append(Truncate(self._file, size))
        return super().truncate(size)

    def close(self) -> None:
        if not self.closed:
            self._disk.handles.pop(self.fileno(), None)
        super().close()


def _patch(patch: pytest.MonkeyPatch, disk: WatchedDisk) -> None:
    _patch_opening(patch, disk)
    _patch_naming(patch, disk)
    real_fsync, real_close = os.fsync, os.close

    def fsync(handle: Any) -> None:
        number = handle if isinstance(handle, int) else handle.fileno()
        if number in disk.folders:
            disk.fault("sync", disk.folders[number])
            disk.record.ops.append(SyncFolder(disk.folders[number]))
        elif number in disk.handles:
            with disk.syncing(disk.handles[number]):
                disk.fault("sync", disk.places[number])
            disk.record.ops.append(Sync(disk.handles[number]))
        else:
            real_fsync(handle)

    def close(handle: int) -> None:
        disk.folders.pop(handle, None)
        real_close(handle)

    patch.setattr(os, "fsync", fsync)
    patch.setattr(os, "close", close)
    patch.setattr(shutil, "_USE_CP_SENDFILE", False)


def _patch_opening(patch: pytest.MonkeyPatch, disk: WatchedDisk) -> None:
    real_open, real_os_open = io.open, os.open

    def opening(file: Any, mode: str = "r", buffering: int = -1, *rest: Any, **more: Any) -> Any:
        known = disk.handles.get(file) if isinstance(file, int) else None
        place = disk.place(file)
        if (place is None and known is None) or not set(mode) & set("wax+"):
            return real_open(file, mode, buffering, *rest, **more)
        if known is None:
            assert place is not None
            if "r" in mode and not Path(file).exists():
                raise FileNotFoundError(2, "No such file or directory", str(file))
            disk.fault("write" if disk.record.knows(place) else "name", place)
            known = disk.record.open(place, truncate="w" in mode)
        kind = mode.replace("b", "").replace("t", "")
        raw = _RawFile(file, kind, disk, known, place or "")
        if buffering == 0:
            return raw
        buffered: Any = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *rest, **more)

    def os_open(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        if (str(path) == str(disk.root) and disk.is_on) or (
            disk.place(path) and Path(path).is_dir()
        ):
            handle = real_os_open(path, flags, *rest, **more)
            disk.folders[handle] = disk.place(path) or ""
            return handle
        place = disk.place(path)
        if place is None or not flags & os.O_CREAT:
            return real_os_open(path, flags, *rest, **more)
        disk.fault("name", place)
        handle = real_os_open(path, flags, *rest, **more)
        disk.handles[handle] = disk.record.open(place, truncate=bool(flags & os.O_TRUNC))
        return handle

    patch.setattr(io, "open", opening)
    patch.setattr("builtins.open", opening)
    patch.setattr(os, "open", os_open)


def _patch_naming(patch: pytest.MonkeyPatch, disk: WatchedDisk) -> None:
    real_unlink, real_mkdir = os.unlink, os.mkdir

    def unlink(path: Any, *rest: Any, **more: Any) -> None:
        real_unlink(path, *rest, **more)
        place = disk.place(path)
        if place is not None and disk.record.knows(place):
            disk.record.unlink(place)

    def mkdir(path: Any, *rest: Any, **more: Any) -> None:
        place = disk.place(path)
        if place is not None and not Path(path).exists():
            disk.fault("name", place)
        real_mkdir(path, *rest, **more)
        if place is not None:
            disk.record.make_folder(place)

    def renaming(real: Callable[..., None]) -> Callable[..., None]:
        def rename(old: Any, new: Any, *rest: Any, **more: Any) -> None:
            was, now = disk.place(old), disk.place(new)
            if was is not None and now is not None:
                disk.fault("name", now)
            real(old, new, *rest, **more)
            if was is not None and now is not None:
                disk.record.rename(was, now)

        return rename

    for name in ("rename", "replace"):
        patch.setattr(os, name, renaming(getattr(os, name)))
    for name in ("unlink", "remove"):
        patch.setattr(os, name, unlink)
    patch.setattr(os, "mkdir", mkdir)


@contextmanager
def watched(root: Path) -> Iterator[WatchedDisk]:
    """Watch a folder; the product's store is SQLite without SQLCipher meanwhile."""
    disk = WatchedDisk(Path(os.path.abspath(root)), Record.of(root))  # noqa: PTH100
    name = f"watched-{next(_names)}"
    vfs = _Vfs(name, disk)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.models.database.sqlcipher", _Driver(name, disk))
        _patch(patch, disk)
        try:
            yield disk
        finally:
            vfs.unregister()


@contextmanager
def plain() -> Iterator[None]:
    """Open stores without SQLCipher, unwatched: to look at what a power cut left."""
    with pytest.MonkeyPatch.context() as patch:
        unwatched = WatchedDisk(Path("/nowhere"), Record({}))
        patch.setattr("app.models.database.sqlcipher", _Driver("", unwatched))
        yield
