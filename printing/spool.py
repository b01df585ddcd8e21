"""One job at a time per printer; every job ends with an outcome, and none prints twice by itself.

The journal is written before and after each step: queued → sending → sent →
printed, not printed or unknown. A job found in `sending` after a crash may
have reached the printer: the printer is asked for it by its title, and if it
does not know it, the job is unknown and asks for a person's eye.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from printing.drivers import JobOptions, JobState, PrinterDriver
from printing.errors import OutcomeUnknown, PrinterBusy, PrinterOffline, PrintProblem

FIRST_POLL_S = 0.2
SLOWEST_POLL_S = 3.0
SLOWER = 1.2  # a fault that lasted longer is asked about more rarely
PRINTERS_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolJob:
    """A job as the journal has it.

    Attributes:
        id: of the journal.
        state: queued, sending or sent.
        title: under which the printer gets it; no two jobs have the same.
        number: the printer's own for it, None until it is known.
    """

    id: int
    state: str
    printer: str
    title: str
    options: JobOptions
    number: int | None = None


class Journal(Protocol):
    """Where the spool writes what happens, durably; called by several threads."""

    def waiting(self) -> Sequence[SpoolJob]:
        """Return the jobs under way, oldest first."""

    def content(self, id: int, /) -> bytes:
        """Return a job's PDF.

        Raises:
            PrintProblem: it is gone; the job ends as not printed.
        """

    def note(
        self, id: int, state: str, reason: str = "", printer_job: int | None = None, /
    ) -> None:
        """Write a job's new state."""


