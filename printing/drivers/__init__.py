"""Printers behind one protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from printing.document import PaperSize
from printing.errors import PrintProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOptions:
    """How a job is to come out.

    Attributes:
        copies: how often the whole document comes out.
        duplex: on both sides of a sheet, turned over the long edge.
        tray: the printer's own word for it, "" for its usual one.
    """

    paper: PaperSize
    copies: int = 1
    duplex: bool = False
    tray: str = ""


@dataclass(frozen=True, slots=True)
class JobState:
    """What the printer says of a job.

    Attributes:
        outcome: "working", "printed", "saved", "not_printed" or "unknown".
        problem: what holds it up or ended it, None if nothing.
        sheets: sheets that came out so far, None if the printer does not say.
    """

    outcome: str
    problem: PrintProblem | None = None
    sheets: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterFacts:
    """What a printer says of itself.

    Attributes:
        model: maker and model in its own words, "" if it does not say.
        problem: why it would not print now, None if it would.
        remarks: what is no problem yet, such as paper near its end; Vietnamese.
        papers: sizes it can take, of those that are known here.
        loaded: sizes that lie in its trays now; empty if it does not say.
        trays: its own words for where paper comes from.
        duplex: both sides of a sheet.
        formats: MIME types of documents it takes.
        waiting: jobs in its own queue, None if it does not say.
    """

    model: str = ""
    problem: PrintProblem | None = None
    remarks: tuple[str, ...] = ()
    papers: tuple[PaperSize, ...] = ()
    loaded: tuple[PaperSize, ...] = ()
    trays: tuple[str, ...] = ()
    duplex: bool = False
    formats: tuple[str, ...] = ()
    waiting: int | None = None


class PrinterDriver(Protocol):
    """One printer; used by one thread at a time."""

    def look(self, options: JobOptions | None = None) -> None:
        """Ask whether it would print now.

        Args:
            options: of the job that is about to come, None to ask in general.

        Raises:
            PrintProblem: it would not; what hands must do.
        """

    def describe(self) -> PrinterFacts:
        """Ask what it is and how it stands; never raises a PrintProblem."""

    def send(self, title: str, pdf: bytes, options: JobOptions) -> int:
        """Hand a PDF over; return the printer's number for the job.

        Args:
            title: of the job; no two jobs have the same.

        Raises:
            OutcomeUnknown: the answer was lost; it may print.
            PrintProblem: nothing was taken.
        """

    def find(self, title: str) -> int | None:
        """Return the number of a job that the printer took under `title`.

        None if it knows of none, or keeps no history: that proves nothing.

        Raises:
            PrintProblem: nobody answers.
        """

    def state(self, job: int) -> JobState:
        """Ask what became of a job.

        Raises:
            PrinterOffline: nobody answers; ask again later.
        """

    def cancel(self, job: int) -> None:
        """Ask the printer to drop a job; `state` tells whether it still came out.

        Raises:
            PrintProblem: nobody answers, or it cannot.
        """
