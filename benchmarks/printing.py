"""From F9 to "printed" on a virtual printer behind CUPS, beside a bare `lp` of the same PDF."""

from __future__ import annotations

import re
import statistics
import subprocess
import time
from pathlib import Path
from threading import Thread

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
    out, noted, bare_out, bare_done = [], [], [], []
    with print_shop(folder / "shop") as shop:
        for i in range(runs + 1):
            sheet, done = receive_and_print(desk, shop, i + 1)
            newest = max(shop.printed("HCC"), key=lambda path: path.stat().st_mtime_ns)
            paper.write_bytes(newest.read_bytes())
            bare_sheet, bare = lp(shop, paper)
            if i:  # the first pair warms the queue up
                out.append(sheet)
                noted.append(done)
                bare_out.append(bare_sheet)
                bare_done.append(bare)
        assert len(shop.printed("HCC")) == 2 * (runs + 1), "every sheet came out, once"
    desk.store.close()
    first, last = statistics.median(bare_out), statistics.median(bare_done)
    sheet = "a bare lp of the same PDF until its sheet is out, same queue, same run"
    queue = "a bare lp of the same PDF until the queue calls it completed, same run"
    return [
        Result("bare lp until the sheet is out", first, "ms", "the limit itself", 1.0, runs),
        Result("F9 until the sheet is out: dossier, receipt, spool", statistics.median(out),
               "ms", sheet, statistics.median(out) / first, runs),
        Result("bare lp until the queue says completed", last, "ms", "the limit itself", 1.0,
               runs),
        Result("F9 until “printed” is noted", statistics.median(noted), "ms", queue,
               statistics.median(noted) / last, runs),
        Result("F9 until “printed” is noted, p95", p95(noted), "ms", queue, p95(noted) / last,
               runs),
    ]  # fmt: skip


class Seen(Thread):
    """Notes when the next sheet comes out, while somebody else prints it."""

    def __init__(self, shop: PrintShop) -> None:
        super().__init__(daemon=True)
        self._shop, self._before = shop, len(shop.printed("HCC"))
        self.began, self.ms = time.perf_counter(), 0.0
        self.start()

    def run(self) -> None:
        wait_for(lambda: len(self._shop.printed("HCC")) > self._before, 60, "sheet")
        self.ms = (time.perf_counter() - self.began) * 1000

    def sheet_ms(self) -> float:
        self.join()
        return self.ms


def receive_and_print(desk, shop: PrintShop, i: int) -> tuple[float, float]:
    """Return ms until the sheet is out, and until the journal says so."""
    spool = Spool(print_jobs.DeskJournal(desk), open_printer)
    seen = Seen(shop)

    def work() -> None:
        reception = receive(desk, i)
        job = receipts.queue_print(desk, CLERK, reception.dossier, shop.queue_uri("HCC"))
        spool.work(patience_s=30)
        assert print_jobs.job(desk, job.id).state == "printed"

    done = timed(work)
    return seen.sheet_ms(), done


def lp(shop: PrintShop, paper: Path) -> tuple[float, float]:
    """Return ms until the sheet is out, and until the queue calls the job completed."""
    command = [program("lp"), "-d", "HCC", "-o", "media=iso_a5_148x210mm", str(paper)]
    env = {**shop.env, "PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    seen = Seen(shop)

    def work() -> None:
        said = subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout
        number = int(re.search(r"HCC-(\d+)", said)[1])
        queue = shop.queue_uri("HCC")
        wait_for(lambda: shop.job_state(queue, number).word == "completed", 60, "completion")

    done = timed(work)
    return seen.sheet_ms(), done
