"""From F9 to "printed" on a virtual printer behind CUPS, beside a bare `lp` of the same PDF."""

from __future__ import annotations

import statistics
import subprocess
from pathlib import Path

from app.services import print_jobs, receipts
from benchmarks.receipt import receive, receive_once
from benchmarks.result import Result, p95, timed
from benchmarks.station import CLERK, make_station
from printing.drivers.opening import open_printer
from printing.spool import Spool
from tests.support.print_shop import PrintShop, print_shop
from tests.support.processes import program, wait_for

AT_MOST = 30  # the virtual printer takes most of a second a job


def run(folder: Path, runs: int) -> list[Result]:
    """Measure in turns: a reception until its receipt is noted as printed, and a bare `lp`."""
    runs = min(runs, AT_MOST)
    desk = make_station(folder / "profile")
    receive_once(desk, 0)
    paper = folder / "receipt.pdf"
    ours, bare = [], []
    with print_shop(folder / "shop") as shop:
        spool = Spool(print_jobs.DeskJournal(desk), open_printer)
        queue = shop.queue_uri("HCC")
        for i in range(runs + 1):
            ours.append(timed(lambda i=i: receive_and_print(desk, spool, queue, i + 1)))
            newest = max(shop.printed("HCC"), key=lambda path: path.stat().st_mtime_ns)
            paper.write_bytes(newest.read_bytes())
            bare.append(timed(lambda: lp(shop, paper)))
        assert len(shop.printed("HCC")) == 2 * (runs + 1), "every sheet came out, once"
    desk.store.close()
    ours, bare = ours[1:], bare[1:]  # the first pair warms the queue up
    base = statistics.median(bare)
    against = "a bare lp of the same PDF until its sheet is out, same queue, same run"
    return [
        Result("bare lp until the sheet is out", base, "ms", "the limit itself", 1.0, runs),
        Result("F9 until “printed” is noted: dossier, receipt, spool", statistics.median(ours),
               "ms", against, statistics.median(ours) / base, runs),
        Result("F9 until “printed” is noted, p95", p95(ours), "ms", against,
               p95(ours) / base, runs),
    ]  # fmt: skip


def receive_and_print(desk, spool: Spool, queue: str, i: int) -> None:
    reception = receive(desk, i)
    job = receipts.queue_print(desk, CLERK, reception.dossier, queue)
    spool.work(patience_s=30)
    assert print_jobs.job(desk, job.id).state == "printed"


def lp(shop: PrintShop, paper: Path) -> None:
    before = len(shop.printed("HCC"))
    command = [program("lp"), "-d", "HCC", "-o", "media=iso_a5_148x210mm", str(paper)]
    subprocess.run(command, env={**shop.env, "PATH": "/usr/bin:/bin"}, check=True,
                   capture_output=True)  # fmt: skip
    wait_for(lambda: len(shop.printed("HCC")) > before, 30, "sheet")
