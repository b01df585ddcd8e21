"""A private print server with printers that keep what they print and fail when told to.

Each printer is a real IPP Everywhere printer on the loopback interface, each queue a real CUPS
queue in front of it. What a caller sees when the shop plays a fault:

================  ==================================  =========================================
fault             reasons the printer gives           what becomes of the job
================  ==================================  =========================================
`jam`             media-jam                           aborted by the printer; see below
`open_cover`      cover-open                          processing until the cover is closed
`empty_tray`      media-empty, and media-needed       processing until the tray is filled
                  while a job waits
`stop_printer`    none, it cannot be reached          at the queue: processing until it is back
`pause`           at the queue: paused, and stopped   at the queue: pending until resumed
================  ==================================  =========================================

A queue passes the printer's reasons on while it works on a job, and keeps the last ones until the
next job. It does not tell that the printer aborted a job: it usually calls such a job canceled, but
completed if it happens to ask at a bad moment. Only the reason media-jam is sure to be there.

While a job waits, a queue asks the printer after 1, 2, 4, 7, 12 ... seconds; it therefore learns
the sooner that a fault is over, the shorter the fault was.
"""

import http.client
import plistlib
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.support.ports import free_port, listening
from tests.support.processes import (
    Child,
    bare_environment,
    hand_over,
    message_bus,
    program,
    run,
    unprivileged,
    wait_for,
)

_ACCOUNT = "lp"
_TRAYS = ("iso_a4_210x297mm", "iso_a5_148x210mm")
_SHEETS = 250
_SEVERITY = re.compile("-(report|warning|error)$")

_CUPSD = """\
LogLevel info
MaxLogSize 0
Listen 127.0.0.1:{port}
Browsing Off
BrowseLocalProtocols none
WebInterface No
IdleExitTimeout 0
DefaultAuthType None
ErrorPolicy retry-job
JobRetryInterval 1
PreserveJobHistory Yes
PreserveJobFiles No
<Location />
  Order allow,deny
  Allow all
</Location>
<Location /admin>
  Order allow,deny
  Allow all
</Location>
<Policy default>
  JobPrivateAccess all
  JobPrivateValues none
  SubscriptionPrivateAccess all
  SubscriptionPrivateValues none
  <Limit All>
    Order deny,allow
    Allow all
  </Limit>
</Policy>
"""

_CUPS_FILES = """\
SystemGroup lpadmin root
ServerRoot {base}/etc
RequestRoot {base}/spool
TempDir {base}/spool/tmp
CacheDir {base}/cache
StateDir {base}/state
ServerKeychain {base}/etc/ssl
AccessLog {base}/log/access_log
ErrorLog {base}/log/error_log
PageLog {base}/log/page_log
Printcap {base}/state/printcap
"""

# One tray per size: the printer takes its list of trays and sizes from here.
_PPD = """\
*PPD-Adobe: "4.3"
*FormatVersion: "4.3"
*FileVersion: "1.0"
*LanguageVersion: English
*LanguageEncoding: ISOLatin1
*PCFileName: "COUNTER.PPD"
*Manufacturer: "Counter"
*Product: "(Counter Printer)"
*ModelName: "Counter Printer"
*ShortNickName: "Counter Printer"
*NickName: "Counter Printer"
*PSVersion: "(3010.000) 0"
*LanguageLevel: "3"
*ColorDevice: False
*DefaultColorSpace: Gray
*FileSystem: False
*Throughput: "20"
*LandscapeOrientation: Plus90
*TTRasterizer: Type42
*DefaultResolution: 600dpi
*OpenUI *PageSize/Page Size: PickOne
*DefaultPageSize: A4
*PageSize A4/A4: ""
*PageSize A5/A5: ""
*CloseUI: *PageSize
*OpenUI *PageRegion/Page Region: PickOne
*DefaultPageRegion: A4
*PageRegion A4/A4: ""
*PageRegion A5/A5: ""
*CloseUI: *PageRegion
*DefaultImageableArea: A4
*ImageableArea A4/A4: "12 12 583.28 829.89"
*ImageableArea A5/A5: "12 12 407.53 583.28"
*DefaultPaperDimension: A4
*PaperDimension A4/A4: "595.28 841.89"
*PaperDimension A5/A5: "419.53 595.28"
*OpenUI *InputSlot/Tray: PickOne
*DefaultInputSlot: Tray1
*InputSlot Tray1/Tray 1: ""
*InputSlot Tray2/Tray 2: ""
*CloseUI: *InputSlot
*OpenUI *MediaType/Paper: PickOne
*DefaultMediaType: Plain
*MediaType Plain/Plain Paper: ""
*CloseUI: *MediaType
"""

