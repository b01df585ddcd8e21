"""Printers over IPP: a CUPS queue or a driverless printer, followed to the end."""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit

import requests

from printing.drivers import JobOptions, JobState, PrinterFacts
from printing.drivers.ipp_facts import (
    ASKED,
    Said,
    facts_of,
    lacks_paper,
    most_copies,
    problem_of,
    raster_dpi,
    trouble_of,
)
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
    CannotRead,
    OutcomeUnknown,
    PaperJam,
    PrinterBusy,
    PrinterOffline,
    PrinterPaused,
    PrinterRefused,
    PrintProblem,
    WrongPaper,
)

CONNECT_S = 4.0
ANSWER_S = 20.0
_DEFAULT_PORT = 631
_PDF, _PWG = "application/pdf", "image/pwg-raster"
_JOB_STATES = {7: "not_printed", 8: "not_printed", 9: "printed"}
_REFUSALS: dict[int, type[PrintProblem]] = {
    0x040A: CannotRead,
    0x040B: WrongPaper,
    0x0506: PrinterPaused,
    0x0507: PrinterBusy,
}
_LONGEST_NAME_BYTES = 255
_TITLE_END = 48  # characters at the end of a title that tell jobs apart
_USER: Attributes = {"requesting-user-name": (Tag.NAME, "quay-mot-cua")}


def printer_uri(name: str) -> str:
    """Return the IPP address of a printer named by a clerk or a script.

    A URI stays, with the usual path of driverless printers if it has none; a
    bare name means a queue of this machine's CUPS, or of the one that
    CUPS_SERVER names.
    """
    if re.match(r"^ipps?://", name):
        return name if urlsplit(name).path else f"{name}/ipp/print"
    server = os.environ.get("CUPS_SERVER", "").split("/")[0] or "localhost:631"
    if ":" not in server:
        server += f":{_DEFAULT_PORT}"
    return f"ipp://{server}/printers/{name}"


def job_name(title: str) -> str:
    """Return a title that fits an IPP name; its end, which tells jobs apart, stays."""
    end = title[-_TITLE_END:]
    room = _LONGEST_NAME_BYTES - len(end.encode("utf-8"))
    return title[:-_TITLE_END].encode("utf-8")[:room].decode("utf-8", "ignore") + end


class IppPrinter:
    """One printer or queue at an ipp:// address."""

    def __init__(self, name: str) -> None:
        self.uri = printer_uri(name)
        parts = urlsplit(self.uri)
        scheme = "https" if parts.scheme == "ipps" else "http"
        self._address = f"{scheme}://{parts.hostname}:{parts.port or _DEFAULT_PORT}{parts.path}"
        self._http = requests.Session()
        self._http.trust_env = False  # a printer is never behind a proxy
        self._said: Said | None = None

    def look(self, options: JobOptions | None = None) -> None:
        """Ask whether it would print now.

        Raises:
            PrintProblem: it would not.
        """
        self._said = said = self._printer()
        problem = trouble_of(said)
        if problem is not None:
            raise problem
        if options is not None and lacks_paper(said, options.paper, options.tray):
            raise WrongPaper(f"Khay không có giấy {options.paper.value}.")

    def describe(self) -> PrinterFacts:
        """Ask what it is and how it stands."""
        try:
            return facts_of(self._printer())
        except PrintProblem as problem:
            return PrinterFacts(problem=problem)

    def send(self, title: str, pdf: bytes, options: JobOptions) -> int:
        """Hand a PDF over, as the kind of document the printer takes.

        Raises:
            OutcomeUnknown: the answer was lost; it may print.
            PrintProblem: nothing was taken.
        """
        said = self._said if self._said is not None else self._printer()
        kind = _kind_of(said)
        copies = options.copies
        document = pdf
        if kind == _PWG:
            document, copies = _raster(said, pdf, options)
        attributes: Attributes = {
            **_USER,
            "job-name": (Tag.NAME, job_name(title)),
            "document-format": (Tag.MIME, kind),
        }
        job = _job_attributes(said, options, copies)
        answer = self._ask(Operation.PRINT_JOB, attributes, job, document)
        if not answer.is_ok:
            problem = _REFUSALS.get(answer.status)
            raise problem() if problem else _refused(answer.status)
        number_ = number(answer.attributes(Group.JOB), "job-id")
        if not number_:
            raise OutcomeUnknown
        return number_

    def find(self, title: str) -> int | None:
        """Return the number of the job that was taken under a title.

        Raises:
            PrintProblem: nobody answers.
        """
        wanted = job_name(title)
        for which in ("not-completed", "completed"):
            asked: Attributes = {
                **_USER,
                "which-jobs": (Tag.KEYWORD, which),
                "requested-attributes": (Tag.KEYWORD, ["job-id", "job-name"]),
            }
            answer = self._ask(Operation.GET_JOBS, asked)
            for job in answer.all(Group.JOB):
                if strings(job, "job-name") == [wanted] and number(job, "job-id"):
                    return number(job, "job-id")
        return None

    def state(self, job: int) -> JobState:
        """Ask what became of a job.

        Raises:
            PrinterOffline: nobody answers; ask again later.
        """
        answer = self._ask(Operation.GET_JOB_ATTRIBUTES, _named(job))
        if not answer.is_ok:
            return JobState("unknown", OutcomeUnknown())  # its history was cleared
        found = answer.attributes(Group.JOB)
        outcome = _JOB_STATES.get(number(found, "job-state"), "working")
        sheets = number(found, "job-media-sheets-completed") or None
        if outcome == "printed":
            return self._doubted(sheets)
        return JobState(outcome, self._trouble(found, outcome), sheets)

    def cancel(self, job: int) -> None:
        """Ask it to drop a job.

        Raises:
            PrintProblem: nobody answers, or it is too late.
        """
        answer = self._ask(Operation.CANCEL_JOB, {**_named(job), **_USER})
        if not answer.is_ok:
            raise PrinterRefused("Máy in không huỷ lệnh này nữa.", "Chờ xem giấy có ra không.")

    def queues(self) -> list[str]:
        """Return the names of all queues, if this is the address of a CUPS server."""
        answer = self._ask(Operation.CUPS_GET_PRINTERS, {})
        return [
            name for found in answer.all(Group.PRINTER) for name in strings(found, "printer-name")
        ]

    def _printer(self) -> Said:
        asked: Attributes = {"requested-attributes": (Tag.KEYWORD, ASKED)}
        answer = self._ask(Operation.GET_PRINTER_ATTRIBUTES, asked)
        if not answer.is_ok:
            raise PrinterOffline(f"Không có máy in ở địa chỉ {self.uri}.")
        return answer.attributes(Group.PRINTER)

    def _doubted(self, sheets: int | None) -> JobState:
        """Believe "completed" only of a printer without a jam.

        CUPS has been seen to report a job that its printer aborted over a jam
        as completed; only the queue's reasons told.
        """
        problem = problem_of(strings(self._printer(), "printer-state-reasons"))
        if isinstance(problem, PaperJam):
            return JobState("unknown", problem, sheets)
        return JobState("printed", sheets=sheets)

    def _trouble(self, job: Said, outcome: str) -> PrintProblem | None:
        reasons = strings(job, "job-printer-state-reasons") + strings(job, "job-state-reasons")
        found = problem_of(reasons)
        if found is None:
            found = problem_of(strings(self._printer(), "printer-state-reasons"))
        if found is None and outcome == "not_printed":
            return PrinterRefused("Lệnh in bị huỷ.", "In lại, hoặc in bằng máy khác.")
        return found

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
            if reply.status_code in (401, 403):
                raise PrinterRefused(
                    "Máy in không cho máy tính này in.", "Báo quản trị mở quyền in trên máy in."
                )
            if 400 <= reply.status_code < 500:
                raise _no_printer()
            reply.raise_for_status()
            return read_answer(reply.content)
        except requests.exceptions.SSLError as error:
            raise PrinterOffline(
                "Không tin được chứng chỉ của máy in.", "Dùng địa chỉ ipp://, hoặc hàng đợi in."
            ) from error
        except requests.ConnectTimeout as error:
            raise PrinterOffline from error
        except requests.ConnectionError as error:
            if document and "refused" not in str(error).lower():
                raise OutcomeUnknown from error  # it broke off while the document went over
            raise PrinterOffline from error
        except (requests.RequestException, UnreadableAnswer) as error:
            if document:
                raise OutcomeUnknown from error
            raise _no_printer() from error


