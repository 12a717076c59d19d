"""How long something still has, in words and tone, by the working calendar (CMP-02)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from regions.calendars import WorkTime, duration, worktime_of

DAY = 24 * 60
WARNED = 4  # the last quarter of a limit is amber


@dataclass(frozen=True, slots=True)
class Left:
    """`tone` of a badge and its `text`."""

    tone: str
    text: str


def time_left(
    start: datetime,
    due: datetime,
    now: datetime,
    unit: Any,
    *,
    working: bool = True,
    exact: bool = False,
) -> Left:
    """What is left of a limit from `start` to `due`, counted in working time of a unit or by the
    clock; `exact` adds the minutes."""
    clock = worktime_of(unit)
    minutes = _minutes(working, clock, now, due)
    if now >= due:
        return Left("bad", _overdue(-minutes, working, clock, now, exact=exact))
    whole = _minutes(working, clock, start, due)
    tone = "warn" if minutes * WARNED <= whole else "info"
    return Left(tone, _left(minutes, working, clock, now, exact=exact))


def _minutes(working: bool, clock: WorkTime, start: datetime, end: datetime) -> int:
    """Minutes from one instant to another as the limit counts them; negative when it is past."""
    if working:
        return clock.between(start, end)
    return int((end - start).total_seconds() // 60)


def _day(working: bool, clock: WorkTime, now: datetime) -> int:
    """How many minutes a day has."""
    return (clock.day(clock.local(now).date()).full or DAY) if working else DAY


def _left(minutes: int, working: bool, clock: WorkTime, now: datetime, *, exact: bool) -> str:
    """Rounded down: nobody should believe he has longer."""
    if exact:
        sentence = _("{duration} of working time left") if working else _("{duration} left")
        return sentence.format(duration=duration(minutes))
    day = _day(working, clock, now)
    if minutes >= 2 * day:
        count = minutes // day
        one = ngettext("{count} working day left", "{count} working days left", count)
        other = ngettext("{count} day left", "{count} days left", count)
    elif minutes >= 60:
        count = minutes // 60
        one = ngettext("{count} working hour left", "{count} working hours left", count)
        other = ngettext("{count} hour left", "{count} hours left", count)
    else:
        count = minutes
        one = other = ngettext("{count} minute left", "{count} minutes left", count)
    return (one if working else other).format(count=count)


def _overdue(minutes: int, working: bool, clock: WorkTime, now: datetime, *, exact: bool) -> str:
    """Rounded up; before the next working minute it is only said that the limit has passed."""
    if minutes <= 0:
        return _("Overdue")
    if exact:
        sentence = (
            _("Overdue by {duration} of working time") if working else _("Overdue by {duration}")
        )
        return sentence.format(duration=duration(minutes))
    day = _day(working, clock, now)
    if minutes >= 2 * day:
        count = -(-minutes // day)
        one = ngettext("{count} working day overdue", "{count} working days overdue", count)
        other = ngettext("{count} day overdue", "{count} days overdue", count)
    elif minutes >= 60:
        count = -(-minutes // 60)
        one = ngettext("{count} working hour overdue", "{count} working hours overdue", count)
        other = ngettext("{count} hour overdue", "{count} hours overdue", count)
    else:
        count = minutes
        one = other = ngettext("{count} minute overdue", "{count} minutes overdue", count)
    return (one if working else other).format(count=count)
