"""Many stations pushing at once at a real server, and a count of what became of their events."""

from __future__ import annotations

import http.client
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.domain.events import Event
from server.models.base import AgencyRow
from server.models.database import ServerDatabase
from server.services import catalogues
from server.settings import ServerSettings
from tests.support.office import CATALOGUE, ROOT, Answer, Bare, Office, real_clock
from tests.support.ports import free_port
from tests.support.processes import Child, bare_environment
from tests.support.standby import kill_all

AGENCIES = tuple(f"H24.{15 + i}" for i in range(8))
LARGEST_BATCH = 20


@dataclass
class Server:
    """`python -m server serve` as its own process, and an office that speaks to it."""

    office: Office
    workers: int
    child: Child | None = None

    def start(self) -> None:
        """Start it; wait until it answers."""
        self.child = Child(
            [*self.command(), "--port", str(self.office.port), "serve",
             "--workers", str(self.workers)],
            self.office.folder / "server.log", self.environment(), cwd=ROOT,
        )  # fmt: skip
        self.child.wait_for(self._answers, 60, "server")

    def command(self) -> list[str]:
        """Return the words of a call up to the verb."""
        return [sys.executable, "-m", "server", "--blobs", str(self.office.settings.blobs)]

    def environment(self) -> dict[str, str]:
        """Return the environment of a call; it names the database."""
        return bare_environment(self.office.folder, QMC_DATABASE=self.office.url)

    def _answers(self) -> bool:
        try:
            return self.office.ask("GET", "/v1/time").status == 200
        except OSError:
            return False

    def kill(self) -> None:
        """Kill all its processes."""
        assert self.child is not None
        kill_all(self.child.pid)
        self.child.stop(0)
        self.child = None

    def stop(self) -> None:
        """End it, if it runs."""
        if self.child is not None:
            self.child.stop(10)
            self.child = None


