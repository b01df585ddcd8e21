"""Network scanners by eSCL, spoken directly: the same on every system, without a driver.

A device is named by its address, such as `escl:http://192.168.1.20/eSCL`.
The talking is done in a child process (`app.scanning.child`), which is ended
if it hangs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from urllib.parse import urljoin, urlsplit

import requests

from app.scanning import child
from app.scanning.driver import (
    Device,
    FeederEmpty,
    Progress,
    ScannedPage,
    ScannerBusy,
    ScannerGone,
    ScanProblem,
    ScanProfile,
    Source,
)
from app.scanning.escl_messages import (
    MAX_XML_BYTES,
    Capabilities,
    NotEscl,
    Status,
    read_capabilities,
    read_status,
    write_settings,
)

PREFIX = "escl:"
MAX_PAGE_BYTES = 64 * 1024 * 1024
_CONNECT_S, _READ_S = 5.0, 30.0
_LOOK_S = 3.0
_CHUNK = 8 * 1024
_BUSY_STATUS = (409, 503)
_RETRY_S = 1.0
_RETRIES = 60


class EsclScanners:
    """Network scanners at configured addresses.

    Args:
        addresses: of their eSCL roots, such as `http://192.168.1.20/eSCL`.
        silence_s: after so long without a sign of life the child is ended.
    """

    def __init__(self, addresses: Sequence[str] = (), *, silence_s: float = 60.0) -> None:
        self._addresses = tuple(addresses)
        self._silence_s = silence_s

    def devices(self) -> list[Device]:
        """Return the scanners that answer within a few seconds each."""
        found = []
        for address in self._addresses:
            try:
                able = EsclScanner(address, read_s=_LOOK_S, connect_s=_LOOK_S).capabilities()
            except ScanProblem:
                continue
            found.append(Device(name=PREFIX + address, label=able.name or address))
        return found

    def scan(
        self,
        device: str,
        profile: ScanProfile,
        *,
        progress: Progress,
        cancel: threading.Event,
    ) -> Iterator[ScannedPage]:
        """Yield pages as they arrive.

        Raises:
            ScanProblem: scanning ended early; what came before was yielded.
        """
        yield from child.scan(
            "escl", device, profile, progress=progress, cancel=cancel, silence_s=self._silence_s
        )


class EsclScanner:
    """One scanner, talked to in this process.

    Args:
        address: of its eSCL root, with or without the prefix of device names.
        connect_s, read_s: how long one answer may keep us.
    """

    def __init__(
        self, address: str, *, connect_s: float = _CONNECT_S, read_s: float = _READ_S
    ) -> None:
        self._root = address.removeprefix(PREFIX).rstrip("/") + "/"
        self._device = PREFIX + self._root.rstrip("/")
        self._timeout = (connect_s, read_s)
        self._session = requests.Session()
        self._session.trust_env = False  # a scanner stands in the office, behind no proxy

    def capabilities(self) -> Capabilities:
        """Return what the scanner can do.

        Raises:
            ScannerGone: it does not answer, or is no such scanner.
        """
        try:
            return read_capabilities(self._get("ScannerCapabilities"))
        except NotEscl as error:
            raise self._no_scanner() from error

    def status(self) -> Status:
        """Return how the scanner stands.

        Raises:
            ScannerGone: it does not answer.
        """
        try:
            return read_status(self._get("ScannerStatus"))
        except NotEscl as error:
            raise self._no_scanner() from error

    def scan(
        self, profile: ScanProfile, *, progress: Progress, cancel: threading.Event
    ) -> Iterator[ScannedPage]:
        """Yield pages until the feeder is empty; one from the glass.

        Raises:
            ScanProblem: scanning ended early; what came before was yielded.
        """
        able = self.capabilities()
        try:
            source, _ = able.source(profile.source)
            settings = write_settings(able, profile)
        except NotEscl as error:
            raise self._no_scanner() from error
        problem = self.status().problem(source)
        if problem is not None:
            raise problem
        job = self._begin(settings, source)
        count = 0
        try:
            while not cancel.is_set():
                image = self._next(job, count, progress, cancel)
                if image is None:
                    break
                count += 1
                side = ("back" if count % 2 == 0 else "front") if _is_duplex(source) else ""
                yield ScannedPage(image, self._device, side=side)
                if source is Source.GLASS:
                    break
            if not cancel.is_set():
                self._check_end(source, count)
        finally:
            self._end(job)

    def _begin(self, settings: bytes, source: Source) -> str:
        """Make a job; return its address on the scanner's own host, whatever host it names."""
        reply = self._ask(
            "POST", "ScanJobs", 0, data=settings, headers={"Content-Type": "text/xml"}
        )
        reply.close()
        if reply.status_code in _BUSY_STATUS:
            raise (self.status().problem(source) or ScannerBusy)
        place = reply.headers.get("Location", "")
        if reply.status_code != 201 or not place:
            raise ScannerGone(
                title="Máy quét không nhận lệnh quét.",
                advice="Đổi kiểu quét (dpi, màu), hoặc tắt bật máy quét, rồi bấm F6.",
            )
        return urljoin(self._root, urlsplit(place).path).rstrip("/") + "/"

    def _next(
        self, job: str, count: int, progress: Progress, cancel: threading.Event
    ) -> bytes | None:
        """Return the next page, None after the last one."""
        for _ in range(_RETRIES):
            if cancel.is_set():
                return None
            reply = self._ask("GET", job + "NextDocument", count, stream=True)
            with reply:
                if reply.status_code == 200:
                    return self._read(reply, count, progress, cancel)
                if reply.status_code in (404, 410):
                    return None
                if reply.status_code != 503:
                    break
            progress(count + 1, 0.0)  # still warming up: a sign of life
            cancel.wait(_RETRY_S)
        raise self._problem(count)

    def _read(
        self, reply: requests.Response, count: int, progress: Progress, cancel: threading.Event
    ) -> bytes | None:
        expected = int(reply.headers.get("Content-Length", "0") or 0)
        content = bytearray()
        try:
            for chunk in reply.iter_content(_CHUNK):
                content += chunk
                if len(content) > MAX_PAGE_BYTES or cancel.is_set():
                    break
                progress(count + 1, min(1.0, len(content) / expected) if expected else 0.5)
        except requests.RequestException as error:
            raise ScannerGone(count) from error
        if cancel.is_set():
            return None
        if len(content) > MAX_PAGE_BYTES or (expected and len(content) < expected):
            raise ScannerGone(count)
        return bytes(content)

    def _check_end(self, source: Source, count: int) -> None:
        """After the last page: an empty feeder is a good end, anything else is not."""
        if source is Source.GLASS:
            if not count:
                raise self._problem(0)
            return
        problem = self.status().problem(source)
        if problem is FeederEmpty and count:
            return
        if problem is not None and problem is not ScannerBusy:
            raise problem(count)
        if not count:
            raise FeederEmpty

    def _problem(self, count: int) -> ScanProblem:
        try:
            status = self.status()
        except ScanProblem:
            return ScannerGone(count)
        found = status.problem(Source.FEEDER)
        return (found or ScannerGone)(count)

    def _end(self, job: str) -> None:
        try:
            self._session.delete(job.rstrip("/"), timeout=_LOOK_S, allow_redirects=False).close()
        except requests.RequestException:
            return  # the scanner forgets a job by itself

    def _get(self, what: str) -> bytes:
        with self._ask("GET", what, 0, stream=True) as reply:
            if reply.status_code in _BUSY_STATUS:
                raise ScannerBusy
            if reply.status_code != 200:
                raise self._no_scanner()
            content, deadline = bytearray(), time.monotonic() + self._timeout[1]
            try:
                for chunk in reply.iter_content(_CHUNK):
                    content += chunk
                    if len(content) > MAX_XML_BYTES or time.monotonic() > deadline:
                        raise self._no_scanner()
            except requests.RequestException as error:
                raise ScannerGone from error
            return bytes(content)

    def _ask(self, method: str, where: str, count: int, **more: object) -> requests.Response:
        try:
            return self._session.request(
                method,
                urljoin(self._root, where),
                timeout=self._timeout,
                allow_redirects=False,
                **more,  # type: ignore[arg-type] # as requests names them
            )
        except (requests.RequestException, ValueError) as error:
            raise ScannerGone(count) from error

    def _no_scanner(self) -> ScannerGone:
        return ScannerGone(
            title="Ở địa chỉ này không có máy quét mạng (eSCL).",
            advice="Kiểm tra địa chỉ trong cài đặt, dây mạng và nút nguồn của máy quét.",
        )


def _is_duplex(source: Source) -> bool:
    return source is Source.FEEDER_DUPLEX
