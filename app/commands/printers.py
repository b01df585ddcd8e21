"""`printers`, `print-test`, `jobs`, `close-day`: printers, what they still owe, and the day."""

from __future__ import annotations

import argparse
import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.commands.opened import Opened
from app.commands.receiving import work_spool, write_file
from app.errors import WrongUse
from app.services import closing, print_choices, print_jobs, reconciling, trying
from app.services.desk import Clerk
from app.services.print_jobs import PrintJob, Printout
from printing.document import PaperSize
from printing.drivers import PrinterFacts
from printing.drivers.ipp import list_printers
from printing.drivers.opening import open_printer
from printing.errors import PrintProblem

_AT_ONCE = 8


def printers(opened: Opened, arguments: argparse.Namespace) -> dict[str, Any]:
    """Say what each printer says of itself; choose one for a form if asked."""
    if arguments.choose:
        _choose(opened, arguments)
    if arguments.add:
        _open(arguments.add)
        print_choices.add_printer(opened.desk, arguments.add)
    choices = print_choices.read(opened.desk)
    named = [opened.settings.printer, *list_printers(), *choices.added]
    names = [name for name in dict.fromkeys(named) if name]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        said = list(pool.map(_asked, names))
    used = print_jobs.sheets_used(opened.desk, opened.desk.now().date())
    return {
        "printers": [
            {
                "printer": name,
                "ready": facts.problem is None,
                "model": facts.model,
                "problem": str(facts.problem or ""),
                "remarks": list(facts.remarks),
                "papers": list(facts.papers),
                "loaded": list(facts.loaded),
                "trays": list(facts.trays),
                "duplex": facts.duplex,
                "formats": list(facts.formats),
                "waiting": facts.waiting,
                "sheets_today": used.get(name, 0),
            }
            for name, facts in zip(names, said, strict=True)
        ],
        "choices": {form: asdict(choice) for form, choice in choices.forms.items()},
        "spare": choices.spare,
    }


def _choose(opened: Opened, arguments: argparse.Namespace) -> None:
    if not arguments.printer:
        raise WrongUse("--choose cần --printer.")
    _open(arguments.printer)
    choice = print_choices.FormChoice(
        printer=arguments.printer,
        tray=arguments.tray,
        paper=PaperSize(arguments.paper) if arguments.paper else None,
        copies=arguments.copies,
        duplex=arguments.duplex,
    )
    form = "" if arguments.choose == "all" else arguments.choose
    print_choices.choose(opened.desk, form, choice)


def _open(address: str) -> None:
    try:
        open_printer(address)
    except PrintProblem as problem:
        raise WrongUse(problem.title, problem.advice) from problem


def _asked(name: str) -> PrinterFacts:
    try:
        return open_printer(name).describe()
    except PrintProblem as problem:
        return PrinterFacts(problem=problem)


def print_test(opened: Opened, clerk: Clerk, arguments: argparse.Namespace) -> dict[str, Any]:
    """Print the test page, or write it to a file."""
    _open(arguments.printer)
    paper = PaperSize(arguments.paper)
    page = trying.make_page(opened.desk, clerk, arguments.printer, paper)
    if arguments.pdf is not None:
        write_file(arguments.pdf, page.pdf)
        return {"state": "saved", "pdf": str(arguments.pdf)}
    return _printed(opened, clerk, page, arguments.printer)


def _printed(opened: Opened, clerk: Clerk, printout: Printout, printer: str) -> dict[str, Any]:
    choice = print_choices.read(opened.desk).of(printout.form)
    job = print_choices.queue(opened.desk, clerk, printout, printer, choice)
    work_spool(opened)
    return _told(print_jobs.job(opened.desk, job.id))


def _told(job: PrintJob) -> dict[str, Any]:
    return {
        "job": job.id,
        "title": job.title,
        "state": job.state,
        "reason": job.reason,
        "printer": job.printer,
        "paper": job.paper.value,
        "copies": job.copies,
        "sheets": job.sheets * job.copies,
        "at": job.created_at.isoformat(),
    }


def jobs(opened: Opened, clerk: Clerk, arguments: argparse.Namespace) -> dict[str, Any]:
    """List the jobs that wait for a printer or an eye; settle one of them if asked."""
    desk = opened.desk
    known = {job.id for job in print_jobs.jobs_waiting(desk)}
    for id in (arguments.retry, arguments.came_out, arguments.did_not, arguments.drop):
        if id is not None and id not in known:
            raise WrongUse(f"Không có lệnh in {id} nào đang chờ.")
    if arguments.came_out is not None:
        print_jobs.settle(desk, clerk, arguments.came_out, came_out=True)
    if arguments.did_not is not None:
        print_choices.print_unsure_again(desk, clerk, arguments.did_not)
    if arguments.drop is not None:
        print_jobs.drop(desk, clerk, arguments.drop)
    if arguments.retry is not None:
        print_jobs.retry(desk, arguments.retry, arguments.printer)
    work_spool(opened)  # goes on with what an earlier run left
    return {"jobs": [_told(job) for job in print_jobs.jobs_waiting(desk)]}


def close_day(opened: Opened, clerk: Clerk, arguments: argparse.Namespace) -> dict[str, Any]:
    """Hold a day beside the server's word; seal it unless only looked at."""
    desk = opened.desk
    try:
        on = dt.date.fromisoformat(arguments.day) if arguments.day else desk.now().date()
    except ValueError as error:
        raise WrongUse(f"--day cần dạng 2026-11-20, không phải “{arguments.day}”.") from error
    if arguments.look:
        return _day(reconciling.day(desk, on))
    closed = closing.close_day(desk, clerk, on)
    answer = _day(closed.day)
    if arguments.pdf is not None:
        target: Path = arguments.pdf
        write_file(target, closed.printout.pdf)
        answer["pdf"] = str(target)
    if arguments.printer:
        answer["print"] = _printed(opened, clerk, closed.printout, arguments.printer)
    return answer


def _day(day: reconciling.Day) -> dict[str, Any]:
    return {
        "day": day.day.isoformat(),
        "received": len(day.received),
        "voided": sum(entry.voided for entry in day.received),
        "provisional": sum(entry.provisional for entry in day.received),
        "printed": day.printed,
        "agrees": not day.differences,
        "differences": [
            {"kind": d.kind.value, "about": d.about, "words": d.words, "advice": d.advice}
            for d in day.differences
        ],
        "unused": [{"first": s.first, "last": s.last, "kind": s.kind} for s in day.unused],
        "entries": [
            {
                "code": e.code,
                "place": e.place,
                "stored": e.is_stored,
                "voided": e.voided,
                "prints": len([p for p in e.prints if p.left]),
            }
            for e in day.entries
        ],
        "sha256": day.seal,
        "closings": day.closings,
    }
