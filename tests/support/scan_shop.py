"""A private set of SANE devices, one of them a network scanner with a feeder full of given pages.

The scanner speaks eSCL over the loopback interface and is reached through the SANE back end
airscan, like any real network scanner. `scanimage` ends with the number of the SANE status:

==================================  ====  =========================================
what happens                        code  pages kept
==================================  ====  =========================================
`--batch` until the feeder is empty    0  all
jam on a later page                    6  those before the jam
feeder empty from the start            7  none
cover open                             8  none, or those before it was opened
==================================  ====  =========================================
"""

import io
import threading
import uuid
import xml.etree.ElementTree as ET
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from PIL import Image

_NAME = "Counter Scanner"
_RESOLUTIONS = (100, 200, 300)
_BED_WIDTH, _BED_HEIGHT = 2480, 3508  # A4 in the protocol's unit, which is 1/300 inch
_UNIT_DPI = 300

_DLL_CONF = "test\npnm\nairscan\n"
_TEST_CONF = """\
number_of_devices 2
mode Gray
depth 8
resolution_min 50.0
resolution_max 600.0
resolution_quant 1.0
resolution 200.0
test-picture "Grid"
geometry_min 0.0
geometry_max 300.0
geometry_quant 1.0
tl_x 0.0
tl_y 0.0
br_x 210.0
br_y 297.0
enable-test-options true
"""
_AIRSCAN_CONF = """\
[devices]
"{name}" = http://127.0.0.1:{port}/eSCL, eSCL
[options]
discovery = disable
"""

_NAMESPACES = (
    'xmlns:scan="http://schemas.hp.com/imaging/escl/2011/05/03" '
    'xmlns:pwg="http://www.pwg.org/schemas/2010/12/sm"'
)
_RESOLUTION_XML = "".join(
    "<scan:DiscreteResolution>"
    f"<scan:XResolution>{dpi}</scan:XResolution><scan:YResolution>{dpi}</scan:YResolution>"
    "</scan:DiscreteResolution>"
    for dpi in _RESOLUTIONS
)
_INPUT_XML = f"""\
<scan:MinWidth>16</scan:MinWidth><scan:MaxWidth>{_BED_WIDTH}</scan:MaxWidth>
<scan:MinHeight>16</scan:MinHeight><scan:MaxHeight>{_BED_HEIGHT}</scan:MaxHeight>
<scan:MaxScanRegions>1</scan:MaxScanRegions>
<scan:SettingProfiles><scan:SettingProfile>
<scan:ColorModes>
<scan:ColorMode>Grayscale8</scan:ColorMode><scan:ColorMode>RGB24</scan:ColorMode>
</scan:ColorModes>
<scan:DocumentFormats>
<pwg:DocumentFormat>image/jpeg</pwg:DocumentFormat>
<scan:DocumentFormatExt>image/jpeg</scan:DocumentFormatExt>
</scan:DocumentFormats>
<scan:SupportedResolutions>
<scan:DiscreteResolutions>{_RESOLUTION_XML}</scan:DiscreteResolutions>
</scan:SupportedResolutions>
</scan:SettingProfile></scan:SettingProfiles>
<scan:SupportedIntents><scan:Intent>Document</scan:Intent></scan:SupportedIntents>
"""
_CAPABILITIES = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<scan:ScannerCapabilities {_NAMESPACES}>
<pwg:Version>2.63</pwg:Version>
<pwg:MakeAndModel>{_NAME}</pwg:MakeAndModel>
<pwg:SerialNumber>1</pwg:SerialNumber>
<scan:Platen><scan:PlatenInputCaps>{_INPUT_XML}</scan:PlatenInputCaps></scan:Platen>
<scan:Adf>
<scan:AdfSimplexInputCaps>{_INPUT_XML}</scan:AdfSimplexInputCaps>
<scan:AdfDuplexInputCaps>{_INPUT_XML}</scan:AdfDuplexInputCaps>
<scan:FeederCapacity>50</scan:FeederCapacity>
<scan:AdfOptions><scan:AdfOption>DetectPaperLoaded</scan:AdfOption>
<scan:AdfOption>Duplex</scan:AdfOption></scan:AdfOptions>
</scan:Adf>
</scan:ScannerCapabilities>
"""
_STATUS = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<scan:ScannerStatus {_NAMESPACES}>
<pwg:Version>2.63</pwg:Version>
<pwg:State>{{state}}</pwg:State>
<scan:AdfState>{{feeder}}</scan:AdfState>
</scan:ScannerStatus>
"""


