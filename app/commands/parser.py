"""The command line itself: options, environment, exit codes, answers as JSON or text."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from app.commands import course, looking, piles, printers, receiving, settling, station
from app.commands.opened import Opened
from app.domain.catalogue import Catalogue
from app.errors import AppError, WrongUse
from app.logs import hook_exceptions, reference, start_logging
from app.paths import Profile, default_profile
from app.services import signin
from app.services.desk import Clerk
from app.services.intake import IntakeFaults

DONE, WRONG_USE, REFUSED, OUR_FAULT = 0, 2, 3, 4
PAPERS = ("A4", "A5", "80mm")
_ENVIRONMENT = ("QMC_USER", "QMC_PIN", "QMC_PASSWORD")


class Joiner(Protocol):
    """What `app.bootstrap` does for the commands."""

    def open(self, root: Path) -> Opened:
        """Open a profile."""

    def enrol(self, root: Path, arguments: argparse.Namespace) -> dict[str, Any]:
        """Enrol a fresh profile."""

    def backup(self, opened: Opened) -> str:
        """Make a full copy; return its path."""

    def restore(self, root: Path, arguments: argparse.Namespace) -> dict[str, Any]:
        """Rebuild a store."""

    def catalogue(self, root: Path) -> Catalogue:
        """Return the profile's catalogue, or the bundled one without a profile."""


class _Called:
    """One call: options, and who acts; secrets are taken out of the environment."""

    def __init__(self, arguments: argparse.Namespace, joiner: Joiner) -> None:
        self.arguments = arguments
        self.joiner = joiner
        self.root: Path = arguments.profile or default_profile()
        self.user, self.pin, self.password = (os.environ.pop(n, "") for n in _ENVIRONMENT)

    def opened(self, run: Callable[[Opened], dict[str, Any]]) -> dict[str, Any]:
        """Open the profile, run, close."""
        opened = self.joiner.open(self.root)
        try:
            return run(opened)
        finally:
            opened.close()

    def acting(self, run: Callable[[Opened, Clerk], dict[str, Any]]) -> dict[str, Any]:
        """Open the profile for a clerk, by QMC_USER and QMC_PIN or the last sign-in."""

        def with_clerk(opened: Opened) -> dict[str, Any]:
            if self.pin:
                clerk = signin.sign_in_offline(opened.desk, self.user, self.pin)
            else:
                clerk = signin.session_of(opened.desk, self.user or None)
            return run(opened, clerk)

        return self.opened(with_clerk)


def run(argv: list[str], joiner: Joiner) -> int:
    """Run one command; return the exit code.

    0 done; 2 wrong use; 3 the world refused, with title and advice; 4 our
    fault, with a reference into the log.
    """
    arguments = make_parser().parse_args(argv)
    called = _Called(arguments, joiner)
    start_logging(Profile(called.root).logs if called.root.exists() else _temporary_logs())
    hook_exceptions()
    verb: Callable[[_Called], dict[str, Any]] = arguments.run
    try:
        answer = verb(called)
    except WrongUse as error:
        return _refuse(arguments, error, WRONG_USE)
    except AppError as error:
        return _refuse(arguments, error, REFUSED)
    except Exception as bug:  # noqa: BLE001 - the one place where a command's bug ends
        mark = reference(bug)
        ours = AppError("Chương trình gặp sự cố.", f"Mã tham chiếu: {mark} (trong nhật ký).")
        return _refuse(arguments, ours, OUR_FAULT)
    _print(answer, as_json=arguments.json)
    return DONE


def _temporary_logs() -> Path:
    return Path(tempfile.gettempdir()) / f"quay-mot-cua-{os.getuid() if os.name != 'nt' else 0}"


def _refuse(arguments: argparse.Namespace, error: AppError, code: int) -> int:
    if arguments.json:
        words: dict[str, Any] = {
            "title": error.title,
            "advice": error.advice,
            "kept": error.kept,
        }
        if isinstance(error, IntakeFaults):
            words["faults"] = [{"field": f.field, "words": f.words} for f in error.faults]
            words["missing"] = [{"key": p.key, "name": p.name} for p in error.missing]
        print(json.dumps({"error": words}, ensure_ascii=False))
    print(str(error), file=sys.stderr)
    return code


def _print(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(answer, ensure_ascii=False, default=str))
        return
    for key, value in answer.items():
        if isinstance(value, list):
            print(f"{key}:")
            for row in value:
                cells = row.values() if isinstance(row, dict) else [row]
                print("  " + "  ".join(str(cell) for cell in cells))
        else:
            print(f"{key}: {'' if value is None else value}")


