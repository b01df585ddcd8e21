"""A PostgreSQL server that is gone after use, reached through a socket only."""

import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
from sqlalchemy import make_url

from tests.support.processes import (
    Child,
    bare_environment,
    hand_over,
    program,
    run,
    socket_path,
    unprivileged,
)

ACCOUNT = "postgres"
_DEBIAN = Path("/usr/lib/postgresql")

_SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{sockets}'
max_connections = 200
"""
# As in production: every commit is on the disk before it is answered. Only sizes are raised.
_DURABLE = """
shared_buffers = 256MB
max_wal_size = 4GB
"""
# Speed before safety: nothing here has to survive a power cut.
_HASTY = """
fsync = off
synchronous_commit = off
full_page_writes = off
"""


@contextmanager
def postgres(folder: Path, *, durable: bool = False) -> Iterator[str]:
    """Run a server with one empty database.

    Args:
        folder: Where the cluster, its socket and its log go; made if missing. It must not
            have held a server before.
        durable: Keep commits through a power cut, as production does.

    Yields:
        The SQLAlchemy address of the empty database.
    """
    data, sockets = folder / "data", folder / "run"
    data.mkdir(parents=True, mode=0o700)
    sockets.mkdir()
    socket_path(sockets / ".s.PGSQL.5432.lock")
    for part in (data, sockets):
        hand_over(part, ACCOUNT)
    _make_cluster(data, sockets, _DURABLE if durable else _HASTY)
    server = Child(
        [*unprivileged(ACCOUNT), tool("postgres"), "-D", data],
        folder / "postgres.log",
        bare_environment(folder),
        cwd=data,
        stop_signal=signal.SIGINT,  # ends open sessions instead of waiting for them
    )
    with server:
        server.wait_for(lambda: _answers(sockets), 20, "database server")
        yield new_database(_address(sockets, "postgres"))


def new_database(url: str, *, like: str = "") -> str:
    """Make a database beside another one: empty, or a copy.

    Args:
        url: SQLAlchemy address of any database of the server.
        like: Address of the one to copy; nobody may be connected to it.

    Returns:
        The SQLAlchemy address of the new one.
    """
    sockets = Path(str(make_url(url).query["host"]))
    name = f"db_{uuid.uuid4().hex}"
    with _connect(sockets) as connection:
        pattern = make_url(like).database if like else "template0"
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{pattern}"')
    return _address(sockets, name)


def _address(sockets: Path, database: str) -> str:
    return f"postgresql+psycopg://{ACCOUNT}@/{database}?host={quote(str(sockets))}"


def _connect(sockets: Path) -> psycopg.Connection:
    return psycopg.connect(
        host=str(sockets), user=ACCOUNT, dbname="postgres", autocommit=True, connect_timeout=5
    )


def _answers(sockets: Path) -> bool:
    try:
        _connect(sockets).close()
    except psycopg.OperationalError:
        return False
    return True


def _make_cluster(data: Path, sockets: Path, more: str) -> None:
    command = [*unprivileged(ACCOUNT), tool("initdb"), "-D", str(data), "-U", ACCOUNT]
    command += ["-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    run(command, bare_environment(data), timeout_s=60)
    with (data / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write(_SETTINGS.format(sockets=sockets) + more)


def tool(name: str) -> str:
    """Return the path of one of the server's programs, of the newest version installed."""
    versions = sorted(_DEBIAN.glob("[0-9]*"), key=lambda path: float(path.name), reverse=True)
    for version in versions:
        if (version / "bin" / name).exists():
            return str(version / "bin" / name)
    return program(name)
