"""Printers over IPP: a CUPS queue or a driverless printer, followed to the end."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import requests

from printing.drivers import JobOptions, JobState
from printing.drivers.ipp_message import (
    Answer,
    Attributes,
    Group,
    Operation,
    Tag,
    UnreadableAnswer,
    number,
    read_answer,
    strings,
    write_request,
)
from printing.errors import (
    CoverOpen,
    OutcomeUnknown,
    OutOfPaper,
    OutOfToner,
    PaperJam,
    PrinterOffline,
    PrinterPaused,
    PrinterRefused,
    PrintProblem,
    WrongPaper,
)

CONNECT_S = 4.0
ANSWER_S = 20.0
_DEFAULT_PORT = 631
_REASONS: tuple[tuple[str, type[PrintProblem]], ...] = (
    ("media-jam", PaperJam),
    ("cover-open", CoverOpen),
    ("door-open", CoverOpen),
    ("interlock", CoverOpen),
    ("media-empty", OutOfPaper),
    ("media-needed", OutOfPaper),
    ("toner-empty", OutOfToner),
    ("marker-supply-empty", OutOfToner),
    ("paused", PrinterPaused),
    ("offline", PrinterOffline),
    ("shutdown", PrinterOffline),
    ("connecting-to-device", PrinterOffline),
)
_STOPPED = 5
_JOB_STATES = {7: "not_printed", 8: "not_printed", 9: "printed"}
_MEDIA_MISMATCH = 0x040B


def problem_of(reasons: Sequence[str]) -> PrintProblem | None:
    """Return what printer-state-reasons mean for hands, None if nothing is wrong.

    A jam outranks an open cover, which outranks an empty tray.
    """
    for word, problem in _REASONS:
        if any(reason.startswith(word) for reason in reasons):
            return problem()
    return None


def printer_uri(name: str) -> str:
    """Return the IPP address of a printer named by a clerk or a script.

    A URI stays; a bare name means a queue of this machine's CUPS, or of the
    one that CUPS_SERVER names.
    """
    if re.match(r"^ipps?://", name):
        return name
    server = os.environ.get("CUPS_SERVER", "").split("/")[0] or "localhost:631"
    if ":" not in server:
        server += f":{_DEFAULT_PORT}"
    return f"ipp://{server}/printers/{name}"


class IppPrinter:
    """One printer or queue at an ipp:// address."""

    def __init__(self, name: str) -> None:
        self.uri = printer_uri(name)
        parts = urlsplit(self.uri)
        scheme = "https" if parts.scheme == "ipps" else "http"
        self._address = f"{scheme}://{parts.hostname}:{parts.port or _DEFAULT_PORT}{parts.path}"
        self._http = requests.Session()
        self._http.trust_env = False  # a printer is never behind a proxy

    def look(self) -> None:
        """Ask whether it would print now.

        Raises:
            PrintProblem: it would not.
        """
        answer = self._ask(Operation.GET_PRINTER_ATTRIBUTES, {})
        found = answer.attributes(Group.PRINTER)
        if not answer.is_ok:
            raise PrinterOffline(f"Không có máy in ở địa chỉ {self.uri}.")
        problem = problem_of(strings(found, "printer-state-reasons"))
        if problem is not None:
            raise problem
        if found.get("printer-is-accepting-jobs") == [False]:
            raise PrinterPaused("Máy in không nhận lệnh in.")
        if number(found, "printer-state") == _STOPPED:
            raise PrinterPaused

    def send(self, title: str, pdf: bytes, options: JobOptions) -> int:
        """Hand a PDF over; return the printer's number for the job.

        Raises:
            OutcomeUnknown: the answer was lost; it may print.
            PrintProblem: nothing was taken.
        """
        attributes: Attributes = {
            "requesting-user-name": (Tag.NAME, "quay-mot-cua"),
            "job-name": (Tag.NAME, title[:120]),
            "document-format": (Tag.MIME, "application/pdf"),
        }
        job: Attributes = {
            "media": (Tag.KEYWORD, options.paper.ipp_media),
            "copies": (Tag.INTEGER, options.copies),
        }
        answer = self._ask(Operation.PRINT_JOB, attributes, job, pdf)
        if not answer.is_ok:
            if answer.status == _MEDIA_MISMATCH:
                raise WrongPaper
            raise PrinterRefused(f"Máy in từ chối lệnh in (mã {answer.status:#06x}).")
        number_ = number(answer.attributes(Group.JOB), "job-id")
        if not number_:
            raise OutcomeUnknown
        return number_

    def state(self, job: int) -> JobState:
        """Ask what became of a job.

        Raises:
            PrinterOffline: nobody answers; ask again later.
        """
        answer = self._ask(Operation.GET_JOB_ATTRIBUTES, {"job-id": (Tag.INTEGER, job)})
        if not answer.is_ok:
            return JobState("unknown", OutcomeUnknown())  # its history was cleared
        found = answer.attributes(Group.JOB)
        outcome = _JOB_STATES.get(number(found, "job-state"), "working")
        if outcome == "printed":
            return self._doubted()
        return JobState(outcome, self._trouble(found, outcome))

    def _doubted(self) -> JobState:
        """Believe "completed" only of a printer without a jam.

        CUPS has been seen to report a job that its printer aborted over a jam
        as completed; only the queue's reasons told.
        """
        answer = self._ask(Operation.GET_PRINTER_ATTRIBUTES, {})
        reasons = strings(answer.attributes(Group.PRINTER), "printer-state-reasons")
        problem = problem_of(reasons)
        if isinstance(problem, PaperJam):
            return JobState("unknown", problem)
        return JobState("printed")

    def _trouble(self, job: dict[str, list[int | bool | str]], outcome: str) -> PrintProblem | None:
        reasons = strings(job, "job-printer-state-reasons") + strings(job, "job-state-reasons")
        found = problem_of(reasons)
        if found is None:
            answer = self._ask(Operation.GET_PRINTER_ATTRIBUTES, {})
            printer = answer.attributes(Group.PRINTER)
            found = problem_of(strings(printer, "printer-state-reasons"))
        if found is None and outcome == "not_printed":
            return PrinterRefused("Lệnh in bị huỷ.", "In lại, hoặc in bằng máy khác.")
        return found

    def queues(self) -> list[str]:
        """Return the names of all queues, if this is the address of a CUPS server."""
        answer = self._ask(Operation.CUPS_GET_PRINTERS, {})
        return [
            name
            for kind, found in answer.groups
            if kind == Group.PRINTER
            for name in strings(found, "printer-name")
        ]

    def _ask(
        self,
        operation: Operation,
        attributes: Attributes,
        job: Attributes | None = None,
        document: bytes = b"",
    ) -> Answer:
        named = {"printer-uri": (Tag.URI, self.uri), **attributes}
        body = write_request(operation, 1, named, job) + document
        try:
            reply = self._http.post(
                self._address,
                data=body,
                headers={"Content-Type": "application/ipp"},
                timeout=(CONNECT_S, ANSWER_S),
            )
            reply.raise_for_status()
            return read_answer(reply.content)
        except requests.ConnectTimeout as error:
            raise PrinterOffline from error
        except requests.ConnectionError as error:
            if document and "refused" not in str(error).lower():
                raise OutcomeUnknown from error  # it broke off while the document went over
            raise PrinterOffline from error
        except (requests.RequestException, UnreadableAnswer) as error:
            if document:
                raise OutcomeUnknown from error
            raise PrinterOffline("Địa chỉ này không trả lời như một máy in IPP.") from error


def list_printers() -> list[str]:
    """Return the names of the queues of this machine's CUPS, [] without one."""
    server = IppPrinter(printer_uri("").removesuffix("printers/"))
    try:
        return server.queues()
    except PrintProblem:
        return []