def make_parser() -> argparse.ArgumentParser:
    """Return the whole command line."""
    parser = argparse.ArgumentParser(
        prog="main.py",
        description="Quầy Một Cửa: without a command it opens the window.",
        epilog="Exit codes: 0 done, 2 wrong use, 3 refused (with advice), 4 our fault.",
    )
    parser.add_argument("--profile", type=Path, metavar="DIR", help="folder of this station")
    parser.add_argument("--json", action="store_true", help="answer as one JSON object")
    verbs = parser.add_subparsers(metavar="COMMAND")
    _station_verbs(verbs)
    _dossier_verbs(verbs)
    _printer_verbs(verbs)
    piles.add_verb(verbs)
    _course_verbs(verbs)
    _settling_verbs(verbs)
    _answer_verbs(verbs)
    return parser


def _station_verbs(verbs: Any) -> None:
    enrol = verbs.add_parser("enrol", help="register this machine with a one-time code")
    enrol.add_argument("--server", required=True, metavar="URL")
    enrol.add_argument("--code", required=True, metavar="C")
    enrol.add_argument("--ca", type=Path, metavar="FILE", help="the server's authority (PEM)")
    enrol.add_argument("--journal", type=Path, metavar="DIR", help="second volume")
    enrol.set_defaults(run=lambda c: c.joiner.enrol(c.root, c.arguments))

    sign_in = verbs.add_parser("sign-in", help="sign a clerk in; secrets by standard input")
    sign_in.add_argument("--user", default="", help="else QMC_USER")
    sign_in.add_argument("--set-pin", action="store_true", help="read password, then PIN")
    sign_in.set_defaults(
        run=lambda c: c.opened(lambda o: station.sign_in(o, c.arguments, c.user, c.password, c.pin))
    )

    sync = verbs.add_parser("sync", help="send, receive and prove; one pass")
    sync.add_argument("--no-pages", action="store_true")
    sync.set_defaults(
        run=lambda c: c.opened(lambda o: station.sync(o, with_pages=not c.arguments.no_pages))
    )
    verbs.add_parser("status", help="how the station stands").set_defaults(
        run=lambda c: c.opened(station.status)
    )
    verbs.add_parser("doctor", help="examine store, journal, keys, disk").set_defaults(
        run=lambda c: c.opened(station.doctor)
    )
    verbs.add_parser("backup", help="make a full encrypted copy").set_defaults(
        run=lambda c: c.opened(lambda o: {"backup": c.joiner.backup(o)})
    )
    restore = verbs.add_parser("restore", help="rebuild the store from copies and journals")
    restore.add_argument("--journal", type=Path, metavar="DIR", help="another folder of journals")
    restore.add_argument("--recovery-key", type=Path, metavar="FILE",
                         help="the province's key, if this station's is lost")  # fmt: skip
    restore.set_defaults(run=lambda c: c.joiner.restore(c.root, c.arguments))


def _dossier_verbs(verbs: Any) -> None:
    receive = verbs.add_parser("receive", help="receive a dossier and answer its code")
    receive.add_argument("--from", dest="source", metavar="-", help="JSON by standard input")
    receive.add_argument("--procedure", metavar="CODE", help="national or short code")
    receive.add_argument("--card", metavar="QR", help="text of an ID card's QR, or -")
    for name in ("name", "id-number", "born", "sex", "phone", "address", "summary", "exemption"):
        receive.add_argument(f"--{name}", default="")
    receive.add_argument("--field", action="append", default=[], metavar="K=V")
    receive.add_argument("--papers", default="", metavar="all|K,K")
    receive.add_argument("--pages", type=int, default=0)
    receive.add_argument("--copies", type=int, default=0)
    receive.add_argument("--owed-reason", default="", help="missing papers follow later")
    receive.add_argument("--at", default="", help="late entry; supervisors, with --reason")
    receive.add_argument("--reason", default="")
    receive.add_argument("--pdf", type=Path, metavar="FILE", help="write the receipt there")
    receive.add_argument("--print", metavar="PRINTER", help="queue name or ipp:// address")
    receive.add_argument("--paper", choices=PAPERS, default="A5")
    receive.set_defaults(
        run=lambda c: c.acting(lambda o, clerk: receiving.receive(o, clerk, c.arguments))
    )

    scan = verbs.add_parser("scan", help="scan pages into a dossier, or take files")
    scan.add_argument("--dossier", required=True, metavar="CODE")
    scan.add_argument("--paper", dest="paper_key", required=True, metavar="K")
    scan.add_argument("--device", metavar="D")
    scan.add_argument("--file", type=Path, nargs="+", metavar="F")
    scan.add_argument("--source", choices=["feeder", "feeder_duplex", "glass"], default="feeder")
    scan.add_argument("--dpi", type=int, default=300)
    scan.add_argument("--colour", action="store_true")
    scan.set_defaults(
        run=lambda c: c.acting(lambda o, clerk: receiving.scan(o, clerk, c.arguments))
    )

    print_ = verbs.add_parser("print", help="print a dossier's form; repeats are marked")
    print_.add_argument("code")
    print_.add_argument("--form", default="01")
    print_.add_argument("--printer", dest="print", default="", metavar="P")
    print_.add_argument("--pdf", type=Path, metavar="FILE", help="save instead of printing")
    print_.add_argument("--paper", choices=PAPERS, default="A5")
    print_.set_defaults(
        run=lambda c: c.acting(lambda o, clerk: receiving.print_form(o, clerk, c.arguments))
    )
    _form_verb(verbs)


