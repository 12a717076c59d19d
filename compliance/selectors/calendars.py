"""Calendars as pages show them: months, weeks, lists (CAL-01, CAL-02)."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from compliance.agenda import Entry, entries
from compliance.months import month_end, months_later
from core.scope import scope_of
from regions.calendars import worktime_of
from regions.models import OrgUnit

MONTH, WEEK, LIST = "month", "week", "list"
VIEWS = (MONTH, WEEK, LIST)
PEOPLE = "accounts.view_user"
MOST_PEOPLE = 100
IN_A_CELL = 4


@dataclass(frozen=True, slots=True)
class DayShown:
    """A day with what stands in it; `more` is how many entries a month leaves out."""

    day: dt.date
    works: bool
    inside: bool
    today: bool
    entries: list["Line"] = field(default_factory=list)

    @property
    def first(self) -> list["Line"]:
        return self.entries[:IN_A_CELL]

    @property
    def more(self) -> int:
        return max(0, len(self.entries) - IN_A_CELL)


@dataclass(frozen=True, slots=True)
class Line:
    """An entry with the name of its person, empty in a calendar of one."""

    entry: Entry
    who: str


@dataclass(frozen=True, slots=True)
class Span:
    """What a view shows: its days, and the days that lead to its neighbours."""

    first: dt.date
    last: dt.date
    previous: dt.date
    next: dt.date


def span_of(view: str, day: dt.date) -> Span:
    """The days of a view around a day. A month is shown in whole weeks, Monday first."""
    week = dt.timedelta(days=7)
    monday = day - dt.timedelta(days=day.weekday())
    if view == WEEK:
        return Span(monday, monday + dt.timedelta(days=6), monday - week, monday + week)
    month = day.replace(day=1)
    previous, following = months_later(month, -1), months_later(month, 1)
    if view == LIST:
        return Span(month, month_end(month), previous, following)
    first = month - dt.timedelta(days=month.weekday())
    last = month_end(month)
    return Span(first, last + dt.timedelta(days=6 - last.weekday()), previous, following)


def team_of(reader: Any, unit: OrgUnit) -> QuerySet[User]:
    """The people of a unit and of those below it that the reader sees."""
    people = User.objects.active().visible_to(reader, PEOPLE)
    return people.filter(unit__path__startswith=unit.path).order_by("name", "employee_no")


def days_of(
    reader: Any, people: Collection[User], view: str, day: dt.date, unit: OrgUnit | None
) -> list[DayShown]:
    """The days of a view with the entries of some people; `unit` says which days are worked."""
    span = span_of(view, day)
    names = {one.pk: one.name if len(people) > 1 else "" for one in people}
    work, today = worktime_of(unit), timezone.localdate()
    shown = {}
    for number in range((span.last - span.first).days + 1):
        one = span.first + dt.timedelta(days=number)
        inside = view != MONTH or one.month == day.month
        shown[one] = DayShown(one, work.is_working_day(one), inside, one == today)
    for entry in entries(list(names), reader, span.first, span.last):
        touched = max(entry.first_day, span.first)
        while touched <= min(entry.last_day, span.last):
            shown[touched].entries.append(Line(entry, names[entry.person]))
            touched += dt.timedelta(days=1)
    return list(shown.values())


def may_see_teams(reader: Any) -> bool:
    """Whether the reader reaches people beside himself."""
    return not scope_of(reader, PEOPLE).nothing
