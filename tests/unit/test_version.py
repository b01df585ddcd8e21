"""The program says the version that it is packaged under."""

import tomllib
from pathlib import Path

from app import VERSION


def test_the_version_is_the_packages():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))

    assert project["project"]["version"] == VERSION
