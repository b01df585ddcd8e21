"""From a printer's name or address to its driver.

==============================================  ==========================================
`HCC`                                           queue of this machine's CUPS
`ipp://host/ipp/print`, `ipps://…`              driverless printer
`socket://host:9100?model=KEY`                  thermal printer on the network
`usb:///dev/usb/lp0?model=KEY`                  thermal printer, device file
`serial:///dev/ttyS0?baud=19200&model=KEY`      thermal printer, serial line
`serial:COM4?baud=19200&model=KEY`              the same on Windows
`file:///folder`                                PDF files
`windows:NAME`                                  printer of Windows, from the window only
==============================================  ==========================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from printing.drivers import PrinterDriver
from printing.drivers.folder import FolderPrinter
from printing.drivers.ipp import IppPrinter
from printing.drivers.links import DeviceLink, SerialLink, SocketLink
from printing.drivers.models import DEFAULT, model_named
from printing.drivers.thermal import ThermalPrinter
from printing.errors import PrinterOffline

RAW_PORT = 9100
USUAL_BAUD = 19200
THERMAL = ("socket", "usb", "serial")
Opener = Callable[[str], PrinterDriver]


class BadAddress(PrinterOffline):
    """The address is no printer's."""

    title = "Địa chỉ máy in không đúng."
    advice = "Sửa địa chỉ ở màn hình Thiết bị (F12)."


def scheme_of(name: str) -> str:
    """Return how a printer is reached: "ipp", "socket", "windows" …; a bare name is "queue"."""
    head, colon, _ = name.partition(":")
    return head if colon and head.isalpha() else "queue"


def is_thermal(name: str) -> bool:
    """Tell whether a printer takes rolls."""
    return scheme_of(name) in THERMAL


def label_of(name: str) -> str:
    """Return what a clerk calls a printer: the queue's name, or where it stands."""
    parts = urlsplit(name)
    kind = scheme_of(name)
    if kind == "queue":
        return name
    if kind == "windows":
        return name.partition(":")[2]
    if kind in ("ipp", "ipps", "socket"):
        last = parts.path.rpartition("/")[2]
        return last if "/printers/" in parts.path else f"{parts.hostname}:{parts.port or 631}"
    return unquote(parts.path).rpartition("/")[2] or name


def open_printer(name: str, others: Mapping[str, Opener] | None = None) -> PrinterDriver:
    """Return the driver of a printer; nothing is asked of it yet.

    Args:
        name: see the table above.
        others: drivers that live elsewhere, by how the printer is reached.

    Raises:
        BadAddress: no driver fits.
    """
    kind = scheme_of(name)
    if others and kind in others:
        return others[kind](name)
    if kind in ("queue", "ipp", "ipps"):
        return IppPrinter(name)
    parts = urlsplit(name)
    asked = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    if kind == "file":
        return FolderPrinter(Path(unquote(parts.path)))
    if kind not in THERMAL:
        raise BadAddress
    model = model_named(asked.get("model", DEFAULT))
    try:
        port, baud = parts.port or RAW_PORT, int(asked.get("baud", USUAL_BAUD))
    except ValueError as error:
        raise BadAddress from error
    host, path = parts.hostname or "", unquote(parts.path)
    if (kind == "socket" and not host) or (kind != "socket" and not path):
        raise BadAddress
    if kind == "socket":
        return ThermalPrinter(lambda: SocketLink(host, port), model)
    if kind == "usb":
        return ThermalPrinter(lambda: DeviceLink(path), model)
    return ThermalPrinter(lambda: SerialLink(path, baud), model)


def model_of(name: str) -> str:
    """Return the model that a printer's address names, "" if none."""
    return parse_qs(urlsplit(name).query).get("model", [""])[-1]