class Spool:
    """Works through the journal's jobs, printers side by side.

    Args:
        journal: durable states.
        open_printer: returns the driver of a printer by name.
        told: called with (job, state, words) whenever there is something to
            show; from the threads of the printers.
        sleep: rests for seconds; may end early.
    """

    def __init__(
        self,
        journal: Journal,
        open_printer: Callable[[str], PrinterDriver],
        *,
        told: Callable[[int, str, str], None] = lambda *_: None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._journal = journal
        self._open = open_printer
        self._told = told
        self._sleep = sleep
        self._drivers: dict[str, PrinterDriver] = {}
        self._bell = threading.Event()
        self._unwanted: set[int] = set()

    def recover(self) -> None:
        """After a start: ask for what was being handed over; what nobody knows is unknown now."""
        for job in self._journal.waiting():
            if job.state != "sending":
                continue
            number = self._found(job)
            if number is None:
                self._end(job.id, "unknown", f"{OutcomeUnknown()}")
            else:
                self._journal.note(job.id, "sent", "", number)

    def wake(self) -> None:
        """Tell a `work` under way that there is a new job."""
        self._bell.set()

    def cancel(self, id: int) -> None:
        """Have a job dropped that a printer already took; `work` sees to it."""
        self._unwanted.add(id)
        self.wake()

    def work(self, *, patience_s: float, stop: Callable[[], bool] = lambda: False) -> None:
        """Hand over what is queued and follow what was sent; return when all have ended.

        Each printer has a thread of its own: none waits for another.

        Args:
            patience_s: how long one job is followed before the next one's
                turn; it stays `sent` and is asked about again next time.
            stop: answers True when the work should be left.
        """
        seen: set[int] = set()
        busy: dict[str, Future[None]] = {}
        with ThreadPoolExecutor(PRINTERS_AT_ONCE, "printer") as pool:
            while True:
                self._bell.clear()
                for printer in [name for name, future in busy.items() if future.done()]:
                    busy.pop(printer).result()
                for printer in {job.printer for job in self._due(seen)} - busy.keys():
                    at_printer = partial(self._work_at, printer, seen, patience_s, stop)
                    busy[printer] = pool.submit(at_printer)
                    busy[printer].add_done_callback(lambda _: self._bell.set())
                if not busy:
                    return
                self._bell.wait()

    def _due(self, seen: set[int]) -> list[SpoolJob]:
        return [j for j in self._journal.waiting() if j.id not in seen and j.state != "sending"]

    def _work_at(
        self, printer: str, seen: set[int], patience_s: float, stop: Callable[[], bool]
    ) -> None:
        """Work through the jobs of one printer, also those that come meanwhile."""
        while not stop():
            job = next((job for job in self._due(seen) if job.printer == printer), None)
            if job is None:
                return
            seen.add(job.id)
            try:
                driver = self._driver(printer)
            except PrintProblem as problem:  # no driver fits its address
                outcome = "not_printed" if job.state == "queued" else "unknown"
                self._end(job.id, outcome, str(problem))
                continue
            number = job.number
            if job.state == "queued":
                number = self._hand_over(driver, job, patience_s, stop)
            if number is not None:
                self._follow(driver, job, number, patience_s, stop)
        seen.update(job.id for job in self._due(seen) if job.printer == printer)

    def _driver(self, printer: str) -> PrinterDriver:
        """Return a printer's driver, kept: some know of their jobs only while they live."""
        if printer not in self._drivers:
            self._drivers[printer] = self._open(printer)
        return self._drivers[printer]

    def _hand_over(
        self, driver: PrinterDriver, job: SpoolJob, patience_s: float, stop: Callable[[], bool]
    ) -> int | None:
        """Send one job; None if it did not get to the printer, or nobody knows.

        A printer that is busy with others is asked again; after `patience_s`
        the job stays queued.
        """
        waited, pause = 0.0, FIRST_POLL_S
        while not stop():
            try:
                return self._send(driver, job)
            except PrinterBusy as problem:
                self._journal.note(job.id, "queued", str(problem), None)
                if not waited:
                    self._told(job.id, "queued", str(problem))
            if waited >= patience_s:
                return None
            self._sleep(pause)
            waited += pause
            pause = min(SLOWEST_POLL_S, pause * SLOWER)
        return None

    def _send(self, driver: PrinterDriver, job: SpoolJob) -> int | None:
        """Send one job once.

        Raises:
            PrinterBusy: it took nothing.
        """
        if job.id in self._unwanted:
            self._end(job.id, "not_printed", "Lệnh in đã bị huỷ.")
            return None
        try:
            driver.look(job.options)
            pdf = self._journal.content(job.id)
            self._journal.note(job.id, "sending", "", None)
            number = driver.send(job.title, pdf, job.options)
        except PrinterBusy:
            raise
        except OutcomeUnknown as problem:
            found = self._found(job)
            if found is None:
                self._end(job.id, "unknown", str(problem))
                return None
            number = found
        except PrintProblem as problem:
            self._end(job.id, "not_printed", str(problem))
            return None
        self._journal.note(job.id, "sent", "", number)
        self._told(job.id, "sent", "")
        return number

    def _found(self, job: SpoolJob) -> int | None:
        try:
            return self._driver(job.printer).find(job.title)
        except PrintProblem:
            return None

    def _follow(
        self,
        driver: PrinterDriver,
        job: SpoolJob,
        number: int,
        patience_s: float,
        stop: Callable[[], bool],
    ) -> None:
        waited, pause, said = 0.0, FIRST_POLL_S, ""
        while not stop():
            state = self._asked(driver, job, number)
            words = _words(state)
            if state.outcome != "working":
                self._end(job.id, state.outcome, words)
                return
            if words != said:
                self._journal.note(job.id, "sent", words, number)
                self._told(job.id, "sent", words)
                said = words
            if waited >= patience_s:
                return
            self._sleep(pause)
            waited += pause
            pause = min(SLOWEST_POLL_S, pause * SLOWER)

    def _asked(self, driver: PrinterDriver, job: SpoolJob, number: int) -> JobState:
        try:
            if job.id in self._unwanted:
                driver.cancel(number)
                self._unwanted.discard(job.id)
            return driver.state(number)
        except PrinterOffline as problem:
            return JobState("working", problem)
        except PrintProblem as problem:  # it cannot drop the job: go on following it
            self._unwanted.discard(job.id)
            return JobState("working", problem)

    def _end(self, id: int, outcome: str, words: str) -> None:
        self._unwanted.discard(id)
        self._journal.note(id, outcome, words, None)
        self._told(id, outcome, words)


def _words(state: JobState) -> str:
    """Return what is said of a job: its problem, and how much paper came out of it."""
    words = [] if state.problem is None else [str(state.problem)]
    if state.sheets and state.outcome != "printed":
        words.append(f"Đã ra {state.sheets} tờ.")
    return " ".join(words)
