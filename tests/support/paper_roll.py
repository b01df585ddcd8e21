"""A thermal printer that understands the few commands it is sent, on a socket or a pty.

It keeps what comes out as pictures, one for each cut, answers status questions as its condition
demands, and stops in the middle of a job when its paper ends, its cover opens or its cable is
pulled.
"""

import os
import select
import socket
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_ESC, _GS, _DLE = 0x1B, 0x1D, 0x10


@dataclass
class Condition:
    """How the printer stands.

    Attributes:
        cover, out, low, cutter: what its sensors say.
        silent: answers no question.
        deaf_in_order: answers "DLE EOT", but not "GS r".
        pull_after: bytes after which the cable is pulled, None for never.
        out_after: rows after which the paper ends, None for never.
    """

    cover: bool = False
    out: bool = False
    low: bool = False
    cutter: bool = False
    silent: bool = False
    deaf_in_order: bool = False
    pull_after: int | None = None
    out_after: int | None = None


@dataclass
class PaperRoll:
    """What came out of the printer.

    Attributes:
        strips: pictures, one for each cut; black is 0.
        got: bytes that went in.
        unknown: bytes that were no command it knows.
        connections: how often somebody took the line.
    """

    condition: Condition = field(default_factory=Condition)
    strips: list[NDArray[np.uint8]] = field(default_factory=list)
    got: bytearray = field(default_factory=bytearray)
    unknown: bytearray = field(default_factory=bytearray)
    connections: int = 0
    rows_out: int = 0
    _rows: list[NDArray[np.uint8]] = field(default_factory=list)
    _pending: bytearray = field(default_factory=bytearray)
    _orders: list[bytes] = field(default_factory=list)

    def pictures(self) -> list[Image.Image]:
        """Return the strips as they look."""
        return [Image.fromarray(strip) for strip in self.strips]

    def take(self, data: bytes) -> bytes:
        """Take bytes from the line; return what is answered now."""
        self.got += data
        self._pending += data
        answers = bytearray()
        while (order := self._next_order()) is not None:
            if order[0] == _DLE:
                answers += self._now(order[2])
            else:
                self._orders.append(order)
        return bytes(answers) + self.go_on()

    def go_on(self) -> bytes:
        """Work through what waits, unless hands are needed; return the answers in order."""
        answers = bytearray()
        while self._orders and not self._is_stuck:
            answers += self._do(self._orders.pop(0))
        return bytes(answers)

    @property
    def _is_stuck(self) -> bool:
        condition = self.condition
        if condition.out_after is not None and self.rows_out >= condition.out_after:
            condition.out, condition.out_after = True, None
        return condition.cover or condition.out or condition.cutter

    def _next_order(self) -> bytes | None:
        data = self._pending
        while data:
            length = _length(data)
            if length == 0:
                self.unknown.append(data.pop(0))
                continue
            if length is None or len(data) < length:
                return None
            order = bytes(data[:length])
            del data[:length]
            return order
        return None

    def _now(self, n: int) -> bytes:
        if self.condition.silent:
            return b""
        c, word = self.condition, 0x12
        if n == 1:
            word |= 0x08 if self._is_stuck else 0
        elif n == 2:
            word |= (0x04 if c.cover else 0) | (0x20 if c.out else 0)
        elif n == 3:
            word |= 0x08 if c.cutter else 0
        elif n == 4:
            word |= (0x0C if c.low else 0) | (0x60 if c.out else 0)
        return bytes([word])

    def _do(self, order: bytes) -> bytes:
        if order[:2] == b"\x1b@":
            self._rows = []
        elif order[:3] == b"\x1dv0":
            width, height = _size(order)
            raw = np.frombuffer(order[8:], np.uint8).reshape(height, width)
            self._rows.append((255 * (1 - np.unpackbits(raw, axis=1))).astype(np.uint8))
            self.rows_out += height
        elif order[:2] == b"\x1dV":
            self._cut()
        elif order[:2] == b"\x1dr" and not (self.condition.silent or self.condition.deaf_in_order):
            return bytes([0x03 if self.condition.low else 0x00])
        return b""

    def _cut(self) -> None:
        if self._rows:
            self.strips.append(np.vstack(self._rows))
            self._rows = []


def _length(data: bytearray) -> int | None:
    """Return how long the command at the beginning is; 0 if it is none, None if unclear yet."""
    head = bytes(data[:2])
    if len(data) < 2:
        return None if data[0] in (_ESC, _GS, _DLE) else 0
    fixed = {b"\x1b@": 2, b"\x1bd": 3, b"\x1dV": 3, b"\x1dr": 3, b"\x10\x04": 3}
    if head in fixed:
        return fixed[head]
    if head == b"\x1dv":
        return None if len(data) < 8 else 8 + int(np.prod(_size(bytes(data))))
    return 0


def _size(order: bytes) -> tuple[int, int]:
    return order[4] + 256 * order[5], order[6] + 256 * order[7]


@contextmanager
def on_socket() -> Iterator[tuple[PaperRoll, str]]:
    """Run a printer on a loopback port; yields it and its address without a model."""
    roll, left = PaperRoll(), threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)

    def serve() -> None:
        while not left.is_set():
            try:
                line, _ = listener.accept()
            except TimeoutError:
                continue
            roll.connections += 1
            with line:
                _talk(roll, line, left)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield roll, f"socket://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        left.set()
        thread.join(5)
        listener.close()


def _talk(roll: PaperRoll, line: socket.socket, left: threading.Event) -> None:
    line.settimeout(0.02)
    while not left.is_set():
        with suppress(OSError):
            if answer := roll.go_on():
                line.sendall(answer)
        try:
            data = line.recv(2048)
        except TimeoutError:
            continue
        except OSError:
            return
        if not data:
            return
        with suppress(OSError):
            line.sendall(roll.take(data))
        limit = roll.condition.pull_after
        if limit is not None and len(roll.got) >= limit:
            roll.condition.pull_after = None
            # a reset, as when a cable or the power goes
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            return


@contextmanager
def on_pty() -> Iterator[tuple[PaperRoll, str]]:
    """Run a printer at the other end of a pseudo terminal; yields it and the device's path."""
    roll, left = PaperRoll(), threading.Event()
    near, far = os.openpty()
    tty.setraw(near)
    tty.setraw(far)

    def serve() -> None:
        while not left.is_set():
            ready, _, _ = select.select([near], [], [], 0.02)
            answer = roll.take(os.read(near, 2048)) if ready else roll.go_on()
            if answer:
                os.write(near, answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield roll, os.ttyname(far)
    finally:
        left.set()
        thread.join(5)
        os.close(near)
        os.close(far)
