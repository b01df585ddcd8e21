"""The office that most contract tests play in: a real server, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.office import Office, running_office
from tests.support.postgres import new_database, postgres
from tests.support.scan_shop import ScanShop, scan_shop


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of a PostgreSQL that is there for the whole run."""
    with postgres(tmp_path_factory.mktemp("pg")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """Yield an office of the test's own, on SQLite and on PostgreSQL."""
    database = request.param
    if database == "postgresql":
        database = new_database(request.getfixturevalue("cluster"))
    with running_office(tmp_path / "office", database=database) as running:
        yield running


@pytest.fixture(scope="module")
def shop_of_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScanShop]:
    """Yield a scanner shop; a test loads its feeder itself."""
    with scan_shop(tmp_path_factory.mktemp("scanner")) as shop:
        yield shop
