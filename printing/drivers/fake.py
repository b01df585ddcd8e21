"""A printer that keeps what it was given and plays every failure."""

from __future__ import annotations

from dataclasses import dataclass, field

from printing.drivers import JobOptions, JobState
from printing.errors import OutcomeUnknown, PrintProblem


@dataclass
class FakePrinter:
    """Prints at once, unless told to fail.

    Attributes:
        printed: (title, PDF) of what came out.
        trouble: raised by `look`, and holds up jobs already taken.
        loses_answers: takes a job but its answer never arrives.
        refuses: raised by `send`, nothing is taken.
    """

    printed: list[tuple[str, bytes]] = field(default_factory=list)
    trouble: PrintProblem | None = None
    loses_answers: bool = False
    refuses: PrintProblem | None = None
    ends_badly: bool = False

    def look(self) -> None:
        """Raise the trouble, if there is any."""
        if self.trouble is not None:
            raise self.trouble

    def send(self, title: str, pdf: bytes, options: JobOptions) -> int:  # noqa: ARG002
        """Keep the job."""
        if self.refuses is not None:
            raise self.refuses
        self.printed.append((title, pdf))
        if self.loses_answers:
            raise OutcomeUnknown
        return len(self.printed)

    def state(self, job: int) -> JobState:  # noqa: ARG002
        """Say what became of a job."""
        if self.ends_badly:
            return JobState("not_printed", self.trouble)
        return JobState("working", self.trouble) if self.trouble else JobState("printed")