@contextmanager
def served_office(folder: Path, address: str, workers: int = 2) -> Iterator[Server]:
    """Set up a province with eight agencies in an empty database and serve it."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = ServerSettings(database=address, blobs=folder / "blobs")
    recovery = folder / "recovery.key"
    keys = catalogues.make_keys(settings.blobs, recovery)
    database = ServerDatabase(address)
    clock = real_clock()
    try:
        database.migrate()
        with database.writing() as session:
            for agency in AGENCIES:
                session.add(AgencyRow(agency=agency, name=f"UBND phường {agency}"))
            catalogues.load_folder(session, CATALOGUE, keys, clock())
        office = Office(
            folder=folder, url=address, settings=settings, database=database, clock=clock,
            port=free_port(), keys=keys, recovery_key=bytes.fromhex(recovery.read_text().strip()),
        )  # fmt: skip
        server = Server(office, workers)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        database.close()


class _Line(Office):
    """An office reached through one connection that is kept."""

    _kept: http.client.HTTPConnection | None = None

    def ask(self, method: str, target: str, body: bytes = b"", headers=None) -> Answer:  # type: ignore[no-untyped-def]
        """Send one request; a connection that breaks is made anew next time."""
        if self._kept is None:
            self._kept = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            self._kept.request(method, target, body or None, dict(headers or {}))
            reply = self._kept.getresponse()
            content = reply.read()
        except (OSError, http.client.HTTPException):
            self._kept.close()
            self._kept = None
            raise
        found = {key.lower(): value for key, value in reply.getheaders()}
        return Answer(reply.status, found, content)


@dataclass
class Pusher:
    """One station that pushes without pause and notes what it was told.

    Attributes:
        acknowledged: the highest `have` it was answered.
        hashes: of every event it made, by number from 1.
        answered: for each answer, when it was asked and when it came (monotonic).
        refused: answers that are neither 200 nor 503, and any `have` that went back.
        waits: how often it had to ask again.
    """

    bare: Bare
    chance: random.Random
    acknowledged: int = 0
    hashes: list[bytes] = field(default_factory=list)
    answered: list[tuple[float, float]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    waits: int = 0

    def run(self, stop: threading.Event) -> None:
        """Push until told to stop; what was begun is pushed to its end."""
        while not stop.is_set():
            batch = self._batch()
            self.hashes += [event.hash for event in batch]
            self.deliver(batch)

    def _batch(self) -> list[Event]:
        events: list[Event] = []
        for _ in range(self.chance.randint(1, LARGEST_BATCH // 4)):
            dossier = uuid4()
            events.append(self.bare.reception(dossier))
            events += [
                self.bare.event("note.added", {"text": f"ghi chú {i}"}, dossier) for i in range(3)
            ]
        return events

    def deliver(self, batch: list[Event]) -> None:
        """Send a batch again and again until the server has it."""
        deadline = time.monotonic() + 120
        while self.acknowledged < batch[-1].n:
            if time.monotonic() > deadline:
                self.refused.append("no answer for two minutes")
                return
            asked = time.monotonic()
            try:
                answer = self.bare.push(batch)
            except (OSError, http.client.HTTPException):
                self._wait()
                continue
            if answer.status == 503:
                self._wait()
            elif answer.status != 200 or answer.json["quarantined"]:
                self.refused.append(f"{answer.status} {answer.text[:300]}")
                return
            elif answer.json["have"] < batch[-1].n:
                self.refused.append(f"have {answer.json['have']}, had {self.acknowledged}")
                return
            else:
                self.answered.append((asked, time.monotonic()))
                self.acknowledged = answer.json["have"]

    def _wait(self) -> None:
        self.waits += 1
        time.sleep(self.chance.uniform(0.05, 0.25))


@dataclass(frozen=True, slots=True)
class Count:
    """What a server holds of what a crowd was told.

    Attributes:
        acknowledged: events the clients were told are kept.
        lost: of those, missing or different.
        doubled: places of a stream that hold an event a second time.
        reissued: codes that stand on two dossiers.
        refused: answers that should not have been.
    """

    acknowledged: int
    lost: int
    doubled: int
    reissued: int
    refused: tuple[str, ...]


@dataclass
class Crowd:
    """Clients, each a thread, that push until the block ends."""

    pushers: list[Pusher]
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    @classmethod
    def enrolled(cls, office: Office, clients: int, seed: int = 1) -> Crowd:
        """Enrol clients, spread over the agencies."""
        pushers = []
        for i in range(clients):
            line = _Line(
                office.folder, office.url, office.settings, office.database, office.clock,
                office.port, office.keys, office.recovery_key,
                serials=iter(range(1_000_000 + i * 100_000, 1_000_000 + (i + 1) * 100_000)),
            )  # fmt: skip
            bare = Bare.enrolled(line, AGENCIES[i % len(AGENCIES)])
            pushers.append(Pusher(bare, random.Random(seed * 1000 + i)))
        return cls(pushers)

    def __enter__(self) -> Crowd:
        self._stop.clear()
        self._threads = [
            threading.Thread(target=p.run, args=(self._stop,), daemon=True) for p in self.pushers
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(180)
        self.close()
        assert not any(thread.is_alive() for thread in self._threads)

    @property
    def acknowledged(self) -> int:
        """Events acknowledged so far."""
        return sum(pusher.acknowledged for pusher in self.pushers)

    def writable_after(self, moment: float) -> float | None:
        """Return when the first push that was begun after a moment was answered, s after it."""
        ends = [done for p in self.pushers for asked, done in p.answered if asked > moment]
        return min(ends) - moment if ends else None

    def count(self, database: ServerDatabase) -> Count:
        """Compare what the clients were told with what a database holds."""
        lost = 0
        with database.reading() as session:
            for pusher in self.pushers:
                rows = session.execute(
                    text("SELECT n, hash FROM event WHERE store = :s"), {"s": pusher.bare.store}
                )
                held = {n: bytes(hash_) for n, hash_ in rows}
                lost += sum(
                    held.get(n) != pusher.hashes[n - 1] for n in range(1, pusher.acknowledged + 1)
                )
            doubled = session.execute(
                text("SELECT count(*) - count(DISTINCT (store, n)) FROM stream WHERE home = agency")
            ).scalar_one()
            reissued = session.execute(
                text("SELECT count(*) - count(DISTINCT code) FROM dossier")
            ).scalar_one()
        refused = tuple(said for pusher in self.pushers for said in pusher.refused)
        return Count(self.acknowledged, lost, doubled, reissued, refused)

    def close(self) -> None:
        """Close the connections; the end of the block does."""
        for pusher in self.pushers:
            kept = pusher.bare.office._kept  # type: ignore[attr-defined]
            if kept is not None:
                with suppress(OSError):
                    kept.close()
                pusher.bare.office._kept = None  # type: ignore[attr-defined]


def settled(database: ServerDatabase, timeout_s: float = 30) -> None:
    """Wait until a database answers."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            with database.reading() as session:
                session.execute(text("SELECT 1"))
            return
        except SQLAlchemyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
