"""`receive`, `scan` and `print`: what puts paper into and out of a dossier."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import filelock

from app.commands import reading
from app.commands.opened import Opened
from app.domain.fold import Dossier
from app.errors import AppError, WrongUse
from app.scanning.driver import ScannedPage, ScanProblem, ScanProfile, Source
from app.scanning.files import read_files
from app.scanning.scanners import AllScanners
from app.services import (
    intake,
    lookup,
    page_care,
    print_choices,
    print_jobs,
    receipts,
    waiting_pages,
)
from app.services.desk import Clerk
from app.services.paperwork import leaving
from app.services.print_jobs import Printout
from app.services.station import status
from printing.document import PaperSize

PATIENCE_S = 60.0


def receive(opened: Opened, clerk: Clerk, arguments: argparse.Namespace) -> dict[str, Any]:
    """Receive a dossier; its code is answered once it lies in two places."""
    given = _given(arguments)
    desk = opened.desk
    at = reading.read_moment(given.at) if given.at else desk.now()
    procedure = intake.find_procedure(desk.catalogue(), given.procedure, at.date())
    offline = status(desk, opened.settings.server).is_offline
    entry = reading.intake_of(
        given, procedure, today=desk.now().date(), offline=offline, clerk=clerk.user
    )
    reception = intake.receive(desk, clerk, entry)
    answer: dict[str, Any] = {
        "dossier": str(reception.dossier),
        "code": reception.code,
        "check": reception.check,
        "lookup": reception.lookup,
        "due": reception.due_at.isoformat(),
        "fee": reception.fee.amount if reception.fee.is_known else None,
        "receipt_pdf": None,
        "provisional": reception.provisional,
        "unfilled": list(reception.unfilled),
    }
    # the dossier is safe from here on: paper that fails is said, not raised
    try:
        if arguments.pdf is not None:
            answer["receipt_pdf"] = _save_pdf(opened, clerk, reception, arguments)
        if arguments.print is not None:
            answer["print"] = _print(opened, clerk, reception.dossier, arguments)
    except (AppError, OSError) as error:
        answer["paper_problem"] = str(error)
    return answer


def _given(arguments: argparse.Namespace) -> reading.ReceiveInput:
    if arguments.source is not None:
        if arguments.source != "-":
            raise WrongUse("--from nhận “-”: JSON từ standard input.")
        return reading.read_receive(reading.read_standard_input())
    if not arguments.procedure:
        raise WrongUse("Cần --procedure, hoặc --from -.")
    card = arguments.card
    if card == "-":
        card = reading.read_standard_input()
    return reading.ReceiveInput(
        procedure=arguments.procedure,
        card=card or "",
        name=arguments.name,
        id_number=arguments.id_number,
        born=arguments.born,
        sex=arguments.sex,
        phone=arguments.phone,
        address=arguments.address,
        field=_fields(arguments.field),
        papers=arguments.papers,
        pages=arguments.pages,
        copies=arguments.copies,
        exemption=arguments.exemption,
        owed_reason=arguments.owed_reason,
        summary=arguments.summary,
        at=arguments.at,
        reason=arguments.reason,
    )


def _fields(pairs: list[str]) -> dict[str, str]:
    fields = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign:
            raise WrongUse(f"--field cần dạng KHOÁ=GIÁ TRỊ, không phải “{pair}”.")
        fields[key] = value
    return fields


def _save_pdf(
    opened: Opened, clerk: Clerk, reception: intake.Reception, arguments: argparse.Namespace
) -> str:
    paper = PaperSize(arguments.paper)
    receipt = receipts.make_receipt(opened.desk, clerk, reception.dossier, paper=paper)
    target: Path = arguments.pdf
    save(opened, clerk, receipt, target)
    return str(target)


def write_file(target: Path, content: bytes) -> None:
    """Write an answer's file.

    Raises:
        AppError: it cannot be written.
    """
    try:
        target.write_bytes(content)
    except OSError as error:
        raise AppError(
            f"Không ghi được tệp {target}: {error.strerror}.", "Chọn thư mục có sẵn và ghi được."
        ) from error


def print_form(opened: Opened, clerk: Clerk, arguments: argparse.Namespace) -> dict[str, Any]:
    """Print a form of a dossier; a repeat is marked as a copy."""
    from app.services.paperwork import making
    from app.services.paperwork.order import Needs, Order

    if making.kind_of(arguments.form).needs is not Needs.DOSSIER:
        raise WrongUse(f"Mẫu {arguments.form} không in theo một hồ sơ.", "Dùng lệnh “form”.")
    order = Order(
        form=arguments.form,
        dossier=lookup.by_code(opened.desk, arguments.code),
        paper=PaperSize(arguments.paper),
    )
    printout = making.make(opened.desk, clerk, order)
    if arguments.pdf is not None:
        save(opened, clerk, printout, arguments.pdf)
        return {"state": "saved", "reason": "", "receipt_pdf": str(arguments.pdf)}
    return send(opened, clerk, printout, arguments.print)


def _print(
    opened: Opened, clerk: Clerk, dossier: Any, arguments: argparse.Namespace
) -> dict[str, Any]:
    paper = PaperSize(arguments.paper)
    printout = receipts.receipt_or_reprint(opened.desk, clerk, dossier, paper=paper)
    return send(opened, clerk, printout, arguments.print)


def save(opened: Opened, clerk: Clerk, printout: Printout, target: Path) -> None:
    """Write a printout to a file, and note that it left.

    Raises:
        AppError: the file could not be written; nothing is noted.
    """
    write_file(target, printout.pdf)
    leaving.note_left(opened.desk, clerk, printout, target.name)
    print_jobs.note_saved(opened.desk, clerk, printout, target.name)


def send(opened: Opened, clerk: Clerk, printout: Printout, printer: str) -> dict[str, Any]:
    """Print a printout and follow it; without a name on the form's printer, or the usual one.

    Raises:
        WrongUse: no printer is known.
    """
    choice = print_choices.read(opened.desk).of(printout.form)
    printer = printer or choice.printer or opened.settings.printer
    if not printer:
        raise WrongUse("Chưa nói in bằng máy nào: thêm tên hoặc địa chỉ ipp:// của máy in.")
    leaving.note_left(opened.desk, clerk, printout, printer)
    job = print_choices.queue(opened.desk, clerk, printout, printer, choice)
    work_spool(opened)
    job = print_jobs.job(opened.desk, job.id)
    return {"job": job.id, "state": job.state, "reason": job.reason, "printer": job.printer}


def work_spool(opened: Opened) -> None:
    """Work through the spool, unless another process of the profile does."""
    lock = filelock.FileLock(str(opened.profile.lock("spool")))
    try:
        with lock.acquire(timeout=0):
            spool = opened.spool()
            spool.recover()
            spool.work(patience_s=PATIENCE_S)
    except filelock.Timeout:
        return  # the window owns the spool and will print it


def scan(opened: Opened, clerk: Clerk, arguments: argparse.Namespace) -> dict[str, Any]:
    """Scan pages, or take them from files, into a paper of a dossier."""
    desk = opened.desk
    dossier = lookup.by_code(desk, arguments.dossier)
    _check_paper(opened, lookup.show(desk, dossier).dossier, arguments.paper_key)
    waiting_pages.check_paper(desk, dossier, arguments.paper_key)
    batch, problem, count = uuid4(), "", 0
    try:
        for page in _pages(opened, arguments):
            waiting_pages.take_in(desk, page, waiting_for=batch, paper=arguments.paper_key)
            count += 1
    except ScanProblem as error:
        if not count:
            raise
        problem = str(error)
    page_care.care_for_all(desk, batch)
    attached = waiting_pages.keep(desk, clerk, dossier, batch)
    kept = [{"page": str(one.page), "sha256": one.sha256, "size": one.size} for one in attached]
    return {"pages": kept, "problem": problem}


def _check_paper(opened: Opened, dossier: Dossier, key: str) -> None:
    """Refuse a paper that neither the procedure nor the dossier knows."""
    on = dossier.received_at.date()
    known = {paper.key for paper in dossier.papers}
    for procedure in opened.desk.catalogue().procedures_on(on):
        if procedure.code == dossier.procedure:
            known |= {paper.key for paper in procedure.papers}
    if key not in known:
        raise WrongUse(f"Hồ sơ này không có giấy tờ “{key}”.", f"Có: {', '.join(sorted(known))}.")


def _pages(opened: Opened, arguments: argparse.Namespace) -> Iterator[ScannedPage]:
    cancel = threading.Event()
    if arguments.file:
        return read_files(arguments.file, progress=lambda *_: None, cancel=cancel)
    device = arguments.device or opened.settings.scanner
    if not device:
        raise WrongUse("Cần --device hoặc --file.")
    profile = ScanProfile(
        source=Source(arguments.source), dpi=arguments.dpi, colour=arguments.colour
    )
    return AllScanners().scan(device, profile, progress=lambda *_: None, cancel=cancel)
