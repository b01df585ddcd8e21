"""Which form goes to which printer: kept in the store, chosen at the devices screen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import msgspec

from app.models import events
from app.services import print_jobs, receipts
from app.services.desk import Clerk, Desk
from app.services.print_jobs import PrintJob, Printout
from printing.document import PaperSize

_FACT = "printing"
ANY_FORM = ""
FORM_WORDS = {
    ANY_FORM: "Mọi giấy khác",
    "01": "Giấy tiếp nhận và hẹn trả",
    "thermal": "Phiếu nhiệt",
    "day-sheet": "Bảng đối chiếu cuối ngày",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FormChoice:
    """Where a form is printed, and how.

    Attributes:
        printer: name or address, "" for the usual one.
        tray: the printer's own word, "" for its usual one.
        paper: size, None as the form is made.
    """

    printer: str = ""
    tray: str = ""
    paper: PaperSize | None = None
    copies: int = 1
    duplex: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintChoices:
    """All choices of a station.

    Attributes:
        forms: by form key; "" for those that have no entry.
        added: printers that no list of the system names, by address.
        spare: printer offered first when the chosen one fails, "" for none.
    """

    forms: dict[str, FormChoice] = field(default_factory=dict)
    added: tuple[str, ...] = ()
    spare: str = ""

    def of(self, form: str) -> FormChoice:
        """Return the choice for a form."""
        return self.forms.get(form) or self.forms.get(ANY_FORM) or FormChoice()


def queue(
    desk: Desk, clerk: Clerk, printout: Printout, printer: str, choice: FormChoice
) -> PrintJob:
    """Queue a printout as chosen for its form; the tray belongs to the chosen printer.

    Raises:
        StoreProblem: nothing was queued.
    """
    tray = choice.tray if printer == choice.printer else ""
    return print_jobs.queue(
        desk, clerk, printout, printer, copies=choice.copies, duplex=choice.duplex, tray=tray
    )


def print_unsure_again(desk: Desk, clerk: Clerk, id: int) -> PrintJob:
    """Note that a job of unknown outcome did not come out, and queue it again.

    A receipt is made anew and marked as a copy: the first may turn up yet.

    Raises:
        NotNow: its outcome is known.
    """
    job = print_jobs.settle(desk, clerk, id, came_out=False)
    if job.form != receipts.FORM or job.dossier is None:
        return print_jobs.retry(desk, id)
    printout = receipts.receipt_or_reprint(desk, clerk, job.dossier, paper=job.paper)
    fresh = print_jobs.queue(
        desk, clerk, printout, job.printer, copies=job.copies, duplex=job.duplex, tray=job.tray
    )
    print_jobs.drop(desk, clerk, id, f"In lại bằng lệnh {fresh.id}, có đánh dấu.")
    return fresh


def read(desk: Desk) -> PrintChoices:
    """Return the station's choices; none if they cannot be read."""
    with desk.store.database.reading() as session:
        text = events.get_fact(session, _FACT)
    try:
        return msgspec.json.decode(text, type=PrintChoices) if text else PrintChoices()
    except (msgspec.ValidationError, msgspec.DecodeError):
        return PrintChoices()


def write(desk: Desk, choices: PrintChoices) -> None:
    """Keep the station's choices.

    Raises:
        StoreProblem: nothing was kept.
    """
    with desk.store.database.writing() as session:
        events.set_fact(session, _FACT, msgspec.json.encode(choices).decode())


def choose(desk: Desk, form: str, choice: FormChoice) -> PrintChoices:
    """Choose for one form; the others stay."""
    former = read(desk)
    chosen = replace(former, forms={**former.forms, form: choice})
    write(desk, chosen)
    return chosen


def add_printer(desk: Desk, address: str) -> PrintChoices:
    """Remember a printer by its address; safe to repeat."""
    former = read(desk)
    chosen = replace(former, added=tuple(dict.fromkeys((*former.added, address))))
    write(desk, chosen)
    return chosen


def remove_printer(desk: Desk, address: str) -> PrintChoices:
    """Forget a printer that was added by hand, and every choice of it."""
    former = read(desk)
    chosen = replace(
        former,
        added=tuple(name for name in former.added if name != address),
        forms={key: c for key, c in former.forms.items() if c.printer != address},
        spare="" if former.spare == address else former.spare,
    )
    write(desk, chosen)
    return chosen
