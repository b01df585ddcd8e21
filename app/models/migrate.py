"""Bring a store to the newest schema: copy it, step by step, refuse a newer one."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from app.models.database import Database
from app.models.problems import NewerStore

SCHEMA = 5
"""Number of the newest step under migrations/versions, kept in `user_version`."""

_SCRIPTS = Path(__file__).parent / "migrations"


def migrate(database: Database, backups: Path) -> None:
    """Bring the store up to `SCHEMA`; a copy of an older file is made first.

    Raises:
        NewerStore: the file was written by a newer program; it is not touched.
        StoreProblem: the store cannot be opened.
    """
    found = schema_of(database)
    if found == SCHEMA:
        return
    if found > SCHEMA:
        raise NewerStore(
            "Kho hồ sơ do phiên bản mới hơn của chương trình ghi.",
            "Cài phiên bản mới của chương trình rồi mở lại.",
            "Kho hồ sơ không bị đụng tới.",
        )
    if found:
        _copy(database, backups, found)
    _upgrade(database)


def schema_of(database: Database) -> int:
    """Return the schema number of a store, 0 for an empty file."""
    with database.reading() as session:
        return int(session.connection().exec_driver_sql("PRAGMA user_version").scalar() or 0)


def _copy(database: Database, backups: Path, schema: int) -> None:
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    database.copy_to(backups / f"before-schema-{schema + 1}-{stamp}.db")


def _upgrade(database: Database) -> None:
    # alembic costs a fifth of a second to import: only when there is work
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    with database.migrating() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA}")
