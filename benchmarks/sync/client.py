"""The station's side of each contender, a process of its own that waits for the word to go.

It says `ready`, reads a line, works, says `confirmed` when the last dossier is durable on the
server, and ends with one line of JSON. Usage: client.py ours|limit|one WORDS…
"""

from __future__ import annotations

import json
import resource
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_LOOK_S = 0.02


def main(words: list[str]) -> int:
    what, *rest = words
    play: Callable[..., dict[str, Any]] = {"ours": ours, "limit": limit, "one": one}[what]
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
    """Push what waits in a profile: `push` alone, or a whole `pass` without pages."""
    from app.bootstrap import open_workstation
    from app.models import events
    from app.sync import push

    opened = open_workstation(Path(profile))
    store = opened.desk.store
    with store.database.reading() as session:
        incarnation = events.incarnation(session)
        last, before = events.last_of(session, incarnation)[0], events.have(session, incarnation)
    engine, connection = opened.engine(), opened.connect()
    began = go()
    watch = _Watch(store, incarnation, before, last, began)
    watch.start()
    if how == "push":
        done = push.push_all(store, connection)
        watch.join()
        assert done.quarantined == 0, done
    else:
        passed = engine.run(with_pages=False)
        watch.join()
        assert passed.quarantined == 0, passed
    whole_s = time.monotonic() - began[0]
    engine.close()
    connection.close()
    opened.close()
    return watch.found | {"first_s": watch.first_s, "whole_s": whole_s, "steps": watch.steps}


class _Watch(threading.Thread):
    """Looks in the store for what is noted as confirmed, as a clerk's window would."""

    def __init__(
        self, store: Any, incarnation: Any, before: int, last: int, began: tuple[float, float]
    ) -> None:
        super().__init__(daemon=True)
        self._store, self._key = store, f"have:{incarnation}"
        self._before, self._last, self._began = before, last, began
        self.first_s = 0.0
        self.steps: list[tuple[float, int]] = []
        self.found: dict[str, float] = {}

    def run(self) -> None:
        connection = self._store.database.engine.raw_connection()
        cursor, have = connection.cursor(), self._before
        while have < self._last:
            time.sleep(_LOOK_S)
            cursor.execute("SELECT value FROM fact WHERE key = ?", (self._key,))
            row = cursor.fetchone()
            if row is not None and int(row[0]) > have:
                have = int(row[0])
                at = time.monotonic() - self._began[0]
                self.first_s = self.first_s or at
                self.steps.append((round(at, 2), have - self._before))
        self.found = confirmed(self._began)
        connection.close()


def limit(url: str, records: str) -> dict[str, Any]:
    """One zstd-9 batch in one POST."""
    import requests
    import zstandard

    data, http = Path(records).read_bytes(), requests.Session()
    began = go()
    packed = zstandard.ZstdCompressor(level=9).compress(data)
    answer = http.post(f"{url}/batch", packed, timeout=600)
    answer.raise_for_status()
    found = confirmed(began)
    return found | {"first_s": found["seconds"]}


def one(url: str, records: str) -> dict[str, Any]:
    """One POST a record, one after the other."""
    import requests

    lines, http, first_s = Path(records).read_bytes().splitlines(), requests.Session(), 0.0
    began = go()
    for line in lines:
        http.post(f"{url}/one", line, timeout=600).raise_for_status()
        first_s = first_s or time.monotonic() - began[0]
    return confirmed(began) | {"first_s": first_s}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
