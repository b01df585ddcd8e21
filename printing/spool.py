"""One job at a time; every job ends with an outcome, and none prints twice by itself.

The journal is written before and after each step: queued → sending → sent →
printed, not printed or unknown. A job found in `sending` after a crash may
have reached the printer: it is unknown and asks for a person's eye.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from printing.document import PaperSize
from printing.drivers import JobOptions, JobState, PrinterDriver
from printing.errors import OutcomeUnknown, PrinterOffline, PrintProblem

FIRST_POLL_S = 0.2
SLOWEST_POLL_S = 3.0


class Journal(Protocol):
    """Where the spool writes what happens, durably."""

    def waiting(self) -> Sequence[tuple[int, str, str, str, int | None]]:
        """Return (job, state, printer, title, printer's number) of jobs under way."""

    def content(self, id: int, /) -> bytes:
        """Return a job's PDF."""

    def note(
        self, id: int, state: str, reason: str = "", printer_job: int | None = None, /
    ) -> None:
        """Write a job's new state."""


class Spool:
    """Works through the journal's jobs.

    Args:
        journal: durable states.
        open_printer: returns the driver of a printer by name.
        paper: size of the receipts.
        told: called with (job, state, words) whenever there is something to show.
    """

    def __init__(
        self,
        journal: Journal,
        open_printer: Callable[[str], PrinterDriver],
        *,
        paper: PaperSize = PaperSize.A5,
        told: Callable[[int, str, str], None] = lambda *_: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._journal = journal
        self._open = open_printer
        self._paper = paper
        self._told = told
        self._sleep = sleep

    def recover(self) -> None:
        """After a start: what was being handed over is unknown now."""
        for id, state, *_ in self._journal.waiting():
            if state == "sending":
                problem = OutcomeUnknown()
                self._end(id, "unknown", f"{problem}")

    def work(self, *, patience_s: float, stop: Callable[[], bool] = lambda: False) -> None:
        """Hand over what is queued and follow what was sent; return when all have ended.

        Args:
            patience_s: how long one job is followed before the next one's
                turn; it stays `sent` and is asked about again next time.
            stop: answers True when the work should be left.
        """
        for id, state, printer, title, number in self._journal.waiting():
            if stop():
                return
            driver = self._open(printer)
            if state == "queued":
                number = self._hand_over(id, driver, title)
            if number is not None and state != "sending":
                self._follow(id, driver, number, patience_s, stop)

    def _hand_over(self, id: int, driver: PrinterDriver, title: str) -> int | None:
        """Send one job; None if it did not get to the printer, or nobody knows."""
        try:
            driver.look()
        except PrintProblem as problem:
            self._end(id, "not_printed", str(problem))
            return None
        pdf = self._journal.content(id)
        self._journal.note(id, "sending", "", None)
        try:
            number = driver.send(title, pdf, JobOptions(paper=self._paper))
        except OutcomeUnknown as problem:
            self._end(id, "unknown", str(problem))
            return None
        except PrintProblem as problem:
            self._end(id, "not_printed", str(problem))
            return None
        self._journal.note(id, "sent", "", number)
        self._told(id, "sent", "")
        return number

    def _follow(
        self,
        id: int,
        driver: PrinterDriver,
        number: int,
        patience_s: float,
        stop: Callable[[], bool],
    ) -> None:
        waited, pause, said = 0.0, FIRST_POLL_S, ""
        while not stop():
            try:
                state = driver.state(number)
            except PrinterOffline as problem:
                state = JobState("working", problem)
            words = "" if state.problem is None else str(state.problem)
            if state.outcome != "working":
                self._end(id, state.outcome, words)
                return
            if words != said:
                self._journal.note(id, "sent", words, number)
                self._told(id, "sent", words)
                said = words
            if waited >= patience_s:
                return
            self._sleep(pause)
            waited += pause
            pause = min(SLOWEST_POLL_S, pause * 1.5)

    def _end(self, id: int, outcome: str, words: str) -> None:
        self._journal.note(id, outcome, words, None)
        self._told(id, outcome, words)
