"""The arithmetic against the minute-by-minute reference, its laws, and its refusals."""

import datetime as dt
import os
import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Refused
from regions.calendars.rules import (
    STANDARD,
    CalendarFact,
    ExceptionFact,
    Line,
    PublicFact,
)
from regions.calendars.worktime import Day, WorkTime
from tests.regions.calendars.reference import SHANGHAI, Office, full_minute, minutes

MONDAY = dt.date(2026, 3, 2)
OFFICE = ((540, 720), (810, 1080))


def at(text: str, zone: dt.tzinfo = SHANGHAI) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=zone)


def spans() -> st.SearchStrategy[tuple[tuple[int, int], ...]]:
    """Up to four stretches, a free minute or more between them."""
    edges = st.lists(st.integers(0, 1440), max_size=8, unique=True).map(sorted)
    return edges.map(lambda found: tuple(zip(found[::2], found[1::2], strict=False)))


WEEKS = st.lists(spans(), min_size=7, max_size=7).filter(any)
DAYS = st.integers(0, 40).map(lambda n: dt.date(2026, 2, 1) + dt.timedelta(days=n))
PUBLIC = st.dictionaries(DAYS, st.none() | st.integers(0, 6), max_size=10)
EXCEPTIONS = st.lists(st.tuples(DAYS, st.integers(0, 4), spans()), max_size=4)
MOMENTS = st.datetimes(
    dt.datetime.fromisoformat("2026-02-01"),
    dt.datetime.fromisoformat("2026-03-10"),
    timezones=st.just(dt.UTC),
)


@st.composite
def calendars(draw: st.DrawFn) -> tuple[WorkTime, Office]:
    """The same random calendar as the product and as the reference understand it."""
    week, public, exceptions = draw(WEEKS), draw(PUBLIC), draw(EXCEPTIONS)
    facts = tuple(
        ExceptionFact(first, first + dt.timedelta(days=more), hours, "", pk)
        for pk, (first, more, hours) in enumerate(exceptions)
    )
    line = Line(
        0,
        ((dt.date.min, CalendarFact("", ((dt.date.min, tuple(week)),), True, facts)),),
        (),
        {day: PublicFact("", weekday) for day, weekday in public.items()},
    )
    office = Office(
        [minutes(*hours) for hours in week],
        dict(public),
        [(one.first, one.last, minutes(*one.spans)) for one in facts],
    )
    return WorkTime(line.day), office


@settings(max_examples=80, deadline=None)
@given(calendars(), MOMENTS, MOMENTS)
def test_minutes_between_are_those_counted_one_by_one(pair, one, other):
    clock, office = pair
    assert clock.between(one, other) == office.between(one, other)


@settings(max_examples=80, deadline=None)
@given(calendars(), MOMENTS, st.integers(-1500, 1500))
def test_added_minutes_are_those_walked_one_by_one(pair, start, count):
    clock, office = pair
    assert clock.add(start, count) == office.add(start, count)


@settings(max_examples=100, deadline=None)
@given(calendars(), MOMENTS, st.integers(-20_000, 20_000))
def test_what_was_added_lies_between(pair, start, count):
    clock, _office = pair
    assert clock.between(start, clock.add(start, count)) == count


@settings(max_examples=100, deadline=None)
@given(calendars(), MOMENTS, MOMENTS, MOMENTS)
def test_parts_add_up(pair, one, two, three):
    clock, _office = pair
    assert clock.between(one, two) + clock.between(two, three) == clock.between(one, three)


@settings(max_examples=100, deadline=None)
@given(calendars(), MOMENTS, MOMENTS, st.integers(-3000, 3000), st.integers(0, 500))
def test_more_is_later(pair, one, two, count, more):
    clock, _office = pair
    early, late = sorted((one, two))
    assert clock.add(early, count) <= clock.add(late, count)
    assert clock.add(early, count) <= clock.add(early, count + more)


@settings(max_examples=100, deadline=None)
@given(calendars(), MOMENTS, st.integers(1, 3000), MOMENTS)
def test_in_time_by_the_clock_is_in_time_by_the_count(pair, start, count, now):
    """`now <= due` exactly when no more than the minutes allowed have passed: one verdict."""
    clock, _office = pair
    # Work that stops at `due` and goes on later has not gone on while no further minute is done.
    due = clock.add(start, count)
    in_time = clock.between(start, now) <= count
    assert (now <= due) <= in_time
    assert (now > due and clock.between(due, now) > 0) <= (not in_time)


@settings(max_examples=80, deadline=None)
@given(calendars(), MOMENTS)
def test_the_next_working_moment_is_the_first(pair, moment):
    clock, office = pair
    found = clock.next_working_moment(moment)
    assert office.works(found.replace(tzinfo=None))
    assert found >= full_minute(moment).replace(tzinfo=SHANGHAI)
    assert clock.between(moment, found) == 0


@settings(max_examples=100, deadline=None)
@given(calendars(), DAYS, st.integers(-15, 15))
def test_working_days_are_counted_one_by_one(pair, start, count):
    clock, office = pair
    found = clock.add_working_days(start, count)
    step = dt.timedelta(days=1 if count > 0 else -1)
    passed, day = 0, start
    while day != found:
        day += step
        passed += bool(office.open_minutes(day))
    assert passed == abs(count)
    assert count == 0 or office.open_minutes(found)