class Fault(StrEnum):
    """What goes wrong with the line in the middle of a stack."""

    NONE = "none"
    HANGS = "hangs"
    VANISHES = "vanishes"
    CUTS_PAGE_SHORT = "cuts a page short"
    DRIPS = "sends a byte now and then"


class _Trouble(Exception):
    """The scanner cannot do what it was asked; its status page tells why."""


@dataclass(frozen=True)
class _Settings:
    """What a client wants scanned: the region is in the protocol's unit."""

    from_glass: bool
    color: bool
    dpi: int
    region: tuple[int, int, int, int]

    @classmethod
    def parse(cls, request: bytes) -> "_Settings":
        tree = ET.fromstring(request)

        def value(tag: str, default: str = "0") -> str:
            return tree.findtext(f".//{{*}}{tag}") or default

        left, top = int(value("XOffset")), int(value("YOffset"))
        width, height = int(value("Width", str(_BED_WIDTH))), int(value("Height", str(_BED_HEIGHT)))
        return cls(
            from_glass=value("InputSource") == "Platen",
            color=value("ColorMode") == "RGB24",
            dpi=int(value("XResolution", str(_RESOLUTIONS[0]))),
            region=(left, top, left + width, top + height),
        )


class _Scanner:
    """The scanner's inner life: what lies in the feeder, and what each job still has to do."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._feeder: deque[Path] = deque()
        self._jobs: dict[str, _Settings] = {}
        self._pages_to_jam: int | None = None
        self._cover_open = False
        self.pages_given = 0
        self.jobs_ended = 0
        self.fault = Fault.NONE
        self.fault_after = 0
        self.is_busy = False
        self.waits = 0
        self.released = threading.Event()

    def load(self, pages: Sequence[Path]) -> None:
        with self._lock:
            self._feeder = deque(pages)
            self._pages_to_jam = None
            self.pages_given = self.jobs_ended = 0
            self.fault, self.is_busy, self.waits = Fault.NONE, False, 0

    def jam_after(self, pages: int) -> None:
        with self._lock:
            self._pages_to_jam = pages

    def set_cover(self, is_open: bool) -> None:
        with self._lock:
            self._cover_open = is_open

    def feeder_state(self) -> str:
        """Return the state of the feeder in the protocol's words."""
        if self._cover_open:
            return "ScannerAdfDoorOpen"
        if not self._feeder:
            return "ScannerAdfEmpty"
        return "ScannerAdfJam" if self._pages_to_jam == 0 else "ScannerAdfLoaded"

    @property
    def is_fault_due(self) -> bool:
        """True once the stack has come so far."""
        return self.fault is not Fault.NONE and self.pages_given >= self.fault_after

    def begin(self, settings: _Settings) -> str:
        """Take a job and return its name."""
        with self._lock:
            self._check(settings)
            name = str(uuid.uuid4())
            self._jobs[name] = settings
            return name

    def end(self, job: str) -> None:
        with self._lock:
            self._jobs.pop(job, None)
            self.jobs_ended += 1

    def next_page(self, job: str) -> bytes | None:
        """Return the next page of a job as JPEG, or nothing when the job is done."""
        with self._lock:
            settings = self._jobs.get(job)
            if settings is None or not (self._feeder or settings.from_glass):
                return None
            self._check(settings)
            page = self._take(job, settings)
        return _scan(page, settings)

    def _check(self, settings: _Settings) -> None:
        if self._cover_open or self.is_busy:
            raise _Trouble
        if not settings.from_glass and self.feeder_state() != "ScannerAdfLoaded":
            raise _Trouble

    def _take(self, job: str, settings: _Settings) -> Path | None:
        if settings.from_glass:
            del self._jobs[job]
            return self._feeder[0] if self._feeder else None
        if self._pages_to_jam is not None:
            self._pages_to_jam -= 1
        return self._feeder.popleft()


