"""kill -9 of the server and of PostgreSQL under load: what was acknowledged is there afterwards."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.crowd import Count, Crowd, served_office, settled
from tests.support.processes import wait_for
from tests.support.standby import durable, pair, url

ENOUGH = 200  # events that must have been acknowledged for a play to count


@dataclass(frozen=True, slots=True)
class Failover:
    """What became of a failover.

    Attributes:
        count: on the promoted standby, after everybody got an answer.
        before: on the old primary, after its own recovery: what was acknowledged before the kill.
        promoted_s: from the kill until the standby took a write, asked directly.
        writable_s: from the kill until a client's push was acknowledged.
    """

    count: Count
    before: Count
    promoted_s: float
    writable_s: float


def test_nothing_acknowledged_is_lost_when_server_and_database_are_killed(tmp_path: Path) -> None:
    count = kill_everything(tmp_path, rounds=2, clients=8, seed=20261120)

    assert count.acknowledged >= ENOUGH
    assert (count.lost, count.doubled, count.refused) == (0, 0, ())


def test_a_standby_takes_over_with_everything_that_was_acknowledged(tmp_path: Path) -> None:
    played = fail_over(tmp_path, seconds=3, clients=8, seed=20261120)

    assert played.count.acknowledged >= ENOUGH
    assert (played.count.lost, played.count.doubled, played.count.refused) == (0, 0, ())
    assert played.before.acknowledged >= ENOUGH
    assert (played.before.lost, played.before.doubled) == (0, 0)


def kill_everything(
    folder: Path, *, rounds: int, clients: int, seed: int, seconds: float = 1
) -> Count:
    """Kill the server, PostgreSQL, or both at random moments of a steady load.

    Args:
        folder: where everything lives.
        rounds: kills; each is followed by a start and some seconds of load.
        clients: stations pushing at the same time.
        seed: of the moments and of the load.
        seconds: of load before a kill, at most.
    """
    chance = random.Random(seed)
    with (
        durable(folder / "pg") as node,
        served_office(folder / "office", url([node])) as server,
    ):
        crowd = Crowd.enrolled(server.office, clients, seed)
        with crowd:
            for i in range(rounds):
                had = crowd.acknowledged
                wait_for(lambda had=had: crowd.acknowledged > had + ENOUGH, 60, "load")  # type: ignore[misc]
                time.sleep(chance.uniform(0, seconds))
                victims = ((server, node), (node,), (server,))[i % 3]
                for victim in victims:
                    victim.kill()
                for victim in reversed(victims):
                    victim.start()
            had = crowd.acknowledged
            wait_for(lambda: crowd.acknowledged > had + ENOUGH, 60, "load after the last kill")
        node.kill()
        node.start()
        settled(server.office.database)
        return crowd.count(server.office.database)


def fail_over(folder: Path, *, seconds: float, clients: int, seed: int) -> Failover:
    """Kill the primary under load, promote its synchronous standby, let everybody go on.

    Args:
        folder: where everything lives.
        seconds: of load before the kill, and as long again after it.
        clients: stations pushing at the same time.
        seed: of the moment and of the load.
    """
    chance = random.Random(seed)
    with (
        pair(folder / "pg") as (primary, standby),
        served_office(folder / "office", url([primary, standby])) as server,
    ):
        database = server.office.database
        crowd = Crowd.enrolled(server.office, clients, seed)
        with crowd:
            wait_for(lambda: crowd.acknowledged > ENOUGH, 60, "load")
            time.sleep(seconds * chance.uniform(0.7, 1))
            before = {id(p): p.acknowledged for p in crowd.pushers}
            killed_at = time.monotonic()
            primary.kill()
            standby.promote()
            standby.ask("CREATE TABLE after_promotion ()")
            promoted_s = time.monotonic() - killed_at
            wait_for(lambda: crowd.writable_after(killed_at), 60, "push after the failover")
            time.sleep(seconds)
        settled(database)
        count = crowd.count(database)
        writable_s = crowd.writable_after(killed_at)
        assert writable_s is not None
        for pusher in crowd.pushers:
            pusher.acknowledged = before[id(pusher)]
        standby.stop()
        primary.start()  # with its old settings, as somebody might by mistake
        database.close()
        kept = crowd.count(database)
        return Failover(count, kept, promoted_s, writable_s)
