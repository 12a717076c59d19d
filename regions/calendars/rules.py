"""What a day is, decided from plain data: no database, no clock.

Strongest first: an exception of the nearest unit, an exception of the calendar, a public day, the
weekly hours. `Rulebook` holds everything entered, `Line` one unit's part of it.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property, lru_cache

from core.values.hours import Span, Spans, minutes_of
from regions.calendars.worktime import Day, Why

OFFICE_HOURS: Spans = ((9 * 60, 12 * 60), (13 * 60 + 30, 18 * 60))
ORDINARY_WEEK: tuple[Spans, ...] = (*[OFFICE_HOURS] * 5, (), ())


@dataclass(frozen=True, slots=True)
class PublicFact:
    """A public day: `hours_as` is the weekday whose hours it works, None for a holiday."""

    name: str
    hours_as: int | None = None


@dataclass(frozen=True, slots=True)
class ExceptionFact:
    """Other hours from `first` through `last`; without spans nobody works."""

    first: date
    last: date
    spans: tuple[Span, ...]
    name: str
    pk: int = 0


@dataclass(frozen=True)
class CalendarFact:
    """One calendar: its weeks by the day they begin (the first always), and its exceptions."""

    name: str
    weeks: tuple[tuple[date, tuple[Spans, ...]], ...] = ((date.min, ORDINARY_WEEK),)
    keeps_public_days: bool = True
    exceptions: tuple[ExceptionFact, ...] = ()

    def week(self, day: date) -> tuple[Spans, ...]:
        """The hours of each weekday that hold on a day; before the first week, the first."""
        index = bisect_right(self._begins, day) - 1
        return self.weeks[max(index, 0)][1]

    @cached_property
    def _begins(self) -> list[date]:
        return [begins for begins, _week in self.weeks]

    @cached_property
    def other_days(self) -> dict[date, ExceptionFact]:
        """The exception of each day that has one; of several the one entered last."""
        return _by_day(self.exceptions)


STANDARD = CalendarFact(name="")


@dataclass(frozen=True)
class Line:
    """How working time runs for a unit.

    `uses` holds (from, calendar) in order, the first from ever; `exceptions` those of the unit and
    the units above it, the nearest unit first.
    """

    key: int
    uses: tuple[tuple[date, CalendarFact], ...]
    exceptions: tuple[tuple[ExceptionFact, ...], ...]
    public: Mapping[date, PublicFact] = field(repr=False)
    known_years: frozenset[int] = frozenset()

    def calendar(self, day: date) -> CalendarFact:
        """The calendar used on a day."""
        index = bisect_right(self._begins, day) - 1
        return self.uses[max(index, 0)][1]

    @cached_property
    def _begins(self) -> list[date]:
        return [begins for begins, _calendar in self.uses]

    @cached_property
    def _other_days(self) -> dict[date, ExceptionFact]:
        """The exception of each day that has one: of the nearest unit, of several the last."""
        found: dict[date, ExceptionFact] = {}
        for group in reversed(self.exceptions):
            found |= _by_day(group)
        return found

    def day(self, day: date) -> Day:
        """Hours of a day and what decided them."""
        calendar = self.calendar(day)
        week = calendar.week(day)
        full = _longest(week)
        known = not calendar.keeps_public_days or day.year in self.known_years
        other = self._other_days.get(day) or calendar.other_days.get(day)
        if other is not None:
            return Day(other.spans, Why.EXCEPTION, other.name, full, known)
        fact = self.public.get(day) if calendar.keeps_public_days else None
        if fact is None:
            return Day(week[day.weekday()], Why.WEEK, "", full, known)
        if fact.hours_as is None:
            return Day((), Why.HOLIDAY, fact.name, full, known)
        spans = week[fact.hours_as] or week[day.weekday()]
        return Day(spans, Why.MAKE_UP, fact.name, full, known)

    def fingerprint(self, first: date, last: date, public: str) -> str:
        """A digest of everything that decides the days from `first` through `last`; `public` is
        that of the public days, which all lines share."""
        parts = (self.uses, self.exceptions, public, first, last)
        return hashlib.sha256(repr(parts).encode()).hexdigest()


def _by_day(exceptions: Iterable[ExceptionFact]) -> dict[date, ExceptionFact]:
    """Exceptions by each of their days; later entries lie over earlier ones."""
    return {
        one.first + timedelta(days=n): one
        for one in sorted(exceptions, key=lambda one: one.pk)
        for n in range((one.last - one.first).days + 1)
    }


@lru_cache(maxsize=256)
def _longest(week: tuple[Spans, ...]) -> int:
    """Minutes of the longest day of a week."""
    return max(minutes_of(spans) for spans in week)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything entered. `calendars` are by key, `uses` (None for "as above") and `exceptions` by
    unit."""

    standard: CalendarFact
    calendars: Mapping[int, CalendarFact]
    uses: Mapping[int, Sequence[tuple[date, CalendarFact | None]]]
    exceptions: Mapping[int, Sequence[ExceptionFact]]
    public: Mapping[date, PublicFact]

    @property
    def years(self) -> frozenset[int]:
        """Years whose public days have been entered."""
        return frozenset(day.year for day in self.public)

    def public_fingerprint(self, first: date, last: date) -> str:
        """A digest of the public days from `first` through `last`."""
        inside = sorted((day, fact) for day, fact in self.public.items() if first <= day <= last)
        return hashlib.sha256(repr(inside).encode()).hexdigest()

    def anchors(self) -> frozenset[int]:
        """Units with something of their own."""
        return frozenset(self.uses) | frozenset(self.exceptions)

    def line_key(self, ancestors: Sequence[int]) -> int:
        """The unit whose line holds for a unit, given its keys from the group down; else 0."""
        own = self.anchors()
        return next((unit for unit in reversed(ancestors) if unit in own), 0)

    def line(self, ancestors: Sequence[int]) -> Line:
        """The line of the unit at the end of `ancestors`."""
        uses: list[tuple[date, CalendarFact]] = [(date.min, self.standard)]
        for unit in ancestors:
            uses = _overlay(uses, self.uses.get(unit, ()))
        exceptions = tuple(
            tuple(self.exceptions[unit]) for unit in reversed(ancestors) if unit in self.exceptions
        )
        key = self.line_key(ancestors)
        return Line(key, tuple(uses), exceptions, self.public, self.years)


def _overlay(
    above: list[tuple[date, CalendarFact]], own: Sequence[tuple[date, CalendarFact | None]]
) -> list[tuple[date, CalendarFact]]:
    """What holds when a unit's own uses lie over those of the unit above it."""
    if not own:
        return above
    begins = [day for day, _calendar in own]
    joined = [(day, calendar) for day, calendar in above if day < begins[0]]
    for index, (day, calendar) in enumerate(own):
        if calendar is not None:
            joined.append((day, calendar))
            continue
        until = begins[index + 1] if index + 1 < len(own) else date.max
        joined.append((day, _at(above, day)))
        joined += [(later, one) for later, one in above if day < later < until]
    return joined


def _at(uses: Sequence[tuple[date, CalendarFact]], day: date) -> CalendarFact:
    """The calendar used on a day, the uses beginning with the one from ever."""
    return uses[bisect_right([begins for begins, _one in uses], day) - 1][1]
