import datetime as dt

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.calendar import (
    CalendarTooShort,
    Cutoff,
    Session,
    Term,
    TermUnit,
    WorkingCalendar,
)

VIETNAM = dt.timezone(dt.timedelta(hours=7))
DAY = dt.timedelta(days=1)
MORNING = Session(opens=dt.time(7), closes=dt.time(11, 30))
AFTERNOON = Session(opens=dt.time(13, 30), closes=dt.time(17))
PLAIN = WorkingCalendar(dict.fromkeys(range(5), (MORNING, AFTERNOON)))


def at(text: str) -> dt.datetime:
    return dt.datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=VIETNAM)


def day(text: str) -> dt.date:
    return dt.datetime.strptime(text, "%d/%m/%Y").replace(tzinfo=VIETNAM).date()


def days(*texts: str) -> set[dt.date]:
    return {day(text) for text in texts}


def whole_year(year: int) -> list[dt.date]:
    first = dt.date(year, 1, 1)
    return [first + i * DAY for i in range((dt.date(year + 1, 1, 1) - first).days)]


@pytest.fixture(scope="session")
def calendar(bundled) -> WorkingCalendar:
    return bundled.calendar(dt.date(2026, 11, 20))


# reception, working days, due by days, due by days after 15:00, due by hours
WORKED = [
    ("20/11/2026 10:00", 3, "26/11/2026", "26/11/2026", "26/11/2026 10:00"),
    ("20/11/2026 15:30", 3, "26/11/2026", "27/11/2026", "26/11/2026 15:30"),
    ("23/11/2026 16:00", 2, "26/11/2026", "27/11/2026", "26/11/2026 16:00"),
    ("03/02/2027 09:00", 3, "15/02/2027", "15/02/2027", "15/02/2027 09:00"),
    ("21/08/2026 10:00", 5, "27/08/2026", "27/08/2026", "27/08/2026 10:00"),
    ("28/08/2026 10:00", 2, "04/09/2026", "04/09/2026", "04/09/2026 10:00"),
    ("31/12/2025 10:00", 3, "07/01/2026", "07/01/2026", "07/01/2026 10:00"),
]


@pytest.mark.parametrize(("received", "count", "by_days", "by_cut", "by_hours"), WORKED)
def test_a_worked_reception_is_due_when_the_table_says(
    calendar, received, count, by_days, by_cut, by_hours
):
    term = Term(unit=TermUnit.WORKING_DAYS, count=count)
    hours = Term(unit=TermUnit.WORKING_HOURS, count=8 * count)

    assert calendar.due(at(received), term).at == at(f"{by_days} 17:00")
    assert calendar.due(at(received), term, Cutoff.AFTER_15).at == at(f"{by_cut} 17:00")
    assert calendar.due(at(received), hours).at == at(by_hours)


def test_a_same_day_procedure_received_after_15_is_due_on_monday(calendar):
    due = calendar.due(at("20/11/2026 15:30"), Term(unit=TermUnit.SAME_DAY), Cutoff.AFTER_15)

    assert due.at == at("23/11/2026 17:00")
    assert due.counted_from == day("23/11/2026")
    assert due.days == (day("23/11/2026"),)


def test_a_same_day_procedure_without_a_cutoff_is_due_that_evening(calendar):
    due = calendar.due(at("20/11/2026 15:30"), Term(unit=TermUnit.SAME_DAY))

    assert due.at == at("20/11/2026 17:00")
    assert due.how == "trong ngày làm việc 20/11/2026"


def test_the_due_date_says_which_days_were_counted_and_which_were_skipped(calendar):
    due = calendar.due(at("20/11/2026 10:00"), Term(unit=TermUnit.WORKING_DAYS, count=3))

    assert due.counted_from == day("20/11/2026")
    assert due.days == tuple(map(day, ("23/11/2026", "25/11/2026", "26/11/2026")))
    assert "24/11" in due.how
    assert "20/11/2026" in due.how
    assert due.is_certain


def test_a_day_off_on_a_saturday_is_not_named_but_one_on_the_due_path_is(calendar):
    due = calendar.due(at("23/11/2026 10:00"), Term(unit=TermUnit.WORKING_DAYS, count=1))
    assert due.at == at("25/11/2026 17:00")
    assert due.how.count("/11") == 2  # the day of reception and 24/11

    plain = calendar.due(at("16/11/2026 10:00"), Term(unit=TermUnit.WORKING_DAYS, count=3))
    assert "ngày nghỉ" not in plain.how


