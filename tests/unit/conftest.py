"""What the tests of the pure rules share."""

from pathlib import Path

import pytest
from hypothesis import settings

from app.domain.catalogue import Catalogue, read_catalogue

ROOT = Path(__file__).parents[2]

settings.register_profile("unit", deadline=None, max_examples=60, database=None)
settings.load_profile("unit")


@pytest.fixture(scope="session")
def bundled_files() -> dict[str, str]:
    """The TOML texts that come with the program, by file name."""
    folder = ROOT / "resources" / "catalogue"
    return {path.name: path.read_text("utf-8") for path in folder.glob("*.toml")}


@pytest.fixture(scope="session")
def bundled(bundled_files: dict[str, str]) -> Catalogue:
    """The catalogue that comes with the program."""
    return read_catalogue(bundled_files)
