"""A printer that keeps what it was given and plays every failure."""

from __future__ import annotations

from dataclasses import dataclass, field

from printing.document import PaperSize
from printing.drivers import JobOptions, JobState, PrinterFacts
from printing.errors import OutcomeUnknown, PrinterRefused, PrintProblem


@dataclass
class FakePrinter:
    """Prints at once, unless told to fail.

    Attributes:
        printed: (title, PDF) of what came out.
        options: of what came out, in the same order.
        trouble: raised by `look`, and holds up jobs already taken.
        loses_answers: takes a job but its answer never arrives.
        remembers: finds a job again by its title.
        refuses: raised by `send`, nothing is taken.
        ends_badly: gives a job up after taking it.
        cancelled: numbers of jobs that were dropped.
    """

    printed: list[tuple[str, bytes]] = field(default_factory=list)
    options: list[JobOptions] = field(default_factory=list)
    trouble: PrintProblem | None = None
    loses_answers: bool = False
    remembers: bool = False
    refuses: PrintProblem | None = None
    ends_badly: bool = False
    cancelled: set[int] = field(default_factory=set)

    def look(self, options: JobOptions | None = None) -> None:  # noqa: ARG002
        """Raise the trouble, if there is any."""
        if self.trouble is not None:
            raise self.trouble

    def describe(self) -> PrinterFacts:
        """Say what it is, and its trouble."""
        return PrinterFacts(
            model="Máy in thử", problem=self.trouble, papers=tuple(PaperSize), duplex=True
        )

    def send(self, title: str, pdf: bytes, options: JobOptions) -> int:
        """Keep the job."""
        if self.refuses is not None:
            raise self.refuses
        self.printed.append((title, pdf))
        self.options.append(options)
        if self.loses_answers:
            raise OutcomeUnknown
        return len(self.printed)

    def find(self, title: str) -> int | None:
        """Return the number of a job by its title, if it remembers."""
        titles = [known for known, _ in self.printed]
        return titles.index(title) + 1 if self.remembers and title in titles else None

    def state(self, job: int) -> JobState:
        """Say what became of a job."""
        if job in self.cancelled:
            return JobState("not_printed", PrinterRefused("Lệnh in đã bị huỷ."))
        if self.ends_badly:
            return JobState("not_printed", self.trouble)
        return JobState("working", self.trouble) if self.trouble else JobState("printed")

    def cancel(self, job: int) -> None:
        """Drop a job."""
        self.cancelled.add(job)
