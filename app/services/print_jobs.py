"""Print jobs: queued durably, followed to an outcome, and noted as events of their dossier."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.domain.bodies import DocumentPrinted
from app.models import events, projection
from app.models.base import PrintJobRow
from app.services.desk import Clerk, Desk
from printing.document import PaperSize


@dataclass(frozen=True, slots=True, kw_only=True)
class Printout:
    """A finished PDF that is about to leave.

    Attributes:
        dossier: whose it is; None for one of a day, a shift or a procedure.
        code: of the dossier, "" without one.
        form: key such as "01", "hand-over".
        version: of what it says, counted up by corrections.
        copy: which time it comes out, from 1.
        title: of the print job.
        sha256: under which the PDF is kept.
    """

    dossier: UUID | None
    code: str
    form: str
    version: int
    copy: int
    title: str
    paper: PaperSize
    sha256: str
    pdf: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintJob:
    """A print job as the journal has it."""

    id: int
    dossier: UUID | None
    code: str
    form: str
    version: int
    copy: int
    sha256: str
    title: str
    printer: str
    state: str
    reason: str
    created_at: dt.datetime


def queue(desk: Desk, clerk: Clerk, printout: Printout, printer: str) -> PrintJob:
    """Put a printout into the print journal.

    Raises:
        StoreProblem: nothing was queued.
    """
    now = desk.now()
    with desk.store.database.writing() as session:
        row = PrintJobRow(
            dossier=printout.dossier,
            form=printout.form,
            version=printout.version,
            copy=printout.copy,
            sha256=printout.sha256,
            title=printout.title,
            printer=printer,
            actor=clerk.user,
            state="queued",
            created_at=now,
            updated_at=now,
        )
        session.add(row)
        session.flush()
        return _job(row, printout.code)


def jobs_waiting(desk: Desk) -> tuple[PrintJob, ...]:
    """Return jobs that still need a printer, or a person's eye, oldest first."""
    with desk.store.database.reading() as session:
        rows = session.scalars(
            select(PrintJobRow)
            .where(PrintJobRow.state.in_(("queued", "sending", "sent", "not_printed", "unknown")))
            .order_by(PrintJobRow.id)
        )
        return tuple(_job(row, "") for row in rows)


def job(desk: Desk, id: int) -> PrintJob:
    """Return one job by its number."""
    with desk.store.database.reading() as session:
        row = session.get_one(PrintJobRow, id)
        return _job(row, "")


def note_outcome(desk: Desk, id: int, outcome: str, reason: str, printer_job: int | None) -> None:
    """Write a job's new state; an outcome also becomes an event of its dossier.

    Args:
        desk: the station's.
        id: of the job.
        outcome: sending, sent, printed, not_printed, unknown or saved.
        reason: words about it, or "".
        printer_job: the printer's number for it, None if unchanged.
    """
    with desk.store.acting() as session:
        row = session.get_one(PrintJobRow, id)
        row.state, row.reason, row.updated_at = outcome, reason, desk.now()
        row.printer_job = printer_job if printer_job is not None else row.printer_job
        if outcome in ("printed", "not_printed", "unknown", "saved") and row.dossier:
            body = DocumentPrinted(
                form=row.form,
                outcome=outcome,  # type: ignore[arg-type] # one of the four just named
                sha256=row.sha256,
                version=row.version,
                copy=row.copy,
                printer=row.printer,
                reason=reason,
            )
            projection.record(
                session,
                events.Act("document.printed", body, row.actor, desk.now(), row.dossier),
            )


def note_saved(desk: Desk, clerk: Clerk, printout: Printout, target: str) -> None:
    """Record that a printout left as a file instead of on paper."""
    if printout.dossier is None:
        return
    body = DocumentPrinted(
        form=printout.form,
        outcome="saved",
        sha256=printout.sha256,
        version=printout.version,
        printer="file",
        reason=target[:200],
    )
    with desk.store.acting() as session:
        projection.record(
            session,
            events.Act("document.printed", body, clerk.user, desk.now(), printout.dossier),
        )


def _job(row: PrintJobRow, code: str) -> PrintJob:
    return PrintJob(
        id=row.id,
        dossier=row.dossier,
        code=code or row.title.rpartition(" ")[2],
        form=row.form,
        version=row.version,
        copy=row.copy,
        sha256=row.sha256,
        title=row.title,
        printer=row.printer,
        state=row.state,
        reason=row.reason,
        created_at=row.created_at,
    )


class DeskJournal:
    """The spool's journal, kept in the store (see printing.spool.Journal)."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def waiting(self) -> Sequence[tuple[int, str, str, str, int | None]]:
        """Return (job, state, printer, title, printer's number) of jobs under way."""
        with self._desk.store.database.reading() as session:
            rows = session.scalars(
                select(PrintJobRow)
                .where(PrintJobRow.state.in_(("queued", "sending", "sent")))
                .order_by(PrintJobRow.id)
            )
            return [(r.id, r.state, r.printer, r.title, r.printer_job) for r in rows]

    def content(self, id: int) -> bytes:
        """Return a job's PDF."""
        return self._desk.store.blobs.get(job(self._desk, id).sha256)

    def note(self, id: int, state: str, reason: str = "", printer_job: int | None = None) -> None:
        """Write a job's new state durably."""
        note_outcome(self._desk, id, state, reason, printer_job)
