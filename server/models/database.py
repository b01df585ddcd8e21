"""The server's database: SQLite for one office, PostgreSQL in production, by URL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, inspect, select
from sqlalchemy.orm import Session, sessionmaker

from server.models.base import AgencyRow

_SCRIPTS = Path(__file__).parent.parent / "migrations"


class ServerDatabase:
    """One engine; one transaction a request."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
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
        """Yield a session; commits on success, else undoes."""
        with self._writers.begin() as session:
            yield session

    def migrate(self) -> None:
        """Bring the schema up to date; safe to repeat."""
        config = Config()
        config.set_main_option("script_location", str(_SCRIPTS))
        with self.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def is_ready(self) -> bool:
        """Tell whether `init` was run."""
        return inspect(self.engine).has_table("agency")

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=10, max_overflow=10, pool_pre_ping=True)
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
