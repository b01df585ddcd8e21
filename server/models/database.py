"""The server's database: SQLite for one office, PostgreSQL in production, by URL."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    create_engine,
    event,
    insert,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker

from server.models.base import AgencyRow, Base

SCRIPTS = Path(__file__).parent.parent / "migrations"
LOCK_WAIT = "2s"  # how long a push may have to stand behind a migration
PAUSE_S = 1.0
MIGRATION_PATIENCE_S = 600.0
_MIGRATING = 0x716D6301  # key of the advisory lock
POOL = 10
POOL_WAIT_S = 10
_CONNECTING = {
    "application_name": "quay-mot-cua",
    "connect_timeout": "5",  # for each host of the address
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
    "options": "-c statement_timeout=30s -c lock_timeout=10s"
    " -c idle_in_transaction_session_timeout=30s",
}
# The session is of no more use: shutting down, starting up, or a primary that became a standby.
_GONE = frozenset({"57P01", "57P02", "57P03", "57P05", "25006"})
# Canceled by a timeout, deadlock, lock not had in time, serialization.
_IN_THE_WAY = frozenset({"57014", "40P01", "55P03", "40001"})
_SQLITE_PASSING = frozenset({5, 6, 13})  # busy, locked, disk full
_commit = threading.local()
# Rows from which on a COPY, three waits for the database, beats an INSERT each in one pipeline.
_WORTH_A_COPY = 8
_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]


class CommitUnsure(Exception):
    """The commit is on this database's disk, but its standby may not have it."""


class ServerDatabase:
    """One engine; one transaction a request."""

    def __init__(self, url: str, *, pool: int = POOL) -> None:
        self.engine = _engine(url, pool)
        self._readers = sessionmaker(self.engine)
        writing = self.engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")
        self._writers = sessionmaker(writing, expire_on_commit=False)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session; never commits."""
        with self._readers() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Yield a session; commits on success, else undoes.

        Raises:
            CommitUnsure: somebody cancelled the wait for the synchronous standby.
                PostgreSQL calls that a success with a warning; we must not.
        """
        _commit.is_unsure = False
        with self._writers.begin() as session:
            yield session
        if _commit.is_unsure:
            raise CommitUnsure

    def migrate(self, scripts: Path = SCRIPTS, *, patience_s: float = MIGRATION_PATIENCE_S) -> None:
        """Bring the schema up to date while others go on working; safe to repeat.

        On PostgreSQL a step that cannot have its lock within `LOCK_WAIT` lets
        those who wait behind it pass, and is tried again.

        Args:
            scripts: folder of the steps.
            patience_s: after which a step that never gets its lock is given up.

        Raises:
            DBAPIError: the lock could not be had; the steps before it hold.
        """
        if self.engine.dialect.name == "sqlite":
            writing = self.engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")
            with writing.begin() as connection:
                _upgrade(connection, scripts)
            return
        deadline = time.monotonic() + patience_s
        with self.engine.connect() as connection, _alone(connection, deadline):
            while True:
                connection.execute(text(f"SET lock_timeout = '{LOCK_WAIT}'"))
                connection.commit()
                try:
                    _upgrade(connection, scripts)
                    return
                except DBAPIError as error:
                    connection.rollback()
                    if getattr(error.orig, "sqlstate", None) not in _IN_THE_WAY:
                        raise
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(random.uniform(0.5, 1.5) * PAUSE_S)

    def is_current(self, scripts: Path = SCRIPTS) -> bool:
        """Tell whether every step has been taken, and none that this version does not know."""
        with self.engine.connect() as connection:
            heads = MigrationContext.configure(connection).get_current_heads()
        return set(heads) == set(ScriptDirectory(str(scripts)).get_heads())

    def is_ready(self) -> bool:
        """Tell whether `init` was run."""
        return inspect(self.engine).has_table("agency")

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _upgrade(connection: Connection, scripts: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@contextmanager
def _alone(connection: Connection, deadline: float) -> Iterator[None]:
    """Keep other migrations out, and this session's timeouts away.

    The lock is asked for again and again: a session that waits for it would
    hold up the other's CREATE INDEX CONCURRENTLY for ever.
    """
    for setting in ("statement_timeout", "idle_in_transaction_session_timeout"):
        connection.execute(text(f"SET {setting} = 0"))
    while not connection.execute(text(f"SELECT pg_try_advisory_lock({_MIGRATING})")).scalar():
        connection.rollback()
        if time.monotonic() > deadline:
            raise PoolTimeoutError("another migration is under way")
        time.sleep(PAUSE_S)
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.invalidate()  # lock and settings end with the session


def _engine(url: str, pool: int) -> Engine:
    if url.startswith("sqlite"):
        return _sqlite(url)
    chosen = make_url(url)
    engine = create_engine(
        chosen,
        pool_size=pool,
        max_overflow=0,  # what all processes may open together is known beforehand
        pool_timeout=POOL_WAIT_S,
        pool_pre_ping=True,
        connect_args=_connecting(chosen),
    )
    event.listen(engine, "connect", _watch_commits)
    event.listen(engine, "handle_error", _leave_standby)
    return engine


def _connecting(url: URL) -> dict[str, str]:
    """Return how to connect; what the address says itself comes first."""
    wanted = dict(_CONNECTING)
    hosts = url.query.get("host", ())
    if isinstance(hosts, tuple) and len(hosts) > 1:
        wanted["target_session_attrs"] = "read-write"
    return {key: value for key, value in wanted.items() if key not in url.query}


def _watch_commits(connection: Any, _: object) -> None:
    """Note it when a commit ends without its standby; the handler runs in the thread that waits."""

    def notice(said: Any) -> None:
        if said.source_function == "SyncRepWaitForLSN":  # the words depend on lc_messages
            _commit.is_unsure = True

    connection.add_notice_handler(notice)


def _leave_standby(context: ExceptionContext) -> None:
    """Throw away connections to what is no primary any more; the next one looks for it anew."""
    if getattr(context.original_exception, "sqlstate", None) in _GONE:
        context.is_disconnect = True


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 30})

    @event.listens_for(engine, "connect")
    def configure(connection: object, _: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))

    return engine


