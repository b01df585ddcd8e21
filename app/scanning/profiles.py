"""Named ways to scan, kept as data: resources/scan-profiles.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from app.scanning.driver import ScanProfile, Source

BUNDLED = Path(__file__).parents[2] / "resources" / "scan-profiles.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedProfile:
    """One way to scan, as offered on the screen.

    Attributes:
        key: stable; name: in Vietnamese.
        source, dpi, colour: as of `ScanProfile`.
    """

    key: str
    name: str
    source: Source
    dpi: int
    colour: bool

    @property
    def profile(self) -> ScanProfile:
        """Return it as drivers take it."""
        return ScanProfile(source=self.source, dpi=self.dpi, colour=self.colour)


@dataclass(frozen=True, slots=True)
class _Shape:
    profile: tuple[NamedProfile, ...]


def read_profiles(path: Path = BUNDLED) -> tuple[NamedProfile, ...]:
    """Return the profiles of a file, in its order; the first is the usual one.

    Raises:
        ValueError: the file is not understood.
    """
    return msgspec.convert(tomllib.loads(path.read_text("utf-8")), _Shape).profile
