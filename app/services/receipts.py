"""The receipt (form 01): made once, and put into the print journal."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from app.services import print_jobs
from app.services.desk import Clerk, Desk
from app.services.print_jobs import PrintJob, Printout
from printing.document import PaperSize

FORM = "01"


def make_receipt(
    desk: Desk, clerk: Clerk, dossier: UUID, *, paper: PaperSize = PaperSize.A5
) -> Printout:
    """Return the receipt of the dossier's present version, made once and stored.

    Raises:
        NoSuchDossier: there is none.
        StoreProblem: the PDF could not be kept.
    """
    return _made(desk, clerk, dossier, paper, marks_reprint=False)


def receipt_or_reprint(
    desk: Desk, clerk: Clerk, dossier: UUID, *, paper: PaperSize = PaperSize.A5
) -> Printout:
    """Return the receipt; once its version has come out, one that is marked as a copy.

    Raises:
        NoSuchDossier: there is none.
        StoreProblem: the PDF could not be kept.
    """
    return _made(desk, clerk, dossier, paper, marks_reprint=True)


def _made(
    desk: Desk, clerk: Clerk, dossier: UUID, paper: PaperSize, *, marks_reprint: bool
) -> Printout:
    # loaded when the first paper is made: the window opens sooner without two dozen forms
    from app.services.paperwork import making
    from app.services.paperwork.order import Order

    order = Order(form=FORM, dossier=dossier, paper=paper)
    return making.make(desk, clerk, order, marks_reprint=marks_reprint)


def batch_receipt(desk: Desk, clerk: Clerk, dossiers: Sequence[UUID]) -> Printout:
    """Return the one receipt of dossiers that were received together, on A4.

    Raises:
        NoSuchDossier: there is none of one of them.
        StoreProblem: the PDF could not be kept.
    """
    from app.services.paperwork import making
    from app.services.paperwork.order import Order

    return making.make(desk, clerk, Order(form=print_jobs.BATCH_FORM, dossiers=tuple(dossiers)))


def queue_print(
    desk: Desk, clerk: Clerk, dossier: UUID, printer: str, *, paper: PaperSize = PaperSize.A5
) -> PrintJob:
    """Put the receipt into the print journal; a repeat is marked as a copy.

    Raises:
        NoSuchDossier: there is none.
        StoreProblem: nothing was queued.
    """
    printout = receipt_or_reprint(desk, clerk, dossier, paper=paper)
    return print_jobs.queue(desk, clerk, printout, printer)


def warm_up() -> None:
    """Load what the first receipt would wait for; for idle time after the start."""
    from app.services.paperwork import making
    from printing import pdf

    making.kind_of(FORM)
    pdf.load_fonts()