def _form_verb(verbs: Any) -> None:
    verbs.add_parser("forms", help="every form there is").set_defaults(run=_list_forms)
    form = verbs.add_parser("form", help="make any form, as a file or on a printer")
    form.add_argument("form", metavar="FORM", help="key as `forms` lists it")
    form.add_argument("code", nargs="*", help="one dossier, or several for a list")
    form.add_argument("--day", default="", metavar="ISO", help="first day; today")
    form.add_argument("--until", default="", metavar="ISO", help="last day; the first")
    form.add_argument("--procedure", default="", metavar="CODE", help="for the leaflet")
    form.add_argument("--to", default="", metavar="WHO", help="other side of a hand-over")
    form.add_argument("--deadline", default="", metavar="ISO", help="for form 02")
    form.add_argument("--from", dest="source", metavar="-", help="as `receive`, for 02-before")
    form.add_argument("--reason", default="", help="for 02-before and 03-before")
    form.add_argument("--book", nargs=3, metavar=("FORM", "SERIAL", "NUMBER"),
                      help="of an issued book of fee receipts")  # fmt: skip
    form.add_argument("--sheets", type=int, default=10, help="of the pad")
    form.add_argument("--keys", default="", metavar="-", help="JSON by standard input")
    form.add_argument("--paper", choices=PAPERS, default="", help="the form's usual one")
    form.add_argument("--printer", dest="print", default="", metavar="P")
    form.add_argument("--pdf", type=Path, metavar="FILE", help="save instead of printing")
    form.set_defaults(run=_form)


def _list_forms(_: _Called) -> dict[str, Any]:
    from app.commands import forms  # two dozen modules that no other verb needs

    return forms.list_forms()


def _form(called: _Called) -> dict[str, Any]:
    from app.commands import forms

    return called.acting(lambda opened, clerk: forms.form(opened, clerk, called.arguments))


def _printer_verbs(verbs: Any) -> None:
    list_ = verbs.add_parser("printers", help="what each printer says; choose one for a form")
    list_.add_argument("--add", default="", metavar="ADDRESS", help="remember a printer")
    list_.add_argument("--choose", default="", metavar="FORM", help="form key, or “all”")
    list_.add_argument("--printer", default="", metavar="P")
    list_.add_argument("--tray", default="", metavar="T")
    list_.add_argument("--paper", choices=["A4", "A5"], default="")
    list_.add_argument("--copies", type=int, choices=range(1, 6), default=1)
    list_.add_argument("--duplex", action="store_true")
    list_.set_defaults(run=lambda c: c.opened(lambda o: printers.printers(o, c.arguments)))

    test = verbs.add_parser("print-test", help="print a page that shows what a printer does")
    test.add_argument("printer", metavar="PRINTER")
    test.add_argument("--paper", choices=["A4", "A5"], default="A5")
    test.add_argument("--pdf", type=Path, metavar="FILE", help="save instead of printing")
    test.set_defaults(
        run=lambda c: c.acting(lambda o, clerk: printers.print_test(o, clerk, c.arguments))
    )

    jobs = verbs.add_parser("jobs", help="print jobs that wait for a printer or an eye")
    acts = jobs.add_mutually_exclusive_group()
    acts.add_argument("--retry", type=int, metavar="JOB", help="print it (again)")
    acts.add_argument("--came-out", type=int, metavar="JOB", help="the paper is there")
    acts.add_argument("--did-not", type=int, metavar="JOB", help="the paper is not there")
    acts.add_argument("--drop", type=int, metavar="JOB", help="throw it away")
    jobs.add_argument("--printer", default="", metavar="P", help="with --retry: another one")
    jobs.set_defaults(run=lambda c: c.acting(lambda o, clerk: printers.jobs(o, clerk, c.arguments)))

    close = verbs.add_parser("close-day", help="hold a day beside the server's word, seal it")
    close.add_argument("--day", default="", metavar="ISO", help="else today")
    close.add_argument("--look", action="store_true", help="only look, seal nothing")
    close.add_argument("--printer", default="", metavar="P")
    close.add_argument("--pdf", type=Path, metavar="FILE")
    close.set_defaults(
        run=lambda c: c.acting(lambda o, clerk: printers.close_day(o, clerk, c.arguments))
    )


