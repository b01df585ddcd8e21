"""From F9 to a receipt in PDF/A, over one bare durable commit of the same rows."""

from __future__ import annotations

import statistics
from pathlib import Path

from sqlalchemy import insert

from app.models.base import EventRow
from app.services import intake, receipts
from benchmarks.result import Result, p95, timed
from benchmarks.station import CLERK, entry, make_station


def run(folder: Path, runs: int) -> list[Result]:
    """Measure in turns: a bare commit, a reception, its receipt."""
    desk = make_station(folder / "profile")
    receive_once(desk, 0)  # imports and fonts are paid once a day, not once a dossier
    bare, stored, ready = [], [], []
    for i in range(1, runs + 1):
        received: list[intake.Reception] = []
        stored.append(timed(lambda i=i, to=received: to.append(receive(desk, i))))
        dossier = received[0].dossier
        ready.append(stored[-1] + timed(lambda d=dossier: receipts.make_receipt(desk, CLERK, d)))
        bare.append(timed(lambda d=dossier: bare_commit(desk, d)))
    desk.store.close()
    extra = p95([r - b for r, b in zip(ready, bare, strict=True)])
    limit = "a bare commit of the same two rows, same store, same run"
    base = statistics.median(bare)
    return [
        Result("bare durable commit (SQLCipher, FULL)", base, "ms", "the limit itself", 1.0, runs),
        Result("save: dossier, event, number, journal fsync", statistics.median(stored), "ms",
               limit, statistics.median(stored) / base, runs),
        Result("save to receipt PDF/A ready", statistics.median(ready), "ms", limit,
               statistics.median(ready) / base, runs),
        Result("save to receipt PDF/A ready, p95 over the bare commit", extra, "ms",
               "to reach: 90 ms", extra / 90, runs),
    ]  # fmt: skip


def receive(desk, i: int) -> intake.Reception:
    return intake.receive(desk, CLERK, entry(i))


def receive_once(desk, i: int) -> None:
    receipts.make_receipt(desk, CLERK, receive(desk, i).dossier)


def bare_commit(desk, dossier) -> None:
    """Write one event row and one dossier row again, under other keys, and take them out."""
    with desk.store.database.writing() as session:
        connection = session.connection()
        event = connection.exec_driver_sql(
            "SELECT * FROM event WHERE dossier = ? LIMIT 1", (dossier.hex,)
        ).mappings().first()  # fmt: skip
        row = connection.exec_driver_sql(
            'SELECT s."row", s.content FROM dossier_snapshot s JOIN dossier d ON d."row" = s."row"'
            " WHERE d.id = ?", (dossier.hex,)
        ).mappings().first()  # fmt: skip
        connection.execute(
            insert(EventRow.__table__),
            [dict(event) | {"place": None, "n": -event["n"], "store": dossier,
                            "dossier": dossier}],
        )  # fmt: skip
        connection.exec_driver_sql(
            'UPDATE dossier_snapshot SET content = ? WHERE "row" = ?', (row["content"], row["row"])
        )
