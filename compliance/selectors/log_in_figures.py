"""Figures of the log-in duty as pages show them, read from the stored days (LOG-01, LOG-07).

Stored days are what was judged: a frozen month says the same forever. Months are their first day.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from accounts.models import User
from compliance.models import DayReason, LogInDay, LogInMonth, LogInSum
from compliance.months import month_end
from core.ratios import ratio
from core.scope import Scope
from regions.models import OrgUnit
from regions.policies import policy

SEE = "compliance.view_log_ins"
SIX_DAYS = dt.timedelta(days=6)
EXPECTED = (DayReason.MET, DayReason.MISSED)
PARTS = ("expected", "met", "people", "users", "adopters")


@dataclass(frozen=True, slots=True)
class Sums:
    """A month of some people: days expected and met, people employed, those who logged in during
    the month (`users`), those who had done so at least once by its end (`adopters`)."""

    expected: int = 0
    met: int = 0
    people: int = 0
    users: int = 0
    adopters: int = 0

    @property
    def rate(self) -> float | None:
        """Met of expected days."""
        return ratio(self.met, self.expected)

    @property
    def adoption(self) -> float | None:
        """People who ever logged in of all people (LOG-07)."""
        return ratio(self.adopters, self.people)

    @property
    def active(self) -> float | None:
        """People who logged in during the month of all people."""
        return ratio(self.users, self.people)


def phase_of(adoption: float | None, day: dt.date) -> str:
    """The phase of adoption of a rate, empty where there is nobody (LOG-07)."""
    if adoption is None:
        return ""
    words = [
        row["word"]
        for row in policy("compliance.adoption_phases", on=day)
        if row["share"] <= 100 * Decimal(str(adoption))
    ]
    return str(words[-1])


def by_month(scope: Scope, first: dt.date, last: dt.date) -> dict[dt.date, Sums]:
    """The sums of a scope in each stored month from `first` through `last`."""
    rows = LogInSum.objects.filter(scope.q(()), month__range=(first, last)).order_by()
    found: Any = rows.values("month").annotate(**{f"n_{name}": Sum(name) for name in PARTS})
    return {row["month"]: Sums(*(row[f"n_{name}"] for name in PARTS)) for row in found}


def by_unit(units: Collection[OrgUnit], month: dt.date) -> dict[int, Sums]:
    """A month of each of some units with all below it; one query for each level among them."""
    columns: dict[str, list[int]] = defaultdict(list)
    for unit in units:
        columns[unit.scope_column() or ""].append(unit.pk)
    found: dict[int, Sums] = {}
    sums = {f"n_{name}": Sum(name) for name in PARTS}
    for column, keys in columns.items():
        rows = LogInSum.objects.filter(month=month).order_by()
        if not column:  # the group
            total = rows.aggregate(**sums)
            found |= dict.fromkeys(keys, Sums(*(total[f"n_{name}"] or 0 for name in PARTS)))
            continue
        for row in rows.filter(**{f"{column}__in": keys}).values(column).annotate(**sums):
            found[row[column]] = Sums(*(row[f"n_{name}"] for name in PARTS))
    return found


def month_state(month: dt.date) -> LogInMonth | None:
    """How far a month is stored, and whether it is frozen."""
    return LogInMonth.objects.filter(month=month).exclude(stored_through=None).first()


# --- people ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Week:
    """The days of a trip in one week, Monday first: working days, days with a log-in, and how many
    of these the rule asks for. `over` says that the whole week has been judged."""

    monday: dt.date
    working: int
    used: int
    needed: int
    over: bool

    @property
    def met(self) -> bool:
        return self.used >= self.needed

    @property
    def missed(self) -> bool:
        return self.over and not self.met


@dataclass(frozen=True, slots=True)
class PersonSums:
    """A person's month."""

    person: User
    expected: int
    met: int
    weeks: int
    weeks_met: int

    @property
    def missed(self) -> int:
        return self.expected - self.met

    @property
    def rate(self) -> float | None:
        return ratio(self.met, self.expected)


def trip_weeks(days: Iterable[LogInDay], through: dt.date | None) -> list[Week]:
    """The weeks of a person's days on which the weekly duty of a trip holds.

    What holds on the first day of the trip in a week is asked, at most its working days. `through`
    is the last day that is stored.
    """
    weeks: dict[dt.date, list[LogInDay]] = defaultdict(list)
    for day in sorted(days, key=lambda one: one.day):
        if day.reason == DayReason.TRIP:
            weeks[_monday(day.day)].append(day)
    found = []
    for monday, trip in weeks.items():
        working = sum(one.working for one in trip)
        used = sum(one.log_ins > 0 for one in trip)
        over = through is not None and monday + SIX_DAYS <= through
        found.append(Week(monday, working, used, min(trip[0].needed, working), over))
    return [week for week in found if week.needed]


def _monday(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())


def stored_through() -> dt.date | None:
    """The last day that is stored."""
    newest = LogInMonth.objects.exclude(stored_through=None).order_by("-month").first()
    return newest.stored_through if newest else None


def people_of(unit: OrgUnit, month: dt.date, most: int | None = None) -> list[PersonSums]:
    """The people of one unit itself in a month, whoever missed most first. A fixed number of
    queries. Weeks of trips are whole ones, also where the month begins or ends within."""
    return _people(LogInDay.objects.filter(unit=unit), month, most)


def people_below(unit: OrgUnit, month: dt.date) -> list[PersonSums]:
    """The same of a whole branch, for the file."""
    return _people(LogInDay.objects.filter(unit__path__startswith=unit.path), month, None)


def missed_in(units: QuerySet[OrgUnit], month: dt.date, *, most: int) -> list[PersonSums]:
    """People of some units with missed days in a month, whoever missed most first, without their
    trips."""
    rows = LogInDay.objects.filter(unit__in=units, day__range=(month, month_end(month)))
    found = _counted(rows).annotate(missed=F("expected") - F("met")).filter(missed__gt=0)
    top = list(found.order_by("-missed", "person")[:most])
    people = User.objects.select_related("unit").in_bulk([row["person"] for row in top])
    return [PersonSums(people[row["person"]], row["expected"], row["met"], 0, 0) for row in top]


def _counted(rows: Any) -> Any:
    return (
        rows.order_by()
        .values("person")
        .annotate(
            expected=Count("day", filter=Q(reason__in=EXPECTED)),
            met=Count("day", filter=Q(reason=DayReason.MET)),
        )
    )


def _people(rows: Any, month: dt.date, most: int | None) -> list[PersonSums]:
    last = month_end(month)
    found = _counted(rows.filter(day__range=(month, last)))
    counts = {row["person"]: (row["expected"], row["met"]) for row in found}
    whole = (_monday(month), _monday(last) + SIX_DAYS)
    trips: dict[int, list[LogInDay]] = defaultdict(list)
    for day in rows.filter(reason=DayReason.TRIP, day__range=whole):
        trips[day.person_id].append(day)
    people, through = User.objects.select_related("unit").in_bulk(counts), stored_through()
    sums = []
    for key, (expected, met) in counts.items():
        weeks = trip_weeks(trips[key], through)
        kept = sum(not week.missed for week in weeks)
        sums.append(PersonSums(people[key], expected, met, len(weeks), kept))
    sums.sort(key=lambda one: (-one.missed, one.weeks_met - one.weeks, one.person.employee_no))
    return sums[:most]


def days_of(person: Any, first: dt.date, last: dt.date) -> list[LogInDay]:
    """The stored days of one person, by day."""
    rows = LogInDay.objects.filter(person=person, day__range=(first, last))
    return list(rows.select_related("unit").order_by("day"))