def _scan(page: Path | None, settings: _Settings) -> bytes:
    """Return the wanted region of a page lying at the top left of a white bed."""
    scale = settings.dpi / _UNIT_DPI
    bed = Image.new("RGB", (round(_BED_WIDTH * scale), round(_BED_HEIGHT * scale)), "white")
    if page is not None:
        with Image.open(page) as picture:
            bed.paste(_at_resolution(picture, settings.dpi, bed.width))
    left, top, right, bottom = (round(edge * scale) for edge in settings.region)
    part = bed.crop((left, top, right, bottom))
    jpeg = io.BytesIO()
    part.convert("RGB" if settings.color else "L").save(
        jpeg, "JPEG", quality=95, dpi=(settings.dpi, settings.dpi)
    )
    return jpeg.getvalue()


def _at_resolution(picture: Image.Image, dpi: int, bed_width: int) -> Image.Image:
    """Scale a page to its true size; one that does not say its resolution fills the bed's width."""
    own_dpi = float(picture.info.get("dpi", (0, 0))[0])
    factor = dpi / own_dpi if own_dpi > 1 else bed_width / picture.width
    size = (round(picture.width * factor), round(picture.height * factor))
    plain = picture.convert("RGB")
    return plain if size == plain.size else plain.resize(size)


class _Server(ThreadingHTTPServer):
    """The scanner's web server."""

    daemon_threads = False

    def __init__(self, scanner: _Scanner) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.scanner = scanner


