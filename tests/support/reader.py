"""What a screen reader is told: a private accessibility bus, and the tree that programs show."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from jeepney import DBusAddress, MessageType, Properties, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from tests.support.processes import Child, bare_environment, message_bus

_LAUNCHER = "/usr/libexec/at-spi-bus-launcher"
_ACCESSIBLE = "org.a11y.atspi.Accessible"
_SHOWING = 1 << 25  # ATSPI_STATE_SHOWING
_ROOT = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")


@dataclass(frozen=True, slots=True)
class Said:
    """One thing of a tree, as a reader says it; `is_shown` is its state SHOWING."""

    role: str
    name: str
    description: str
    is_shown: bool


@dataclass(frozen=True)
class Reader:
    """A reader on a running bus.

    Attributes:
        env: what to add to the environment of programs that shall be read.
        address: of the accessibility bus.
    """

    env: dict[str, str]
    address: str

    def read(self) -> list[Said]:
        """Return everything that programs show, depth first."""
        with closing(open_dbus_connection(self.address, auth_timeout=5)) as connection:
            return list(_walk(connection, *_ROOT))


@contextmanager
def screen_reader(folder: Path) -> Iterator[Reader]:
    """Run a message bus with an accessibility bus beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    with message_bus(folder / "session") as session:
        env = {"DBUS_SESSION_BUS_ADDRESS": session, "XDG_RUNTIME_DIR": str(folder / "session")}
        command = [_LAUNCHER, "--launch-immediately"]
        with Child(command, folder / "a11y.log", bare_environment(folder) | env) as launcher:
            launcher.wait_for(lambda: _address(session), 10, "accessibility bus")
            address = _address(session)
            yield Reader(
                env | {"AT_SPI_BUS_ADDRESS": address, "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"},
                address,
            )


def _address(session: str) -> str:
    with closing(open_dbus_connection(session, auth_timeout=5)) as connection:
        bus = DBusAddress("/org/a11y/bus", bus_name="org.a11y.Bus", interface="org.a11y.Bus")
        reply = connection.send_and_get_reply(new_method_call(bus, "GetAddress"), timeout=5)
        is_there = reply.header.message_type is MessageType.method_return
        return str(reply.body[0]) if is_there else ""


def _walk(connection: DBusConnection, name: str, path: str) -> Iterator[Said]:
    place = DBusAddress(path, bus_name=name, interface=_ACCESSIBLE)
    yield Said(
        str(_ask(connection, new_method_call(place, "GetRoleName"))),
        str(_property(connection, place, "Name")),
        str(_property(connection, place, "Description")),
        _is_shown(connection, place),
    )
    children = _ask(connection, new_method_call(place, "GetChildren")) or []
    for child_name, child_path in children:  # type: ignore[attr-defined]
        if child_path != "/org/a11y/atspi/null":
            yield from _walk(connection, child_name, child_path)


def _is_shown(connection: DBusConnection, place: DBusAddress) -> bool:
    states = _ask(connection, new_method_call(place, "GetState"))
    return isinstance(states, list) and bool(states) and bool(states[0] & _SHOWING)


def _ask(connection: DBusConnection, message: object) -> object:
    reply = connection.send_and_get_reply(message, timeout=10)  # type: ignore[arg-type]
    if reply.header.message_type is not MessageType.method_return:
        return ""
    return reply.body[0]


def _property(connection: DBusConnection, place: DBusAddress, name: str) -> str:
    found = _ask(connection, Properties(place).get(name))
    return str(found[1]) if isinstance(found, tuple) else ""


def patient_read(reader: Reader, until_said: str, patience_s: float = 20) -> list[Said]:
    """Read until something is said, and return everything that is said then."""
    deadline = time.monotonic() + patience_s
    while True:
        found = reader.read()
        if any(until_said in one.name for one in found) or time.monotonic() > deadline:
            return found
        time.sleep(0.3)