# Runs once per job, with the received file as its argument. Files named jam and cover beside it
# are the printer's condition; a job named after the panel only makes the printer report it. The
# printer itself would put out even a job that was canceled while it waited.
_ENGINE = """\
#!/bin/sh
here=$(dirname "$0")
report() {
  if [ -e "$here/$1" ]; then echo "STATE: +$2" >&2; else echo "STATE: -$2" >&2; fi
}
condition() {
  report jam media-jam-error
  report cover cover-open-error
}
canceled() {
  "$IPPTOOL" -tv -T 5 -d "job=$IPP_JOB_ID" "$PRINTER_URI" "$JOB_REQUEST" |
    grep -q processing-to-stop-point
}
condition
[ "$IPP_JOB_NAME" = panel ] && exit 0
while [ -e "$here/cover" ]; do
  canceled && exit 0
  condition
  sleep 0.05
done
condition
[ -e "$here/jam" ] && { sleep 0.5; exit 1; }
canceled && exit 0
name=$(date +%s%N)
cp "$1" "$here/out/$name.part" && mv "$here/out/$name.part" "$here/out/$name.pdf"
"""

_HEADER = """\
  GROUP operation-attributes-tag
  ATTR charset attributes-charset utf-8
  ATTR naturalLanguage attributes-natural-language en
  ATTR uri printer-uri $uri
"""
_GET_PRINTER = f"""\
{{ OPERATION Get-Printer-Attributes {_HEADER}
  ATTR keyword requested-attributes printer-state,printer-state-reasons
}}
"""
_GET_JOB = f"""\
{{ OPERATION Get-Job-Attributes {_HEADER}
  ATTR integer job-id $job
  ATTR keyword requested-attributes job-state,job-state-reasons
}}
"""
_PRINT_JOB = f"""\
{{ OPERATION Print-Job {_HEADER}
  ATTR name requesting-user-name clerk
  ATTR name job-name $title
  ATTR mimeMediaType document-format application/pdf
  GROUP job-attributes-tag
  ATTR keyword media $media
  FILE $filename
}}
"""
_PRINTER_STATES = {3: "idle", 4: "processing", 5: "stopped"}
_JOB_STATES = {
    3: "pending",
    4: "held",
    5: "processing",
    6: "stopped",
    7: "canceled",
    8: "aborted",
    9: "completed",
}


@dataclass(frozen=True)
class State:
    """What a printer, a queue or a job says of itself.

    Attributes:
        word: idle, processing or stopped of a printer or queue; pending, held, processing,
            stopped, canceled, aborted or completed of a job.
        reasons: The reasons given, without their severity; empty if there are none.
    """

    word: str
    reasons: frozenset[str]


