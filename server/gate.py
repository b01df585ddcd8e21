"""Before any route: the server's time on every answer, and honest limits on how much is asked."""

from __future__ import annotations

import asyncio
import datetime as dt
import math
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.errors import ServerProblem, answer

_STATION = re.compile(rb'QMC-Station id="([0-9a-f-]{36})"')
_KNOWN_AT_MOST = 20_000
_BUSY_S = range(2, 11)


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Rate:
    """A token bucket for each caller.

    Args:
        per_s: requests a second that go on for ever.
        burst: how many may come at once.
        clock: seconds, monotonic.
    """

    def __init__(
        self, per_s: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_s, self._burst, self._clock = per_s, burst, clock
        self._buckets: dict[bytes, _Bucket] = {}

    def wait_s(self, caller: bytes) -> int:
        """Take one token; return 0, or in how many seconds there will be one."""
        now = self._clock()
        bucket = self._buckets.get(caller)
        if bucket is None:
            if len(self._buckets) >= _KNOWN_AT_MOST:
                self._forget(now)
            bucket = self._buckets[caller] = _Bucket(self._burst, now)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._per_s)
        bucket.at = now
        if bucket.tokens < 1:
            return max(1, math.ceil((1 - bucket.tokens) / self._per_s))
        bucket.tokens -= 1
        return 0

    def _forget(self, now: float) -> None:
        """Drop the buckets that are full again."""
        full_after = self._burst / self._per_s
        self._buckets = {k: b for k, b in self._buckets.items() if now - b.at < full_after}


class Gate:
    """Middleware in front of the application.

    Args:
        app: the application.
        clock: the server's present moment.
        per_s, burst: requests of one station, or from one address if unsigned.
        at_once: requests under way in this process; long waits do not count.
        silence_s: how long a body may stand still.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        clock: Callable[[], dt.datetime],
        per_s: float,
        burst: int,
        at_once: int,
        silence_s: float,
    ) -> None:
        self._app, self._clock, self._at_once = app, clock, at_once
        self._silence_s = silence_s
        self._rate = Rate(per_s, burst)
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or say when to come again."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                now = self._clock().isoformat(timespec="seconds")
                MutableHeaders(scope=message)["QMC-Server-Time"] = now
            await send(message)

        is_coming = True

        async def patiently() -> Message:
            """Take more of the body; who sends none for so long has gone, though TCP knows not."""
            nonlocal is_coming
            if not is_coming:
                return await receive()
            try:
                async with asyncio.timeout(self._silence_s):
                    message = await receive()
            except TimeoutError:
                return {"type": "http.disconnect"}
            is_coming = message.get("more_body", False)
            return message

        problem = self._refusal(scope)
        if problem is not None:
            await answer(problem)(scope, receive, stamped)
            return
        counts = b"wait=" not in scope["query_string"]
        self._under_way += counts
        try:
            await self._app(scope, patiently, stamped)
        finally:
            self._under_way -= counts

    def _refusal(self, scope: Scope) -> ServerProblem | None:
        wait_s = self._rate.wait_s(_caller(scope))
        if wait_s:
            return ServerProblem(
                429, "too-many", "Gửi quá nhiều yêu cầu một lúc.", "Chương trình tự thử lại sau.",
                retry_after_s=wait_s,
            )  # fmt: skip
        if self._under_way >= self._at_once:
            return ServerProblem(
                503, "busy", "Máy chủ đang bận.", "Chương trình tự thử lại sau.",
                retry_after_s=random.choice(_BUSY_S),  # so that they do not come back at once
            )  # fmt: skip
        return None


def _caller(scope: Scope) -> bytes:
    """Return address and station: nobody uses up a station's requests from elsewhere."""
    client = scope.get("client")
    address = client[0].encode() if client else b""
    for name, value in scope["headers"]:
        if name == b"authorization":
            match = _STATION.match(value)
            if match is not None:
                return address + b" " + match[1]
    return address
