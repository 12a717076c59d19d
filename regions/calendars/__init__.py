"""Working time, said once for the whole product: see docs/working-time.md."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from regions.calendars.changes import CalendarChange, on_calendar_change
from regions.calendars.explain import Stretch, duration, explain
from regions.calendars.gaps import calendar_gaps, missing_years
from regions.calendars.loading import worktime_of, worktimes_of
from regions.calendars.tables import (
    UNIT_LINES,
    WorkingDays,
    due_instants,
    due_query,
    refresh_lines,
    working_days_of_units,
    working_days_query,
)
from regions.calendars.worktime import Day, Why, WorkTime

__all__ = [
    "CalendarChange",
    "Day",
    "Stretch",
    "UNIT_LINES",
    "WorkingDays",
    "Why",
    "WorkTime",
    "add_working_days",
    "add_working_time",
    "calendar_gaps",
    "due_instants",
    "due_query",
    "duration",
    "explain",
    "is_working_day",
    "missing_years",
    "next_working_moment",
    "on_calendar_change",
    "refresh_lines",
    "working_day_share",
    "working_days_between",
    "working_days_of_units",
    "working_days_query",
    "working_time_between",
    "worktime_of",
    "worktimes_of",
]


def add_working_time(start: datetime, minutes: int, *, unit: Any = None) -> datetime:
    """The instant at which `minutes` of the unit's working time have passed since `start`.

    `start` is aware and counts from its next full minute. Negative minutes go back. `unit` is a
    unit, its key, or None for the group. Raises Refused when the calendar has no hours in years.
    """
    return worktime_of(unit).add(start, minutes)


def working_time_between(start: datetime, end: datetime, *, unit: Any = None) -> int:
    """Whole minutes of the unit's working time from `start` to `end`; negative backwards."""
    return worktime_of(unit).between(start, end)


def next_working_moment(moment: datetime, *, unit: Any = None) -> datetime:
    """`moment` itself when the unit works then, else the instant at which its work resumes."""
    return worktime_of(unit).next_working_moment(moment)


def is_working_day(day: date, *, unit: Any = None) -> bool:
    """Whether the unit works on the day at all; half days and make-up days count."""
    return worktime_of(unit).is_working_day(day)


def working_day_share(day: date, *, unit: Any = None) -> Decimal:
    """How much of a working day the day is for the unit: 0, 0.5 or 1."""
    return worktime_of(unit).working_day_share(day)


def add_working_days(start: date, days: int, *, unit: Any = None) -> date:
    """The `days`-th working day of the unit after `start`, or before it when negative."""
    return worktime_of(unit).add_working_days(start, days)


def working_days_between(first: date, last: date, *, unit: Any = None) -> int:
    """Working days of the unit from `first` through `last`, both counted."""
    return worktime_of(unit).working_days_between(first, last)