class _Ipp:
    """Asks printers and queues through ipptool, so that no code under test is needed."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        folder.mkdir(parents=True)
        self._env = env
        self._empty = folder / "empty.pdf"
        self._empty.write_bytes(b"%PDF-1.4\n%%EOF\n")
        self.requests: dict[str, Path] = {}
        for name, text in (("printer", _GET_PRINTER), ("job", _GET_JOB), ("print", _PRINT_JOB)):
            self.requests[name] = folder / f"{name}.test"
            self.requests[name].write_text(text, encoding="utf-8")

    def ask(self, uri: str, request: str, **variables: object) -> dict[str, Any]:
        """Send one of the known requests and return the attributes of the answer."""
        command = [program("ipptool"), "-X", "-T", "5"]
        for name, value in variables.items():
            command += ["-d", f"{name}={value}"]
        command += [uri, str(self.requests[request])]
        done = subprocess.run(command, env=self._env, capture_output=True, timeout=15, check=False)
        tests = plistlib.loads(done.stdout)["Tests"]
        if not tests:
            raise ConnectionError(done.stderr.decode())
        groups: list[dict[str, Any]] = tests[0].get("ResponseAttributes", [])
        answer = {name: value for group in groups for name, value in group.items()}
        return answer | {"status-code": tests[0]["StatusCode"]}

    def send(self, uri: str, file: Path, title: str, media: str) -> int | None:
        """Print a file and return the number of the job; nothing if the printer is busy."""
        answer = self.ask(uri, "print", filename=file, title=title, media=media)
        if answer["status-code"] == "server-error-busy":
            return None
        if "job-id" not in answer:
            raise ConnectionError(f"{uri}: {answer}")
        return int(answer["job-id"])

    def press_button(self, uri: str) -> int | None:
        """Give an idle printer a job without a page."""
        return self.send(uri, self._empty, "panel", _TRAYS[0])

    def printer(self, uri: str) -> State:
        """Return the state of a printer or queue."""
        answer = self.ask(uri, "printer")
        return State(
            _PRINTER_STATES[answer["printer-state"]], _reasons(answer["printer-state-reasons"])
        )

    def job(self, uri: str, number: int) -> State:
        """Return the state of a job."""
        answer = self.ask(uri, "job", job=number)
        if "job-state" not in answer:
            raise LookupError(f"{uri} knows no job {number}")
        return State(_JOB_STATES[answer["job-state"]], _reasons(answer["job-state-reasons"]))


def _reasons(value: str | list[str]) -> frozenset[str]:
    words = [value] if isinstance(value, str) else value
    return frozenset(_SEVERITY.sub("", word) for word in words if word != "none")


class _Printer:
    """One printer on the loopback interface, with a folder for what it prints."""

    def __init__(self, name: str, folder: Path, env: dict[str, str], job_request: Path) -> None:
        self.name = name
        self.port = free_port()
        self.out_of_paper = False
        self._folder = folder
        self._env = env | {"IPPTOOL": program("ipptool"), "JOB_REQUEST": str(job_request)}
        self._env["PRINTER_URI"] = self.uri
        self._child: Child | None = None
        for part in ("spool", "out"):
            (folder / part).mkdir(parents=True)
        (folder / "counter.ppd").write_text(_PPD, encoding="ascii")
        engine = folder / "engine.sh"
        engine.write_text(_ENGINE, encoding="ascii")
        engine.chmod(0o755)

    @property
    def uri(self) -> str:
        return f"ipp://127.0.0.1:{self.port}/ipp/print"

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    @property
    def condition(self) -> frozenset[str]:
        """The reasons the engine has to report."""
        faults = {"jam": "media-jam", "cover": "cover-open"}
        return frozenset(word for flag, word in faults.items() if (self._folder / flag).exists())

    def printed(self) -> list[Path]:
        return sorted((self._folder / "out").glob("*.pdf"))

    def flag(self, fault: str, raised: bool) -> None:
        if raised:
            (self._folder / fault).touch()
        else:
            (self._folder / fault).unlink(missing_ok=True)

    def start(self) -> None:
        if self.running:
            return
        folder = self._folder
        command = [program("ippeveprinter"), "-n", "localhost", "-p", str(self.port), "-r", "off"]
        command += ["-P", str(folder / "counter.ppd"), "-d", str(folder / "spool")]
        command += ["-c", str(folder / "engine.sh"), "-v", self.name]
        self._child = Child(command, folder / "printer.log", self._env)
        self._child.wait_for(lambda: listening(self.port), 10, f"printer {self.name}")
        self.load_trays()

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop()

    def load_trays(self) -> None:
        """Fill or empty all trays, as `out_of_paper` says, through the printer's own web page."""
        form: dict[str, str | int] = {}
        for number, size in enumerate(_TRAYS):
            form[f"size{number}"] = size
            form[f"type{number}"] = "stationery"
            form[f"level{number}"] = 0 if self.out_of_paper else _SHEETS
        page = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            page.request("GET", f"/media?{urlencode(form)}")
            page.getresponse().read()
        finally:
            page.close()


