"""Arithmetic of working time on one compiled calendar: pure, no database, no host clock.

An instant counts from the next full minute, at both ends. That is the one rounding with which three
questions have one answer: something is in time exactly when `now <= due`, which is when
`between(start, now) <= minutes`. Minutes are minutes of the clock on the office wall; the hour that
mainland clocks jumped in the summers of 1986 to 1991 is neither counted twice nor lost.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from django.utils.translation import gettext as _

from core.errors import Refused
from core.values.dates import CHINA
from core.values.hours import Span, Spans, minutes_of

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199
EMPTY_YEARS: Final = 5  # a calendar may be closed for years, but nobody waits that long

NONE, HALF, WHOLE = Decimal("0"), Decimal("0.5"), Decimal("1")
# A morning of three hours and an afternoon of four and a half are both half a day of seven and a
# half; six hours of a split shift are not.
HALF_AT_MOST: Final = Decimal(2) / 3


class Why(StrEnum):
    """What decided the hours of a day, from the weakest to the strongest."""

    WEEK = "week"  # the weekly hours
    HOLIDAY = "holiday"  # a public holiday
    MAKE_UP = "make_up"  # a make-up working day
    EXCEPTION = "exception"  # an exception of a calendar or a unit


@dataclass(frozen=True, slots=True)
class Day:
    """The hours of one day and why they are so.

    `name` is the holiday's or the exception's. `full` is the longest day of the week pattern in
    minutes, against which half days are told. `known` is False where the public days of the year
    have not been entered, so that the weekly hours stand in for them.
    """

    spans: Spans
    why: Why = Why.WEEK
    name: str = ""
    full: int = 0
    known: bool = True

    @property
    def minutes(self) -> int:
        return minutes_of(self.spans)

    @property
    def share(self) -> Decimal:
        """0 without work, 0.5 up to two thirds of a full day, else 1."""
        if not self.spans:
            return NONE
        return HALF if self.minutes <= self.full * HALF_AT_MOST else WHOLE


@dataclass(frozen=True, slots=True)
class Year:
    """Working minutes from 1 January up to each day, and through it."""

    first: date
    days: tuple[Day, ...]
    before: tuple[int, ...]
    through: tuple[int, ...]

    @property
    def minutes(self) -> int:
        return self.through[-1]


class WorkTime:
    """One calendar as it holds for a unit. `day_of` says what a day is; everything is remembered,
    so one instance must only live as long as its calendar does not change."""

    def __init__(self, day_of: Callable[[date], Day], zone: object = CHINA) -> None:
        self._day_of = day_of
        self._zone = zone
        self._years: dict[int, Year] = {}

    # --- days

    def day(self, day: date) -> Day:
        """Hours and reason of a calendar date."""
        year = self.year(_as_date(day).year)
        return year.days[(day - year.first).days]

    def is_working_day(self, day: date) -> bool:
        """Whether any work is done on the day; half days and make-up days count."""
        return bool(self.day(day).spans)

    def working_day_share(self, day: date) -> Decimal:
        """0, 0.5 or 1."""
        return self.day(day).share

    def add_working_days(self, start: date, days: int) -> date:
        """The `days`-th working day after `start` (before it, when negative); 0 gives `start`.

        A half day is a working day. Raises Refused when the calendar has none.
        """
        step = timedelta(days=1 if days > 0 else -1)
        left, day, idle = abs(days), _as_date(start), 0
        while left:
            day += step
            if self.is_working_day(day):
                left, idle = left - 1, 0
                continue
            idle += 1
            if idle > EMPTY_YEARS * 366:
                raise _no_hours()
        return day

    def working_days_between(self, first: date, last: date) -> int:
        """Working days from `first` through `last`, both counted; 0 when `last` is earlier."""
        length = (last - first).days + 1
        return sum(self.is_working_day(first + timedelta(days=n)) for n in range(max(length, 0)))

    # --- instants

    def add(self, start: datetime, minutes: int) -> datetime:
        """The instant at which `minutes` of work have passed since `start`.

        Of several such instants (work stops at noon and goes on at 13:30) the one nearest to
        `start` is meant, so 60 minutes from 17:00 end at 18:00 of the same day. Negative minutes
        go back. Raises Refused when the calendar has no hours in years.
        """
        local = self._local(start)
        year = self.year(local.year)
        target = self._within(local) + minutes
        if minutes > 0:
            return self._forward(year, target)
        if minutes < 0:
            return self._back(year, target)
        return self._aware(local)

    def between(self, start: datetime, end: datetime) -> int:
        """Minutes of work from `start` to `end`; negative when `end` is earlier."""
        one, other = self._local(start), self._local(end)
        if other < one:
            return -self.between(end, start)
        whole = sum(self.year(year).minutes for year in range(one.year, other.year))
        return whole + self._within(other) - self._within(one)

    def next_working_moment(self, moment: datetime) -> datetime:
        """`moment` itself (to the full minute) when somebody works then, else when work resumes."""
        local = self._local(moment)
        return self._forward(self.year(local.year), self._within(local) + 1) - timedelta(minutes=1)

    def spans_on(self, day: date) -> list[tuple[datetime, datetime]]:
        """The stretches of work of a day as instants."""
        return [
            (self._at(day, begins), self._at(day, ends)) for begins, ends in self.day(day).spans
        ]

    def midnight(self, day: date) -> datetime:
        """The instant at which a day begins."""
        return self._at(day, 0)

    def local(self, moment: datetime) -> datetime:
        """An aware instant on the clock of the calendar, unrounded. Refuses naive ones."""
        if not isinstance(moment, datetime):
            raise TypeError("working time is counted between instants, not dates")
        if moment.tzinfo is None or moment.utcoffset() is None:
            raise ValueError("working time needs an instant with a time zone")
        return moment.astimezone(self._zone)  # type: ignore[arg-type]

    def rounded(self, moment: datetime) -> datetime:
        """The next full minute, on the clock of the calendar."""
        return self._aware(self._local(moment))

    # --- inside

    def year(self, number: int) -> Year:
        """The table of a year, made once."""
        if number not in self._years:
            if not FIRST_YEAR <= number <= LAST_YEAR:
                sentence = _("Working time is counted from {first} to {last}.")
                raise Refused(sentence.format(first=FIRST_YEAR, last=LAST_YEAR))
            self._years[number] = self._make_year(number)
        return self._years[number]

    def _make_year(self, number: int) -> Year:
        first = date(number, 1, 1)
        length = (date(number + 1, 1, 1) - first).days
        days = tuple(self._day_of(first + timedelta(days=n)) for n in range(length))
        before, through, total = [], [], 0
        for day in days:
            before.append(total)
            total += day.minutes
            through.append(total)
        return Year(first, days, tuple(before), tuple(through))

    def _forward(self, year: Year, target: int) -> datetime:
        """The earliest instant at which `target` minutes since 1 January are done."""
        idle = 0
        while target > year.minutes:
            idle = 0 if year.minutes else idle + 1
            if idle > EMPTY_YEARS:
                raise _no_hours()
            target -= year.minutes
            year = self.year(year.first.year + 1)
        index = bisect_left(year.through, target)
        left = target - year.before[index]
        return self._at(year.first + timedelta(days=index), _earliest(year.days[index].spans, left))

    def _back(self, year: Year, target: int) -> datetime:
        """The latest instant at which `target` minutes since 1 January are done."""
        idle = 0
        while target < 0:
            year = self.year(year.first.year - 1)
            idle = 0 if year.minutes else idle + 1
            if idle > EMPTY_YEARS:
                raise _no_hours()
            target += year.minutes
        index = bisect_right(year.through, target)
        left = target - year.before[index]
        return self._at(year.first + timedelta(days=index), _latest(year.days[index].spans, left))

    def _local(self, moment: datetime) -> datetime:
        """The next full minute on the clock of the calendar, without its zone."""
        local = self.local(moment).replace(tzinfo=None)
        whole = local.replace(second=0, microsecond=0)
        return whole if whole == local else whole + timedelta(minutes=1)

    def _within(self, local: datetime) -> int:
        """Minutes of work since 1 January."""
        year = self.year(local.year)
        index = (local.date() - year.first).days
        minute = local.hour * 60 + local.minute
        done = (min(ends, minute) - begins for begins, ends in year.days[index].spans)
        return year.before[index] + sum(part for part in done if part > 0)

    def _at(self, day: date, minute: int) -> datetime:
        return self._aware(datetime.combine(day, time.min) + timedelta(minutes=minute))

    def _aware(self, local: datetime) -> datetime:
        return local.replace(tzinfo=self._zone)  # type: ignore[arg-type]


def _earliest(spans: Spans, left: int) -> int:
    """The first minute of the day at which `left` (≥ 1) minutes are done."""
    return _walk(spans, left, lambda length, rest: rest <= length)


def _latest(spans: Spans, left: int) -> int:
    """The last minute of the day at which no more than `left` minutes are done."""
    return _walk(spans, left, lambda length, rest: rest < length)


def _walk(spans: Spans, left: int, ends_here: Callable[[int, int], bool]) -> int:
    span: Span
    for span in spans:
        length = span[1] - span[0]
        if ends_here(length, left):
            return span[0] + left
        left -= length
    raise AssertionError("the table of the year and its days disagree")


def _as_date(day: date) -> date:
    """A calendar date. An instant is refused: which day it falls on is a question of its zone."""
    if isinstance(day, datetime) or not isinstance(day, date):
        raise TypeError("working days are counted in dates, not instants")
    return day


def _no_hours() -> Refused:
    return Refused(_("The working calendar has no working hours for years; please enter hours."))
