"""How many events a second the server takes, by worker processes, and what they weigh.

`python -m benchmarks.appends`: the requests are made beforehand, so that the
clients cost little; beside it, PostgreSQL alone writing the same bodies in the
same batches, one commit each, unchecked.
"""

from __future__ import annotations

import argparse
import http.client
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from benchmarks.result import Result
from tests.support.crowd import AGENCIES, served_office
from tests.support.office import Answer, Bare, Office
from tests.support.standby import Node, durable, pair, url

CLIENTS, DOSSIERS_A_PUSH, EVENTS_A_DOSSIER = 8, 5, 8
BATCH = DOSSIERS_A_PUSH * EVENTS_A_DOSSIER


@dataclass(frozen=True, slots=True)
class Request:
    """A signed push, ready to be sent, and the bodies in it."""

    body: bytes
    headers: Mapping[str, str]
    bodies: Sequence[bytes]


class _Kept(Office):
    """Keeps what would be sent; enrolment is really asked."""

    def ask(self, method: str, target: str, body: bytes = b"", headers=None) -> Answer:  # type: ignore[no-untyped-def]
        if target != "/v1/push":
            return super().ask(method, target, body, headers)
        self.last = (body, dict(headers or {}))
        return Answer(200, {}, b"{}")


def requests_of(office: Office, client: int, count: int) -> list[Request]:
    """Enrol a station and make its pushes: whole receptions, eight events each."""
    kept = _Kept(
        office.folder, office.url, office.settings, office.database, office.clock, office.port,
        office.keys, office.recovery_key,
        serials=iter(range(1_000_000 + client * 100_000, 99_999_999)),
    )  # fmt: skip
    bare = Bare.enrolled(kept, AGENCIES[client % len(AGENCIES)])
    made = []
    for _ in range(count):
        events = []
        for _ in range(DOSSIERS_A_PUSH):
            dossier = uuid4()
            events.append(bare.reception(dossier))
            events += [
                bare.event("note.added", {"text": f"ghi chú số {i}"}, dossier)
                for i in range(EVENTS_A_DOSSIER - 1)
            ]
        bare.push(events)
        body, headers = kept.last
        made.append(Request(body, headers, [event.body for event in events]))
    return made


def _together(work: Sequence[Callable[[], None]]) -> float:
    """Return how long it takes to do all of it at once, s."""
    threads = [threading.Thread(target=each) for each in work]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started


def _send(port: int, requests: Sequence[Request], waits_ms: list[float]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for request in requests:
        started = time.perf_counter()
        connection.request("POST", "/v1/push", request.body, dict(request.headers))
        reply = connection.getresponse()
        said = reply.read()
        waits_ms.append((time.perf_counter() - started) * 1000)
        if reply.status != 200 or b'"quarantined":[]' not in said:
            raise RuntimeError(said)
    connection.close()


def _insert(node: Node, requests: Sequence[Request]) -> None:
    with node.connect() as connection, connection.cursor() as cursor:
        for request in requests:
            with connection.transaction():
                cursor.executemany("INSERT INTO bare VALUES (%s)", [(b,) for b in request.bodies])


def measure(node: Node, nodes: Sequence[Node], folder: Path, workers: int, pushes: int,
            against: str) -> tuple[Result, Result, float]:  # fmt: skip
    """Return events/s with the ratio to PostgreSQL alone, the wait of a push, bytes a dossier."""
    with served_office(folder, url(nodes), workers) as server:
        made = [requests_of(server.office, i, pushes) for i in range(CLIENTS)]
        before = node.ask("SELECT pg_database_size('qmc')")
        waits_ms: list[float] = []
        port = server.office.port
        took_s = _together([lambda r=r: _send(port, r, waits_ms) for r in made])  # type: ignore[misc]
        node.ask("CHECKPOINT")
        grown = node.ask("SELECT pg_database_size('qmc')") - before
        node.ask("CREATE TABLE bare (body bytea)")
        bare_s = _together([lambda r=r: _insert(node, r) for r in made])  # type: ignore[misc]
    events, dossiers = CLIENTS * pushes * BATCH, CLIENTS * pushes * DOSSIERS_A_PUSH
    rate = Result(f"events taken, {workers} workers{against}", events / took_s, "/s",
                  f"PostgreSQL alone {events / bare_s:.0f}/s", bare_s / took_s, 1)  # fmt: skip
    wait = Result(f"a push of {BATCH}, {CLIENTS} clients, {workers} workers{against}",
                  statistics.median(waits_ms), "ms", "", None, len(waits_ms))  # fmt: skip
    return rate, wait, grown / dossiers


def run(folder: Path, pushes: int) -> list[Result]:
    """Measure one and two workers, and two with a synchronous standby."""
    results = []
    for workers in (1, 2):
        with durable(folder / f"pg-{workers}") as node:
            rate, wait, weight = measure(
                node, [node], folder / f"o-{workers}", workers, pushes, ""
            )  # fmt: skip
        results += [rate, wait]
    with pair(folder / "pair") as nodes:
        results += measure(
            nodes[0], nodes, folder / "o-pair", 2, pushes, ", synchronous standby"
        )[:2]  # fmt: skip
    name = f"database of 100,000 dossiers, {EVENTS_A_DOSSIER} events each"
    return [*results, Result(name, weight * 100_000 / 2**20, "MB", "", None, 1)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pushes", type=int, default=100, help="of each client")
    with tempfile.TemporaryDirectory(prefix="qmc-") as name:
        for r in run(Path(name), parser.parse_args().pushes):
            ratio = "" if r.ratio is None else f"{r.ratio:.2f} × {r.against}"
            print(f"{r.name:58} {r.value:>9.1f} {r.unit:4} {ratio}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
