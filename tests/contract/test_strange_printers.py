"""Addresses at which something answers that is no printer, or a printer that misbehaves."""

import http.server
import struct
import threading
from collections.abc import Callable, Iterator

import pytest

from printing.document import PaperSize
from printing.drivers import JobOptions
from printing.drivers.ipp import IppPrinter
from printing.drivers.ipp_message import Tag
from printing.errors import (
    CannotRead,
    OutcomeUnknown,
    PrinterBusy,
    PrinterOffline,
    PrinterPaused,
    PrinterRefused,
    PrintProblem,
    WrongPaper,
)

A4 = JobOptions(paper=PaperSize.A4)
PRINT_JOB, GET_PRINTER = 0x0002, 0x000B


def attribute(tag: int, name: str, raw: bytes) -> bytes:
    encoded = name.encode()
    return struct.pack(">BH", tag, len(encoded)) + encoded + struct.pack(">H", len(raw)) + raw


def ipp(status: int = 0, group: int = 4, *attributes: bytes) -> bytes:
    head = struct.pack(">BBHI", 2, 0, status, 1)
    return head + bytes([group]) + b"".join(attributes) + b"\x03"


WELL = ipp(0, 4, attribute(Tag.ENUM, "printer-state", struct.pack(">i", 3)))


class Strange:
    """A printer of which the test says what it answers; None hangs up."""

    def __init__(self) -> None:
        self.http_status = 200
        self.answer: Callable[[int], bytes | None] = lambda _: WELL
        self.documents: list[bytes] = []
        self.uri = ""


@pytest.fixture
def strange() -> Iterator[Strange]:
    strange = Strange()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            operation = struct.unpack_from(">H", body, 2)[0]
            if operation == PRINT_JOB:
                strange.documents.append(body)
            answer = strange.answer(operation)
            if answer is None:
                self.close_connection = True
                return
            status = strange.http_status if operation == PRINT_JOB else 200
            self.send_response(status)
            self.send_header("Content-Type", "application/ipp")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    strange.uri = f"ipp://127.0.0.1:{server.server_port}/ipp/print"
    yield strange
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.mark.parametrize(
    ("status", "problem"),
    [(401, PrinterRefused), (403, PrinterRefused), (404, PrinterOffline), (426, PrinterOffline),
     (500, OutcomeUnknown), (503, OutcomeUnknown)],
)  # fmt: skip
def test_what_the_web_server_of_a_printer_says_is_told_apart(strange, status, problem):
    strange.http_status = status

    with pytest.raises(PrintProblem) as found:
        IppPrinter(strange.uri).send("x · 1", b"%PDF", A4)

    assert type(found.value) is problem
    assert isinstance(found.value, OutcomeUnknown) is (status >= 500)


@pytest.mark.parametrize(
    ("status", "problem"),
    [(0x0400, PrinterRefused), (0x040A, CannotRead), (0x040B, WrongPaper),
     (0x0506, PrinterPaused), (0x0507, PrinterBusy), (0x05FF, PrinterRefused)],
)  # fmt: skip
def test_each_refusal_says_what_hands_must_do(strange, status, problem):
    strange.answer = lambda op: ipp(status) if op == PRINT_JOB else WELL

    with pytest.raises(PrintProblem) as found:
        IppPrinter(strange.uri).send("x · 1", b"%PDF", A4)

    assert type(found.value) is problem
    assert found.value.advice


@pytest.mark.parametrize("answer", [b"", b"<html>404</html>", ipp()[:5], ipp(0, 2), None])
def test_a_broken_answer_to_a_job_leaves_its_outcome_unknown(strange, answer):
    strange.answer = lambda op: answer if op == PRINT_JOB else WELL

    with pytest.raises(OutcomeUnknown):
        IppPrinter(strange.uri).send("x · 1", b"%PDF", A4)

    assert len(strange.documents) == 1  # and it is not sent again by itself


@pytest.mark.parametrize("answer", [b"", b"<html>404</html>", None, ipp(0x0406)])
def test_a_broken_answer_to_a_question_is_a_printer_that_is_not_there(strange, answer):
    strange.answer = lambda _: answer
    printer = IppPrinter(strange.uri)

    with pytest.raises(PrinterOffline):
        printer.look(A4)
    assert isinstance(printer.describe().problem, PrinterOffline)


def test_a_printer_that_says_nothing_of_itself_gets_pdf(strange):
    job = ipp(0, 2, attribute(Tag.INTEGER, "job-id", struct.pack(">i", 9)))
    strange.answer = lambda op: job if op == PRINT_JOB else ipp(0, 4)

    assert IppPrinter(strange.uri).send("x · 1", b"%PDF-1", A4) == 9
    assert strange.documents[0].endswith(b"%PDF-1")
    assert b"application/pdf" in strange.documents[0]