def _no_printer() -> PrinterOffline:
    return PrinterOffline("Địa chỉ này không trả lời như một máy in IPP.")


def _refused(status: int) -> PrinterRefused:
    return PrinterRefused(f"Máy in từ chối lệnh in (mã {status:#06x}).")


def _named(job: int) -> Attributes:
    return {"job-id": (Tag.INTEGER, job)}


def _kind_of(said: Said) -> str:
    """Return the kind of document to send: PDF if it is taken, else PWG raster.

    Raises:
        CannotRead: the printer takes neither.
    """
    formats = strings(said, "document-format-supported")
    if not formats or _PDF in formats:
        return _PDF
    if _PWG in formats:
        return _PWG
    raise CannotRead


def _raster(said: Said, pdf: bytes, options: JobOptions) -> tuple[bytes, int]:
    """Return a PDF as PWG raster, and the copies that the printer is still to make."""
    from printing.pwg_raster import pwg_raster

    by_printer = options.copies <= most_copies(said)
    raster = pwg_raster(
        pdf,
        dpi=raster_dpi(said),
        paper=options.paper,
        duplex=options.duplex,
        sheet_back=next(iter(strings(said, "pwg-raster-document-sheet-back")), "normal"),
        copies=1 if by_printer else options.copies,
    )
    return raster, options.copies if by_printer else 1


def _job_attributes(said: Said, options: JobOptions, copies: int) -> Attributes:
    width, height = (round(mm * 100) for mm in options.paper.size_mm)
    job: dict[str, tuple[Tag, object]] = {"copies": (Tag.INTEGER, copies)}
    if options.tray:
        size = {"x-dimension": (Tag.INTEGER, width), "y-dimension": (Tag.INTEGER, height)}
        media = {
            "media-size": (Tag.COLLECTION, size),
            "media-source": (Tag.KEYWORD, options.tray),
        }
        job["media-col"] = (Tag.COLLECTION, media)
    else:
        job["media"] = (Tag.KEYWORD, options.paper.ipp_media)
    sides = strings(said, "sides-supported")
    if options.duplex and "two-sided-long-edge" in sides:
        job["sides"] = (Tag.KEYWORD, "two-sided-long-edge")
    elif sides:
        job["sides"] = (Tag.KEYWORD, "one-sided")
    return job  # type: ignore[return-value] # the values are of the kinds that their tags say


def list_printers() -> list[str]:
    """Return the names of the queues of this machine's CUPS, [] without one."""
    server = IppPrinter(printer_uri("").removesuffix("printers/"))
    try:
        return server.queues()
    except PrintProblem:
        return []
