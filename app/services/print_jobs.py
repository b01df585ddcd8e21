"""Print jobs: queued durably, followed to an outcome, and noted as events of their dossier."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.bodies import DocumentPrinted
from app.errors import AppError
from app.models import events, projection
from app.models.base import CourseRow, DossierRow, PrintJobRow
from app.models.problems import StoreProblem
from app.services.desk import VIETNAM, Clerk, Desk
from printing.document import PaperSize
from printing.drivers import JobOptions
from printing.errors import PrintProblem
from printing.raster import count_pages
from printing.spool import SpoolJob

RECEIPT_FORM, BATCH_FORM = "01", "01-list"
UNDER_WAY = ("queued", "sending", "sent")
UNSETTLED = ("not_printed", "unknown")
OUTCOMES = ("printed", "not_printed", "unknown", "saved")
STATE_WORDS = {
    "queued": "đang chờ máy in",
    "sending": "đang gửi tới máy in",
    "sent": "máy in đã nhận",
    "printed": "đã in",
    "saved": "đã lưu thành tệp",
    "not_printed": "chưa in được",
    "unknown": "chưa rõ giấy đã ra hay chưa",
    "dropped": "đã bỏ",
}
_ADVICE = {
    "queued": "Chờ giấy ra.",
    "sending": "Chờ giấy ra.",
    "sent": "Chờ giấy ra, hoặc huỷ lệnh này trước.",
    "unknown": "Nhìn khay giấy rồi chọn “Đã in” hoặc “Chưa in” trước.",
    "printed": "Cần thêm một bản thì in lại từ màn hình Hồ sơ.",
}
_LONGEST_TITLE = 200
_LONGEST_REASON = 500


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
    """A print job as the journal has it.

    Attributes:
        state: queued, sending, sent, printed, saved, not_printed, unknown or dropped.
        sheets: of one copy.
    """

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
    paper: PaperSize
    copies: int
    duplex: bool
    tray: str
    sheets: int

    @property
    def is_under_way(self) -> bool:
        """True while the spool has it."""
        return self.state in UNDER_WAY


class NotNow(AppError):
    """The job's state does not allow it; nothing was changed."""