class PrintShop:
    """The queues and printers of a running print shop.

    Printers report a changed condition at once: an idle one is given a job called "panel" for it,
    which prints nothing but takes a number and shows in the list of the printer's own jobs.

    Attributes:
        env: What to add to the environment of programs that shall use this print server.
    """

    def __init__(
        self, port: int, printers: Sequence[_Printer], ipp: _Ipp, tools: dict[str, str]
    ) -> None:
        self.env = {"CUPS_SERVER": f"127.0.0.1:{port}"}
        self._port = port
        self._tools = tools | self.env
        self._printers = {printer.name: printer for printer in printers}
        self._ipp = ipp

    def queue_uri(self, name: str) -> str:
        """Return the address of a queue of the print server."""
        return f"ipp://127.0.0.1:{self._port}/printers/{name}"

    def printer_uri(self, name: str) -> str:
        """Return the address of a printer itself, past the print server."""
        return self._printers[name].uri

    def send(
        self, uri: str, file: Path, title: str = "test", media: str = "iso_a4_210x297mm"
    ) -> int:
        """Print a PDF file, past the code under test.

        Args:
            uri: Address of a queue or of an idle printer.
            file: The PDF file.
            title: Name of the job.
            media: Size of paper: iso_a4_210x297mm or iso_a5_148x210mm.

        Returns:
            The number of the job.
        """
        number = self._ipp.send(uri, file, title, media)
        if number is None:
            raise ConnectionError(f"{uri} is busy")
        return number

    def printed(self, name: str) -> list[Path]:
        """Return the PDF files a printer has put out, oldest first."""
        return self._printers[name].printed()

    def printer_state(self, uri: str) -> State:
        """Return the state of a printer or queue."""
        return self._ipp.printer(uri)

    def job_state(self, uri: str, number: int) -> State:
        """Return the state of a job, asked of the printer or queue that took it."""
        return self._ipp.job(uri, number)

    def jam(self, name: str) -> None:
        """Jam the paper: jobs are aborted until the jam is cleared."""
        self._set(name, "jam", True)

    def clear_jam(self, name: str) -> None:
        """Take the jammed paper out."""
        self._set(name, "jam", False)

    def open_cover(self, name: str) -> None:
        """Open the cover: jobs stay in the printer until it is closed."""
        self._set(name, "cover", True)

    def close_cover(self, name: str) -> None:
        """Close the cover."""
        self._set(name, "cover", False)

    def empty_tray(self, name: str) -> None:
        """Take the paper out of all trays: jobs wait for more, even canceled ones."""
        self._load(name, out_of_paper=True)

    def fill_tray(self, name: str) -> None:
        """Fill all trays. A waiting job goes on within about a second."""
        self._load(name, out_of_paper=False)
        self._report(self._printers[name])

    def stop_printer(self, name: str) -> None:
        """Switch a printer off: what it was printing is lost, and it forgets its jobs."""
        self._printers[name].stop()

    def start_printer(self, name: str) -> None:
        """Switch a printer on again, at the same address and in the same condition."""
        printer = self._printers[name]
        printer.start()
        self._report(printer)

    def pause(self, name: str) -> None:
        """Pause a queue: it takes jobs but passes none on."""
        run([program("cupsdisable"), name], self._tools)

    def resume(self, name: str) -> None:
        """Let a paused queue go on."""
        run([program("cupsenable"), name], self._tools)

    def _set(self, name: str, fault: str, raised: bool) -> None:
        printer = self._printers[name]
        printer.flag(fault, raised)
        self._report(printer)

    def _load(self, name: str, *, out_of_paper: bool) -> None:
        printer = self._printers[name]
        printer.out_of_paper = out_of_paper
        if printer.running:
            printer.load_trays()

    def _report(self, printer: _Printer) -> None:
        """Have a printer show its condition, unless only more paper or power can bring it to."""
        if printer.running and not printer.out_of_paper:
            wait_for(lambda: self._shown(printer), 15, f"report of {printer.name}")

    def _shown(self, printer: _Printer) -> bool:
        """Tell whether the condition shows; if not, give an idle printer a reason to look."""
        shown = self._ipp.printer(printer.uri).reasons & {"media-jam", "cover-open"}
        if shown == printer.condition:
            return True
        number = self._ipp.press_button(printer.uri)
        if number is not None:  # a busy printer takes no job, but looks by itself
            wait_for(lambda: self._ipp.job(printer.uri, number).word == "completed", 5, "panel job")
        return False


@contextmanager
def print_shop(folder: Path, printers: Sequence[str] = ("HCC",)) -> Iterator[PrintShop]:
    """Run a print server with printers of its own, apart from the machine's.

    Each printer has a tray of A4 and one of A5 and takes PDF, PostScript, JPEG and raster.

    Args:
        folder: Where everything goes; made if missing. It must not have been a shop before.
        printers: Names of the printers, which are the names of their queues as well.

    Yields:
        The running shop.
    """
    with ExitStack() as stack:
        folder.mkdir(parents=True, exist_ok=True)
        bus = stack.enter_context(message_bus(folder / "dbus"))
        env = bare_environment(
            folder, DBUS_SYSTEM_BUS_ADDRESS=bus, DBUS_SESSION_BUS_ADDRESS=bus, TMPDIR=str(folder)
        )
        ipp = _Ipp(folder / "ipp", env)
        devices = [
            _Printer(name, folder / "printers" / name, env, ipp.requests["job"])
            for name in printers
        ]
        for device in devices:
            stack.callback(device.stop)
            device.start()
        port = free_port()
        stack.enter_context(_print_server(folder / "cups", port, env))
        shop = PrintShop(port, devices, ipp, env)
        for device in devices:
            _add_queue(device, env | shop.env)
        yield shop


@contextmanager
def _print_server(base: Path, port: int, env: dict[str, str]) -> Iterator[Child]:
    for part in ("etc/ppd", "etc/ssl", "spool/tmp", "cache", "state", "log"):
        (base / part).mkdir(parents=True)
    config, files = base / "etc/cupsd.conf", base / "etc/cups-files.conf"
    config.write_text(_CUPSD.format(port=port), encoding="utf-8")
    files.write_text(_CUPS_FILES.format(base=base), encoding="utf-8")
    hand_over(base, _ACCOUNT)
    command = [*unprivileged(_ACCOUNT), program("cupsd"), "-f", "-c", str(config), "-s", str(files)]
    with Child(command, base / "log/cupsd.log", env) as server:
        server.wait_for(lambda: listening(port), 10, "print server")
        yield server


def _add_queue(device: _Printer, env: dict[str, str]) -> None:
    command = [program("lpadmin"), "-p", device.name, "-E", "-v", device.uri, "-m", "everywhere"]
    run(command, env)