@pytest.mark.parametrize(
    ("received", "is_certain"),
    [("20/11/2026 10:00", True), ("03/02/2027 09:00", False), ("31/12/2026 10:00", False)],
)
def test_a_due_date_is_uncertain_when_a_year_has_no_official_table(calendar, received, is_certain):
    due = calendar.due(at(received), Term(unit=TermUnit.WORKING_DAYS, count=3))

    assert due.is_certain is is_certain
    assert ("chưa có lịch nghỉ chính thức" in due.how) is not is_certain


def test_a_year_without_a_table_at_either_end_makes_the_date_uncertain():
    term = Term(unit=TermUnit.WORKING_DAYS, count=3)
    for years, is_certain in [({2026, 2027}, True), ({2026}, False), ({2027}, False)]:
        calendar = WorkingCalendar(PLAIN.sessions, years=frozenset(years))
        assert calendar.due(at("31/12/2026 10:00"), term).is_certain is is_certain


def test_working_time_never_comes_in_empty_stretches(calendar):
    stretches = calendar.stretches_from(at("20/11/2026 11:30"))

    assert next(stretches) == (at("20/11/2026 13:30"), at("20/11/2026 17:00"))
    assert next(stretches) == (at("23/11/2026 07:00"), at("23/11/2026 11:30"))


def test_a_pause_for_a_supplement_is_added_as_working_time(calendar):
    old = calendar.due(at("20/11/2026 10:00"), Term(unit=TermUnit.WORKING_HOURS, count=24)).at
    asked, completed = at("23/11/2026 14:00"), at("27/11/2026 09:00")

    worked = calendar.working_time_between(at("20/11/2026 10:00"), asked)
    paused = calendar.working_time_between(asked, completed)

    assert old == at("26/11/2026 10:00")
    assert worked == dt.timedelta(hours=10)
    assert paused == dt.timedelta(hours=21)
    assert calendar.resumed(old, asked, completed) == at("30/11/2026 17:00")


def test_a_pause_outside_opening_hours_moves_nothing(calendar):
    due = at("26/11/2026 10:00")

    assert calendar.resumed(due, at("20/11/2026 17:00"), at("23/11/2026 07:00")) == due
    assert calendar.resumed(due, at("24/11/2026 08:00"), at("24/11/2026 16:00")) == due


@pytest.mark.parametrize(
    ("year", "off", "made_up"),
    [
        (
            2025,
            days(
                "01/01/2025", "27/01/2025", "28/01/2025", "29/01/2025", "30/01/2025", "31/01/2025",
                "07/04/2025", "30/04/2025", "01/05/2025", "02/05/2025", "01/09/2025", "02/09/2025",
            ),
            days("26/04/2025"),
        ),
        (
            2026,
            days(
                "01/01/2026", "02/01/2026", "16/02/2026", "17/02/2026", "18/02/2026", "19/02/2026",
                "20/02/2026", "27/04/2026", "30/04/2026", "01/05/2026", "31/08/2026", "01/09/2026",
                "02/09/2026", "24/11/2026",
            ),
            days("10/01/2026", "22/08/2026"),
        ),
        (
            2027,
            days(
                "01/01/2027", "04/02/2027", "05/02/2027", "08/02/2027", "09/02/2027", "10/02/2027",
                "16/04/2027", "30/04/2027", "03/05/2027", "02/09/2027", "03/09/2027", "24/11/2027",
            ),
            set(),
        ),
    ],
)  # fmt: skip
def test_a_year_works_on_every_weekday_but_its_holidays(calendar, year, off, made_up):
    closed_weekdays = {
        d for d in whole_year(year) if d.weekday() < 5 and not calendar.is_working(d)
    }
    open_weekends = {d for d in whole_year(year) if d.weekday() >= 5 and calendar.is_working(d)}

    assert closed_weekdays == off
    assert open_weekends == made_up


def test_a_made_up_saturday_keeps_the_hours_of_a_monday(calendar):
    assert calendar.sessions_on(day("22/08/2026")) == (MORNING, AFTERNOON)
    assert calendar.sessions_on(day("29/08/2026")) == ()


def test_the_holidays_library_agrees_on_every_day_of_2025(calendar):
    vietnam = holidays.country_holidays("VN", years=2025)

    differing = [d for d in whole_year(2025) if vietnam.is_working_day(d) != calendar.is_working(d)]

    assert differing == []


def test_the_holidays_library_differs_in_2026_only_by_the_swap_of_january(calendar):
    vietnam = holidays.country_holidays("VN", years=2026)

    differing = {d for d in whole_year(2026) if vietnam.is_working_day(d) != calendar.is_working(d)}

    assert differing <= days("02/01/2026", "10/01/2026")