def queue(
    desk: Desk,
    clerk: Clerk,
    printout: Printout,
    printer: str,
    *,
    copies: int = 1,
    duplex: bool = False,
    tray: str = "",
) -> PrintJob:
    """Put a printout into the print journal.

    Raises:
        StoreProblem: nothing was queued.
    """
    now = desk.now()
    pages = count_pages(printout.pdf)
    with desk.store.database.writing() as session:
        row = PrintJobRow(
            dossier=printout.dossier,
            form=printout.form,
            version=printout.version,
            copy=printout.copy,
            sha256=printout.sha256,
            title=printout.title[:_LONGEST_TITLE],
            printer=printer,
            actor=clerk.user,
            state="queued",
            created_at=now,
            updated_at=now,
            paper_size=printout.paper.value,
            copies=copies,
            duplex=duplex,
            tray=tray,
            sheets=-(-pages // 2) if duplex else pages,
        )
        session.add(row)
        session.flush()
        return _job(row, printout.code)


def jobs_waiting(desk: Desk) -> tuple[PrintJob, ...]:
    """Return jobs that still need a printer, or a person's eye, oldest first."""
    with desk.store.database.reading() as session:
        rows = session.scalars(
            select(PrintJobRow)
            .where(PrintJobRow.state.in_((*UNDER_WAY, *UNSETTLED)))
            .order_by(PrintJobRow.id)
        )
        return tuple(_job(row, "") for row in rows)


def job(desk: Desk, id: int) -> PrintJob:
    """Return one job by its number."""
    with desk.store.database.reading() as session:
        row = session.get_one(PrintJobRow, id)
        return _job(row, "")


def retry(desk: Desk, id: int, printer: str = "", *, tray: str = "") -> PrintJob:
    """Queue a job that did not come out again, on the same printer or another.

    Raises:
        NotNow: it is under way, has come out, or nobody knows.
    """
    with desk.store.database.writing() as session:
        row = session.get_one(PrintJobRow, id)
        if row.state != "not_printed":
            raise NotNow(f"Lệnh in này {STATE_WORDS[row.state]}.", _ADVICE.get(row.state, ""))
        if printer and printer != row.printer:
            row.printer, row.tray = printer, tray
        row.state, row.reason, row.printer_job = "queued", "", None
        row.updated_at = desk.now()
        return _job(row, "")


def settle(desk: Desk, clerk: Clerk, id: int, *, came_out: bool) -> PrintJob:
    """Note what a person saw of a job whose outcome nobody knew.

    Raises:
        NotNow: its outcome is known.
    """
    with desk.store.acting(needs_journal=False) as session:
        row = session.get_one(PrintJobRow, id)
        if row.state != "unknown":
            raise NotNow(f"Lệnh in này {STATE_WORDS[row.state]}.", _ADVICE.get(row.state, ""))
        row.state = "printed" if came_out else "not_printed"
        row.reason = "Cán bộ đã nhìn thấy giấy." if came_out else "Cán bộ báo giấy chưa ra."
        row.updated_at = desk.now()
        _record(session, desk, row, clerk.user, by_eye=True)
        return _job(row, "")


def drop(desk: Desk, clerk: Clerk, id: int, reason: str = "") -> PrintJob:
    """Throw a job away that no printer has; it stays in the journal as dropped.

    Raises:
        NotNow: a printer has it, or nobody has said yet whether it came out.
    """
    with desk.store.database.writing() as session:
        row = session.get_one(PrintJobRow, id)
        if row.state not in ("queued", "not_printed"):
            raise NotNow(f"Lệnh in này {STATE_WORDS[row.state]}.", _ADVICE.get(row.state, ""))
        row.state, row.updated_at = "dropped", desk.now()
        row.reason = reason or f"{clerk.user} bỏ lệnh in này."
        return _job(row, "")


def note_outcome(desk: Desk, id: int, outcome: str, reason: str, printer_job: int | None) -> None:
    """Write a job's new state; an outcome also becomes an event of its dossier.

    Args:
        desk: the station's.
        id: of the job.
        outcome: queued, sending, sent, printed, not_printed, unknown or saved.
        reason: words about it, or "".
        printer_job: the printer's number for it, None if unchanged.
    """
    # the paper is out already: a second journal that is gone keeps nothing from being noted
    with desk.store.acting(needs_journal=False) as session:
        row = session.get_one(PrintJobRow, id)
        if row.state == "dropped":
            return
        row.state, row.reason, row.updated_at = outcome, reason, desk.now()
        row.printer_job = printer_job if printer_job is not None else row.printer_job
        if outcome in OUTCOMES:
            _record(session, desk, row, row.actor)


def _record(
    session: Session, desk: Desk, row: PrintJobRow, actor: str, *, by_eye: bool = False
) -> None:
    if row.dossier is None:
        return
    for dossier, form, version in _told_by(session, row):
        body = DocumentPrinted(
            form=form,
            outcome=row.state,  # type: ignore[arg-type] # one of OUTCOMES
            sha256=row.sha256,
            version=version,
            copy=row.copy,
            printer=row.printer,
            reason=row.reason[:_LONGEST_REASON],
            by_eye=by_eye,
        )
        act = events.Act("document.printed", body, actor, desk.now(), dossier)
        projection.record(session, act)


def _told_by(session: Session, row: PrintJobRow) -> list[tuple[UUID, str, int]]:
    """Return (dossier, form, version) of what a job's paper tells: several for a batch's receipt.

    The receipt of a batch is form 01 of each of its dossiers.
    """
    assert row.dossier is not None
    if row.form != BATCH_FORM:
        return [(row.dossier, row.form, row.version)]
    batch = select(CourseRow.batch).join(DossierRow, DossierRow.row == CourseRow.row).where(
        DossierRow.id == row.dossier
    )  # fmt: skip
    found = session.execute(
        select(DossierRow.id, DossierRow.receipt_version)
        .join(CourseRow, CourseRow.row == DossierRow.row)
        .where(CourseRow.batch == batch.scalar_subquery(), CourseRow.batch != "")
        .order_by(DossierRow.row)
    ).all()
    return [(one.id, RECEIPT_FORM, one.receipt_version) for one in found] or [
        (row.dossier, RECEIPT_FORM, row.version)
    ]


def sheets_used(desk: Desk, day: dt.date) -> dict[str, int]:
    """Return how many sheets came out on a local day, by printer."""
    first = dt.datetime.combine(day, dt.time(), VIETNAM)
    with desk.store.database.reading() as session:
        rows = session.execute(
            select(PrintJobRow.printer, func.sum(PrintJobRow.sheets * PrintJobRow.copies))
            .where(
                PrintJobRow.state == "printed",
                PrintJobRow.updated_at >= first,
                PrintJobRow.updated_at < first + dt.timedelta(days=1),
            )
            .group_by(PrintJobRow.printer)
        ).all()
    return {row[0]: int(row[1]) for row in rows}


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
        created_at=row.created_at.astimezone(VIETNAM),
        paper=PaperSize(row.paper_size),
        copies=row.copies,
        duplex=row.duplex,
        tray=row.tray,
        sheets=row.sheets,
    )


class DeskJournal:
    """The spool's journal, kept in the store (see printing.spool.Journal)."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def waiting(self) -> Sequence[SpoolJob]:
        """Return the jobs under way, oldest first."""
        with self._desk.store.database.reading() as session:
            rows = session.scalars(
                select(PrintJobRow).where(PrintJobRow.state.in_(UNDER_WAY)).order_by(PrintJobRow.id)
            )
            return [_spooled(row) for row in rows]

    def content(self, id: int) -> bytes:
        """Return a job's PDF.

        Raises:
            PrintProblem: it is damaged or gone; the job cannot be printed.
        """
        try:
            return self._desk.store.blobs.get(job(self._desk, id).sha256)
        except StoreProblem as problem:
            raise PrintProblem(
                "Bản giấy lưu trên máy bị hỏng.", "Bỏ lệnh này, rồi in lại từ màn hình Hồ sơ."
            ) from problem

    def note(self, id: int, state: str, reason: str = "", printer_job: int | None = None) -> None:
        """Write a job's new state durably."""
        note_outcome(self._desk, id, state, reason, printer_job)


def _spooled(row: PrintJobRow) -> SpoolJob:
    """Return a job for the spool; its title tells it from all others of this store and form."""
    options = JobOptions(
        paper=PaperSize(row.paper_size), copies=row.copies, duplex=row.duplex, tray=row.tray
    )
    return SpoolJob(
        id=row.id,
        state=row.state,
        printer=row.printer,
        title=f"{row.title} · {row.sha256[:8]}-{row.id}",
        options=options,
        number=row.printer_job,
    )
