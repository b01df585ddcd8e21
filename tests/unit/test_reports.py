"""II.06a and the rates: what a period's dossiers add up to."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.reports import (
    Facts,
    Period,
    Share,
    Timeliness,
    percentile,
    rates,
    span,
    step,
    tally,
)
from app.domain.status import CLOSED, BusinessState

A, B = dt.date(2026, 11, 1), dt.date(2026, 11, 30)
NOV = (A, B)
DAYS = st.dates(dt.date(2026, 9, 1), dt.date(2026, 12, 31))
ENDED = (*CLOSED, BusinessState.FINISHED)


def day(month: int, of_month: int) -> dt.date:
    return dt.date(2026, month, of_month)


def one(**more) -> Facts:
    said = {"procedure": "1.001193", "channel": 1, "received_on": day(11, 3),
            "ended_on": None, "due_on": day(11, 10), "state": BusinessState.IN_WORK}  # fmt: skip
    return Facts(**(said | more))


@st.composite
def facts(draw) -> Facts:
    ended = draw(st.none() | DAYS)
    states = [s for s in BusinessState if (s in ENDED) == (ended is not None)]
    return one(
        channel=draw(st.sampled_from((1, 2, 3))),
        received_on=draw(DAYS),
        ended_on=ended,
        due_on=draw(DAYS),
        state=draw(st.sampled_from(states)),
        rounds=draw(st.integers(0, 3)),
        is_digitised=draw(st.none() | st.booleans()),
        satisfaction=draw(st.integers(0, 3)),
        count=draw(st.integers(1, 50)),
    )


@given(st.lists(facts(), max_size=60), DAYS, DAYS)
def test_what_came_in_is_what_went_out_and_what_is_left(some, one_day, other_day):
    first, last = sorted((one_day, other_day))

    row = tally(some, first, last)

    assert row.is_balanced
    assert row.columns[0] == row.columns[4] + row.columns[8]


@given(st.lists(facts(), max_size=60), DAYS)
def test_what_is_left_is_what_the_next_period_carries_over(some, last):
    before = tally(some, dt.date(2026, 8, 1), last)
    after = tally(some, last + dt.timedelta(days=1), last + dt.timedelta(days=30))

    assert after.carried == before.in_work


@pytest.mark.parametrize(
    ("said", "column"),
    [
        ({"ended_on": day(11, 9), "state": BusinessState.RETURNED}, "early"),
        ({"ended_on": day(11, 10), "state": BusinessState.FINISHED}, "on_time"),
        ({"ended_on": day(11, 11), "state": BusinessState.FINISHED}, "late"),
        ({"ended_on": day(11, 25), "state": BusinessState.WITHDRAWN}, "on_time"),
        ({"ended_on": day(12, 1), "state": BusinessState.FINISHED}, "overdue"),
        ({"due_on": day(11, 30)}, "pending"),
        ({}, "overdue"),
        ({"state": BusinessState.AWAITING_SUPPLEMENT}, "pending"),
    ],
)
def test_each_dossier_stands_in_one_column(said, column):
    row = tally([one(**said)], *NOV)

    assert getattr(row, column) == 1
    assert sum(row.columns[4:8][1:]) + sum(row.columns[9:]) == 1


def test_where_it_came_from_is_told_by_channel_and_day():
    row = tally(
        [
            one(channel=2, count=3),
            one(channel=3),
            one(received_on=day(10, 30)),
            one(received_on=day(10, 1), ended_on=day(10, 31), state=BusinessState.RETURNED),
            one(received_on=day(12, 1)),
        ],
        *NOV,
    )

    assert (row.online, row.direct, row.carried) == (3, 1, 1)


def test_a_clock_set_back_ends_nothing_before_its_reception():
    odd = one(ended_on=day(10, 1), state=BusinessState.RETURNED)

    assert tally([odd], *NOV).is_balanced
    assert odd.stands(B) is Timeliness.EARLY


def test_a_second_request_for_papers_is_late_in_the_rates_only():
    done = one(ended_on=day(11, 9), state=BusinessState.RETURNED, rounds=2)

    assert tally([done], *NOV).early == 1
    assert rates([done], *NOV).on_time == Share(0, 1)
    assert rates([done], *NOV).second_supplement == Share(1, 1)


def test_rates_have_no_value_where_nothing_was_asked():
    found = rates([one()], *NOV)

    assert found.on_time.percent is None
    assert found.on_time.words == "—"
    assert found.digitised == Share(0, 0)


@pytest.mark.parametrize(
    ("period", "of", "expected"),
    [
        (Period.DAY, day(11, 20), (day(11, 20), day(11, 20))),
        (Period.WEEK, day(11, 20), (day(11, 16), day(11, 22))),
        (Period.MONTH, day(2, 20), (day(2, 1), day(2, 28))),
        (Period.QUARTER, day(11, 20), (day(10, 1), day(12, 31))),
        (Period.YEAR, day(11, 20), (day(1, 1), day(12, 31))),
    ],
)
def test_a_period_has_its_days(period, of, expected):
    assert span(period, of) == expected


@given(st.sampled_from(Period), DAYS, st.integers(-30, 30))
def test_periods_follow_each_other_without_a_gap(period, of, by):
    first, _ = span(period, of)

    there = step(period, first, by)

    assert span(period, there)[0] == there
    assert span(period, step(period, there, -1))[1] == there - dt.timedelta(days=1)


def test_a_percentile_is_the_nearest_rank():
    assert [percentile([1, 2, 3, 4], s) for s in (0.5, 0.9, 1.0)] == [2, 4, 4]
    assert percentile([7], 0.5) == 7


def test_a_share_is_written_with_a_comma():
    assert Share(971, 1000).words == "97,1 %"
    assert Share(1, 2).words == "50 %"
