"""`form`: any paper form, as a file or on a printer."""

from __future__ import annotations

import argparse
import datetime as dt
from typing import Any

import msgspec

from app.commands import reading, receiving
from app.commands.opened import Opened
from app.errors import WrongUse
from app.services import intake, lookup
from app.services.desk import Clerk
from app.services.paperwork import making
from app.services.paperwork.order import Book, Needs, Order
from printing.document import PaperSize


def list_forms() -> dict[str, Any]:
    """Answer every form there is, what it is made of and on which paper."""
    return {
        "forms": [
            {"form": key, "name": kind.name, "needs": str(kind.needs),
             "papers": [str(paper) for paper in kind.papers]}
            for key, kind in making.FORMS.items()
        ]
    }  # fmt: skip


def form(opened: Opened, clerk: Clerk, arguments: argparse.Namespace) -> dict[str, Any]:
    """Make a form, save or print it, and answer what became of it."""
    printout = making.make(opened.desk, clerk, _order(opened, clerk, arguments))
    answer: dict[str, Any] = {
        "form": printout.form,
        "title": printout.title,
        "version": printout.version,
        "copy": printout.copy,
        "paper": str(printout.paper),
        "sha256": printout.sha256,
        "pdf": None,
    }
    if arguments.pdf is not None:
        receiving.save(opened, clerk, printout, arguments.pdf)
        return answer | {"state": "saved", "reason": "", "pdf": str(arguments.pdf)}
    return answer | receiving.send(opened, clerk, printout, arguments.print)


def _order(opened: Opened, clerk: Clerk, arguments: argparse.Namespace) -> Order:
    kind = making.kind_of(arguments.form)
    found = tuple(lookup.by_code(opened.desk, code) for code in arguments.code)
    if kind.needs is Needs.DOSSIER and len(found) != 1:
        raise WrongUse(f"Mẫu {arguments.form} cần đúng một mã hồ sơ.")
    if kind.needs not in (Needs.DOSSIER, Needs.DOSSIERS, Needs.DAYS) and found:
        raise WrongUse(f"Mẫu {arguments.form} không in theo hồ sơ.", "Bỏ mã hồ sơ đi.")
    return Order(
        form=arguments.form,
        dossier=found[0] if kind.needs is Needs.DOSSIER else None,
        dossiers=found if kind.needs is not Needs.DOSSIER else (),
        first_day=_day(arguments.day),
        last_day=_day(arguments.until),
        procedure=arguments.procedure,
        to=arguments.to,
        deadline=_day(arguments.deadline),
        entry=_entry(opened, clerk, arguments) if kind.needs is Needs.ENTRY else None,
        reason=arguments.reason,
        book=_book(arguments.book),
        sheets=arguments.sheets,
        keys=_keys(arguments.keys),
        paper=PaperSize(arguments.paper) if arguments.paper else None,
    )


def _entry(opened: Opened, clerk: Clerk, arguments: argparse.Namespace) -> intake.Intake:
    """Return what a citizen wanted, as `receive --from -` takes it."""
    if arguments.source != "-":
        raise WrongUse(f"Mẫu {arguments.form} cần --from -: JSON từ standard input.")
    given = reading.read_receive(reading.read_standard_input())
    today = opened.desk.now().date()
    procedure = intake.find_procedure(opened.desk.catalogue(), given.procedure, today)
    return reading.intake_of(given, procedure, today=today, offline=False, clerk=clerk.user)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise WrongUse(f"“{text}” không phải ngày.", "Ghi dạng 2026-11-20.") from error


def _book(parts: list[str] | None) -> Book | None:
    return Book(form=parts[0], serial=parts[1], number=parts[2]) if parts else None


def _keys(source: str) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    if not source:
        return ()
    if source != "-":
        raise WrongUse("--keys nhận “-”: JSON từ standard input.")
    try:
        read = msgspec.json.decode(
            reading.read_standard_input(), type=dict[str, list[tuple[str, str]]]
        )
    except msgspec.DecodeError as error:
        raise WrongUse("JSON của --keys không đúng.", f"{error}") from error
    return tuple((screen, tuple(rows)) for screen, rows in read.items())
