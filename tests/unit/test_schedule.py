import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sync.schedule import Schedule

NEVER = 0.0  # the random number that leaves the wait whole


def after_failures(count: int) -> Schedule:
    schedule = Schedule()
    for _ in range(count):
        schedule = schedule.failed()
    return schedule


def test_a_station_in_contact_asks_again_in_half_a_minute():
    assert Schedule().delay_s(NEVER) == 30
    assert Schedule().delay_s(1.0) == 15


@pytest.mark.parametrize(
    ("failures", "delay_s"),
    [(1, 5), (2, 10), (3, 20), (4, 40), (5, 80), (6, 160), (7, 300), (8, 300), (10_000, 300)],
)
def test_each_failure_doubles_the_wait_up_to_five_minutes(failures, delay_s):
    assert after_failures(failures).delay_s(NEVER) == delay_s


def test_success_forgets_all_failures():
    assert after_failures(9).succeeded() == Schedule()


def test_the_server_may_ask_for_a_longer_wait_but_not_for_a_shorter():
    assert after_failures(1).delay_s(NEVER, retry_after_s=120) == 120
    assert after_failures(7).delay_s(NEVER, retry_after_s=1) == 300


@given(st.integers(0, 200), st.floats(0, 1), st.floats(0, 1000))
def test_a_wait_is_never_short_enough_to_hammer_nor_longer_than_asked(failures, random, asked):
    delay_s = Schedule(failures).delay_s(random, retry_after_s=asked)

    assert 5 <= delay_s <= max(300, asked)
    assert delay_s >= asked


@given(st.integers(2, 200), st.floats(0, 1))
def test_chance_takes_at_most_half_of_the_wait(failures, random):
    schedule = Schedule(failures)

    assert schedule.delay_s(NEVER) / 2 <= schedule.delay_s(random) <= schedule.delay_s(NEVER)


def test_chance_spreads_stations_out():
    assert len({after_failures(5).delay_s(i / 10) for i in range(10)}) == 10
