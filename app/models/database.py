"""The store's two doors: `reading()` and `writing()`.

WAL with synchronous=FULL, because what was printed must survive a power cut;
BEGIN IMMEDIATE for writers, because a deferred one that reads first fails at
once, or loses the other writer's change. See docs/adr/0003.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import QueuePool

from app.models.blobs import make_folder, sync_folder
from app.models.problems import DamagedStore, NotWritable, OnNetworkShare, translated

_SHARES = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "afpfs", "ncpfs"})
BUSY_TIMEOUT_MS = 10_000


class Database:
    """The workstation's encrypted SQLite file.

    Open a session where it is used and close it there: sessions and the
    objects they load never pass to another thread, nor up to the screens.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        self._key = key
        self._damage: DamagedStore | None = None
        self.engine = create_engine(
            "sqlite://", module=sqlcipher, creator=self._connect, poolclass=QueuePool, pool_size=4
        )
        event.listen(self.engine, "begin", _begin)
        self._readers = sessionmaker(self.engine)
        self._writers = sessionmaker(
            self.engine.execution_options(sqlite_begin="BEGIN IMMEDIATE"), expire_on_commit=False
        )

    def _connect(self) -> Any:
        connection = sqlcipher.connect(str(self.path), check_same_thread=False)
        connection.isolation_level = None  # the driver must not guess when to BEGIN
        for pragma in (
            f"key = \"x'{self._key.hex()}'\"",
            "journal_mode = WAL",
            "synchronous = FULL",  # a printed receipt must survive a power cut
            "foreign_keys = ON",
            f"busy_timeout = {BUSY_TIMEOUT_MS}",
            "cache_size = -65536",
            "temp_store = MEMORY",  # nothing personal in temporary files
        ):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, sqlcipher.Error, OSError) as error:
            problem = translated(error)
            if problem is None:
                raise
            if isinstance(problem, DamagedStore):
                self._damage = problem
            elif isinstance(problem, NotWritable) and self._damage is not None:
                problem = self._damage  # SQLCipher lets nobody write once it saw a damaged page
            raise problem from error

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session on one consistent state; never commits.

        Raises:
            StoreProblem: the store cannot be read.
        """
        with self._translating(), self._readers() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Yield the only writing session; commits on success, else undoes.

        Raises:
            StoreProblem: nothing was stored.
        """
        with self._translating(), self._writers.begin() as session:
            yield session

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """Yield a connection on which tables can be rebuilt; commits on success, else undoes.

        Foreign keys are off meanwhile, as SQLite asks for where a table that
        others refer to is replaced, and checked before the commit.

        Raises:
            StoreProblem: nothing was changed.
        """
        with self._translating(), self.engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            raw.execute("PRAGMA foreign_keys = OFF")
            try:
                writing = connection.execution_options(sqlite_begin="BEGIN IMMEDIATE")
                with writing.begin():
                    yield writing
                    astray = writing.exec_driver_sql("PRAGMA foreign_key_check").first()
                    if astray is not None:
                        raise DamagedStore(f"Sau khi đổi cấu trúc, bảng {astray[0]} thiếu dòng.")
            finally:
                raw.execute("PRAGMA foreign_keys = ON")

    def copy_to(self, target: Path) -> None:
        """Make a full, encrypted copy of what is committed, the write-ahead log included.

        Raises:
            StoreProblem: it could not be made; no half copy is left.
        """
        with self._translating():
            self._copy_to(target)

    def _copy_to(self, target: Path) -> None:
        make_folder(target.parent)
        partial = target.with_suffix(".part")
        partial.unlink(missing_ok=True)  # of a copy that was cut off
        try:
            with self._readers() as session:
                raw = session.connection().connection.driver_connection
                assert raw is not None
                raw.rollback()  # VACUUM begins by itself
                raw.execute("VACUUM INTO ?", (str(partial),))
            with partial.open("rb+") as file:
                os.fsync(file.fileno())
            partial.replace(target)
            sync_folder(target.parent)
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)

    def close(self) -> None:
        """Close all connections; the write-ahead log is folded in by the last one."""
        self.engine.dispose()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))


def check_place(folder: Path) -> None:
    """Refuse a folder in which a store cannot be kept safely.

    Raises:
        OnNetworkShare: locks do not hold there.
        NotWritable: nothing can be written there.
    """
    if file_system(folder) in _SHARES or str(folder).startswith("\\\\"):
        raise OnNetworkShare(
            "Thư mục dữ liệu nằm trên ổ đĩa mạng.",
            "Chọn một thư mục trên đĩa của chính máy này.",
        )
    try:
        make_folder(folder)
        probe = folder / ".ghi-thu"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise translated(error) or NotWritable(
            "Không ghi được vào thư mục dữ liệu.", f"Kiểm tra thư mục: {error.strerror}."
        ) from error


def file_system(folder: Path) -> str:
    """Return the type of the file system that holds `folder`, "" if unknown."""
    place = folder.absolute()
    best, kind = "", ""
    for part in psutil.disk_partitions(all=True):
        inside = place == Path(part.mountpoint) or Path(part.mountpoint) in place.parents
        if inside and len(part.mountpoint) >= len(best):
            best, kind = part.mountpoint, part.fstype
    return kind
