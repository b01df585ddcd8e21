"""Cleans pages in a child process, so that neither their weight nor a bad picture is felt here.

Decoding and cleaning a page takes a tenth of a second or more, most of it in
code that lets no other thread run: in the window's own process every key would
wait for it. The child lives as long as its parent and ends when its standard
input closes, however the parent dies. Each message is eight bytes of length,
then MessagePack; the child's first one is empty and says that it can work.
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

import msgspec

from app.scanning.child import environment
from app.scanning.cleaning import Derived, Wish, derive
from app.scanning.pictures import NotAPicture

log = logging.getLogger(__name__)

ARGUMENT = "--cleaner-child"
_PATIENCE_S = 60.0
_LENGTH = 8
_NICE = 5
_ROOT = Path(__file__).parents[2]


class _Asked(msgspec.Struct):
    image: bytes
    dpi: int
    wish: Wish


class _Made(msgspec.Struct):
    derived: Derived | None = None
    refusal: str = ""


class PageCleaner:
    """One child that cleans one page at a time; started when first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._closed = False

    def derive(self, image: bytes, dpi: int, wish: Wish) -> Derived:
        """Do as `cleaning.derive`, in the child; here only if no child can be started.

        Raises:
            NotAPicture: it cannot be read, or it was too much for the child.
        """
        with self._lock:
            if self._closed:
                raise NotAPicture("nothing is cleaned any more")
            try:
                child = self._started()
            except OSError:
                log.warning("no process for cleaning pages: done here")
                return derive(image, dpi, wish)
            made = self._ask(child, _Asked(image, dpi, wish))
        if made.derived is None:
            raise NotAPicture(made.refusal)
        return made.derived

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self._child = subprocess.Popen(
                _command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(),
                cwd=_ROOT, start_new_session=True,
            )  # fmt: skip
            assert self._child.stdout is not None
            if _receive(self._child.stdout) is None:  # it greets once it can work
                self._end()
                raise OSError("the cleaner did not start")
        return self._child

    def _ask(self, child: subprocess.Popen[bytes], asked: _Asked) -> _Made:
        """Send a page and wait; a child that dies over it or takes too long is ended."""
        assert child.stdin is not None
        assert child.stdout is not None
        timer = threading.Timer(_PATIENCE_S, child.kill)
        timer.start()
        try:
            _send(child.stdin, msgspec.msgpack.encode(asked))
            answer = _receive(child.stdout)
        except OSError:
            answer = None
        finally:
            timer.cancel()
        if answer is None:
            self._end()
            log.warning("the process for cleaning pages ended over a page")
            return _Made(refusal="the cleaner ended over it")
        return msgspec.msgpack.decode(answer, type=_Made)

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        child.kill()
        child.wait()

    def close(self) -> None:
        """End the child at once; a page under way is cleaned another time."""
        self._closed = True
        child = self._child
        if child is not None:
            child.kill()
        with self._lock:
            self._end()


def _command() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, ARGUMENT]
    return [sys.executable, "-m", "app.scanning.cleaner"]


def _send(stream: IO[bytes], message: bytes) -> None:
    stream.write(len(message).to_bytes(_LENGTH, "big"))
    stream.write(message)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes | None:
    """Return a message, None if the other side ended."""
    head = stream.read(_LENGTH)
    if len(head) < _LENGTH:
        return None
    size = int.from_bytes(head, "big")
    message = stream.read(size)
    return message if len(message) == size else None


# ---- in the child --------------------------------------------------------------------------------


def main(make: Callable[[bytes, int, Wish], Derived] = derive) -> int:
    """Clean pages until standard input closes; keys and clicks of others come first."""
    if hasattr(os, "nice"):
        os.nice(_NICE)
    source, target = sys.stdin.buffer, sys.stdout.buffer
    _send(target, b"")
    while (message := _receive(source)) is not None:
        asked = msgspec.msgpack.decode(message, type=_Asked)
        try:
            made = _Made(derived=make(asked.image, asked.dpi, asked.wish))
        except NotAPicture as error:
            made = _Made(refusal=str(error))
        try:
            _send(target, msgspec.msgpack.encode(made))
        except BrokenPipeError:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
