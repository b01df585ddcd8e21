"""Paper on its way: queued, followed, and said when hands are needed."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import filelock
from PySide6.QtCore import QObject, QTimer, Signal

from app.errors import AppError
from app.services import print_choices, print_jobs, receipts
from app.services.desk import Clerk, Desk
from app.services.print_choices import FormChoice, PrintChoices
from app.services.print_jobs import PrintJob, Printout
from app.ui.jobs import JobRunner, Lane
from app.ui.widgets.strip import Choice, Strip
from printing.document import PaperSize
from printing.drivers import PrinterDriver
from printing.drivers.ipp import list_printers
from printing.drivers.opening import Opener, is_thermal, label_of, open_printer
from printing.spool import Spool

PATIENCE_S = 20.0
_LOOK_MS = 5000  # for jobs that a command queued while the window has the spool
_NO_PRINTER = "Máy này chưa có máy in nào."


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found of printers at the start."""

    printers: list[str]
    choices: PrintChoices


class PrintRoom(QObject):
    """The spool of the window; printers side by side, never blocking a reception.

    Signals:
        changed: jobs that still wait for a printer or an eye (int).
        found: printers of this machine (list of str).
    """

    changed = Signal(int)
    found = Signal(object)

    def __init__(
        self,
        strip: Strip,
        desk: Desk,
        jobs: JobRunner,
        *,
        printer: str,
        save_as: Callable[[str], Path | None],
        paper: PaperSize = PaperSize.A5,
    ) -> None:
        super().__init__(strip)
        self._strip, self._desk, self._jobs = strip, desk, jobs
        self._save_as = save_as
        self._paper = paper
        self._usual = printer
        self.printers: list[str] = [printer] if printer else []
        self.choices = PrintChoices()
        self._lock = filelock.FileLock(str(desk.store.profile.lock("spool")))
        self._left = threading.Event()
        self._spool = Spool(
            print_jobs.DeskJournal(desk), self.open, told=self._told, sleep=self._left.wait
        )
        self._clerk: Clerk | None = None
        self._is_working = False
        self._waiting = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)

    @staticmethod
    def open(name: str) -> PrinterDriver:
        """Return a printer's driver; those that need the window's own libraries too."""
        return open_printer(name, _window_drivers())

    def start(self, clerk: Clerk) -> None:
        """Look for printers and go on with what an earlier run left."""
        self._clerk = clerk

        def work() -> _Found:
            receipts.warm_up()
            found = _Found(_all_printers(), print_choices.read(self._desk))
            with self._lock:
                self._spool.recover()
            return found

        self._jobs.run(Lane.PRINTER, work, owner=self, done=self._ready, failed=self._problem)

    def stop(self) -> None:
        """Leave jobs as they are; the next start goes on."""
        self._timer.stop()
        self._left.set()
        self._spool.wake()

    def _ready(self, found: _Found) -> None:
        self.take_choices(found.choices, found.printers)
        self._timer.start()
        self.work()

    def take_choices(self, choices: PrintChoices, found: list[str] | None = None) -> None:
        """Use new choices, and printers that were found."""
        self.choices = choices
        known = [self._usual, *self.printers, *(found or ()), *choices.added]
        self.printers = [name for name in dict.fromkeys(known) if name]
        self.found.emit(self.printers)

    @property
    def printer(self) -> str:
        """The printer receipts go to, "" if there is none."""
        return self.printer_for(receipts.FORM)

    def printer_for(self, form: str) -> str:
        """Return the printer a form goes to, "" if there is none."""
        usual = self._usual or next((p for p in self.printers if not is_thermal(p)), "")
        return self.choices.of(form).printer or usual

    # ---- printing ----------------------------------------------------------------

    def print_receipt(self, dossier: UUID, code: str, printer: str = "") -> None:
        """Queue a dossier's receipt and print it; a repeat is marked as a copy."""
        clerk, choice = self._clerk, self.choices.of(receipts.FORM)
        if clerk is None:
            return
        paper = choice.paper or self._paper
        self.print_made(
            lambda: receipts.receipt_or_reprint(self._desk, clerk, dossier, paper=paper),
            receipts.FORM,
            f"giấy tiếp nhận {code}".strip(),
            printer,
        )

    def print_made(
        self, make: Callable[[], Printout], form: str, words: str, printer: str = ""
    ) -> None:
        """Make a printout in the background, queue it as chosen for its form, and print it.

        Args:
            make: returns the finished printout; touches no widget.
            form: key of the form, for the choice of printer.
            words: what it is, for "Đang in …".
            printer: another than the chosen one.
        """
        clerk, choice = self._clerk, self.choices.of(form)
        target = printer or self.printer_for(form)
        if clerk is None:
            return
        self._strip.say(f"Đang in {words}…" if target else f"Đang lập {words}…")

        def work() -> PrintJob:
            chosen = choice if target else FormChoice()
            job = print_choices.queue(self._desk, clerk, make(), target, chosen)
            if not target:
                print_jobs.note_outcome(self._desk, job.id, "not_printed", _NO_PRINTER, None)
            return job

        def done(job: PrintJob) -> None:
            if target:
                self.work()
            else:
                self._show(job.id, "not_printed", _NO_PRINTER)
                self._look()

        self._jobs.run(Lane.DATABASE, work, owner=self, done=done, failed=self._problem)

    def work(self) -> None:
        """Work through the spool in the background, or tell it that there is more."""
        if self._is_working:
            self._spool.wake()
            return
        self._is_working = True

        def run() -> tuple[PrintJob, ...]:
            with self._lock:
                self._spool.work(patience_s=PATIENCE_S, stop=self._left.is_set)
            return print_jobs.jobs_waiting(self._desk)

        def failed(problem: AppError) -> None:
            self._is_working = False
            self._problem(problem)

        self._jobs.run(Lane.PRINTER, run, owner=self, done=self._worked, failed=failed)

    def _worked(self, waiting: tuple[PrintJob, ...]) -> None:
        self._is_working = False
        self._waiting = len(waiting)
        self.changed.emit(self._waiting)
        if any(job.state in ("queued", "sent") for job in waiting) and not self._left.is_set():
            self.work()  # a job waits for paper: go on asking

    def _look(self, *, is_news: bool = False) -> None:
        def done(waiting: tuple[PrintJob, ...]) -> None:
            if is_news or self._waiting != len(waiting):
                self._waiting = len(waiting)
                self.changed.emit(self._waiting)
            if any(job.state == "queued" for job in waiting) and not self._left.is_set():
                self.work()

        self._jobs.run(
            Lane.DATABASE,
            lambda: print_jobs.jobs_waiting(self._desk),
            owner=self,
            done=done,
            failed=self._problem,
        )

    # ---- what a person decides -----------------------------------------------------

    def retry(self, id: int, printer: str = "") -> None:
        """Print a job that did not come out, on its printer or another."""
        target = printer or self.printer_for(print_jobs.job(self._desk, id).form)
        self._act(lambda: print_jobs.retry(self._desk, id, target))

    def settle(self, id: int, *, came_out: bool) -> None:
        """Note what a person saw; what did not come out is printed again, receipts marked."""
        clerk = self._clerk
        if clerk is None:
            return

        def seen(job: PrintJob) -> None:
            self._strip.say(f"Đã ghi: {_named(job)} đã in.", tone="good")

        if came_out:
            self._act(lambda: print_jobs.settle(self._desk, clerk, id, came_out=True), then=seen)
        else:
            self._act(lambda: print_choices.print_unsure_again(self._desk, clerk, id))

    def drop(self, id: int) -> None:
        """Throw a job away; one that a printer has is cancelled there first."""
        clerk = self._clerk
        if clerk is None:
            return
        if print_jobs.job(self._desk, id).state in ("sending", "sent"):
            self._spool.cancel(id)
            self.work()
            return
        self._act(lambda: print_jobs.drop(self._desk, clerk, id))

    def save(self, id: int) -> None:
        """Save a job's paper as a file instead."""
        job = print_jobs.job(self._desk, id)
        target = self._save_as(f"{job.code or job.title}.pdf")
        if target is None or job.state != "not_printed":
            return

        def work() -> PrintJob:
            target.write_bytes(self._desk.store.blobs.get(job.sha256))
            print_jobs.note_outcome(self._desk, id, "saved", target.name, None)
            return job

        self._act(work, then=lambda _: self._strip.say(f"Đã lưu {target.name}.", tone="good"))

    def _act(
        self, work: Callable[[], PrintJob], then: Callable[[PrintJob], object] = lambda _: None
    ) -> None:
        def done(job: PrintJob) -> None:
            then(job)
            if job.state == "queued":
                self._strip.say(f"Đang in {_named(job)}…")
                self.work()
            self._look(is_news=True)

        self._jobs.run(Lane.DATABASE, work, owner=self, done=done, failed=self._problem)

    # ---- what is said ----------------------------------------------------------------

    def _told(self, id: int, state: str, words: str) -> None:
        """Called on the printers' threads."""
        self._jobs.tell(self, lambda: self._show(id, state, words))

    def _show(self, id: int, state: str, words: str) -> None:
        job = print_jobs.job(self._desk, id)
        named = _named(job)
        at = f"Máy in {label_of(job.printer)}: " if job.printer else ""
        if state == "printed":
            self._strip.say(f"Đã in {named} ({_sheets(job)}).", tone="good")
        elif state == "saved":
            self._strip.say(f"Đã lưu {named} thành tệp.", tone="good")
        elif state in ("queued", "sent") and words:
            say = f"{named[0].upper()}{named[1:]} đang chờ máy in. {at}{words}"
            self._strip.say(say, Choice("Huỷ in", lambda: self.drop(id)), tone="wait")
        elif state == "unknown":
            self._ask_eye(job, f"{named[0].upper()}{named[1:]}. {at}{words}")
        elif state == "not_printed":
            is_receipt = job.form == receipts.FORM
            what = (
                f"Đã tiếp nhận {job.code}. Chưa in được giấy."
                if is_receipt
                else (f"Chưa in được {named}.")
            )
            self._offer(job, f"{what} {at}{words}")
        self._look()

    def _ask_eye(self, job: PrintJob, words: str) -> None:
        """Ask whether the paper is there; the program cannot know."""
        self._strip.say(
            words,
            Choice("Đã in", lambda: self.settle(job.id, came_out=True)),
            Choice("Chưa in, in lại", lambda: self.settle(job.id, came_out=False)),
            Choice("Để sau", self._strip.clear),
            tone="bad",
        )

    def _offer(self, job: PrintJob, words: str) -> None:
        """Say what happened and offer the ways on."""
        choices = []
        if job.printer or self.printer_for(job.form):
            choices.append(Choice("In lại", lambda: self.retry(job.id, job.printer)))
        other = self.other_printer(job.printer)
        if other:
            choices.append(Choice(f"In máy {label_of(other)}", lambda: self.retry(job.id, other)))
        choices.append(Choice("Lưu PDF", lambda: self.save(job.id)))
        choices.append(Choice("In sau", self._strip.clear))
        self._strip.say(words, *choices, tone="bad")

    def other_printer(self, than: str) -> str:
        """Return the printer that is offered when one fails, "" if there is none."""
        others = [p for p in (self.choices.spare, *self.printers) if p and p != than]
        return next((p for p in others if is_thermal(p) == is_thermal(than)), "")

    def _problem(self, problem: AppError) -> None:
        self._strip.say_problem(problem)


def _named(job: PrintJob) -> str:
    """Return what a job is, as words within a sentence."""
    return job.title[:1].lower() + job.title[1:]


def _sheets(job: PrintJob) -> str:
    copies = f", {job.copies} bản" if job.copies > 1 else ""
    return f"{job.sheets * job.copies} tờ{copies}"


def _window_drivers() -> dict[str, Opener]:
    from app.ui.windows_printer import WindowsPrinter

    return {"windows": WindowsPrinter}


def _all_printers() -> list[str]:
    """Return the printers that the system knows; slow, not for the GUI thread."""
    if sys.platform == "win32":
        from app.ui.windows_printer import windows_printers

        return windows_printers()
    return list_printers()
