"""A database that is away for a moment: later, never a bug, never half done."""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError, OperationalError

from server.models.base import StoreRow
from server.models.database import ServerDatabase, insert_all, is_passing
from tests.support.office import Answer, Office, real_clock, running_office
from tests.support.processes import wait_for
from tests.support.standby import Node, durable, pair, url


@dataclass
class Rig:
    """An office in this process on a PostgreSQL that can be killed."""

    node: Node
    office: Office


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with durable(tmp_path / "pg") as node:
        address = url([node], options="-c%20lock_timeout=2s")
        with running_office(tmp_path / "o", database=address, clock=real_clock(), pool=2) as office:
            yield Rig(node, office)


def _is_busy(answer: Answer) -> bool:
    return (
        answer.status == 503
        and answer.problem["type"] == "busy"
        and int(answer.headers["retry-after"]) > 0
    )


def test_a_dead_database_is_a_later_and_the_same_push_then_succeeds(rig: Rig) -> None:
    bare = rig.office.bare()
    assert bare.push([bare.reception()]).status == 200
    batch = [bare.reception(), bare.reception()]
    rig.node.kill()

    first, second = bare.push(batch), bare.push(batch)
    page = rig.office.ask("GET", "/tra-cuu?ma=x&m=y", headers={"Accept": "text/html"})
    health = [rig.office.ask("GET", "/v1/auth/me", headers={"Authorization": "Bearer x"}).status]
    rig.node.start()
    health += [rig.office.ask("GET", "/v1/auth/me", headers={"Authorization": "Bearer x"}).status]

    assert _is_busy(first)
    assert _is_busy(second)
    assert page.status == 503
    assert health == [503, 401]
    assert "bận" in page.text
    assert "<form" in page.text
    answer = bare.push(batch)
    assert answer.json["have"] == 3
    assert [row[2] for row in rig.office.log()] == [1, 2, 3]


def test_connections_that_were_cut_off_are_not_noticed_by_anybody(rig: Rig) -> None:
    bare = rig.office.bare()
    rig.node.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'qmc'",
                 "postgres")  # fmt: skip

    assert bare.push([bare.reception()]).status == 200


def test_a_session_ended_in_the_middle_of_a_push_is_a_later(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    bare = rig.office.bare()
    event = bare.reception()
    answers: list[Answer] = []
    with rig.node.connect() as holder, holder.transaction():
        holder.execute("LOCK TABLE event IN ACCESS EXCLUSIVE MODE")
        pushing = threading.Thread(target=lambda: answers.append(bare.push([event])))
        pushing.start()
        waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        pid = wait_for(lambda: rig.node.ask(waiting), 10, "push that waits")
        rig.node.ask(f"SELECT pg_terminate_backend({pid})")
        pushing.join(20)

    assert _is_busy(answers[0])
    assert "database busy" in caplog.text
    assert bare.push([event]).json["have"] == 1


def test_a_lock_that_cannot_be_had_in_time_is_a_later(rig: Rig) -> None:
    bare = rig.office.bare()
    event = bare.reception()
    with rig.node.connect() as holder, holder.transaction():
        holder.execute("SELECT 1 FROM agency FOR UPDATE")
        assert _is_busy(bare.push([event]))

    assert bare.push([event]).json["have"] == 1


def test_a_primary_that_became_a_standby_is_a_later_and_is_left(tmp_path: Path) -> None:
    with pair(tmp_path / "pg") as (primary, standby):
        both = url([primary, standby])
        with running_office(tmp_path / "o", database=both, clock=real_clock()) as office:
            bare = office.bare()
            assert bare.push([bare.reception()]).status == 200
            event = bare.reception()
            # connections made from now on are read-only, as on a standby; those open are told
            primary.ask("ALTER DATABASE qmc SET default_transaction_read_only = on", "postgres")
            office.database.engine.dispose()
            for pid in _pids(primary):
                primary.ask(f"SELECT pg_terminate_backend({pid})", "postgres")
            refused = bare.push([event])
            primary.kill()
            standby.promote()
            standby.ask("ALTER DATABASE qmc RESET default_transaction_read_only", "postgres")

            assert _is_busy(refused)
            answer = wait_for(lambda: _taken(bare.push([event])), 20, "push on the standby")
            assert answer.json["have"] == 2
            assert standby.ask("SELECT count(*) FROM event") == 2


def test_a_single_read_only_server_is_a_later(rig: Rig) -> None:
    bare = rig.office.bare()
    event = bare.reception()
    rig.node.ask("ALTER DATABASE qmc SET default_transaction_read_only = on", "postgres")
    for pid in _pids(rig.node):
        rig.node.ask(f"SELECT pg_terminate_backend({pid})", "postgres")
    refused = bare.push([event])
    rig.node.ask("ALTER DATABASE qmc RESET default_transaction_read_only", "postgres")

    assert _is_busy(refused)
    assert bare.push([event]).json["have"] == 1  # on a new connection, not on the read-only one


def test_a_commit_whose_standby_was_given_up_is_not_acknowledged(tmp_path: Path) -> None:
    with pair(tmp_path / "pg") as (primary, standby), running_office(
        tmp_path / "o", database=url([primary]), clock=real_clock()
    ) as office:  # fmt: skip
        bare = office.bare()
        event = bare.reception()
        standby.stop()
        answers: list[Answer] = []
        pushing = threading.Thread(target=lambda: answers.append(bare.push([event])))
        pushing.start()
        waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        pid = wait_for(lambda: primary.ask(waiting, "postgres"), 10, "commit that waits")
        assert not answers  # no standby, no answer
        primary.ask(f"SELECT pg_cancel_backend({pid})", "postgres")
        pushing.join(20)

        assert _is_busy(answers[0])
        standby.start()
        assert bare.push([event]).json["have"] == 1
        # asking again also waits for the standby: it writes when the station was seen
        assert standby.ask("SELECT count(*) FROM event") == 1


@pytest.mark.parametrize("rows", [1, 50])
def test_a_connection_that_dies_while_rows_go_in_is_a_later(rig: Rig, rows: int) -> None:
    database = ServerDatabase(url([rig.node]))
    new = [{"id": uuid4(), "agency": "H25.10", "station": uuid4(), "have": 0, "head": b"",
            "created_at": dt.datetime.now(dt.UTC)} for _ in range(rows)]  # fmt: skip
    with pytest.raises(DBAPIError) as gone, database.writing() as session:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
        rig.node.ask(f"SELECT pg_terminate_backend({pid}, 5000)")
        insert_all(session, StoreRow, new)
    assert is_passing(gone.value)
    database.close()


def _pids(node: Node) -> list[int]:
    with node.connect("postgres") as connection:
        rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE datname = 'qmc'")
        return [pid for (pid,) in rows.fetchall()]


def _taken(answer: Answer) -> Answer | None:
    assert answer.status == 200 or _is_busy(answer), answer
    return answer if answer.status == 200 else None


def _wait_10_ms(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA busy_timeout = 10")


def test_a_locked_file_passes_and_a_missing_table_does_not(tmp_path: Path) -> None:
    path = tmp_path / "one.db"
    database = ServerDatabase(f"sqlite:///{path}")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        event.listen(database.engine, "begin", _wait_10_ms, insert=True)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError) as locked, database.writing() as session:
            session.connection()
        other.execute("ROLLBACK")
    with pytest.raises(OperationalError) as missing, database.reading() as session:
        session.connection().exec_driver_sql("SELECT 1 FROM nowhere")
    database.close()

    assert is_passing(locked.value)
    assert not is_passing(missing.value)
    assert not is_passing(ValueError())