@pytest.mark.parametrize(
    ("received", "cutoff", "counts_as"),
    [
        ("20/11/2026 15:00", Cutoff.AFTER_15, "20/11/2026"),
        ("20/11/2026 15:01", Cutoff.AFTER_15, "23/11/2026"),
        ("20/11/2026 16:00", Cutoff.HOUR_BEFORE_CLOSING, "20/11/2026"),
        ("20/11/2026 16:01", Cutoff.HOUR_BEFORE_CLOSING, "23/11/2026"),
        ("20/11/2026 17:00", Cutoff.NONE, "20/11/2026"),
        ("20/11/2026 17:01", Cutoff.NONE, "23/11/2026"),
        ("20/11/2026 06:00", Cutoff.AFTER_15, "20/11/2026"),
        ("20/11/2026 12:00", Cutoff.NONE, "20/11/2026"),
        ("21/11/2026 09:00", Cutoff.NONE, "23/11/2026"),
        ("23/11/2026 18:00", Cutoff.NONE, "25/11/2026"),
        ("24/11/2026 09:00", Cutoff.AFTER_15, "25/11/2026"),
    ],
)
def test_the_day_of_reception_depends_on_cutoff_closing_and_days_off(
    calendar, received, cutoff, counts_as
):
    assert calendar.day_zero(at(received), cutoff) == day(counts_as)


def test_one_second_after_15_counts_from_the_next_working_day(calendar):
    late = at("20/11/2026 15:00") + dt.timedelta(seconds=1)

    assert calendar.day_zero(late, Cutoff.AFTER_15) == day("23/11/2026")
    assert calendar.day_zero(late - dt.timedelta(seconds=1), Cutoff.AFTER_15) == late.date()


@pytest.mark.parametrize(
    ("received", "hours", "due"),
    [
        ("20/11/2026 05:00", 1, "20/11/2026 08:00"),
        ("20/11/2026 12:15", 1, "20/11/2026 14:30"),
        ("20/11/2026 11:00", 1, "20/11/2026 14:00"),
        ("20/11/2026 18:00", 2, "23/11/2026 09:00"),
        ("21/11/2026 10:00", 8, "23/11/2026 17:00"),
        ("20/11/2026 07:00", 8, "20/11/2026 17:00"),
    ],
)
def test_an_hour_term_runs_through_the_sessions_only(calendar, received, hours, due):
    term = Term(unit=TermUnit.WORKING_HOURS, count=hours)

    assert calendar.due(at(received), term).at == at(due)


def test_an_hour_term_past_the_cutoff_begins_when_the_next_day_opens(calendar):
    term = Term(unit=TermUnit.WORKING_HOURS, count=8)

    due = calendar.due(at("20/11/2026 15:30"), term, Cutoff.AFTER_15)

    assert due.at == at("23/11/2026 17:00")
    assert due.how.startswith("8 giờ làm việc, từ 07:00 23/11/2026")
    assert due.days == (day("23/11/2026"),)


def test_an_hour_term_over_a_weekend_names_its_working_days_alone(calendar):
    due = calendar.due(at("20/11/2026 10:00"), Term(unit=TermUnit.WORKING_HOURS, count=16))

    assert due.days == tuple(map(day, ("20/11/2026", "23/11/2026", "25/11/2026")))


@pytest.mark.parametrize(
    ("received", "count", "due"),
    [
        ("20/11/2026 10:00", 10, "30/11/2026"),
        ("20/11/2026 10:00", 8, "30/11/2026"),  # the 28th is a Saturday
        ("20/11/2026 10:00", 4, "25/11/2026"),  # the 24th is a day off
        ("20/11/2026 10:00", 5, "25/11/2026"),
        ("21/11/2026 10:00", 3, "26/11/2026"),  # counts from Monday
    ],
)
def test_a_term_in_calendar_days_that_ends_on_a_day_off_moves_on(calendar, received, count, due):
    found = calendar.due(at(received), Term(unit=TermUnit.DAYS, count=count))

    assert found.at == at(f"{due} 17:00")
    assert len(found.days) == count
    assert found.days[0] == found.counted_from + DAY
    assert f"{count} ngày, " in found.how


def test_a_due_moment_keeps_the_zone_of_the_reception(calendar):
    term = Term(unit=TermUnit.WORKING_DAYS, count=1)

    assert calendar.due(at("20/11/2026 10:00"), term).at.utcoffset() == dt.timedelta(hours=7)
    assert calendar.due(at("20/11/2026 10:00").replace(tzinfo=None), term).at.tzinfo is None


@pytest.mark.parametrize(
    "term",
    [
        Term(unit=TermUnit.OPEN),
        Term(unit=TermUnit.OPEN, count=3),
        Term(unit=TermUnit.WORKING_DAYS, count=-1),
        Term(unit=TermUnit.WORKING_HOURS, count=-1),
        Term(unit=TermUnit.DAYS, count=-1),
    ],
)
def test_no_due_date_is_made_up_for_an_open_or_negative_term(calendar, term):
    with pytest.raises(ValueError, match="no due date"):
        calendar.due(at("20/11/2026 10:00"), term)


