"""What happens to a station and an office on a bad day, with figures."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain import sealing
from benchmarks.sync import load
from benchmarks.sync.contenders import ours
from benchmarks.sync.measure import cpu_s, watching
from benchmarks.sync.office import PORT, ROOT, Ground, Server, environment, plain, product_server
from benchmarks.sync.race import Run, run_one
from server.models.base import AgencyRow, StationRow
from server.models.database import ServerDatabase
from tests.support.link import ADDRESS, Line, link
from tests.support.postgres import new_database
from tests.support.processes import bare_environment, run

CUT_S, EVERY_S = 8, 20
SMALLEST, LARGEST = 30_000, 60_000  # bytes of a page in grey, as scanned at a counter
_CLIENT = [sys.executable, "-m", "benchmarks.sync.client"]


def slow(seed: int) -> Any:
    """Return the line of a commune: 256 kbit/s, 400 ms, 2 % loss."""
    return link(rate=256_000, rtt_ms=400, loss=0.02, seed=seed)


def worst(seed: int) -> Any:
    """Return the worst line that is to be lived with."""
    return link(rate=64_000, rtt_ms=800, loss=0.1, seed=seed)


@contextmanager
def cuts(line: Line) -> Iterator[None]:
    """Cut the line 8 s in every 20 until the block ends, and leave it mended."""
    done = threading.Event()

    def play() -> None:
        while not done.wait(EVERY_S - CUT_S):
            line.cut()
            done.wait(CUT_S)
            line.mend()

    thread = threading.Thread(target=play, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def start(line: Line, ground: Ground, *words: Any) -> subprocess.Popen[Any]:
    """Start a client of the product at the station and wait until it is ready."""
    log = ground.room("client") / "log"
    with log.open("wb") as file:
        client = line.popen(
            [*_CLIENT, *words], "station", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=file, env=environment(), cwd=ROOT,
        )  # fmt: skip
    if client.stdout.readline() != b"ready\n":
        raise RuntimeError(f"{words[0]}: {log.read_text('utf-8')}")
    return client


def go(client: subprocess.Popen[Any]) -> dict[str, Any]:
    """Give the word and return what the client found at its end."""
    client.stdin.write(b"go\n")
    client.stdin.flush()
    said = [json.loads(line) for line in client.stdout if line.startswith(b"{")]
    client.wait(60)
    if not said:
        raise RuntimeError(f"{client.args} ended with {client.returncode}")
    found: dict[str, Any] = said[-1]
    return found


def with_pages(ground: Ground, dossiers: int, pages: int, seed: int) -> tuple[Path, int]:
    """Return a profile with dossiers and pages that wait, and the pages' bytes."""
    profile = ground.profile(dossiers)
    said = run([*_CLIENT, "attach", profile, str(pages), str(SMALLEST), str(LARGEST), str(seed)],
               environment(), timeout_s=1200)  # fmt: skip
    return profile, int(json.loads(said)["bytes"])


# ---- pages and events together, and cuts ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pages:
    """How pages went over a slow line.

    Attributes:
        rate: bytes of pages a second.
        share: bytes that the station sent, by the bytes of pages.
        waits: of the events meanwhile, s.
    """

    rate: float
    share: float
    waits: list[float]


def send_pages(
    ground: Ground,
    seed: int,
    pages: int,
    *,
    every_s: float = 0,
    seconds: int = 0,
    is_cut: bool = False,
) -> Pages:
    """Send pages whose events the server has, over the slow line: all, or for some time."""
    profile, size = with_pages(ground, 5, pages, seed)
    with slow(seed) as line, product_server(ground, line) as server:
        said = go(start(line, ground, "ours", profile, "pass"))
        assert said["again"] == 0, said
        until = str(seconds) if seconds else "done"
        client = start(line, ground, "pages", profile, str(every_s), until)
        before = line.bytes_up
        if is_cut:
            with cuts(line):
                said = go(client)
        else:
            said = go(client)
        sent = line.bytes_up - before
        stored = server.value("SELECT count(*) FROM page WHERE stored_at IS NOT NULL")
        arrived = server.value('SELECT coalesce(sum("offset"), 0) FROM upload')
        if not seconds and (stored != pages or arrived != size):
            raise AssertionError(f"{stored} of {pages} pages stored, {arrived} of {size} bytes")
    return Pages(arrived / said["seconds"], sent / max(arrived, 1), said["waits"])


def cut_records(ground: Ground, seed: int, count: int) -> Run:
    """Push receptions over the slow line while it is cut."""
    with slow(seed) as line, cuts(line):
        return run_one(ground, ours("pass"), line, count)


