"""How long a case still has, in words and tone (CMP-02)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from complaints.models import Case, Deadline, LimitKind
from regions.calendars import WorkTime, duration, worktime_of
from regions.policies.types import Span

DAY = 24 * 60
WARNED = 4  # the last quarter of a limit is amber


@dataclass(frozen=True, slots=True)
class Due:
    """What stands beside a case: `tone` of a badge, `text`, the instant, and which limit."""

    tone: str
    text: str
    at: datetime | None = None
    limit: str = ""
    paused: bool = False


def running_deadlines() -> Prefetch:
    """The limits that still run, for `due_of`; one query for all rows of a list."""
    rows = Deadline.objects.filter(met_at=None, dropped=False)
    return Prefetch("deadlines", rows, to_attr="running")


def due_of(case: Case, now: datetime, *, exact: bool = False) -> Due | None:
    """The earliest limit of a case that still runs, None without one. Needs `running_deadlines`
    and `unit` loaded; `exact` adds the minutes."""
    if not case.is_open:
        return None
    if case.is_waiting:
        return Due("off", _("The clock is paused"), paused=True)
    running: list[Deadline] = case.running  # type: ignore[attr-defined]
    first = next((one for one in running if one.kind == case.next_due_kind), None)
    if first is None or first.due_at is None:
        return None
    return left_of(first, case.unit, now, exact=exact)


def left_of(deadline: Deadline, unit: Any, now: datetime, *, exact: bool = False) -> Due:
    """What is left of one limit that has a due instant."""
    if deadline.due_at is None:
        return Due("off", _("The clock is paused"), paused=True)
    span = Span(deadline.amount, deadline.unit_of_time)
    clock = worktime_of(unit)
    minutes = _minutes(span, clock, now, deadline.due_at)
    word = str(LimitKind(deadline.kind).label)
    if now >= deadline.due_at:
        text = _overdue(-minutes, span.working, clock, now, exact=exact)
        return Due("bad", text, deadline.due_at, word)
    whole = _minutes(span, clock, deadline.starts_at, deadline.due_at)
    tone = "warn" if minutes * WARNED <= whole else "info"
    return Due(tone, _left(minutes, span.working, clock, now, exact=exact), deadline.due_at, word)


def _minutes(span: Span, clock: WorkTime, start: datetime, end: datetime) -> int:
    """Minutes from one instant to another as the limit counts them; negative when it is past."""
    if span.working:
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
