"""Receipts on their way to paper: queued, followed, and said when hands are needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import filelock
from PySide6.QtCore import QObject, Signal

from app.errors import AppError
from app.services import print_jobs, receipts
from app.services.desk import Clerk, Desk
from app.services.print_jobs import PrintJob
from app.ui.jobs import JobRunner, Lane
from app.ui.widgets.strip import Choice, Strip
from printing.document import PaperSize
from printing.drivers.ipp import IppPrinter, list_printers
from printing.spool import Spool

PATIENCE_S = 20.0


class PrintRoom(QObject):
    """The spool of the window; one job at a time, never blocking a reception.

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
        self.printers: list[str] = [printer] if printer else []
        self._chosen = printer
        self._lock = filelock.FileLock(str(desk.store.profile.lock("spool")))
        self._spool = Spool(print_jobs.DeskJournal(desk), IppPrinter, paper=paper, told=self._told)
        self._clerk: Clerk | None = None
        self._is_closing = False

    def start(self, clerk: Clerk) -> None:
        """Look for printers and go on with what an earlier run left."""
        self._clerk = clerk

        def work() -> list[str]:
            receipts.warm_up()
            found = list_printers()
            with self._lock:
                self._spool.recover()
            return found

        self._jobs.run(Lane.PRINTER, work, owner=self, done=self._ready, failed=self._problem)

    def stop(self) -> None:
        """Leave jobs as they are; the next start goes on."""
        self._is_closing = True

    def _ready(self, found: list[str]) -> None:
        self.printers += [name for name in found if name not in self.printers]
        if not self._chosen and self.printers:
            self._chosen = self.printers[0]
        self.found.emit(self.printers)
        self.work()

    @property
    def printer(self) -> str:
        """The printer receipts go to, "" if there is none."""
        return self._chosen

    def print_receipt(self, dossier: UUID, code: str, printer: str = "") -> None:
        """Queue a dossier's receipt and print it; a repeat is marked as a copy."""
        clerk, target = self._clerk, printer or self._chosen
        if clerk is None:
            return
        if not target:
            self._offer(
                dossier, code,
                f"Đã tiếp nhận {code}. Chưa in được: máy này chưa có máy in nào.",
            )  # fmt: skip
            return
        self._strip.say(f"Đang in giấy tiếp nhận {code}…")
        self._jobs.run(
            Lane.DATABASE,
            lambda: receipts.queue_print(self._desk, clerk, dossier, target, paper=self._paper),
            owner=self,
            done=lambda _: self.work(),
            failed=self._problem,
        )

    def work(self) -> None:
        """Work through the spool in the background."""

        def run() -> tuple[PrintJob, ...]:
            with self._lock:
                self._spool.work(patience_s=PATIENCE_S, stop=lambda: self._is_closing)
            return print_jobs.jobs_waiting(self._desk)

        self._jobs.run(Lane.PRINTER, run, owner=self, done=self._worked, failed=self._problem)

    def _worked(self, waiting: tuple[PrintJob, ...]) -> None:
        self.changed.emit(len(waiting))
        if any(job.state in ("queued", "sent") for job in waiting) and not self._is_closing:
            self.work()  # a job waits for paper: go on asking

    def _told(self, id: int, state: str, words: str) -> None:
        """Called on the printer lane."""
        self._jobs.tell(self, lambda: self._show(id, state, words))

    def _show(self, id: int, state: str, words: str) -> None:
        job = print_jobs.job(self._desk, id)
        if state == "printed":
            self._strip.say(f"Đã in giấy tiếp nhận {job.code} (2 liên).", tone="good")
        elif state == "sent" and words:
            self._strip.say(f"Giấy tiếp nhận {job.code} đang chờ máy in. {words}", tone="wait")
        elif state == "unknown" and job.dossier:
            self._offer(job.dossier, job.code, f"{job.code}: {words}")
        elif state == "not_printed" and job.dossier:
            self._offer(job.dossier, job.code, f"Đã tiếp nhận {job.code}. Chưa in được. {words}")

    def _offer(self, dossier: UUID, code: str, words: str) -> None:
        """Say what happened and offer the ways on."""
        choices = [Choice("In lại", lambda: self.print_receipt(dossier, code))]
        others = [name for name in self.printers if name != self._chosen]
        if others:
            choices.append(
                Choice(
                    f"In máy {others[0]}",
                    lambda: self.print_receipt(dossier, code, others[0]),
                )
            )
        choices.append(Choice("Lưu PDF", lambda: self.save_pdf(dossier, code)))
        choices.append(Choice("In sau", self._strip.clear))
        self._strip.say(words, *choices, tone="bad")

    def save_pdf(self, dossier: UUID, code: str) -> None:
        """Save a receipt as a file instead."""
        clerk, target = self._clerk, self._save_as(f"{code}.pdf")
        if clerk is None or target is None:
            return

        def work() -> Path:
            receipt = receipts.make_receipt(self._desk, clerk, dossier, paper=self._paper)
            target.write_bytes(receipt.pdf)
            print_jobs.note_saved(self._desk, clerk, receipt, target.name)
            return target

        def done(path: Any) -> None:
            self._strip.say(f"Đã lưu {path.name}.", tone="good")

        self._jobs.run(Lane.DATABASE, work, owner=self, done=done, failed=self._problem)

    def _problem(self, problem: AppError) -> None:
        self._strip.say_problem(problem)