def _course_verbs(verbs: Any) -> None:
    result = verbs.add_parser("result", help="record a dossier's result")
    result.add_argument("code")
    result.add_argument("--name", required=True, help="as on the document")
    result.add_argument("--number", default="")
    result.add_argument("--book", default="", help="take the next number of this book")
    result.add_argument("--issued", default="", metavar="ISO", help="else today")
    result.add_argument("--copies", type=int, default=1)
    result.add_argument("--place", default="", help="where it lies")
    result.set_defaults(
        run=lambda c: c.acting(lambda o, clerk: course.record_result(o, clerk, c.arguments))
    )
    pay = verbs.add_parser("pay", help="note that money came in")
    pay.add_argument("code")
    pay.add_argument("--amount", type=int, default=0, help="đồng; else all that is left")
    pay.add_argument("--method", choices=["cash", "transfer"], default="cash")
    pay.add_argument("--reference", default="", help="of a transfer that was seen to arrive")
    pay.set_defaults(run=lambda c: c.acting(lambda o, clerk: course.pay(o, clerk, c.arguments)))
    give = verbs.add_parser("return", help="hand results out, all that are named or none")
    give.add_argument("code", nargs="+")
    give.add_argument("--card", default="", metavar="QR|-", help="of who stands there")
    give.add_argument("--authority", default="", help="what an authorised person showed")
    give.add_argument("--lost-receipt", action="store_true")
    give.add_argument("--satisfaction", type=int, choices=[0, 1, 2, 3], default=0)
    give.add_argument("--owing", default="", help="supervisors: why something stays unpaid")
    give.set_defaults(run=lambda c: c.acting(lambda o, clerk: course.give(o, clerk, c.arguments)))


def _settling_verbs(verbs: Any) -> None:
    verbs.add_parser("unsettled", help="conflicts and refused events that wait").set_defaults(
        run=lambda c: c.opened(settling.unsettled)
    )
    decide = verbs.add_parser("decide", help="say which of two clashing acts counts")
    decide.add_argument("code")
    decide.add_argument("--keep", required=True, choices=["first", "second", "new"])
    decide.add_argument("--reason", required=True)
    decide.set_defaults(
        run=lambda c: c.acting(lambda o, clerk: settling.decide(o, clerk, c.arguments))
    )
    mend = verbs.add_parser("mend", help="offer a dossier's refused events again")
    mend.add_argument("code")
    mend.add_argument("--new-code", action="store_true", help="under another number; reprint")
    mend.add_argument("--reason", required=True)
    mend.set_defaults(run=lambda c: c.acting(lambda o, clerk: settling.mend(o, clerk, c.arguments)))

    export = verbs.add_parser("export", help="write the queue to a stick, sealed to the server")
    export.add_argument("folder", type=Path, metavar="DIR")
    export.set_defaults(
        run=lambda c: c.acting(lambda o, clerk: settling.export_queue(o, clerk, c.arguments))
    )
    import_ = verbs.add_parser("import", help="take answers from a stick, or relay a queue")
    import_.add_argument("file", type=Path, metavar="FILE")
    import_.set_defaults(run=lambda c: c.opened(lambda o: settling.import_file(o, c.arguments)))


def _answer_verbs(verbs: Any) -> None:
    show = verbs.add_parser("show", help="show a dossier; the look is recorded")
    show.add_argument("code")
    show.set_defaults(run=lambda c: c.acting(lambda o, clerk: looking.show(o, clerk, c.arguments)))
    find = verbs.add_parser("find", help="find dossiers by words without marks, or numbers")
    find.add_argument("text")
    find.add_argument("--before", type=int, help="the former answer's “next”")
    find.set_defaults(run=lambda c: c.opened(lambda o: looking.find(o, c.arguments)))

    due = verbs.add_parser("due", help="when a dossier would be due, and how it is counted")
    due.add_argument("--procedure", required=True, metavar="CODE")
    due.add_argument("--at", required=True, metavar="ISO")
    due.set_defaults(run=lambda c: looking.due(c.joiner.catalogue(c.root), c.arguments))

    card = verbs.add_parser("card", help="what the card reader understands")
    card.add_argument("--qr", required=True, metavar="TEXT|-")
    card.set_defaults(run=lambda c: looking.card(c.arguments, _today()))


def _today() -> dt.date:
    return dt.datetime.now(dt.timezone(dt.timedelta(hours=7))).date()
