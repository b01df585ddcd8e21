"""The agency leads every key, so that a province can be split by agency."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from server.models.base import Base
from server.models.database import ServerDatabase
from server.services import doctor
from tests.support.office import AGENCY, OTHER_AGENCY, running_office
from tests.support.postgres import postgres

# Small, and read by requests that do not name an agency: copied to every node, not split.
WHOLE = {
    "catalogue": "one for the whole province",
    "enrolment": "a one-time code is all that an unknown machine has",
    "guess": "an address fails for all agencies together",
    "station": "a request names its station only",
    "store": "an incarnation is of one station in the whole province",
    "token": "a token is all that a request brings",
    "user_account": "user names are unique in the province",
}
# Indexes of split tables that do not begin with the agency.
ACROSS = {
    "uq_upload_id": "an upload's id is unique by itself (a random UUID)",
    "ix_dossier_code_code": "a citizen's code may be an older agency's",
}


def _keys(table: sa.Table) -> Iterator[tuple[str, list[str]]]:
    for constraint in table.constraints:
        if isinstance(constraint, (sa.PrimaryKeyConstraint, sa.UniqueConstraint)):
            yield str(constraint.name), list(constraint.columns.keys())
    for index in table.indexes:
        yield str(index.name), list(index.columns.keys())


def test_every_key_of_a_split_table_begins_with_the_agency() -> None:
    tables = Base.metadata.tables
    wrong = [
        f"{table.name}: {name}"
        for table in tables.values()
        for name, columns in _keys(table)
        if table.name not in WHOLE and columns[0] != "agency" and name not in ACROSS
    ]

    assert wrong == []
    assert WHOLE.keys() <= tables.keys()
    assert ACROSS.keys() <= {name for table in tables.values() for name, _ in _keys(table)}


@pytest.fixture
def split(tmp_path: Path) -> Iterator[str]:
    """Yield an empty database whose tables PostgreSQL itself splits by agency."""
    with postgres(tmp_path / "pg") as address:
        database = ServerDatabase(address)
        database.migrate()
        with database.engine.begin() as connection:
            for table in Base.metadata.sorted_tables:
                if table.name not in WHOLE:
                    _split(connection, table)
        database.close()
        yield address


def _split(connection: sa.Connection, table: sa.Table) -> None:
    """Make a table anew, split in four by hash of the agency, as a distributed database does."""
    name = table.name
    connection.execute(sa.text(f'ALTER TABLE "{name}" RENAME TO "whole_{name}"'))
    connection.execute(
        sa.text(f'CREATE TABLE "{name}" (LIKE "whole_{name}") PARTITION BY HASH (agency)')
    )
    connection.execute(sa.text(f'DROP TABLE "whole_{name}"'))
    for i in range(4):
        part = f'CREATE TABLE "{name}_{i}" PARTITION OF "{name}" FOR VALUES'
        connection.execute(sa.text(f"{part} WITH (MODULUS 4, REMAINDER {i})"))
    primary = ", ".join(f'"{column.name}"' for column in table.primary_key)
    connection.execute(sa.text(f'ALTER TABLE "{name}" ADD PRIMARY KEY ({primary})'))
    for index in table.indexes:
        if index.unique and str(index.name) in ACROSS:
            continue  # cannot be kept unique over all parts
        index.create(connection)


def test_an_office_works_on_tables_that_are_split_by_agency(split: str, tmp_path: Path) -> None:
    with running_office(tmp_path / "o", database=split) as office:
        counters = [office.station(), office.station(), office.station(OTHER_AGENCY)]
        for _ in range(2):
            for counter in counters:
                counter.receive()
                counter.sync()
        proven = [counter.sync().proven for counter in counters]
        for counter in counters:
            counter.close()
        found = doctor.examine(office.database, office.settings.blobs, dt.datetime.now(dt.UTC))

        assert all(proven)
        assert len(office.codes(AGENCY)) == 4
        assert len(office.codes(OTHER_AGENCY)) == 2
        checked = {f.check: f.state for f in found if f.agency == AGENCY}
        assert checked["chains"] == checked["counter"] == checked["digests"] == "right"
        with office.database.engine.connect() as connection:
            parts = connection.execute(
                sa.text("SELECT count(DISTINCT tableoid) FROM event")
            ).scalar_one()
        assert parts == 2