def is_passing(error: BaseException) -> bool:
    """Tell whether a failure is one of the moment, so that the same request may succeed later.

    A lost connection, a failover, a full pool or disk, a lock: the transaction
    left nothing behind, or (connection lost within the commit) all of it.
    """
    if isinstance(error, (PoolTimeoutError, CommitUnsure)):
        return True
    if not isinstance(error, DBAPIError):
        return False
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _SQLITE_PASSING
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # never reached the server, or lost it
        return error.connection_invalidated or type(error.orig).__name__ == "OperationalError"
    return state[:2] in ("08", "53") or state in _GONE | _IN_THE_WAY


def insert_all(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all give the same columns, in the quickest way the database has.

    Raises:
        DBAPIError: the database did not take them.
    """
    if not rows:
        return
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        session.execute(insert(table), rows)
        return
    session.flush()
    columns = [inspect(table).columns[name] for name in rows[0]]
    names = ", ".join(f'"{column.name}"' for column in columns)
    values = [tuple(row.values()) for row in rows]
    if len(rows) < _WORTH_A_COPY:
        marks = ", ".join(["%s"] * len(columns))
        connection.exec_driver_sql(
            f"INSERT INTO {table.__tablename__} ({names}) VALUES ({marks})", values
        )
        return
    statement = f"COPY {table.__tablename__} ({names}) FROM STDIN (FORMAT BINARY)"
    raw: Any = connection.connection.driver_connection
    failures = connection.dialect.loaded_dbapi.Error
    try:
        with raw.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types([type_name(column) for column in columns])
            for row in values:
                copy.write_row(row)
    except failures as error:
        raise DBAPIError.instance(statement, None, error, failures) from error


def type_name(column: ColumnElement[Any]) -> str:
    """Return a column's type as PostgreSQL names it."""
    return column.type.compile(_POSTGRESQL).partition("(")[0].lower()


def lock_agency(session: Session, agency: str) -> int | None:
    """Lock an agency's counter until the transaction ends; return its last sequence.

    Returns None if there is no such agency.
    """
    return lock_agencies(session, [agency]).get(agency)


def lock_agencies(session: Session, agencies: Iterable[str]) -> dict[str, int]:
    """Lock counters until the transaction ends; return the last sequence of each that exists.

    Always in the agencies' order, so that two transactions cannot wait for
    each other. SQLite's writers are alone anyway.
    """
    query = (
        select(AgencyRow.agency, AgencyRow.last_seq)
        .where(AgencyRow.agency.in_(sorted(agencies)))
        .order_by(AgencyRow.agency)
        .with_for_update()
    )
    return {row.agency: row.last_seq for row in session.execute(query)}
