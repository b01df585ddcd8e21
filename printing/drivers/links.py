"""Ways to a thermal printer: network, serial line, device file. Bytes only."""

from __future__ import annotations

import errno
import os
import select
import socket
import time
from contextlib import suppress
from typing import Any, Protocol

from printing.errors import PrinterOffline

CONNECT_S = 4.0
STALL_S = 20.0
_CHUNK = 4096


class LinkBroken(Exception):
    """The way to the printer broke, or it takes no more.

    Attributes:
        sent: bytes that had gone over.
    """

    def __init__(self, sent: int = 0) -> None:
        super().__init__(f"broken after {sent} bytes")
        self.sent = sent


class Link(Protocol):
    """An open way to a printer."""

    def write(self, data: bytes) -> None:
        """Send everything.

        Raises:
            LinkBroken: it did not go over.
        """

    def read(self, timeout_s: float) -> bytes:
        """Return what has come, b"" if nothing came in time.

        Raises:
            LinkBroken: the way is gone.
        """

    def close(self) -> None:
        """Let the printer go; harmless to repeat."""


class SocketLink:
    """The raw port of a network printer, usually 9100."""

    def __init__(self, host: str, port: int) -> None:
        try:
            self._socket = socket.create_connection((host, port), timeout=CONNECT_S)
        except OSError as error:
            raise PrinterOffline from error
        self._socket.settimeout(STALL_S)

    def write(self, data: bytes) -> None:
        """Send everything."""
        sent = 0
        try:
            while sent < len(data):
                sent += self._socket.send(data[sent : sent + _CHUNK])
        except OSError as error:
            raise LinkBroken(sent) from error

    def read(self, timeout_s: float) -> bytes:
        """Return what has come."""
        try:
            self._socket.settimeout(max(timeout_s, 0.001))
            got = self._socket.recv(_CHUNK)
        except TimeoutError:
            return b""
        except OSError as error:
            raise LinkBroken from error
        finally:
            with suppress(OSError):
                self._socket.settimeout(STALL_S)
        if not got:
            raise LinkBroken
        return got

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            self._socket.close()


class SerialLink:
    """A serial line, 8 data bits, no parity."""

    def __init__(self, path: str, baud: int) -> None:
        import serial

        self._failures: tuple[type[Exception], ...] = (serial.SerialException, OSError)
        try:
            self._port: Any = serial.Serial(path, baud, timeout=0, write_timeout=STALL_S)
        except (*self._failures, ValueError) as error:
            raise PrinterOffline from error

    def write(self, data: bytes) -> None:
        """Send everything."""
        sent = 0
        try:
            while sent < len(data):
                sent += self._port.write(data[sent : sent + _CHUNK]) or 0
        except self._failures as error:
            raise LinkBroken(sent) from error

    def read(self, timeout_s: float) -> bytes:
        """Return what has come."""
        try:
            self._port.timeout = timeout_s
            got = bytes(self._port.read(1))
            if got:
                self._port.timeout = 0
                got += self._port.read(_CHUNK)
        except self._failures as error:
            raise LinkBroken from error
        return got

    def close(self) -> None:
        """Close the port; what was not sent is dropped."""
        with suppress(*self._failures):
            self._port.reset_output_buffer()
        with suppress(*self._failures):
            self._port.close()


class DeviceLink:
    """A device file such as /dev/usb/lp0."""

    def __init__(self, path: str) -> None:
        try:
            self._file = os.open(path, os.O_RDWR | os.O_NONBLOCK | getattr(os, "O_NOCTTY", 0))
        except OSError as error:
            raise PrinterOffline from error

    def write(self, data: bytes) -> None:
        """Send everything."""
        sent, deadline = 0, time.monotonic() + STALL_S
        while sent < len(data):
            left = deadline - time.monotonic()
            _, ready, _ = select.select([], [self._file], [], max(0.0, left))
            if not ready:
                raise LinkBroken(sent)
            try:
                sent += os.write(self._file, data[sent : sent + _CHUNK])
                deadline = time.monotonic() + STALL_S
            except BlockingIOError:
                continue
            except OSError as error:
                raise LinkBroken(sent) from error

    def read(self, timeout_s: float) -> bytes:
        """Return what has come."""
        ready, _, _ = select.select([self._file], [], [], timeout_s)
        if not ready:
            return b""
        try:
            return os.read(self._file, _CHUNK)
        except BlockingIOError:
            return b""
        except OSError as error:
            if error.errno == errno.EINVAL:  # a device that only takes
                return b""
            raise LinkBroken from error

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):
            os.close(self._file)
