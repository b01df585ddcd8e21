"""The only module of the sync that speaks HTTP; its errors become facts here."""

from __future__ import annotations

import datetime as dt
import io
import socket
import struct
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import requests
import zstandard
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection

from app.domain import wire
from app.errors import AppError
from app.settings import Settings

T = TypeVar("T")
CONNECT_S = 10.0
# Of a body that is handed over slowly. TCP doubles its waits: after so long it would wait as
# long again before it tries, even if the line is back; a new connection tries after a second.
# So it is with an answer to little; a page that is hashed and fsynced takes far less.
_STANDSTILL_S, _LATE_S = 7.0, 15.0
ANSWER_S = 60.0
MAX_ANSWER_BYTES = 16 * 1024 * 1024
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_LEVEL, _SLOW_LEVEL = 9, 15
_DOWNLOAD_CHUNK = 16 * 1024
_SEND_BUFFER, _PIECE = 8 * 1024, 8 * 1024  # the kernel doubles the first
_LINGER = "hh" if sys.platform == "win32" else "ii"
_NO_ROOM = 507  # of the agency: waiting does not help, a person must


class ServerUnreachable(AppError):
    """No usable answer; nothing can be assumed of what was sent.

    Attributes:
        retry_after_s: what the server asked for, 0 if nothing.
    """

    def __init__(self, title: str = "", advice: str = "", retry_after_s: float = 0) -> None:
        super().__init__(
            title or "Chưa nối được với máy chủ.",
            advice or "Vẫn làm việc bình thường; chương trình tự gửi lại khi có mạng.",
            "Mọi việc đã làm được giữ trên máy.",
        )
        self.retry_after_s = retry_after_s


class ServerRefused(AppError):
    """The server understood and said no.

    Attributes:
        status, type, n: of the problem (RFC 9457).
    """

    def __init__(self, problem: wire.Problem) -> None:
        super().__init__(problem.title, problem.detail)
        self.problem = problem
        self.status, self.type, self.n = problem.status, problem.type, problem.n
        self.detail = problem.detail


class PlainHttp(AppError):
    """The address is neither https nor on this machine."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer that was understood: status, headers in small letters, content."""

    status: int
    headers: dict[str, str]
    content: bytes


@dataclass(slots=True)
class Download:
    """A file that is being fetched: how much is here, and of which version."""

    target: str
    kept: bytearray = field(default_factory=bytearray)
    tag: str = ""


class _ShortQueue(HTTPAdapter):
    """Connections with a small send buffer, see `Connection.keep_queue_short`.

    One that is given up takes along what it has not sent: else the kernel would send it yet, once
    the line is back, beside the connection that sends it anew.
    """

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        small = (socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        at_once = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(_LINGER, 1, 0))
        options = [*HTTPConnection.default_socket_options, small, at_once]
        super().init_poolmanager(*args, **more, socket_options=options)


