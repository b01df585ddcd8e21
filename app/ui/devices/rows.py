"""What the devices screen lists: rows that each kind of device provides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRow:
    """One device, as the screen shows it.

    Attributes:
        key: names it among all devices.
        kind: such as "Máy in".
        state: how it stands, and what hands must do.
        tone: good, wait, work or bad.
        facts: what else it says of itself, "" for nothing.
        test: tries it out; None if there is no way.
        remove: takes it off the list; None if it cannot be.
    """

    key: str
    kind: str
    name: str
    state: str
    tone: str
    facts: str = ""
    test: Callable[[], object] | None = None
    remove: Callable[[], object] | None = None


class DeviceProvider(Protocol):
    """Devices of one kind."""

    def rows(self) -> Sequence[DeviceRow]:
        """Ask all devices of this kind; slow, not called on the GUI thread.

        Raises:
            AppError: nothing can be said of them.
        """
