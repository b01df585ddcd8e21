"""Several worker processes behind one port."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil

from server.settings import ServerSettings
from server.workers import read_settings, write_settings
from tests.support.crowd import Crowd, Server, served_office
from tests.support.office import ROOT, Bare
from tests.support.ports import listening
from tests.support.postgres import postgres
from tests.support.processes import bare_environment, wait_for


def _workers(server: Server) -> list[psutil.Process]:
    assert server.child is not None
    children = psutil.Process(server.child.pid).children()
    alive = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in alive if "spawn_main" in " ".join(child.cmdline())]


def _answer_time_s(bare: Bare) -> float:
    """Return the shortest of some pushes over one connection."""
    times = []
    for _ in range(15):
        event = bare.reception()
        began = time.perf_counter()
        assert bare.push([event]).status == 200
        times.append(time.perf_counter() - began)
    return min(times)


def test_workers_share_the_port_the_database_and_nothing_secret(tmp_path: Path) -> None:
    with (
        postgres(tmp_path / "pg") as address,
        served_office(tmp_path / "o", address, workers=2) as server,
    ):
        bare = server.office.bare()
        assert bare.push([bare.reception() for _ in range(5)]).json["have"] == 5
        workers = _workers(server)
        assert len(workers) == 2
        for process in workers:
            assert address not in " ".join(process.cmdline())
            assert "postgresql" not in " ".join(process.cmdline())
        workers[0].kill()
        wait_for(lambda: len(_workers(server)) == 2 and workers[0] not in _workers(server), 30,
                 "new worker")  # fmt: skip
        assert bare.push([bare.reception()]).json["have"] == 6


def test_workers_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    with (
        postgres(tmp_path / "pg") as address,
        served_office(tmp_path / "o", address, workers=2) as server,
    ):
        assert server.child is not None
        workers = _workers(server)
        psutil.Process(server.child.pid).kill()

        _, alive = psutil.wait_procs(workers, timeout=20)
        assert not alive
        assert not listening(server.office.port)


def test_sqlite_is_served_by_one_process_only(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "server", "--database", f"sqlite:///{tmp_path / 'one.db'}",
               "--blobs", str(tmp_path / "blobs")]  # fmt: skip
    environment = bare_environment(tmp_path)
    for verb, code in ((["init"], 0), (["serve", "--workers", "2"], 3)):
        done = subprocess.run(
            [*command, *verb], env=environment, cwd=ROOT, capture_output=True, timeout=60,
            check=False,
        )  # fmt: skip
        assert done.returncode == code, done
    assert "PostgreSQL" in done.stderr.decode()


def test_settings_reach_a_worker_as_they_are() -> None:
    settings = ServerSettings(
        database="postgresql+psycopg://u:p@h/d", blobs=Path("/srv/b"), trusts_proxy=True, pool=3
    )

    assert read_settings(write_settings(settings)) == settings


def test_workers_answer_as_quickly_as_a_single_process(tmp_path: Path) -> None:
    shortest_s = {}
    for workers in (1, 2):
        with (
            postgres(tmp_path / f"pg-{workers}") as address,
            served_office(tmp_path / f"o-{workers}", address, workers=workers) as server,
        ):
            crowd = Crowd.enrolled(server.office, 1)
            shortest_s[workers] = _answer_time_s(crowd.pushers[0].bare)
            crowd.close()

    # an answer that waits for the client's delayed ACK takes 40 ms more, a push a few
    assert shortest_s[2] < 3 * shortest_s[1]
