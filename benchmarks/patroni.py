"""Two PostgreSQL under Patroni with three etcd, all on loopback: a failover without hands."""

from __future__ import annotations

import json
import random
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.crowd import Count, Crowd, served_office, settled
from tests.support.ports import free_port
from tests.support.postgres import ACCOUNT, tool
from tests.support.processes import (
    Child,
    bare_environment,
    hand_over,
    program,
    unprivileged,
    wait_for,
)
from tests.support.standby import DATABASE, Node, is_synchronous, kill_all, url

PACKAGES = Path(__file__).parents[1] / "scripts" / "packages.sh"
TTL_S, LOOP_S = 20, 5  # 20 is the least that Patroni takes
WRITABLE_S = TTL_S + 2 * LOOP_S + 10.0  # lease runs out, next look, promotion


@dataclass
class Member:
    """One PostgreSQL and the Patroni that looks after it."""

    node: Node
    patroni: Child | None = None

    def start(self) -> None:
        """Start Patroni; it starts PostgreSQL."""
        command = [*unprivileged(ACCOUNT), program("patroni"), self.node.folder / "patroni.yml"]
        self.patroni = Child(
            command, self.node.folder / "patroni.log", bare_environment(self.node.folder),
            cwd=self.node.folder,
        )  # fmt: skip

    def kill_postgresql(self) -> None:
        """Kill PostgreSQL with every process of it."""
        kill_all(int((self.node.data / "postmaster.pid").read_text().split()[0]))

    def kill(self) -> None:
        """Kill both at once, as when the machine dies."""
        assert self.patroni is not None
        kill_all(self.patroni.pid)
        self.patroni.stop(0)
        self.patroni = None
        self.kill_postgresql()

    def stop(self) -> None:
        """End both."""
        if self.patroni is not None:
            self.patroni.stop(20)
            self.patroni = None
        if (self.node.data / "postmaster.pid").exists():
            self.kill_postgresql()

    def is_leader(self) -> bool:
        """Tell whether it answers and takes writes."""
        return self.node.answers() and not self.node.ask("SELECT pg_is_in_recovery()", "postgres")


@dataclass(frozen=True, slots=True)
class Played:
    """What came of it; `writable` has each fault's words and seconds until a push was taken."""

    count: Count
    writable: list[tuple[str, float]] = field(default_factory=list)


def configuration(member: Node, etcd: Sequence[int], rest_port: int) -> dict[str, object]:
    """Return a member's configuration; JSON is YAML."""
    here = f"127.0.0.1:{member.port}"
    trust = [f"host {what} all 127.0.0.1/32 trust" for what in ("all", "replication")]
    return {
        "scope": "qmc",
        "name": member.folder.name,
        "restapi": {
            "listen": f"127.0.0.1:{rest_port}", "connect_address": f"127.0.0.1:{rest_port}",
        },
        "etcd3": {"hosts": [f"127.0.0.1:{port}" for port in etcd]},
        "bootstrap": {
            "dcs": {
                "ttl": TTL_S,
                "loop_wait": LOOP_S,
                "retry_timeout": LOOP_S,
                "synchronous_mode": True,
                "postgresql": {
                    "use_pg_rewind": True,
                    "parameters": {"max_connections": 200, "wal_log_hints": "on"},
                },
            },
            "initdb": [{"encoding": "UTF8"}, {"locale": "C.UTF-8"}, "data-checksums"],
        },
        "postgresql": {
            "listen": here,
            "connect_address": here,
            "data_dir": str(member.data),
            "bin_dir": str(Path(tool("postgres")).parent),
            "pgpass": str(member.folder / "pgpass"),
            "authentication": {
                "superuser": {"username": ACCOUNT}, "replication": {"username": ACCOUNT},
                "rewind": {"username": ACCOUNT},
            },
            "parameters": {"unix_socket_directories": ""},
            "pg_hba": trust,
        },
    }  # fmt: skip


@contextmanager
def etcds(folder: Path, count: int = 3) -> Iterator[list[int]]:
    """Run etcd; yield the clients' ports."""
    folder.mkdir(parents=True)
    hand_over(folder, ACCOUNT)
    clients, peers = ([free_port() for _ in range(count)] for _ in range(2))
    everybody = ",".join(f"e{i}=http://127.0.0.1:{port}" for i, port in enumerate(peers))
    with ExitStack() as stack:
        for i, (client, peer) in enumerate(zip(clients, peers, strict=True)):
            command = [
                program("etcd"), "--name", f"e{i}", "--data-dir", str(folder / f"e{i}"),
                "--listen-client-urls", f"http://127.0.0.1:{client}",
                "--advertise-client-urls", f"http://127.0.0.1:{client}",
                "--listen-peer-urls", f"http://127.0.0.1:{peer}",
                "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}",
                "--initial-cluster", everybody, "--initial-cluster-state", "new",
                "--log-level", "error",
            ]  # fmt: skip
            stack.enter_context(
                Child(
                    [*unprivileged(ACCOUNT), *command],
                    folder / f"e{i}.log",
                    bare_environment(folder),
                    cwd=folder,
                )
            )
        yield clients


@contextmanager
def cluster(folder: Path) -> Iterator[list[Member]]:
    """Run a leader and a synchronous standby under Patroni, with an empty database."""
    with etcds(folder / "etcd") as ports:
        members = []
        for name in ("a", "b"):
            node = Node(folder / name, free_port())
            node.folder.mkdir(parents=True)
            settings = json.dumps(configuration(node, ports, free_port()), indent=1)
            (node.folder / "patroni.yml").write_text(settings, "utf-8")
            hand_over(node.folder, ACCOUNT)
            members.append(Member(node))
        try:
            members[0].start()
            assert members[0].patroni is not None
            members[0].patroni.wait_for(members[0].is_leader, 90, "leader")
            members[1].start()
            wait_for(lambda: is_synchronous(members[0].node), 90, "synchronous standby")
            members[0].node.ask(f'CREATE DATABASE "{DATABASE}" TEMPLATE template0', "postgres")
            yield members
        finally:
            for member in members:
                member.stop()


def fail_over(folder: Path, *, seconds: float, clients: int, seed: int) -> Played:
    """Kill the leader with its Patroni, bring it back as standby, then kill PostgreSQL alone."""
    subprocess.run([str(PACKAGES), "faults"], check=True)
    chance = random.Random(seed)
    with (
        cluster(folder / "pg") as members,
        served_office(folder / "office", url([m.node for m in members])) as server,
    ):
        writable: list[tuple[str, float]] = []
        crowd = Crowd.enrolled(server.office, clients, seed)
        with crowd:
            for said in ("leader's machine killed", "leader's PostgreSQL killed"):
                leader = next(member for member in members if member.is_leader())
                time.sleep(seconds * chance.uniform(0.7, 1))
                killed_at = time.monotonic()
                if said.endswith("machine killed"):
                    leader.kill()
                else:
                    leader.kill_postgresql()
                writable.append((said, _writable_s(crowd, killed_at)))
                if leader.patroni is None:
                    leader.start()
                wait_for(lambda: _is_whole(members), 120, "synchronous standby again")
        settled(server.office.database)
        return Played(crowd.count(server.office.database), writable)


def _writable_s(crowd: Crowd, killed_at: float) -> float:
    return wait_for(lambda: crowd.writable_after(killed_at), 110, "push after the failover") or 0.0


def _is_whole(members: Sequence[Member]) -> bool:
    return any(member.is_leader() and is_synchronous(member.node) for member in members)
