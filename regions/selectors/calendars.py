"""What the pages of working calendars read."""

import calendar as months_of
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.display import when
from core.scope import scope_of
from core.values.hours import Spans, clock
from regions.calendars.loading import worktime_of
from regions.calendars.worktime import HALF, Day, Why, WorkTime
from regions.models import (
    WEEK,
    CalendarException,
    CalendarUse,
    CalendarWeek,
    OrgUnit,
    PublicDay,
    WorkingCalendar,
)

CHANGE = "regions.change_workingcalendar"


@dataclass(frozen=True, slots=True)
class DayCell:
    """A day of the month grid: `tone` for its colour, `mark` one character, `words` in full."""

    day: date
    tone: str
    mark: str
    words: str
    notable: bool
    is_today: bool


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring days that read the same."""

    first: date
    last: date
    words: str

    @property
    def days(self) -> str:
        """The day, or the first and the last."""
        first, last = when(self.first, "weekday"), when(self.last, "weekday")
        if self.first == self.last:
            return first
        return _("{first} to {last}").format(first=first, last=last)


@dataclass(frozen=True, slots=True)
class Month:
    """A month: `weeks` of seven cells (None outside the month), and what it sums up to."""

    first: date
    weeks: list[list[DayCell | None]]
    notable: list[Run]
    days: int
    share: Decimal
    minutes: int


def year_grid(worktime: WorkTime, year: int, *, today: date | None = None) -> list[Month]:
    """Twelve months of a year, weeks from Monday."""
    now = today or timezone.localdate()
    return [_month(worktime, year, month, now) for month in range(1, 13)]


def _month(worktime: WorkTime, year: int, month: int, today: date) -> Month:
    weeks: list[list[DayCell | None]] = []
    facts: list[Day] = []
    for week in months_of.Calendar().monthdatescalendar(year, month):
        row: list[DayCell | None] = []
        for day in week:
            if day.month != month:
                row.append(None)
                continue
            facts.append(worktime.day(day))
            row.append(cell_of(day, facts[-1], today))
        weeks.append(row)
    return Month(
        first=date(year, month, 1),
        weeks=weeks,
        notable=_runs([cell for row in weeks for cell in row if cell and cell.notable]),
        days=sum(bool(one.spans) for one in facts),
        share=sum((one.share for one in facts), Decimal(0)),
        minutes=sum(one.minutes for one in facts),
    )


def _runs(cells: list[DayCell]) -> list[Run]:
    """Days that follow one another and read the same, in one line."""
    runs: list[Run] = []
    for cell in cells:
        last = runs[-1] if runs else None
        if last and last.words == cell.words and (cell.day - last.last).days == 1:
            runs[-1] = Run(last.first, cell.day, cell.words)
        else:
            runs.append(Run(cell.day, cell.day, cell.words))
    return runs


def cell_of(day: date, facts: Day, today: date) -> DayCell:
    """How a day looks and reads."""
    tone, mark = _look(facts)
    hours = hours_in_words(facts.spans)
    if facts.why is Why.HOLIDAY:
        words = _("Public holiday: {name}").format(name=facts.name)
    elif facts.why is Why.MAKE_UP:
        words = _("Make-up working day ({name}): {hours}").format(name=facts.name, hours=hours)
    elif facts.why is Why.EXCEPTION:
        words = _("{name}: {hours}").format(name=facts.name, hours=hours)
    else:
        words = hours
    return DayCell(day, tone, mark, words, facts.why is not Why.WEEK, day == today)


def word_of_the_day(day: date, unit: Any = None) -> str:
    """What is out of the ordinary about today for a unit, in a sentence; empty on other days."""
    facts = worktime_of(unit).day(day)
    hours = hours_in_words(facts.spans)
    if facts.why is Why.HOLIDAY:
        return _("Today is a public holiday: {name}.").format(name=facts.name)
    if facts.why is Why.MAKE_UP and facts.spans:
        sentence = _("Today is a make-up working day (in lieu of {name}): {hours}.")
        return sentence.format(name=facts.name, hours=hours)
    if facts.why is Why.EXCEPTION and facts.spans:
        sentence = _("Today other hours hold: {hours} ({name}).")
        return sentence.format(name=facts.name, hours=hours)
    if facts.why is Why.EXCEPTION:
        return _("Today is a day off: {name}.").format(name=facts.name)
    return ""


def _look(facts: Day) -> tuple[str, str]:
    """Tone and one-character mark, as printed calendars have them."""
    if facts.why is Why.HOLIDAY:
        return "holiday", pgettext("mark of a day in a calendar", "H")
    if facts.spans and facts.why is Why.MAKE_UP:
        return "work", pgettext("mark of a day in a calendar", "W")
    if facts.why is Why.EXCEPTION and not facts.spans:
        return "closed", pgettext("mark of a day in a calendar", "C")
    if facts.share == HALF:
        return "half", pgettext("mark of a day in a calendar", "½")
    if facts.why is Why.EXCEPTION:
        return "other", pgettext("mark of a day in a calendar", "!")
    return ("plain" if facts.spans else "free"), ""


def hours_in_words(spans: Spans) -> str:
    """09:00–12:00, 13:30–18:00, or that nobody works."""
    if not spans:
        return _("Nobody works")
    joiner = pgettext("between the items of a list", ", ")
    return joiner.join(f"{clock(begins)}–{clock(ends)}" for begins, ends in spans)


def week_rows(week: CalendarWeek) -> list[tuple[str, str]]:
    """(days, hours) of a week, neighbours with the same hours in one row: Monday to Friday."""
    names = [str(week._meta.get_field(name).verbose_name) for name in WEEK]  # type: ignore[union-attr]
    hours = week.hours()
    rows: list[tuple[int, int]] = []
    for index in range(7):
        if rows and hours[rows[-1][1]] == hours[index]:
            rows[-1] = (rows[-1][0], index)
        else:
            rows.append((index, index))
    return [
        (
            names[first]
            if first == last
            else _("{first} to {last}").format(first=names[first], last=names[last]),
            hours_in_words(hours[first]),
        )
        for first, last in rows
    ]


def calendars_for(reader: Any) -> list[WorkingCalendar]:
    """Every calendar with `now` (its weekly hours in words today) and `shown_uses` in reach."""
    uses = CalendarUse.objects.filter(unit__in=OrgUnit.objects.visible_to(reader))
    calendars = WorkingCalendar.objects.prefetch_related(
        "weeks",
        Prefetch("uses", uses.select_related("unit").order_by("unit__path"), to_attr="shown_uses"),
    )
    found: list[Any] = list(calendars)
    today = timezone.localdate()
    for one in found:
        week = week_on(one, today)
        one.now = week_rows(week) if week else []  # type: ignore[attr-defined]
    return found


def effect_of_public_days(days: list[PublicDay]) -> list[tuple[PublicDay, PublicDay | None, bool]]:
    """(day, what is entered for it now, whether that changes), in order of the calendar."""
    known = PublicDay.objects.in_bulk([one.day for one in days])
    found = []
    for one in sorted(days, key=lambda one: one.day):
        before = known.get(one.day)
        found.append((one, before, before is None or not one.says_the_same(before)))
    return found


def week_on(calendar: WorkingCalendar, day: date) -> CalendarWeek | None:
    """The weekly hours that hold on a day; before the first week, the first."""
    weeks = sorted(calendar.weeks.all(), key=lambda week: week.valid_from or date.min)  # type: ignore[attr-defined]
    begun = [week for week in weeks if (week.valid_from or date.min) <= day]
    return begun[-1] if begun else next(iter(weeks), None)


def exceptions_in_reach(user: Any, right: str = CHANGE) -> QuerySet[CalendarException]:
    """Exceptions of units in reach of a right; those of calendars with a reach over the group."""
    condition = Q(unit__in=OrgUnit.objects.visible_to(user, right))
    if scope_of(user, right).everything:
        condition |= Q(calendar__isnull=False)
    return CalendarException.objects.filter(condition)


def exceptions_of_year(
    year: int, *, calendar: WorkingCalendar | None = None, unit: OrgUnit | None = None
) -> QuerySet[CalendarException]:
    """Exceptions of a calendar, or of a unit and those above it, that touch a year."""
    rows = CalendarException.objects.select_related("unit", "calendar", "by").filter(
        first_day__lte=date(year, 12, 31), last_day__gte=date(year, 1, 1)
    )
    if unit is not None:
        return rows.filter(unit__in=unit.ancestor_ids())
    return rows.filter(calendar=calendar)


def uses_of_line(unit: OrgUnit) -> Iterator[CalendarUse]:
    """What a unit and those above it use, from the group down."""
    rows = CalendarUse.objects.select_related("unit", "calendar")
    yield from rows.filter(unit__in=unit.ancestor_ids()).order_by("unit__path", "valid_from")


def span_in_words(exception: CalendarException) -> str:
    """The days of an exception: one, or the first and the last."""
    first, last = when(exception.first_day), when(exception.last_day)
    return first if first == last else _("{first} to {last}").format(first=first, last=last)
