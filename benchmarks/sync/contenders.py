"""Who is measured: the product, the limit, one POST a record, PouchDB, Anki's sync server."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.sync.limit_server import TABLE
from benchmarks.sync.office import Ground, Server, at_office, plain, product_server
from benchmarks.sync.peers import Peers
from tests.support.link import ADDRESS, Line
from tests.support.postgres import new_database

_HERE = Path(__file__).parent
_PORT = 8441
_CLIENT = [sys.executable, "-m", "benchmarks.sync.client"]


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to bring receptions to a server.

    Attributes:
        name: in tables.
        serving: runs its server at the office's end of a line.
        client: returns the words that start its station's side for so many receptions.
        stored: returns how many the server holds.
    """

    name: str
    serving: Callable[[Ground, Line], AbstractContextManager[Server]]
    client: Callable[[Ground, int], list[Any]]
    stored: Callable[[Server], int]


def ours(how: str) -> Contender:
    """Return the product: its own client, store and server."""

    def client(ground: Ground, count: int) -> list[Any]:
        return [*_CLIENT, "ours", ground.profile(count), how]

    name = "Quầy Một Cửa" if how == "push" else "Quầy Một Cửa, whole pass"
    return Contender(
        name, product_server, client,
        lambda server: server.value("SELECT count(*) FROM dossier"),
    )  # fmt: skip


@contextmanager
def _limit_server(ground: Ground, line: Line) -> Iterator[Server]:
    database = new_database(ground.url)
    with psycopg.connect(plain(database)) as connection:
        connection.execute(TABLE)
    words = [sys.executable, "-m", "benchmarks.sync.limit_server", plain(database),
             ADDRESS["office"], str(_PORT)]  # fmt: skip
    room = ground.room("limit")
    with at_office(line, words, room, f"http://localhost:{_PORT}/") as process:
        yield Server(process, database)


def limit(what: str) -> Contender:
    """Return the limit ("limit"), or the naive way ("one")."""

    def client(ground: Ground, count: int) -> list[Any]:
        return [*_CLIENT, what, f"http://localhost:{_PORT}", ground.records(count)]

    name = {"limit": "limit: one unchecked zstd batch, COPY", "one": "one POST a record"}[what]
    return Contender(
        name, _limit_server, client, lambda server: server.value("SELECT count(*) FROM record")
    )


def pouch(peers: Peers, batch: int) -> Contender:
    """Return PouchDB replicating to express-pouchdb."""
    words: list[Any] = [peers.node, _HERE / "pouch.js", peers.node_folder]
    url = f"http://localhost:{_PORT}/quay"

    @contextmanager
    def serving(ground: Ground, line: Line) -> Iterator[Server]:
        room = ground.room("pouch-server")
        command = [*words, "server", str(_PORT), ADDRESS["office"], room]
        with at_office(line, command, room, f"http://localhost:{_PORT}/") as process:
            yield Server(process, blobs=room)

    def client(ground: Ground, count: int) -> list[Any]:
        folder = ground.room("pouch")
        return [*words, "push", folder, ground.records(count), url, str(batch)]

    return Contender("PouchDB", serving, client, lambda _: -1)


def anki(peers: Peers) -> Contender:
    """Return Anki's client and sync server, incremental."""

    @contextmanager
    def serving(ground: Ground, line: Line) -> Iterator[Server]:
        room = ground.room("anki-server")
        env = os.environ | {
            "SYNC_USER1": "quay:mot-cua", "SYNC_BASE": str(room),
            "SYNC_HOST": ADDRESS["office"], "SYNC_PORT": str(_PORT),
        }  # fmt: skip
        words = [peers.anki, "-m", "anki.syncserver"]
        with at_office(line, words, room, f"http://localhost:{_PORT}/", env) as process:
            yield Server(process, blobs=room)

    def client(ground: Ground, count: int) -> list[Any]:
        folder = ground.room("anki")
        script = _HERE / "anki_client.py"
        url = f"http://localhost:{_PORT}/"
        return [peers.anki, script, url, folder, ground.records(count)]

    return Contender("Anki", serving, client, _anki_notes)


def _anki_notes(server: Server) -> int:
    """Count in a copy: the server keeps its file locked."""
    folder = server.blobs / "quay"
    with tempfile.TemporaryDirectory() as copy:
        for path in folder.glob("collection.anki2*"):
            shutil.copy(path, copy)
        with closing(sqlite3.connect(f"{copy}/collection.anki2")) as connection:
            return int(connection.execute("SELECT count(*) - 1 FROM notes").fetchone()[0])
