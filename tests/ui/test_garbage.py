"""Garbage is collected on the GUI thread alone, and given back to Python at the end."""

import gc
import threading
import time
import weakref

import pytest

from app.ui.garbage import GarbageKeeper
from app.ui.jobs import JobRunner, Lane


class Knot:
    """A cycle that notes in which thread it went."""

    def __init__(self, gone: list[int]) -> None:
        self.me = self
        self.gone = gone

    def __del__(self) -> None:
        self.gone.append(threading.get_ident())


@pytest.fixture
def keeper(qapp):
    one = GarbageKeeper(qapp, lambda: 0.0)
    yield one
    one.close()


def test_python_collects_nothing_by_itself_until_it_is_closed(qapp):
    one = GarbageKeeper(qapp, lambda: 0.0)
    assert not gc.isenabled()

    one.close()

    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_what_a_lane_left_goes_on_the_gui_thread(keeper, qapp, qtbot):
    gone: list[int] = []
    jobs = JobRunner(qapp)

    def work() -> None:
        for _ in range(3_000):  # more than Python itself would wait for
            Knot(gone)

    jobs.run(Lane.FILES, work, owner=jobs, done=lambda _: None, failed=lambda _: None)
    qtbot.waitUntil(lambda: jobs.is_idle)
    assert gone == []
    keeper.look()
    jobs.close()

    assert len(gone) == 3_000
    assert set(gone) == {threading.get_ident()}


def test_the_old_is_looked_through_only_when_nobody_presses_keys(qapp, monkeypatch):
    touched = [time.monotonic()]
    one = GarbageKeeper(qapp, lambda: touched[0])
    try:
        gone: list[int] = []
        knot = Knot(gone)
        gc.collect()
        there = weakref.ref(knot)
        del knot  # it is old by now
        one._old_at -= 10_000
        one.look()
        assert there() is not None
        touched[0] -= 60
        one.look()
        assert there() is None
    finally:
        one.close()
