"""The station's side of each contender, a process of its own that waits for the word to go.

It says `ready`, reads a line, works, says `confirmed` when the last dossier is durable on the
server, and ends with one line of JSON. Usage: client.py ours|limit|one|pages WORDS…
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import resource
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import zstandard
from PIL import Image
from sqlalchemy import select

from app.bootstrap import Workstation, open_workstation
from app.domain import wire
from app.domain.bodies import NoteAdded
from app.models import events, projection
from app.models.base import DossierRow
from app.models.store import Store
from app.services import scanning
from app.services.desk import Clerk, Desk
from app.sync import push
from app.sync.engine import PassResult, SyncEngine
from app.sync.http import Connection, Reply, ServerUnreachable

BICH = Clerk(user="bich", display_name="Trần Thị Bích", roles=frozenset({"reception"}))
_LOOK_S = 0.05


def main(words: list[str]) -> int:
    what, *rest = words
    play: Callable[..., dict[str, Any]] = {
        "ours": ours, "limit": limit, "one": one, "pages": pages, "attach": attach,
    }[what]  # fmt: skip
    print(json.dumps(play(*rest)), flush=True)
    return 0


def go() -> tuple[float, float]:
    """Say that all is ready, wait for the word; return (moment, CPU seconds so far)."""
    print("ready", flush=True)
    sys.stdin.readline()
    return time.monotonic(), _cpu_s()


def confirmed(began: tuple[float, float]) -> dict[str, float]:
    """Say that the last dossier is confirmed; return how long it took."""
    found = {"seconds": time.monotonic() - began[0], "cpu_s": _cpu_s() - began[1]}
    print("confirmed", flush=True)
    return found


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def ours(profile: str, how: str) -> dict[str, Any]:
    """Push what waits in a profile: `push` alone, or a whole `pass` without pages.

    A pass is watched by a thread that looks in the store, as a window would; a push alone, for
    its CPU is measured, is not.
    """
    opened = open_workstation(Path(profile))
    engine, lines = _Engine(opened), (opened.connect(), opened.connect())
    sent: list[Sent] = engine.sent
    began = go()
    if how == "push":
        done = push.push_all(opened.desk.store, lines)
        found = confirmed(began) | {"first_s": 0.0, "steps": []}
        quarantined = done.quarantined
    else:
        watch = _Watch(opened.desk.store, began)
        watch.start()
        quarantined = _until_through(engine.run_events)
        watch.join()
        found = watch.found | {"first_s": watch.first_s, "steps": watch.steps}
    assert quarantined == 0, f"{quarantined} quarantined"
    whole_s = time.monotonic() - began[0]
    for line in lines:
        line.close()
    engine.close()
    opened.close()
    return found | {
        "whole_s": whole_s,
        "requests": len(sent),
        "again": sum(one.again for one in sent),
        "unreachable": engine.unreachable,
    }


def pages(profile: str, every_s: str, until: str) -> dict[str, Any]:
    """Send the pages that wait, with a small event every so often; passes like a window's.

    Args:
        profile: whose page events the server has, or that wait with the pages.
        every_s: between two events, in the mean; 0 for none.
        until: "done", "first-page" (stop there: all events must be confirmed by then), or seconds.
    """
    opened = open_workstation(Path(profile))
    engine = _Engine(opened)
    engine.stops_at_pages = until == "first-page"
    began, done = go(), threading.Event()
    engine.ends_at = began[0] + float(until) if until.isdigit() else None
    clerk = _Clerk(opened.desk, float(every_s), done)
    clerk.start()
    with contextlib.suppress(_Enough):
        while True:
            with contextlib.suppress(ServerUnreachable):
                passed = engine.run()
                if passed.pages_waiting == 0 and passed.waiting == 0:
                    break
    result = confirmed(began) | {"at_first_page": engine.at_first_page}
    done.set()
    with contextlib.suppress(ServerUnreachable):
        engine.run_events_to_the_end()
    clerk.join()
    engine.close()
    opened.close()
    return result | {"waits": clerk.waits}


def attach(profile: str, count: str, smallest: str, largest: str, seed: str) -> dict[str, Any]:
    """Attach synthetic pages to the dossiers of a profile, as a scan would; nothing is sent."""
    opened = open_workstation(Path(profile))
    desk, chance = opened.desk, random.Random(int(seed))
    with desk.store.database.reading() as session:
        dossiers = list(session.scalars(select(DossierRow.id).order_by(DossierRow.row)))
    total = 0
    for i in range(int(count)):
        image = picture(chance, int(smallest), int(largest))
        total += len(image)
        page = scanning.keep_image(desk, image, paper="to-khai", position=1, device="flatbed")
        scanning.attach_page(desk, BICH, dossiers[i % len(dossiers)], page)
    opened.close()
    return {"bytes": total}


def picture(chance: random.Random, smallest: int, largest: int) -> bytes:
    """Return a JPEG of noise with so many bytes, about."""
    side = round((chance.uniform(smallest, largest) / 0.65) ** 0.5)
    out = io.BytesIO()
    Image.frombytes("L", (side, side), chance.randbytes(side * side)).save(out, "JPEG")
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Sent:
    """A push that went out: its events, and how many of them were confirmed before."""

    count: int
    again: int


class _Enough(Exception):
    """All that was to be seen was seen, or the time is over."""


class _Engine:
    """The product's engine, with its requests noted where they leave it."""

    def __init__(self, opened: Workstation) -> None:
        self.sent: list[Sent] = []
        self.unreachable = 0
        self.stops_at_pages = False
        self.ends_at: float | None = None
        self.at_first_page: int | None = None
        self._store, outer = opened.desk.store, self

        class Noting(Connection):
            def ask(
                self, method: str, target: str, body: bytes = b"",
                headers: dict[str, str] | None = None, **more: Any,
            ) -> Reply:  # fmt: skip
                outer.note(target, body)
                return super().ask(method, target, body, headers, **more)

        def connect() -> Connection:
            return Noting(opened.settings, opened.station.id, opened.desk.store.sign,
                          opened.desk.clock)  # fmt: skip

        self._engine = SyncEngine(opened.desk.store, connect, opened.desk.clock)

    def note(self, target: str, body: bytes) -> None:
        if target.startswith("/v1/push"):
            head, found = wire.read_push(zstandard.ZstdDecompressor().decompress(body, 1 << 26))
            with self._store.database.reading() as session:
                have = events.have(session, head.store)
            self.sent.append(Sent(len(found), sum(event.n <= have for event in found)))
        elif target.startswith("/v1/files") and self.at_first_page is None:
            with self._store.database.reading() as session:
                self.at_first_page = events.waiting_count(session)
            if self.stops_at_pages:
                raise _Enough
        if self.ends_at is not None and time.monotonic() > self.ends_at:
            raise _Enough

    def run_events(self) -> PassResult:
        return self._run(with_pages=False)

    def run(self) -> PassResult:
        return self._run(with_pages=True)

    def _run(self, *, with_pages: bool) -> PassResult:
        try:
            return self._engine.run(with_pages=with_pages)
        except ServerUnreachable:
            self.unreachable += 1
            raise

    def run_events_to_the_end(self) -> None:
        """Let the clerk's last event go out."""
        self.ends_at = None
        self._run(with_pages=False)

    def close(self) -> None:
        self._engine.close()


