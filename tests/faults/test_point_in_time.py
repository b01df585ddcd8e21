"""A database put back to an earlier moment: stations send again what it lost."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from server.services import doctor, restored
from tests.support.office import ROOT, Counter, Office, running_office
from tests.support.postgres import ACCOUNT
from tests.support.processes import bare_environment, hand_over, wait_for
from tests.support.standby import Node, base_backup, durable, url


class Archive:
    """A server that archives its WAL, and what it takes to put it back."""

    def __init__(self, folder: Path, node: Node) -> None:
        self.folder, self.node = folder, node
        self.backup = Node(folder / "backup", node.port)

    def back_up(self) -> None:
        base_backup(self.node, self.backup)

    def put_back(self, moment: str) -> Node:
        """Lose the server with its disk; start the backup at the same port, up to a moment."""
        last = self.node.ask("SELECT pg_walfile_name(pg_current_wal_lsn())")
        self.node.ask("SELECT pg_switch_wal()")
        wait_for((self.folder / "wal" / last).exists, 30, "archived WAL")
        self.node.kill()
        with (self.backup.data / "postgresql.conf").open("a") as file:
            file.write(f"restore_command = 'cp {self.folder}/wal/%f %p'\n")
            file.write(f"recovery_target_time = '{moment}'\n")
            file.write("recovery_target_action = 'promote'\narchive_mode = off\n")
        (self.backup.data / "recovery.signal").touch()
        hand_over(self.backup.folder, ACCOUNT)
        self.backup.start()
        wait_for(lambda: not self.backup.ask("SELECT pg_is_in_recovery()"), 60, "recovery")
        return self.backup


@contextmanager
def archiving(folder: Path) -> Iterator[Archive]:
    (folder / "wal").mkdir(parents=True)
    hand_over(folder / "wal", ACCOUNT)
    wal = folder / "wal"  # whole or not there: a bare cp may be caught half-way
    command = f"cp %p {wal}/.%f && sync {wal}/.%f && mv {wal}/.%f {wal}/%f"
    settings = f"archive_mode = on\narchive_command = '{command}'\n"
    with durable(folder / "pg", settings) as node:
        archive = Archive(folder, node)
        try:
            yield archive
        finally:
            archive.backup.stop()


def test_what_a_restored_server_lost_comes_back_from_the_stations(tmp_path: Path) -> None:
    with (
        archiving(tmp_path) as archive,
        running_office(tmp_path / "o", database=url([archive.node])) as office,
    ):
        station, other = office.station(), office.station()
        codes = [_received(station, "Trước Bản Sao")]
        archive.back_up()
        codes.append(_received(station, "Sau Bản Sao"))
        moment = archive.node.ask("SELECT clock_timestamp()::text")
        codes += [_received(s, f"Bị Mất {i}") for i in range(3) for s in (station, other)]

        archive.put_back(moment)
        assert office.codes() == sorted(codes[:2])
        with office.database.writing() as session:
            restored.keep_numbers(session, office.clock(), office.clock(), 2)

        for _ in range(3):  # notice the loss, send again, prove
            proven = [counter.sync().proven for counter in (station, other)]
        assert all(proven)
        assert office.codes() == sorted(codes)
        assert _wrong(office) == set()
        station.close()
        other.close()


def test_numbers_given_out_after_the_moment_are_not_given_out_again(tmp_path: Path) -> None:
    with (
        archiving(tmp_path) as archive,
        running_office(tmp_path / "o", database=url([archive.node])) as office,
    ):
        station = office.bare()
        archive.back_up()
        moment = archive.node.ask("SELECT clock_timestamp()::text")
        day = office.clock().date().isoformat()
        given = _numbers(_leased(station, day))
        late = office.bare()
        given |= _numbers(late.ranges)

        archive.put_back(moment)
        with office.database.writing() as session:
            for _ in range(2):  # safe to repeat
                restored.keep_numbers(session, office.clock(), office.clock(), 1)

        newcomer = office.bare()
        given_now = _numbers(newcomer.ranges) | _numbers(_leased(newcomer, day))
        assert _numbers(newcomer.ranges)
        assert given & given_now == set()
        office.clock.move(days=2)
        tomorrow = office.clock().date().isoformat()
        assert _numbers(_leased(newcomer, tomorrow))


def test_the_command_wants_a_moment_with_an_offset(tmp_path: Path) -> None:
    with running_office(tmp_path / "o") as office:
        codes = [
            subprocess.run(
                [sys.executable, "-m", "server", "--blobs", str(office.settings.blobs),
                 "after-restore", "--since", moment],
                env=bare_environment(tmp_path, QMC_DATABASE=office.url), cwd=ROOT, timeout=60,
                capture_output=True, check=False,
            ).returncode
            for moment in ("2026-11-20T09:00:00+07:00", "2026-11-20T09:00:00", "gestern")
        ]  # fmt: skip
        with office.database.reading() as session:
            used_up = session.execute(text("SELECT count(*) FROM number_range")).scalar()

    assert codes == [0, 3, 2]
    assert used_up


def _received(counter: Counter, name: str) -> str:
    code = counter.receive(name).code
    counter.sync()
    return code


def _leased(bare: object, day: str) -> list[dict[str, int]]:
    message = {"key": "00000000-0000-4000-8000-000000000009", "incarnation": str(bare.store),  # type: ignore[attr-defined]
               "day": day}  # fmt: skip
    return bare.post("/v1/codes/lease", message).json["ranges"]  # type: ignore[attr-defined,no-any-return]


def _numbers(ranges: list[dict[str, int]]) -> set[int]:
    return {n for r in ranges for n in range(r["first"], r["last"] + 1)}


def _wrong(office: Office) -> set[str]:
    found = doctor.examine(office.database, office.settings.blobs, dt.datetime.now(dt.UTC))
    return {f.check for f in found if f.state == "wrong"} - {"keys"}
