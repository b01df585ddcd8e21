"""Thermal printers as data: `resources/printers/*.toml`."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "resources" / "printers"
DEFAULT = "chung-80"
MM_AN_INCH = 25.4
CUTS = ("full", "part", "none")
ANSWERS = ("always", "perhaps", "never")


class BadModelTable(ValueError):
    """An entry of the model table cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThermalModel:
    """What a thermal printer can do.

    Attributes:
        width_dots: of one line of the print head.
        cut: "full", "part" or "none".
        answers: whether it says how it stands: "always", "perhaps" or "never".
        band_dots: rows of one raster command.
        feed_lines: paper moved on before the cut.
        source: where the figures come from.
    """

    key: str
    name: str
    width_dots: int
    dpi: int
    cut: str = "part"
    answers: str = "perhaps"
    band_dots: int = 256
    feed_lines: int = 4
    source: str = ""

    def __post_init__(self) -> None:
        fits = (
            self.width_dots > 0
            and self.width_dots % 8 == 0
            and self.dpi > 0
            and 0 < self.band_dots <= 2048
            and 0 <= self.feed_lines <= 20
            and self.cut in CUTS
            and self.answers in ANSWERS
        )
        if not fits:
            raise BadModelTable(f"model {self.key!r} has figures that cannot be")

    @property
    def width_mm(self) -> float:
        """Printable width."""
        return self.width_dots / self.dpi * MM_AN_INCH


@functools.cache
def models(folder: Path = FOLDER) -> dict[str, ThermalModel]:
    """Return all known models by key, in the order of the files.

    Raises:
        BadModelTable: an entry is wrong; it is named.
    """
    found: dict[str, ThermalModel] = {}
    for path in sorted(folder.glob("*.toml")):
        entries: list[dict[str, Any]] = tomllib.loads(path.read_text("utf-8")).get("model", [])
        for entry in entries:
            try:
                model = ThermalModel(**entry)
            except TypeError as error:
                raise BadModelTable(f"{path.name}: {error}") from error
            found[model.key] = model
    return found


def model_named(key: str) -> ThermalModel:
    """Return a model; for an unknown one, what is common to 80 mm printers."""
    known = models()
    return known.get(key, known[DEFAULT])
