"""Which calendar holds for a unit."""

from datetime import date
from functools import cache
from typing import Any

from regions.calendars.worktime import Day, WorkTime

OFFICE_HOURS = ((540, 720), (810, 1080))


def worktime_of(unit: Any) -> WorkTime:
    """The compiled calendar of a unit."""
    return _standard()


@cache
def _standard() -> WorkTime:
    def day_of(day: date) -> Day:
        return Day(OFFICE_HOURS if day.weekday() < 5 else (), full=450)

    return WorkTime(day_of)