def _until_through(run: Callable[[], PassResult]) -> int:
    """Make passes until nothing waits; return how many events were quarantined."""
    quarantined = 0
    while True:
        with contextlib.suppress(ServerUnreachable):
            passed = run()
            quarantined += passed.quarantined
            if passed.waiting == 0:
                return quarantined
        time.sleep(0.2)


class _Looking:
    """Reads what the server is known to hold, on a connection of its own."""

    def __init__(self, store: Store) -> None:
        with store.database.reading() as session:
            incarnation = events.incarnation(session)
            self.last = events.last_of(session, incarnation)[0]
        self._key = f"have:{incarnation}"
        self._connection = store.database.engine.raw_connection()

    def have(self) -> int:
        cursor = self._connection.cursor()
        cursor.execute("SELECT value FROM fact WHERE key = ?", (self._key,))
        row = cursor.fetchone()
        return 0 if row is None else int(row[0])

    def close(self) -> None:
        self._connection.close()


class _Watch(threading.Thread):
    """Notes when the store says that events are confirmed."""

    def __init__(self, store: Store, began: tuple[float, float]) -> None:
        super().__init__(daemon=True)
        self._store, self._began = store, began
        self.first_s = 0.0
        self.steps: list[tuple[float, int]] = []
        self.found: dict[str, float] = {}

    def run(self) -> None:
        looking = _Looking(self._store)
        before = have = looking.have()
        while have < looking.last:
            time.sleep(_LOOK_S)
            if (now := looking.have()) > have:
                have = now
                at = time.monotonic() - self._began[0]
                self.first_s = self.first_s or at
                self.steps.append((round(at, 2), have - before))
        self.found = confirmed(self._began)
        looking.close()


class _Clerk(threading.Thread):
    """Writes a remark now and then, and notes how long each waited for its confirmation."""

    def __init__(self, desk: Desk, every_s: float, done: threading.Event) -> None:
        super().__init__(daemon=True)
        self._desk, self._every_s, self._done = desk, every_s, done
        self._chance = random.Random(7)
        self.waits: list[float] = []

    def run(self) -> None:
        if not self._every_s:
            return
        looking = _Looking(self._desk.store)
        with self._desk.store.database.reading() as session:
            dossier = session.scalars(select(DossierRow.id).limit(1)).one()
        while not self._done.wait(self._chance.uniform(0.5, 1.5) * self._every_s):
            act = events.Act("note.added", NoteAdded(text="đã gọi điện báo người dân"), BICH.user,
                             self._desk.now(), dossier)  # fmt: skip
            with self._desk.store.acting() as session:
                n = projection.record(session, act).n
            at = time.monotonic()
            while looking.have() < n and time.monotonic() - at < 60:
                time.sleep(_LOOK_S)
            self.waits.append(time.monotonic() - at)
        looking.close()


def limit(url: str, records: str) -> dict[str, Any]:
    """One zstd-9 batch in one POST."""
    data, http = Path(records).read_bytes(), requests.Session()
    began = go()
    packed = zstandard.ZstdCompressor(level=9).compress(data)
    answer = http.post(f"{url}/batch", packed, timeout=600)
    answer.raise_for_status()
    found = confirmed(began)
    return found | {"first_s": found["seconds"]}


def one(url: str, records: str) -> dict[str, Any]:
    """One POST a record, one after the other."""
    lines, http, first_s = Path(records).read_bytes().splitlines(), requests.Session(), 0.0
    began = go()
    for line in lines:
        http.post(f"{url}/one", line, timeout=600).raise_for_status()
        first_s = first_s or time.monotonic() - began[0]
    return confirmed(began) | {"first_s": first_s}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
