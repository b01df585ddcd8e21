"""Many stations at once, without stores: signed requests made ahead, sent as they are taken.

Usage: load.py append HOST PORT PLAN SECONDS | load.py back HOST PORT PLAN SOCKETS; the plan is a
file of JSON lines, one a station: a list of requests in hex.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import zstandard

_ANSWER_S = 60


# ---- before: stations and their requests ---------------------------------------------------------


@dataclass
class Station:
    """A station's keys and chain.

    Attributes:
        n, head: its last event.
    """

    agency: str
    host: str
    id: UUID = field(default_factory=uuid4)
    store: UUID = field(default_factory=uuid4)
    signing: bytes = field(default_factory=lambda: os.urandom(32))
    n: int = 0
    head: bytes = b""

    def push(self, bodies: list[tuple[str, UUID, bytes]]) -> bytes:
        """Return a whole HTTP request that pushes the next events of this station."""
        from app.domain import sealing, wire
        from app.domain.events import Event, genesis

        prev = first_prev = self.head or genesis(self.store)
        found = []
        at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        for kind, dossier, body in bodies:
            self.n += 1
            event = Event(store=self.store, n=self.n, prev=prev, dossier=dossier, base=0,
                          kind=kind, v=1, at=at, actor="bich", body=body)  # fmt: skip
            found.append(event)
            prev = event.hash
        self.head = prev
        signed = sealing.sign(self.signing, wire.signed_bytes(self.store, self.n, prev))
        head = wire.PushHead(
            protocol=wire.PROTOCOL, store=self.store, first=found[0].n, count=len(found),
            prev=first_prev.hex(), head=prev.hex(), signature=signed.hex(),
        )  # fmt: skip
        packed = zstandard.compress(wire.write_push(head, found))
        return self.request("POST", "/v1/push", packed)

    def request(self, method: str, target: str, body: bytes = b"") -> bytes:
        """Return a whole signed HTTP request."""
        from app.domain import sealing, wire

        at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        signature = sealing.sign(self.signing, wire.request_bytes(method, target, at, body)).hex()
        head = [f"{method} {target} HTTP/1.1", f"Host: {self.host}"]
        if body:
            head += [f"Content-Length: {len(body)}", "Content-Encoding: zstd"]
        head.append(f'Authorization: QMC-Station id="{self.id}", at="{at}", '
                    f'signature="{signature}"')  # fmt: skip
        return "\r\n".join([*head, "", ""]).encode() + body


def reception(agency: str, number: int) -> tuple[UUID, bytes]:
    """Return a dossier and the body of its reception, under a number that nobody draws."""
    from app.domain.events import write_body
    from benchmarks.sync import work

    made = next(work.receptions(1, number))
    fields = json.loads(write_body(made.body))
    day = dt.datetime.fromisoformat(fields["received_at"]).strftime("%y%m%d")
    fields |= {"agency": agency, "number": number, "code": f"{agency}-{day}-{number:04d}"}
    return uuid4(), json.dumps(fields, ensure_ascii=False).encode()


def write_plan(path: Path, plans: Iterator[list[bytes]]) -> None:
    """Write the requests of every station."""
    with path.open("w", encoding="ascii") as file:
        for plan in plans:
            file.write(json.dumps([request.hex() for request in plan]) + "\n")


# ---- the load ------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What came of it; seconds of every answer, and what was not an answer of 200."""

    times: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


async def ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes, tally: Tally
) -> None:
    """Send one request and read its answer."""
    began = time.perf_counter()
    writer.write(request)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _ANSWER_S)
    lines = head.decode("latin-1").split("\r\n")
    length = next((int(x.split(":")[1]) for x in lines if x.lower().startswith("content-length")),
                  0)  # fmt: skip
    content = await reader.readexactly(length)
    tally.times.append(time.perf_counter() - began)
    if lines[0].split()[1] != "200":
        tally.failed.append(f"{lines[0]} {content[:200]!r}")


async def append(host: str, port: int, plans: list[list[bytes]], seconds: float) -> Tally:
    """Let every station push one after the other until the time is over."""
    tally = Tally()
    pairs = [await asyncio.open_connection(host, port) for _ in plans]
    until = time.monotonic() + seconds

    async def one(plan: list[bytes], pair: Any) -> None:
        for request in plan:
            if time.monotonic() > until:
                return
            try:
                await ask(*pair, request, tally)
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                tally.failed.append(repr(error))
                return

    await asyncio.gather(*(one(plan, pair) for plan, pair in zip(plans, pairs, strict=True)))
    for _, writer in pairs:
        writer.close()
    return tally


async def back(host: str, port: int, plans: list[list[bytes]], sockets: int) -> Tally:
    """Let all stations come back at once, as many sockets at a time as one may have."""
    tally, free = Tally(), asyncio.Semaphore(sockets)

    async def one(plan: list[bytes]) -> None:
        async with free:
            try:
                pair = await asyncio.open_connection(host, port)
                for request in plan:
                    await ask(*pair, request, tally)
                pair[1].close()
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                tally.failed.append(repr(error))

    await asyncio.gather(*(one(plan) for plan in plans))
    return tally


def main(words: list[str]) -> int:
    what, host, port, path, number = words
    with Path(path).open(encoding="ascii") as file:
        plans = [[bytes.fromhex(x) for x in json.loads(line)] for line in file]
    print("ready", flush=True)
    sys.stdin.readline()
    began, used = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_utime
    play = {"append": append, "back": back}[what]
    tally = asyncio.run(play(host, int(port), plans, int(number)))
    seconds = time.monotonic() - began
    found = {
        "seconds": seconds, "answers": len(tally.times), "failed": len(tally.failed),
        "why": tally.failed[:3], "p95_s": statistics.quantiles(tally.times, n=20)[-1],
        "p50_s": statistics.median(tally.times),
        "cpu_s": resource.getrusage(resource.RUSAGE_SELF).ru_utime - used,
    }  # fmt: skip
    print(json.dumps(found), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
