"""PostgreSQL servers that keep what they acknowledge: a primary, and standbys made from it.

Unlike `tests.support.postgres` these have fsync on and checksums, listen on
loopback, and can be killed, started again and promoted.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

from tests.support.ports import free_port
from tests.support.postgres import ACCOUNT, tool
from tests.support.processes import (
    Child,
    bare_environment,
    hand_over,
    run,
    unprivileged,
    wait_for,
)

DATABASE = "qmc"
_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 128MB
max_wal_size = 1GB
"""


@dataclass
class Node:
    """One PostgreSQL server.

    Attributes:
        folder: of its data and log.
        port: on 127.0.0.1.
        child: the process, None while it does not run.
    """

    folder: Path
    port: int
    child: Child | None = None

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    def start(self, *, wait: bool = True) -> None:
        """Start it; wait until it answers."""
        command = [*unprivileged(ACCOUNT), tool("postgres"), "-D", self.data]
        self.child = Child(
            command, self.folder / "postgres.log", bare_environment(self.folder), cwd=self.data,
            stop_signal=signal.SIGINT,
        )  # fmt: skip
        if wait:
            self.child.wait_for(self.answers, 60, "database server")

    def answers(self) -> bool:
        """Tell whether it takes connections."""
        try:
            self.connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(self, database: str = DATABASE) -> psycopg.Connection[Any]:
        """Open a connection; each statement is a transaction."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=ACCOUNT, dbname=database, autocommit=True,
            connect_timeout=5,
        )  # fmt: skip

    def ask(self, query: str, database: str = DATABASE) -> Any:
        """Return the first value that a query finds, None if it returns nothing."""
        with self.connect(database) as connection:
            cursor = connection.execute(query)
            row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None

    def set(self, **settings: str) -> None:
        """Change settings that need no restart."""
        for name, value in settings.items():
            self.ask(f"ALTER SYSTEM SET {name} = '{value}'", "postgres")
        self.ask("SELECT pg_reload_conf()", "postgres")

    def kill(self) -> None:
        """Kill every process of it at once, as a power cut does."""
        assert self.child is not None
        kill_all(self.child.pid)
        self.child.stop(0)
        self.child = None

    def stop(self) -> None:
        """End it, if it runs."""
        if self.child is not None:
            self.child.stop(20)
            self.child = None

    def promote(self) -> None:
        """Make a standby the primary; returns when it takes writes."""
        assert self.ask("SELECT pg_promote(true, 60)", "postgres")


def kill_all(pid: int) -> None:
    """Kill a process of ours and all below it, and wait until they are gone."""
    head = psutil.Process(pid)
    family = [head, *head.children(recursive=True)]
    for process in family:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    # the head stays a zombie until its Child is stopped, others until their parent is gone
    psutil.wait_procs(family[1:], timeout=20)


def url(nodes: Sequence[Node], database: str = DATABASE, **more: str) -> str:
    """Return the SQLAlchemy address that finds whichever of the servers is primary."""
    hosts = "&".join(f"host=127.0.0.1:{node.port}" for node in nodes)
    extra = "".join(f"&{key}={value}" for key, value in more.items())
    return f"postgresql+psycopg://{ACCOUNT}@/{database}?{hosts}{extra}"


@contextmanager
def durable(folder: Path, settings: str = "") -> Iterator[Node]:
    """Run one server with fsync on and an empty database."""
    node = Node(folder, free_port())
    _prepare(node)
    command = [tool("initdb"), "-D", str(node.data), "-U", ACCOUNT, "-A", "trust"]
    command += ["-E", "UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-sync"]
    run([*unprivileged(ACCOUNT), *command], bare_environment(folder), timeout_s=60)
    _write(node, _SETTINGS + settings)
    try:
        node.start()
        node.ask(f'CREATE DATABASE "{DATABASE}" TEMPLATE template0', "postgres")
        yield node
    finally:
        node.stop()


@contextmanager
def pair(folder: Path) -> Iterator[tuple[Node, Node]]:
    """Run a primary and a synchronous standby: a commit is acknowledged when both have it."""
    with durable(folder / "a") as primary:
        standby = copy_of(primary, folder / "b", name="b")
        try:
            standby.start()
            primary.set(synchronous_standby_names="b")
            wait_for(lambda: is_synchronous(primary), 30, "synchronous standby")
            yield primary, standby
        finally:
            standby.stop()


def copy_of(primary: Node, folder: Path, *, name: str) -> Node:
    """Return a standby of a running server, not started yet."""
    node = Node(folder, free_port())
    base_backup(primary, node)
    follow(node, primary, name)
    return node


def base_backup(primary: Node, target: Node) -> None:
    """Copy a running server into the target's folder."""
    _prepare(target)
    where = f"host=127.0.0.1 port={primary.port} user={ACCOUNT}"
    command = [tool("pg_basebackup"), "-D", str(target.data), "-d", where, "-c", "fast"]
    run([*unprivileged(ACCOUNT), *command], bare_environment(target.folder), timeout_s=120)
    _write(target, "")


def follow(node: Node, primary: Node, name: str) -> None:
    """Let a copy follow a primary when it starts."""
    where = f"host=127.0.0.1 port={primary.port} user={ACCOUNT} application_name={name}"
    _write(node, f"primary_conninfo = '{where}'\n")
    signal_file = node.data / "standby.signal"
    signal_file.touch()
    hand_over(signal_file, ACCOUNT)


def is_synchronous(primary: Node) -> bool:
    """Tell whether a standby is attached that commits wait for."""
    query = "SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')"
    return bool(primary.ask(query, "postgres"))


def _prepare(node: Node) -> None:
    node.data.mkdir(parents=True, mode=0o700)
    hand_over(node.data, ACCOUNT)


def _write(node: Node, settings: str) -> None:
    with (node.data / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write(f"{settings}\nport = {node.port}\n")
