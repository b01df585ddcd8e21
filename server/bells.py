"""Wake the stations that wait for news, without a thread for each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from starlette.concurrency import run_in_threadpool

LONGEST_WAIT_S = 25.0
_LOOK_EVERY_S = 1.0


class Bells:
    """One bell a stream; it is rung by this process, or by a look into the database.

    Another worker may have appended: once a second, while anybody waits, one
    query asks how long the streams have grown. PostgreSQL's NOTIFY would be
    quicker, but makes all commits of the database wait for each other.

    Args:
        lengths: answers the last sequence of streams; called in a thread.
    """

    def __init__(self, lengths: Callable[[Sequence[str]], Mapping[str, int]]) -> None:
        self._lengths = lengths
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._look: asyncio.Task[None] | None = None

    @property
    def count(self) -> int:
        """How many wait now."""
        return sum(map(len, self._waiting.values()))

    def ring(self, stream: str) -> None:
        """Wake who waits for a stream; may be called from any thread."""
        if self._loop is not None and stream in self._waiting:
            self._loop.call_soon_threadsafe(self._ring, stream)

    def _ring(self, stream: str) -> None:
        for bell in self._waiting.get(stream, ()):
            bell.set()

    @contextmanager
    def listening(self, stream: str) -> Iterator[asyncio.Event]:
        """Yield an event that is set once the stream has grown after this call."""
        self._loop = asyncio.get_running_loop()
        bell = asyncio.Event()
        self._waiting.setdefault(stream, set()).add(bell)
        try:
            yield bell
        finally:
            self._waiting[stream].discard(bell)
            if not self._waiting[stream]:
                del self._waiting[stream]

    async def wait(self, bell: asyncio.Event, timeout_s: float) -> bool:
        """Wait until a bell rings; False if it did not in time."""
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._look_around())
        try:
            await asyncio.wait_for(bell.wait(), min(timeout_s, LONGEST_WAIT_S))
        except TimeoutError:
            return False
        return True

    async def _look_around(self) -> None:
        known: dict[str, int] = {}
        while self._waiting:
            found = await run_in_threadpool(self._lengths, list(self._waiting))
            for stream, length in found.items():
                if known.get(stream, length) != length:
                    self._ring(stream)
            known = dict(found)
            await asyncio.sleep(_LOOK_EVERY_S)