class _Held(io.BytesIO):
    """A body that is handed over a little at a time, and waits when it is told to."""

    def __init__(self, body: bytes, hold: Callable[[], object]) -> None:
        super().__init__(body)
        self._hold = hold

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next few KB, once nothing else has to go first."""
        self._hold()
        return super().read(_PIECE if size is None or size < 0 else min(size, _PIECE))


class Connection:
    """One station's way to its server; events and pages use one each.

    Args:
        settings: address and certificate authority.
        station: id, None before enrolment.
        sign: signs as the station.
        clock: answers the present aware moment.

    Attributes:
        under_way: the last work given to `later`, None if there was none.
    """

    def __init__(
        self,
        settings: Settings,
        station: UUID | None,
        sign: Callable[[bytes], bytes],
        clock: Callable[[], dt.datetime],
    ) -> None:
        check_address(settings.server)
        self._base = settings.server.rstrip("/")
        self._station = station
        self._sign = sign
        self._clock = clock
        self._skew = dt.timedelta()
        self._worker: ThreadPoolExecutor | None = None
        self.under_way: Future[Any] | None = None
        self._patience: tuple[float, float] | None = None  # for standstill, for an answer; s
        self._runner = 0  # thread that works for `later`
        self._http = requests.Session()
        self._http.headers["User-Agent"] = "quay-mot-cua"
        self._http.headers["QMC-Protocol"] = str(wire.PROTOCOL)
        if settings.ca_file:
            self._http.verify = settings.ca_file

    @property
    def skew(self) -> dt.timedelta:
        """How far this machine's clock is behind the server's."""
        return self._skew

    @property
    def is_busy(self) -> bool:
        """True while work given to `later` goes on."""
        return self.under_way is not None and not self.under_way.done()

    def later(self, work: Callable[[], T]) -> Future[T]:
        """Do work that asks on this connection in its own thread, one after the other."""
        if self._worker is None:
            self._worker = ThreadPoolExecutor(1, thread_name_prefix="line")

        def run() -> T:
            self._runner = threading.get_ident()
            return work()

        future = self._worker.submit(run)
        self.under_way = future
        return future

    def _have_it_alone(self) -> None:
        """Wait until what was given to `later` has ended: one request at a time."""
        if self.under_way is not None and threading.get_ident() != self._runner:
            wait([self.under_way])

    def close(self) -> None:
        """Close the connection, once what is under way has ended."""
        if self._worker is not None:
            self._worker.shutdown()
        self._http.close()

    def get(self, target: str, headers: dict[str, str] | None = None) -> Reply:
        """GET a path with query.

        Raises:
            ServerUnreachable: no usable answer.
            ServerRefused: a problem answer.
        """
        return self.ask("GET", target, b"", headers)

    def post_json(self, target: str, message: Any, kind: type[T]) -> T:
        """POST a message and return the answer as `kind`; errors as `get`."""
        reply = self.ask(
            "POST", target, msgspec.json.encode(message), {"Content-Type": "application/json"}
        )
        return self.decoded(reply, kind)

    def tell(self, target: str, message: Any) -> None:
        """POST a message whose answer holds nothing; errors as `get`."""
        self.ask("POST", target, msgspec.json.encode(message), {"Content-Type": "application/json"})

    def post_packed(self, target: str, data: bytes, kind: type[T]) -> T:
        """POST packed JSON lines and return the answer as `kind`; errors as `get`."""
        headers = {"Content-Type": wire.JSON_LINES, "Content-Encoding": "zstd"}
        return self.decoded(self.ask("POST", target, data, headers), kind)

    def download(self, begun: Download) -> bytes:
        """Return a file whole; what came before a break stays in `begun` for the next try.

        Raises:
            ServerUnreachable, ServerRefused: as `get`.
        """
        headers = {"Accept-Encoding": "identity"}
        if begun.kept:
            headers |= {"Range": f"bytes={len(begun.kept)}-", "If-Range": begun.tag}
        headers |= self._signature("GET", begun.target, b"")
        self._have_it_alone()
        try:
            with self._http.get(
                self._base + begun.target,
                headers=headers,
                timeout=(CONNECT_S, ANSWER_S),
                allow_redirects=False,
                stream=True,
            ) as answer:
                if answer.status_code >= 400:
                    self._understood(answer, answer.content)
                if answer.status_code != 206:
                    begun.kept.clear()
                begun.tag = answer.headers.get("ETag", "")
                for chunk in answer.iter_content(_DOWNLOAD_CHUNK):
                    begun.kept += chunk
                    if len(begun.kept) > MAX_ANSWER_BYTES:
                        raise ServerUnreachable("Máy chủ trả lời quá dài.")
        except (requests.RequestException, OSError) as error:
            raise ServerUnreachable from error
        return bytes(begun.kept)

    def decoded(self, reply: Reply, kind: type[T]) -> T:
        """Return an answer's message.

        Raises:
            ServerUnreachable: it is not what the protocol says (a portal page
                of a hotel network, for instance).
        """
        try:
            return msgspec.json.decode(reply.content, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ServerUnreachable("Máy chủ trả lời không đúng giao thức.") from error

    def keep_queue_short(self) -> None:
        """Let little of what is sent wait on the line, for others must get through.

        A kernel would hand a modem all it is given, and what is sent on another
        connection would stand behind it for seconds. At most 16 KB are under
        way: 800 KB/s at 20 ms, 40 KB/s at 400 ms. So little is soon begun anew:
        nor is an answer waited for long.
        """
        for scheme in ("http://", "https://"):
            self._http.mount(scheme, _ShortQueue())
        self._patience = (_STANDSTILL_S, _LATE_S)

    def ask(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        *,
        hold: Callable[[], object] | None = None,
    ) -> Reply:
        """Send a signed request; a clock too far off is corrected and tried once more.

        Args:
            method, target, body, headers: of the request.
            hold: called before each few KB of the body; waits while others go first.

        Raises:
            ServerUnreachable: no usable answer.
            ServerRefused: a problem answer.
        """
        try:
            return self._once(method, target, body, headers, hold)
        except ServerRefused as refused:
            if refused.type != "clock":
                raise
            return self._once(method, target, body, headers, hold)

    def _once(
        self,
        method: str,
        target: str,
        body: bytes,
        headers: dict[str, str] | None,
        hold: Callable[[], object] | None,
    ) -> Reply:
        self._have_it_alone()
        sent = {
            "Accept-Encoding": "zstd",
            **(headers or {}),
            **self._signature(method, target, body),
        }
        try:
            answer = self._http.request(
                method,
                self._base + target,
                data=_Held(body, hold) if body and hold is not None else body or None,
                headers=sent,
                timeout=self._patience or (CONNECT_S, ANSWER_S),
                allow_redirects=False,
            )
            content = answer.content
        except requests.exceptions.SSLError as error:
            raise ServerUnreachable(
                "Chứng thư của máy chủ không đúng.",
                "Kiểm tra ngày giờ máy và địa chỉ máy chủ, rồi báo quản trị.",
            ) from error
        except (requests.RequestException, OSError) as error:
            raise ServerUnreachable from error
        self._note_time(answer.headers.get("QMC-Server-Time", ""))
        return self._understood(answer, content)

    def _signature(self, method: str, target: str, body: bytes) -> dict[str, str]:
        if self._station is None:
            return {}
        at = (self._clock() + self._skew).astimezone(dt.UTC).isoformat(timespec="seconds")
        signature = self._sign(wire.request_bytes(method, target, at, body)).hex()
        value = f'QMC-Station id="{self._station}", at="{at}", signature="{signature}"'
        return {"Authorization": value}

    def _note_time(self, text: str) -> None:
        try:
            self._skew = dt.datetime.fromisoformat(text) - self._clock()
        except (ValueError, TypeError):
            return

    def _understood(self, answer: requests.Response, content: bytes) -> Reply:
        headers = {key.lower(): value for key, value in answer.headers.items()}
        if len(content) > MAX_ANSWER_BYTES:
            raise ServerUnreachable("Máy chủ trả lời quá dài.")
        if content.startswith(_ZSTD_MAGIC):
            content = unpacked(content)
        status = answer.status_code
        if status < 400:
            return Reply(status, headers, content)
        if status in (408, 429) or (status >= 500 and status != _NO_ROOM):
            wait = headers.get("retry-after", "0")
            raise ServerUnreachable(
                "Máy chủ đang bận.", retry_after_s=float(wait) if wait.isdigit() else 0
            )
        if not content:  # an answer to HEAD has none
            raise ServerRefused(wire.Problem(type="http", title="Máy chủ từ chối.", status=status))
        try:
            problem = msgspec.json.decode(content, type=wire.Problem)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise ServerUnreachable(f"Máy chủ trả lời lạ (mã {status}).") from None
        raise ServerRefused(problem)


def unpacked(content: bytes) -> bytes:
    """Return what zstd packed.

    Raises:
        ServerUnreachable: it is damaged, or larger than any answer may be.
    """
    try:
        with zstandard.ZstdDecompressor(max_window_size=2**23).stream_reader(content) as reader:
            data = reader.read(MAX_ANSWER_BYTES + 1)
    except zstandard.ZstdError as error:
        raise ServerUnreachable("Gói trả lời bị hỏng trên đường truyền.") from error
    if len(data) > MAX_ANSWER_BYTES:
        raise ServerUnreachable("Máy chủ trả lời quá dài.")
    return data


def packed(data: bytes, *, is_slow: bool = False) -> bytes:
    """Return data as zstd; for a slow line a little smaller, for ten times the work."""
    return zstandard.ZstdCompressor(level=_SLOW_LEVEL if is_slow else _LEVEL).compress(data)


def check_address(address: str) -> None:
    """Refuse an address that would send personal data in the clear.

    Raises:
        PlainHttp: neither https, nor http on this machine.
    """
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return
    raise PlainHttp(
        f"Địa chỉ máy chủ “{address}” không dùng được.",
        "Địa chỉ phải bắt đầu bằng https:// (http:// chỉ dùng cho máy chủ trên chính máy này).",
    )