def clock() -> WorkTime:
    """Monday to Friday in office hours."""
    return WorkTime(Line(0, ((dt.date.min, STANDARD),), (), {}).day)


@pytest.mark.parametrize(
    ("start", "count", "due"),
    [
        ("2026-11-20T17:00:00", 60, "2026-11-20T18:00:00"),  # ends with the day, not the next one
        ("2026-11-20T17:00:00", 61, "2026-11-23T09:01:00"),  # over the week-end
        ("2026-11-20T11:59:01", 1, "2026-11-20T13:31:00"),  # the noon minute was begun already
        ("2026-11-20T11:59:00", 1, "2026-11-20T12:00:00"),
        ("2026-11-21T10:00:00", 1, "2026-11-23T09:01:00"),  # on a Saturday
        ("2026-11-20T10:00:00", 0, "2026-11-20T10:00:00"),
        ("2026-11-21T10:00:30", 0, "2026-11-21T10:01:00"),
        ("2026-11-23T09:00:00", -1, "2026-11-20T17:59:00"),
        ("2026-11-20T14:00:00", -30, "2026-11-20T13:30:00"),  # back to where work resumed
    ],
)
def test_single_cases(start, count, due):
    assert clock().add(at(start), count) == at(due)


def test_answers_stand_on_the_clock_of_shanghai():
    due = clock().add(dt.datetime(2026, 11, 20, 1, 0, tzinfo=dt.UTC), 30)

    assert due.isoformat() == "2026-11-20T09:30:00+08:00"


def test_summer_time_of_the_past_moves_no_dates():
    """From 4 May 1986 clocks went an hour ahead: a full day of work stays a full day."""
    one = clock()

    assert one.between(at("1986-05-02T00:00:00"), at("1986-05-06T00:00:00")) == 450 * 2
    assert one.add(at("1986-05-02T09:00:00"), 450) == at("1986-05-02T18:00:00")
    assert one.add_working_days(dt.date(1986, 5, 2), 1) == dt.date(1986, 5, 5)
    assert one.is_working_day(dt.date(1988, 7, 1))


@pytest.mark.parametrize(
    ("moment", "error"),
    [
        (dt.datetime.fromisoformat("2026-11-20T09:00"), ValueError),
        (dt.date(2026, 11, 20), TypeError),
    ],
)
def test_only_instants_with_a_zone_are_counted(moment, error):
    with pytest.raises(error):
        clock().add(moment, 1)
    with pytest.raises(error):
        clock().between(moment, moment)


def test_working_days_are_asked_by_date():
    with pytest.raises(TypeError):
        clock().is_working_day(at("2026-11-20T09:00:00"))
    with pytest.raises(TypeError):
        clock().add_working_days(at("2026-11-20T09:00:00"), 1)


def test_a_calendar_without_hours_refuses_instead_of_searching_for_ever():
    closed = WorkTime(lambda day: Day(()))

    for verb in (closed.add, lambda moment, n: closed.add(moment, -n)):
        with pytest.raises(Refused):
            verb(at("2026-11-20T09:00:00"), 1)
    with pytest.raises(Refused):
        closed.add_working_days(MONDAY, 1)
    assert closed.between(at("2026-01-01T00:00:00"), at("2027-01-01T00:00:00")) == 0


def test_years_out_of_reach_are_refused():
    with pytest.raises(Refused, match="1900"):
        clock().add(at("2199-12-31T17:59:00"), 100)


@pytest.mark.parametrize(
    ("hours", "share"),
    [
        ((), "0"),
        (((540, 720),), "0.5"),
        (((810, 1080),), "0.5"),
        (OFFICE, "1"),
        (((540, 841),), "1"),  # a minute more than two thirds
    ],
)
def test_shares_of_a_day(hours, share):
    one = WorkTime(lambda day: Day(hours, full=450))

    assert one.working_day_share(MONDAY) == Decimal(share)
    assert one.is_working_day(MONDAY) is bool(hours)


def test_working_days_of_a_span_count_both_ends():
    assert clock().working_days_between(MONDAY, MONDAY + dt.timedelta(days=7)) == 6
    assert clock().working_days_between(MONDAY, MONDAY) == 1
    assert clock().working_days_between(MONDAY, MONDAY - dt.timedelta(days=1)) == 0


HOST = """
import datetime as dt
from tests.regions.calendars.test_worktime import at, clock
one = clock()
print(one.add(dt.datetime(2026, 11, 20, 1, 30, tzinfo=dt.UTC), 1000).isoformat(),
      one.between(at("2026-11-20T23:00:00", dt.UTC), at("2026-11-23T16:00:00", dt.UTC)),
      one.add_working_days(dt.date(2026, 11, 20), 3))
"""


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Urumqi", "UTC", "Asia/Shanghai"])
def test_the_zone_of_the_host_says_nothing(zone):
    answer = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup()\n{HOST}"],
        env=os.environ | {"TZ": zone, "DJANGO_SETTINGS_MODULE": "crm_site.settings_test"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout.split() == ["2026-11-24T11:10:00+08:00", "450", "2026-11-25"]
