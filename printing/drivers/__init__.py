"""Printers behind one protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from printing.document import PaperSize
from printing.errors import PrintProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOptions:
    """How a job is to come out."""

    paper: PaperSize
    copies: int = 1


@dataclass(frozen=True, slots=True)
class JobState:
    """What the printer says of a job.

    Attributes:
        outcome: "working", "printed", "not_printed" or "unknown".
        problem: what holds it up or ended it, None if nothing.
    """

    outcome: str
    problem: PrintProblem | None = None


class PrinterDriver(Protocol):
    """One printer."""

    def look(self) -> None:
        """Ask whether it would print now.

        Raises:
            PrintProblem: it would not; what hands must do.
        """

    def send(self, title: str, pdf: bytes, options: JobOptions) -> int:
        """Hand a PDF over; return the printer's number for the job.

        Raises:
            OutcomeUnknown: the answer was lost; it may print.
            PrintProblem: nothing was taken.
        """

    def state(self, job: int) -> JobState:
        """Ask what became of a job.

        Raises:
            PrinterOffline: nobody answers; ask again later.
        """