def test_working_time_never_runs_backward(calendar):
    with pytest.raises(ValueError, match="forward"):
        calendar.add_working_time(at("20/11/2026 10:00"), -dt.timedelta(minutes=1))
    later, earlier = at("26/11/2026 10:00"), at("20/11/2026 10:00")
    assert calendar.working_time_between(later, earlier) == dt.timedelta()


def test_adding_nothing_leaves_even_a_sunday_where_it_is(calendar):
    assert calendar.add_working_time(at("22/11/2026 10:00"), dt.timedelta()) == at(
        "22/11/2026 10:00"
    )


def test_a_calendar_without_working_days_says_that_it_is_broken():
    with pytest.raises(CalendarTooShort):
        WorkingCalendar({}).day_zero(at("20/11/2026 10:00"), Cutoff.NONE)


def test_a_made_up_day_works_even_if_it_is_also_listed_as_off():
    both = frozenset({day("21/11/2026")})
    calendar = WorkingCalendar({0: (MORNING,)}, off=both, make_up=both)

    assert calendar.sessions_on(day("21/11/2026")) == (MORNING,)


def test_a_made_up_day_with_hours_of_its_own_keeps_them():
    short = (Session(opens=dt.time(8), closes=dt.time(10)),)
    calendar = WorkingCalendar({0: (MORNING,), 5: short}, make_up=frozenset({day("21/11/2026")}))

    assert calendar.sessions_on(day("21/11/2026")) == short


moments = st.integers(0, 60 * 24 * 910).map(
    lambda minutes: at("01/01/2025 00:00") + dt.timedelta(minutes=minutes)
)
lengths = st.integers(0, 60 * 8 * 20).map(lambda minutes: dt.timedelta(minutes=minutes))


@given(moment=moments, first=lengths, second=lengths)
def test_working_time_added_in_two_parts_is_the_same_as_added_at_once(
    calendar, moment, first, second
):
    at_once = calendar.add_working_time(moment, first + second)

    in_two = calendar.add_working_time(calendar.add_working_time(moment, first), second)

    assert in_two == at_once


@given(moment=moments, length=lengths)
def test_the_working_time_between_a_moment_and_its_due_is_the_term(calendar, moment, length):
    end = calendar.add_working_time(moment, length)

    assert calendar.working_time_between(moment, end) == length


@given(start=moments, minutes=st.integers(0, 60 * 24 * 4))
def test_working_time_is_the_number_of_open_minutes(calendar, start, minutes):
    end = start + dt.timedelta(minutes=minutes)

    def is_open(moment: dt.datetime) -> bool:
        hour = moment.hour * 60 + moment.minute
        return calendar.is_working(moment.date()) and (
            7 * 60 <= hour < 11 * 60 + 30 or 13 * 60 + 30 <= hour < 17 * 60
        )

    counted = sum(is_open(start + dt.timedelta(minutes=i)) for i in range(minutes))

    assert calendar.working_time_between(start, end) == dt.timedelta(minutes=counted)


@given(
    received=moments, count=st.integers(1, 40), cutoff=st.sampled_from(Cutoff)
)  # fmt: skip
def test_a_day_term_holds_exactly_its_number_of_working_days(calendar, received, count, cutoff):
    due = calendar.due(received, Term(unit=TermUnit.WORKING_DAYS, count=count), cutoff)

    span = (due.at.date() - due.counted_from).days
    working = [
        d for i in range(1, span + 1) if calendar.is_working(d := due.counted_from + i * DAY)
    ]
    assert tuple(working) == due.days
    assert len(working) == count
    assert due.at.time() == dt.time(17)
    assert received.date() <= due.counted_from


@given(
    moments,
    st.integers(0, 60 * 24 * 30),
    st.sampled_from([TermUnit.SAME_DAY, TermUnit.DAYS, TermUnit.WORKING_DAYS]),
    st.integers(1, 20),
    st.sampled_from(Cutoff),
)
def test_who_comes_later_is_never_served_earlier(calendar, moment, minutes, unit, count, cutoff):
    term = Term(unit=unit, count=0 if unit is TermUnit.SAME_DAY else count)
    later = moment + dt.timedelta(minutes=minutes)

    assert calendar.due(moment, term, cutoff).at <= calendar.due(later, term, cutoff).at


@given(moments, moments, moments)
def test_a_pause_never_brings_a_due_date_forward(due, one, other):
    paused, resumed = sorted((one, other))

    assert PLAIN.resumed(due, paused, resumed) >= due
