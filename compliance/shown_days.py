"""A person's month of the log-in duty as pages draw it: whole weeks, and the reason of each day."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from compliance.models import DayReason, Lapse, LogInDay
from compliance.selectors.gaps import WARN, Gap, gaps
from compliance.selectors.log_in_figures import EXPECTED, days_of, stored_through, trip_weeks
from regions.policies import policy

ONE_DAY = dt.timedelta(days=1)
TONES: dict[str, tuple[str, str]] = {
    DayReason.MET: ("ok", "check"),
    DayReason.MISSED: ("bad", "x"),
    DayReason.TRIP: ("info", "map-pin"),
    DayReason.LEAVE: ("off", "sun"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A day in the table. `stored` is None for days that lie ahead or outside the employment."""

    day: dt.date
    inside: bool
    stored: LogInDay | None

    @property
    def tone(self) -> str:
        """Tone and icon say the same as the words."""
        return TONES.get(self.stored.reason, ("off", ""))[0] if self.stored else "off"

    @property
    def icon(self) -> str:
        return TONES.get(self.stored.reason, ("off", ""))[1] if self.stored else ""


@dataclass(frozen=True, slots=True)
class Line:
    """A week."""

    monday: dt.date
    cells: list[Cell]


def person_days(person: Any, first: dt.date, last: dt.date) -> dict[str, Any]:
    """The weeks of a month, its sums, missed days with why, and lapses that touch it."""
    # A week of a trip that began before the month is judged as a whole.
    monday = first - dt.timedelta(days=first.weekday())
    sunday = last + dt.timedelta(days=6 - last.weekday())
    stored = {one.day: one for one in days_of(person, monday, sunday)}
    inside = [one for one in stored.values() if first <= one.day <= last]
    through = stored_through()
    weeks = trip_weeks(stored.values(), through)
    lines = []
    while monday <= last:
        days = [monday + number * ONE_DAY for number in range(7)]
        cells = [Cell(day, first <= day <= last, stored.get(day)) for day in days]
        lines.append(Line(monday, cells))
        monday += 7 * ONE_DAY
    lapses = Lapse.objects.filter(person=person, first_day__lte=last, last_day__gte=first)
    return {
        "lines": lines,
        "expected": sum(one.reason in EXPECTED for one in inside),
        "met": sum(one.reason == DayReason.MET for one in inside),
        "trip_weeks": weeks,
        "missed": missed(inside),
        "lapses": list(lapses.select_related("line__circular").order_by("first_day")),
        "limit": 7 * policy("compliance.weeks_without_log_in", unit=person.unit),
        "gap": _gap(person) if last >= timezone.localdate() else None,
        "through": max((one.day for one in inside), default=None),
    }


def _gap(person: Any) -> Gap | None:
    """The person's present run without log-in, if he has one; of a run that has ended since, only
    one that was long enough to warn him of."""
    for gap in gaps([person.pk]):
        if not gap.ended or 0 < policy(WARN, unit=person.unit) <= gap.days:
            return gap
    return None


@dataclass(frozen=True, slots=True)
class Missed:
    """Days that were missed one after another, with nothing but days off between them."""

    days: list[LogInDay]

    @property
    def first(self) -> dt.date:
        return self.days[0].day

    @property
    def last(self) -> dt.date:
        return self.days[-1].day

    @property
    def why(self) -> str:
        """Why they were missed, as one sentence."""
        if len(self.days) == 1:
            return why(self.days[0])
        unit, needed = self.days[0].unit.name, self.days[0].needed
        sentence = (
            _("{first} to {last}: {count} working days of {unit} without log-in, trip or leave.")
            if needed <= 1
            else _(
                "{first} to {last}: {count} working days with fewer than the {needed} log-ins that "
                "{unit} asks for."
            )
        )
        return sentence.format(
            first=self.first, last=self.last, count=len(self.days), unit=unit, needed=needed
        )


def missed(days: Iterable[LogInDay]) -> list[Missed]:
    """The missed ones of some days in order, joined where the same was asked for in the same unit
    and nothing but days off lies between."""
    found: list[Missed] = []
    joins = False
    for one in sorted(days, key=lambda day: day.day):
        if one.reason == DayReason.FREE:
            continue
        if one.reason != DayReason.MISSED:
            joins = False
            continue
        same = joins and _asked(found[-1].days[-1]) == _asked(one)
        if same:
            found[-1].days.append(one)
        else:
            found.append(Missed([one]))
        joins = True
    return found


def _asked(day: LogInDay) -> tuple[int, int]:
    return day.unit_id, day.needed


def why(day: LogInDay) -> str:
    """Why a day was missed, as one sentence."""
    if day.needed <= 1:
        sentence = _("{day} is a working day of {unit}; no log-in, trip or leave is recorded.")
        return sentence.format(day=day.day, unit=day.unit.name)
    sentence = _("{unit} asks for {needed} log-ins on a working day; on {day} there were {count}.")
    return sentence.format(day=day.day, unit=day.unit.name, needed=day.needed, count=day.log_ins)