def at_once(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run works at once, each on a line of its own."""
    with ThreadPoolExecutor(len(works)) as pool:
        return [done.result() for done in [pool.submit(work) for work in works]]


# ---- offline for days ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Return:
    """How a station came back after days.

    Attributes:
        waiting_at_first_page: events not confirmed when the first page was begun.
        events_s: until all events were confirmed, on the slow line.
        pages_s: for all pages, without a limit.
        lost: dossiers or pages that the server lacks in the end.
    """

    waiting_at_first_page: int
    events_s: float
    pages_s: float
    lost: int


def after_days(ground: Ground, dossiers: int, pages: int) -> Return:
    """Let a station come back with all its work: events on the slow line, pages on a free one."""
    profile, _ = with_pages(ground, dossiers, pages, 1)
    with slow(1) as line, product_server(ground, line) as server:
        first = go(start(line, ground, "pages", profile, "0", "first-page"))
        kept = server
    with link() as line, product_server(ground, line, again=kept) as server:
        then = go(start(line, ground, "pages", profile, "0", "done"))
        stored = server.value("SELECT count(*) FROM page WHERE stored_at IS NOT NULL")
        received = server.value("SELECT count(*) FROM dossier")
    lost = dossiers - received + pages - stored
    return Return(int(first["at_first_page"]), first["seconds"], then["seconds"], lost)


# ---- many stations -------------------------------------------------------------------------------


def enrolled(server: Server, count: int, agencies: int) -> list[load.Station]:
    """Make stations known to a server, without asking it."""
    database, now = ServerDatabase(server.database), dt.datetime.now(dt.UTC)
    host = f"{ADDRESS['office']}:{PORT}"
    stations = [load.Station(f"H25.{10 + i % agencies}", host) for i in range(count)]
    with database.writing() as session:
        for agency in sorted({station.agency for station in stations}):
            session.add(AgencyRow(agency=agency, name=f"UBND phường {agency}"))
        session.flush()
        session.add_all(
            StationRow(
                agency=s.agency, id=s.id, name="Quầy 1", enrolled_at=now,
                signing_key=sealing.public_of_signing(s.signing), sealing_key=bytes(32),
            ) for s in stations
        )  # fmt: skip
    database.close()
    return stations


@dataclass(frozen=True, slots=True)
class Appends:
    """Durable appends a second of so many clients, one event a request, beside bare inserts."""

    clients: int
    rate: float
    p95_ms: float
    bare: float


def appends(ground: Ground, clients: int, seconds: int) -> Appends:
    """Let stations push one event a request; then as many clients of pgbench insert the same."""
    with link() as line, product_server(ground, line) as server:
        stations = enrolled(server, clients, min(clients, 16))
        plan = ground.room("plan") / "plan"
        each = max(40, 1500 * seconds // clients)
        load.write_plan(plan, (
            [s.push([("dossier.received", *load.reception(s.agency, 1 + i * each + j))])
             for j in range(each)] for i, s in enumerate(stations)
        ))  # fmt: skip
        said = _load(line, "append", plan, seconds)
    if said["failed"]:
        raise AssertionError(f"{said['failed']} pushes failed: {said['why']}")
    bare = _pgbench(ground, clients, seconds)
    return Appends(clients, said["answers"] / said["seconds"], said["p95_s"] * 1000, bare)


def _load(line: Line, what: str, plan: Path, number: int) -> dict[str, Any]:
    words = [sys.executable, "-m", "benchmarks.sync.load", what, ADDRESS["office"], str(PORT)]
    client = line.popen(
        [*words, plan, str(number)], "station", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env=environment(), cwd=ROOT,
    )  # fmt: skip
    assert client.stdout.readline() == b"ready\n"
    return go(client)


def _pgbench(ground: Ground, clients: int, seconds: int) -> float:
    """Return bare durable inserts a second of the same 2 KB, one a transaction."""
    database, room = new_database(ground.url), ground.room("pgbench")
    _, body = load.reception("H25.10", 1)
    words = dict(part.split("=") for part in plain(database).split())
    program = shutil.which("pgbench") or "/usr/lib/postgresql/15/bin/pgbench"
    connect = ["-h", words["host"], "-U", words["user"]]
    run(["psql", *connect, "-c", "CREATE TABLE record (id uuid PRIMARY KEY, body jsonb NOT NULL)",
         words["dbname"]], bare_environment(room))  # fmt: skip
    text = body.decode().replace("'", "''")
    script = room / "insert.sql"
    script.write_text(f"INSERT INTO record VALUES (gen_random_uuid(), '{text}');\n", "utf-8")
    said = run(
        [program, *connect, "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T",
         str(seconds), "-f", script, words["dbname"]],
        bare_environment(room), timeout_s=seconds + 60,
    )  # fmt: skip
    row = next(line for line in said.splitlines() if line.startswith("tps"))
    return float(row.split("=")[1].split()[0])


@dataclass(frozen=True, slots=True)
class Comeback:
    """How the server stood many stations at once; every second one only asks for news."""

    stations: int
    seconds: float
    failed: int
    p95_ms: float
    server_mb: float
    server_ms: float


def comeback(ground: Ground, stations: int, sockets: int = 200) -> Comeback:
    """Let stations come back at once, one half with a few events, one with an empty pass."""
    with link() as line, product_server(ground, line) as server:
        plan = ground.room("plan") / "plan"
        made = enrolled(server, stations, 100)
        load.write_plan(plan, (_comes_back(s, i) for i, s in enumerate(made)))
        before = cpu_s(server.pid)
        with watching(server.pid) as peaks:
            said = _load(line, "back", plan, sockets)
        used = cpu_s(server.pid) - before
        pushed = server.value("SELECT count(*) FROM event WHERE refusal IS NULL")
    expected = 3 * ((stations + 1) // 2)
    failed = said["failed"] + (expected - pushed)
    return Comeback(stations, said["seconds"], failed, said["p95_s"] * 1000,
                    peaks.most[server.pid], used * 1000 / stations)  # fmt: skip


def _comes_back(station: load.Station, i: int) -> list[bytes]:
    asks = [station.request("GET", "/v1/time")]
    if i % 2 == 0:
        dossier, body = load.reception(station.agency, 1 + i // 100)
        note = json.dumps({"text": "đã gọi điện báo người dân"}, ensure_ascii=False).encode()
        asks.append(station.push([("dossier.received", dossier, body),
                                  ("note.added", dossier, note),
                                  ("note.added", dossier, note)]))  # fmt: skip
    else:
        asks.append(station.request("GET", "/v1/pull?after=9007199254740000"))
    return asks
