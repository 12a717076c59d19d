"""When a schedule is due: pure arithmetic over days; the calendar comes in as a function."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from reports.models import ReportSchedule, Rhythm

HORIZON = 400  # days within which every schedule is due at least once
LONGEST_PAUSE = 40  # days off in a row, over which a due day moves at most
IsWorking = Callable[[date], bool]


def dues(schedule: ReportSchedule, after: datetime, is_working: IsWorking) -> Iterator[datetime]:
    """The due times after an instant, in order, within HORIZON days."""
    begin = timezone.localtime(after).date() - timedelta(days=LONGEST_PAUSE)
    seen: set[date] = set()
    for number in range(HORIZON + LONGEST_PAUSE):
        day = begin + timedelta(days=number)
        if not _is_meant(schedule, day, is_working):
            continue
        due = _moved(schedule, day, is_working)
        if due is None or due in seen:
            continue
        seen.add(due)
        instant = timezone.make_aware(datetime.combine(due, schedule.at))
        if instant > after:
            yield instant


def next_due(schedule: Any, after: datetime, is_working: IsWorking) -> datetime | None:
    """The first due time after an instant."""
    return next(dues(schedule, after, is_working), None)


def last_due(schedule: Any, now: datetime, is_working: IsWorking) -> datetime | None:
    """The latest due time that has come and was not taken care of: after a gap the newest alone."""
    since = max(schedule.settled_through, now - timedelta(days=HORIZON))
    latest = None
    for due in dues(schedule, since, is_working):
        if due > now:
            break
        latest = due
    return latest


def _is_meant(schedule: ReportSchedule, day: date, is_working: IsWorking) -> bool:
    """Whether the rhythm names this day, before days off move it."""
    if schedule.rhythm == Rhythm.DAILY:
        return True
    if schedule.rhythm == Rhythm.WEEKLY:
        return day.isoweekday() == schedule.day
    last = _last_of_month(day)
    if schedule.rhythm == Rhythm.MONTHLY:
        return day.day == min(schedule.day, last.day)
    if not is_working(day):
        return False
    if schedule.day < 0:
        rest = range(day.day, last.day + 1)
        return sum(is_working(day.replace(day=one)) for one in rest) == -schedule.day
    return sum(is_working(day.replace(day=one)) for one in range(1, day.day + 1)) == schedule.day


def _last_of_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _moved(schedule: ReportSchedule, day: date, is_working: IsWorking) -> date | None:
    """The day itself, or the next working day; a daily report leaves days off out."""
    if not schedule.working_days or is_working(day):
        return day
    if schedule.rhythm == Rhythm.DAILY:
        return None
    later = (day + timedelta(days=number) for number in range(1, LONGEST_PAUSE))
    return next((one for one in later if is_working(one)), None)
