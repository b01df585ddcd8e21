"""Migrations on PostgreSQL while stations push: short locks, tried again, indexes concurrently."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from server.models.database import SCRIPTS, ServerDatabase
from tests.support.crowd import Crowd, Server, served_office
from tests.support.processes import wait_for
from tests.support.standby import Node, durable, url

COLUMN = """
    op.add_column("event", sa.Column("colour", sa.Text(), nullable=True))
"""
INDEX = """
    online.create_index("ix_event_colour", "event", ["agency", "colour"])
"""


def _scripts(folder: Path, *steps: str) -> Path:
    """Return a copy of the server's steps with more of them at the end."""
    shutil.copytree(SCRIPTS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    last = ScriptDirectory(str(folder)).get_current_head()
    for i, step in enumerate(steps):
        revision = f"test{i}"
        (folder / "versions" / f"{revision}.py").write_text(
            "import sqlalchemy as sa\nfrom alembic import op\n\n"
            "from server.migrations import online  # noqa: F401\n\n"
            f"revision = {revision!r}\ndown_revision = {last!r}\n\n\ndef upgrade() -> None:{step}",
            "utf-8",
        )
        last = revision
    return folder


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with durable(tmp_path / "pg") as node:
        yield node


@pytest.fixture
def server(node: Node, tmp_path: Path) -> Iterator[Server]:
    with served_office(tmp_path / "o", url([node]), workers=1) as server:
        yield server


def _more(crowd: Crowd, events: int) -> None:
    had = crowd.acknowledged
    wait_for(lambda: crowd.acknowledged > had + events, 60, "pushes")


def _index_is_valid(node: Node) -> bool:
    return bool(
        node.ask("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_event_colour'::regclass")
    )


def test_pushes_go_on_while_a_step_waits_for_its_lock(
    node: Node, server: Server, tmp_path: Path
) -> None:
    scripts = _scripts(tmp_path / "steps", COLUMN, INDEX)
    crowd = Crowd.enrolled(server.office, 4)
    migrating = threading.Thread(target=server.office.database.migrate, args=(scripts,))
    with crowd:
        with node.connect() as reader, reader.transaction():
            reader.execute("SELECT count(*) FROM event")  # as a dump that takes long
            migrating.start()
            refused = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation IS NOT NULL"
            wait_for(lambda: node.ask(refused), 20, "step that waits for its lock")
            _more(crowd, 400)
            assert migrating.is_alive()
        migrating.join(60)
        assert not migrating.is_alive()
        _more(crowd, 100)

    assert node.ask("SELECT version_num FROM alembic_version") == "test1"
    assert _index_is_valid(node)
    assert server.office.database.is_current(scripts)
    assert not server.office.database.is_current()
    counted = crowd.count(server.office.database)
    assert (counted.lost, counted.doubled, counted.refused) == (0, 0, ())


def test_pushes_go_on_while_an_index_is_built(node: Node, server: Server, tmp_path: Path) -> None:
    server.office.database.migrate(_scripts(tmp_path / "one", COLUMN))
    scripts = _scripts(tmp_path / "two", COLUMN, INDEX)
    crowd = Crowd.enrolled(server.office, 4)
    with crowd, node.connect() as holder:
        _more(crowd, 100)
        with holder.transaction():
            holder.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")  # as a dump does
            holder.execute("SELECT count(*) FROM event")
            migrating = threading.Thread(target=server.office.database.migrate, args=(scripts,))
            migrating.start()
            building = "SELECT count(*) FROM pg_stat_progress_create_index"
            wait_for(lambda: node.ask(building), 20, "index under way")
            _more(crowd, 200)
            assert node.ask(building) == 1
        migrating.join(60)

    assert _index_is_valid(node)


def test_a_half_built_index_is_built_anew(node: Node, server: Server, tmp_path: Path) -> None:
    database = server.office.database
    database.migrate(_scripts(tmp_path / "one", COLUMN))
    bare = server.office.bare()
    assert bare.push([bare.reception(), bare.reception()]).status == 200
    with pytest.raises(Exception, match="unique"):  # what a killed build leaves behind
        node.ask("CREATE UNIQUE INDEX CONCURRENTLY ix_event_colour ON event (agency)")
    assert not _index_is_valid(node)

    database.migrate(_scripts(tmp_path / "two", COLUMN, INDEX))

    assert _index_is_valid(node)
    assert "colour" in node.ask("SELECT indexdef FROM pg_indexes WHERE indexname='ix_event_colour'")


def test_a_lock_that_never_comes_is_given_up_and_the_step_before_holds(
    node: Node, server: Server, tmp_path: Path
) -> None:
    other = COLUMN.replace('"event"', '"agency"')
    scripts = _scripts(tmp_path / "steps", other, COLUMN)
    with node.connect() as reader, reader.transaction():
        reader.execute("SELECT count(*) FROM event")
        with pytest.raises(DBAPIError):
            server.office.database.migrate(scripts, patience_s=0)

    assert node.ask("SELECT version_num FROM alembic_version") == "test0"
    server.office.database.migrate(scripts)
    assert node.ask("SELECT version_num FROM alembic_version") == "test1"


def test_two_migrations_at_once_are_done_one_after_the_other(node: Node, tmp_path: Path) -> None:
    scripts = _scripts(tmp_path / "steps", COLUMN, INDEX)
    databases = [ServerDatabase(url([node])) for _ in range(3)]
    failed: list[SQLAlchemyError] = []

    def migrate(database: ServerDatabase) -> None:
        try:
            database.migrate(scripts)
        except SQLAlchemyError as error:
            failed.append(error)

    threads = [threading.Thread(target=migrate, args=(d,)) for d in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for database in databases:
        database.close()

    assert failed == []
    assert node.ask("SELECT version_num FROM alembic_version") == "test1"


def test_the_same_steps_run_on_sqlite(tmp_path: Path) -> None:
    database = ServerDatabase(f"sqlite:///{tmp_path / 'one.db'}")
    database.migrate(_scripts(tmp_path / "steps", COLUMN, INDEX))
    with database.reading() as session:
        query = "SELECT count(*) FROM sqlite_master WHERE name = 'ix_event_colour'"
        assert session.execute(text(query)).scalar() == 1
    database.close()
