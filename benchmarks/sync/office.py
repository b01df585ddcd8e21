"""A real office to measure with: PostgreSQL that fsyncs, the real server process, real profiles."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from app.bootstrap import open_workstation
from app.settings import read_settings, write_settings
from benchmarks.sync import work
from benchmarks.sync.measure import cpu_s
from tests.support.link import ADDRESS, Line
from tests.support.office import real_clock, running_office
from tests.support.postgres import new_database, postgres

ROOT = Path(__file__).parents[2]
_ANSWERS = """
import sys, urllib.error, urllib.request
try:
    urllib.request.urlopen(sys.argv[1], timeout=5).close()
except urllib.error.HTTPError:
    pass  # it speaks, whatever it says
"""
PORT = 8440
_READY_S = 40


@dataclass
class Ground:
    """What all runs share: a database server, a furnished office, a profile enrolled with it.

    Attributes:
        folder: everything lies below it.
        url: any database of the database server.
        office: the database of the furnished office; nobody is connected to it.
    """

    folder: Path
    url: str
    office: str
    _filled: dict[int, Path] = field(default_factory=dict)
    _serial: Iterator[int] = field(default_factory=lambda: iter(range(1, 10**6)))

    def room(self, name: str) -> Path:
        """Return a fresh folder."""
        folder = self.folder / f"{next(self._serial)}-{name}"
        folder.mkdir()
        return folder

    def database_cpu_s(self) -> float:
        """Return the CPU seconds of the database server so far."""
        return cpu_s(int((self.folder / "pg/data/postmaster.pid").read_text().split()[0]))

    def profile(self, count: int) -> Path:
        """Return a copy of a profile in which `count` receptions wait."""
        if count not in self._filled:
            made = self.room(f"profile-{count}")
            shutil.copytree(self.folder / "profile", made, dirs_exist_ok=True)
            opened = open_workstation(made)
            work.fill(opened.desk.store, count)
            opened.close()
            self._filled[count] = made
        copy = self.room("profile")
        shutil.copytree(self._filled[count], copy, dirs_exist_ok=True)
        return copy

    def records(self, count: int) -> Path:
        """Return the same receptions as JSON lines."""
        path = self.folder / f"records-{count}.jsonl"
        if not path.exists():
            work.write_records(path, count)
        return path


@contextmanager
def ground(folder: Path) -> Iterator[Ground]:
    """Furnish an office and enrol a station; afterwards only PostgreSQL runs."""
    folder.mkdir(parents=True, exist_ok=True)
    with postgres(folder / "pg", durable=True) as url:
        furnished = new_database(url)
        with running_office(folder / "office", database=furnished, clock=real_clock()) as office:
            station = office.station(name="quay")
            station.close()
            (folder / "office/stations/quay").rename(folder / "profile")
        before = os.environ.get("HOME", "")
        os.environ["HOME"] = str(folder / "office/home")  # where the station's keys lie
        try:
            settings = folder / "profile" / "station.toml"
            write_settings(settings, replace(read_settings(settings),
                                             server=f"http://localhost:{PORT}"))  # fmt: skip
            yield Ground(folder, url, furnished)
        finally:
            os.environ["HOME"] = before


def environment() -> dict[str, str]:
    """Return what processes of the product are started with: keys in files, no keyring."""
    return os.environ | {
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "PYTHONPATH": str(ROOT),
    }


@dataclass
class Server:
    """A server process at the office's end of a line.

    Attributes:
        database: its SQLAlchemy address, "" if it has none.
        blobs: where its pages lie.
    """

    process: subprocess.Popen[Any]
    database: str = ""
    blobs: Path = Path()

    @property
    def pid(self) -> int:
        """Process id."""
        return self.process.pid

    def value(self, query: str) -> int:
        """Ask its database behind its back."""
        with psycopg.connect(plain(self.database)) as connection:
            row = connection.execute(query).fetchone()
        assert row is not None
        return int(row[0])


def plain(url: str) -> str:
    """Return an SQLAlchemy address as psycopg takes it."""
    parts = make_url(url)
    return f"host={parts.query['host']} user={parts.username} dbname={parts.database}"


@contextmanager
def product_server(ground: Ground, line: Line, *, again: Server | None = None) -> Iterator[Server]:
    """Run `python -m server … serve` on a copy of the furnished office, or on a former one."""
    room = ground.room("server")
    if again is None:
        database, blobs = new_database(ground.url, like=ground.office), room / "blobs"
        shutil.copytree(ground.folder / "office/blobs", blobs)
    else:
        database, blobs = again.database, again.blobs
    words = [
        sys.executable, "-m", "server", "--database", database, "--blobs", blobs,
        "--host", ADDRESS["office"], "--port", str(PORT), "--trusts-proxy", "serve",
    ]  # fmt: skip
    with at_office(line, words, room, f"http://localhost:{PORT}/v1/time") as process:
        yield Server(process, database, blobs)


@contextmanager
def at_office(
    line: Line, words: list[Any], room: Path, address: str, env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[Any]]:
    """Run a server at the office's end until the block ends; wait until it answers there."""
    with (room / "log").open("wb") as log:
        process = line.popen(
            words, "office", env=env or environment(), cwd=ROOT, stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + _READY_S
        target = address.replace("localhost", ADDRESS["office"])
        asked = [sys.executable, "-I", "-S", "-c", _ANSWERS, target]
        while line.run(asked, "office").returncode:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{words[:3]} did not start: {(room / 'log').read_text()}")
            time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
