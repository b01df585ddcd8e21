"""Schemas: what the steps build is what the models say, at the station and at the server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import sqlalchemy.orm
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import app.models.migrate as stepping
from app.models import events, projection
from app.models.base import Base as StationBase
from app.models.base import EventRow
from app.models.database import Database
from app.models.keys import make_keys
from app.models.problems import NewerStore
from server.models.base import Base as ServerBase
from server.models.base import StreamRow
from server.models.database import ServerDatabase
from tests.support.office import Counter, running_office
from tests.support.postgres import postgres

ROOT = Path(__file__).parents[2]


def _differences(connection: sa.Connection, metadata: sa.MetaData) -> list[Any]:
    def is_ours(_: object, name: str | None, kind: str, *__: object) -> bool:
        return not (kind == "table" and str(name).startswith(("dossier_search", "alembic")))

    context = MigrationContext.configure(
        connection, opts={"include_object": is_ours, "compare_type": True}
    )
    return list(compare_metadata(context, metadata))


def test_a_stations_steps_build_what_its_models_say(tmp_path: Path) -> None:
    database = Database(tmp_path / "store.db", make_keys().store)
    stepping.migrate(database, tmp_path / "backups")

    with database.reading() as session:
        assert _differences(session.connection(), StationBase.metadata) == []
        assert stepping.schema_of(database) == stepping.SCHEMA
        tables = set(sa.inspect(session.connection()).get_table_names())
    assert set(StationBase.metadata.tables) <= tables
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'server.db'}"
    else:
        with postgres(tmp_path / "pg") as url:
            yield url


def test_the_servers_steps_build_what_its_models_say_and_may_be_repeated(address: str) -> None:
    database = ServerDatabase(address)
    assert not database.is_ready()
    database.migrate()
    database.migrate()

    assert database.is_ready()
    with database.engine.connect() as connection:
        assert _differences(connection, ServerBase.metadata) == []
    database.close()


@pytest.mark.parametrize("side", ["app", "server"])
def test_steps_follow_each_other_in_one_line_and_import_no_model(side: str) -> None:
    folder = ROOT / side / ("models/migrations" if side == "app" else "migrations")
    scripts = ScriptDirectory(str(folder))

    assert len(scripts.get_heads()) == 1
    for path in (folder / "versions").glob("*.py"):
        text = path.read_text("utf-8")
        assert "models" not in text, path
    if side == "app":
        assert len(list((folder / "versions").glob("*.py"))) == stepping.SCHEMA


def test_a_newer_store_is_refused_before_anything_is_copied(tmp_path: Path) -> None:
    database = Database(tmp_path / "store.db", make_keys().store)
    stepping.migrate(database, tmp_path / "backups")
    with database.writing() as session:
        session.execute(sa.text("PRAGMA user_version = 1000"))

    with pytest.raises(NewerStore):
        stepping.migrate(database, tmp_path / "backups")

    assert not (tmp_path / "backups").exists()
    database.close()


def test_an_older_store_is_copied_before_its_step_and_a_failed_step_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = make_keys()
    database = Database(tmp_path / "store.db", keys.store)
    stepping.migrate(database, tmp_path / "backups")
    schema = stepping.SCHEMA
    monkeypatch.setattr(stepping, "SCHEMA", schema + 1)
    other = Database(tmp_path / "store.db", keys.store)  # a window that is still open
    with other.writing() as session:
        session.execute(sa.text("INSERT INTO fact (key, value) VALUES ('in the log', 'yes')"))

    def fail(database: Database) -> None:
        with database.writing() as session:
            session.execute(sa.text("CREATE TABLE half (x)"))
            raise RuntimeError("step failed")

    monkeypatch.setattr(stepping, "_upgrade", fail)
    with pytest.raises(RuntimeError):
        stepping.migrate(database, tmp_path / "backups")

    [copy] = (tmp_path / "backups").iterdir()
    assert copy.name.startswith("before-schema-")
    assert stepping.schema_of(database) == schema
    with database.reading() as session:
        assert not sa.inspect(session.connection()).has_table("half")
    database.close()
    other.close()
    copied = Database(copy, keys.store)
    assert stepping.schema_of(copied) == schema
    with copied.reading() as session:
        assert session.execute(sa.text("SELECT value FROM fact")).scalars().all() == ["yes"]
    copied.close()


def test_reopening_a_current_store_copies_nothing(tmp_path: Path) -> None:
    with running_office(tmp_path / "office") as office:
        counter: Counter = office.station()
        counter.reopen()
        assert not counter.profile.backups.exists()
        counter.close()


def _courses(session: sa.orm.Session) -> list[tuple[Any, ...]]:
    """Return what stands beside the list, row by row."""
    session.flush()
    return [tuple(row) for row in session.execute(sa.text("SELECT * FROM dossier_course"))]


SAVED = ROOT / "tests" / "data"


@pytest.mark.parametrize("schema", range(1, stepping.SCHEMA))
def test_a_store_of_every_released_schema_is_brought_up_to_date(
    tmp_path: Path, schema: int
) -> None:
    shutil.copy(SAVED / f"schema-{schema}/station.db", tmp_path / "store.db")
    key = bytes.fromhex((SAVED / f"schema-{schema}/station.key").read_text().strip())
    database = Database(tmp_path / "store.db", key)

    stepping.migrate(database, tmp_path / "backups")

    with database.reading() as session:
        assert _differences(session.connection(), StationBase.metadata) == []
        rows = session.query(EventRow).order_by(EventRow.place).all()
        assert all(row.hash == events.to_event(row).hash for row in rows)
        assert [row.home_seq for row in rows] == [row.seq for row in rows]
        seen = {row.dossier for row in rows}
        before = {id: projection.load(session, id) for id in seen}
        courses = _courses(session)
        projection.refold(session, seen)
        assert {id: projection.load(session, id) for id in seen} == before
        session.expire_all()
        assert _courses(session) == courses
        assert None not in before.values()
    database.close()
    assert len(list((tmp_path / "backups").iterdir())) == 1


def test_a_server_of_the_first_schema_goes_on_with_its_streams(tmp_path: Path) -> None:
    shutil.copy(SAVED / "schema-1/server.db", tmp_path / "server.db")
    database = ServerDatabase(f"sqlite:///{tmp_path / 'server.db'}")
    database.migrate()

    with database.reading() as session:
        assert _differences(session.connection(), ServerBase.metadata) == []
        places = session.query(StreamRow).order_by(StreamRow.seq).all()
        assert [place.home_seq for place in places] == [1, 2]
        assert all(place.dossier is not None and place.origin == "H24.15" for place in places)
    database.close()