class _Handler(BaseHTTPRequestHandler):
    """Answers one request and closes the connection, so that no thread outlives the server."""

    protocol_version = "HTTP/1.1"
    timeout = 10
    server: _Server

    def do_GET(self) -> None:
        match self.path.split("/")[2:]:
            case ["ScannerCapabilities"]:
                self._answer(200, _CAPABILITIES.encode())
            case ["ScannerStatus"]:
                scanner = self.server.scanner
                if scanner.fault is Fault.VANISHES and scanner.is_fault_due:
                    self.close_connection = True
                    return
                state = "Processing" if scanner.is_busy else "Idle"
                status = _STATUS.format(feeder=scanner.feeder_state(), state=state)
                self._answer(200, status.encode())
            case ["ScanJobs", job, "NextDocument"]:
                self._next_document(job)
            case _:
                self._answer(404)

    def do_POST(self) -> None:
        settings = _Settings.parse(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            job = self.server.scanner.begin(settings)
        except _Trouble:
            self._answer(409)
        else:
            self._answer(201, location=f"/eSCL/ScanJobs/{job}")

    def do_DELETE(self) -> None:
        self.server.scanner.end(self.path.rsplit("/", 1)[-1])
        self._answer(200)

    def _next_document(self, job: str) -> None:
        scanner = self.server.scanner
        if scanner.is_fault_due and scanner.fault in (Fault.HANGS, Fault.VANISHES):
            if scanner.fault is Fault.HANGS:
                scanner.released.wait(60)
            self.close_connection = True
            return
        if scanner.waits:
            scanner.waits -= 1
            self._answer(503)
            return
        try:
            page = scanner.next_page(job)
        except _Trouble:
            self._answer(409)
            return
        if page is None:
            self._answer(404)
        elif scanner.is_fault_due and scanner.fault is not Fault.NONE:
            self._answer_badly(page, scanner)
        else:
            scanner.pages_given += 1
            self._answer(200, page, "image/jpeg")

    def _answer_badly(self, page: bytes, scanner: _Scanner) -> None:
        """Promise a whole page and send a part of it; then hang up, or drip."""
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        half = len(page) // 2
        try:
            self.wfile.write(page[:half])
            if scanner.fault is Fault.DRIPS:
                for byte in page[half:]:
                    if scanner.released.wait(0.3):
                        break
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
        except OSError:
            pass  # the other side had enough
        self.close_connection = True

    def _answer(
        self, code: int, body: bytes = b"", kind: str = "text/xml", location: str = ""
    ) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


class ScanShop:
    """The devices of a running scan shop.

    Attributes:
        env: What to add to the environment of programs that shall see these devices only.
        feeder: SANE name of the network scanner, with the sources "ADF" and "Flatbed".
        address: Where the same scanner answers eSCL.
        test_device: SANE name of the back end's own test device.
        picture_device: SANE name of the device that serves one picture file.
    """

    feeder = f"airscan:e0:{_NAME}"
    test_device = "test:0"
    picture_device = "pnm:0"

    def __init__(self, config: Path, scanner: _Scanner, port: int) -> None:
        self.env = {"SANE_CONFIG_DIR": str(config)}
        self.address = f"http://127.0.0.1:{port}/eSCL"
        self._scanner = scanner

    def load(self, pages: Sequence[Path]) -> None:
        """Put pages into the feeder, instead of what lies or is jammed there.

        Each page is a picture of any kind Pillow reads. Pages leave the feeder as they are
        scanned; a scan from the glass shows the top one and leaves it.
        """
        self._scanner.load(pages)

    def empty(self) -> None:
        """Take all pages out of the feeder."""
        self._scanner.load([])

    def jam_after(self, pages: int) -> None:
        """Let the feeder jam after this many more pages, until it is loaded anew."""
        self._scanner.jam_after(pages)

    def break_line(self, fault: Fault, after: int) -> None:
        """Let the line fail once so many pages were given, until the feeder is loaded anew."""
        self._scanner.fault, self._scanner.fault_after = fault, after

    def be_busy(self) -> None:
        """Scan for somebody else, until the feeder is loaded anew."""
        self._scanner.is_busy = True

    def warm_up(self, answers: int) -> None:
        """Say so many times that the next page is not ready yet."""
        self._scanner.waits = answers

    @property
    def jobs_ended(self) -> int:
        """How many jobs were let go since the feeder was loaded."""
        return self._scanner.jobs_ended

    def cover_open(self, is_open: bool) -> None:
        """Open or close the scanner's cover."""
        self._scanner.set_cover(is_open)


@contextmanager
def scan_shop(folder: Path, pages: Sequence[Path] = ()) -> Iterator[ScanShop]:
    """Run a network scanner, and configure SANE to know it and the test devices only.

    Args:
        folder: Where the SANE configuration goes; made if missing.
        pages: What the feeder holds at first.

    Yields:
        The running shop.
    """
    folder.mkdir(parents=True, exist_ok=True)
    scanner = _Scanner()
    scanner.load(pages)
    with _Server(scanner) as server:
        _configure(folder, server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="scanner")
        thread.start()
        try:
            yield ScanShop(folder, scanner, server.server_address[1])
        finally:
            scanner.released.set()
            server.shutdown()
            thread.join()


def _configure(folder: Path, port: int) -> None:
    (folder / "dll.conf").write_text(_DLL_CONF, encoding="ascii")
    (folder / "test.conf").write_text(_TEST_CONF, encoding="ascii")
    airscan = _AIRSCAN_CONF.format(name=_NAME, port=port)
    (folder / "airscan.conf").write_text(airscan, encoding="ascii")
