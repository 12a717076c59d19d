"""When periodic work begins: pure rules that give the starts of periods between two instants.

A start names its period for every process alike, so it must not depend on who asks or when:
intervals are counted from the epoch, times of day are those of a time zone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import islice
from typing import Protocol
from zoneinfo import ZoneInfo

from celery.schedules import crontab

DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIELDS = 5
LONGEST_GAP = 4 * 366 + 1  # days: 29 February is the rarest day


class Timing(Protocol):
    """A rule that gives the starts of periods."""

    def starts(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Starts in (after, until], the oldest first."""

    def starts_back(self, until: datetime, after: datetime) -> Iterator[datetime]:
        """The same, the newest first."""


@dataclass(frozen=True)
class Every:
    """Each so many seconds, counted from the epoch."""

    seconds: int

    def __post_init__(self) -> None:
        if self.seconds < 1:
            raise ValueError("a period lasts at least a second")

    def __str__(self) -> str:
        return f"every {self.seconds} s"

    def starts(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Starts in (after, until], the oldest first."""
        for number in range(self._number(after) + 1, self._number(until) + 1):
            yield self._start(number)

    def starts_back(self, until: datetime, after: datetime) -> Iterator[datetime]:
        """The same, the newest first."""
        for number in range(self._number(until), self._number(after), -1):
            yield self._start(number)

    def _number(self, instant: datetime) -> int:
        return (instant - EPOCH) // timedelta(seconds=self.seconds)

    def _start(self, number: int) -> datetime:
        return EPOCH + timedelta(seconds=self.seconds * number)


@dataclass(frozen=True)
class At:
    """At minutes, hours and days of a time zone, written as in a crontab.

    Day of month and day of week must both fit, as in Celery. A time that a change to summer time
    leaves out happens an hour later, one that happens twice counts once.
    """

    minute: str = "0"
    hour: str = "*"
    day_of_month: str = "*"
    month_of_year: str = "*"
    day_of_week: str = "*"
    zone: str = "Asia/Shanghai"

    def __str__(self) -> str:
        fields = (self.minute, self.hour, self.day_of_month, self.month_of_year, self.day_of_week)
        return " ".join((*(field.replace(" ", "") for field in fields), self.zone))

    def starts(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Starts in (after, until], the oldest first."""
        day, last = self._day(after), self._day(until)
        while day <= last:
            yield from (start for start in self._starts_of(day) if after < start <= until)
            day += DAY

    def starts_back(self, until: datetime, after: datetime) -> Iterator[datetime]:
        """The same, the newest first."""
        day, first = self._day(until), self._day(after)
        while day >= first:
            yield from (s for s in reversed(self._starts_of(day)) if after < s <= until)
            day -= DAY

    def _day(self, instant: datetime) -> date:
        return instant.astimezone(ZoneInfo(self.zone)).date()

    def _starts_of(self, day: date) -> list[datetime]:
        fields = self._fields
        if (
            day.day not in fields.day_of_month
            or day.month not in fields.month_of_year
            or day.isoweekday() % 7 not in fields.day_of_week
        ):
            return []
        zone = ZoneInfo(self.zone)
        return sorted(
            {
                datetime.combine(day, time(hour, minute), zone).astimezone(UTC)
                for hour in fields.hour
                for minute in fields.minute
            }
        )

    @cached_property
    def _fields(self) -> crontab:
        return crontab(
            minute=self.minute,
            hour=self.hour,
            day_of_month=self.day_of_month,
            month_of_year=self.month_of_year,
            day_of_week=self.day_of_week,
        )


def at(*fields: str, zone: str = "Asia/Shanghai") -> At:
    """A rule from the first crontab fields: minute, hour, day of month, month, day of week."""
    if not 1 <= len(fields) <= FIELDS:
        raise ValueError("a crontab has one to five fields")
    names = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
    return At(**dict(zip(names, fields, strict=False)), zone=zone)


def next_start(timing: Timing, now: datetime) -> datetime | None:
    """The first start after `now`; None when the next four years have none."""
    return next(timing.starts(now, now + timedelta(days=LONGEST_GAP)), None)


def last_start(timing: Timing, now: datetime, after: datetime) -> datetime | None:
    """The last start in (after, now]."""
    return next(timing.starts_back(now, after), None)


def first_starts(timing: Timing, after: datetime, until: datetime, count: int) -> list[datetime]:
    """At most `count` starts in (after, until], the oldest first."""
    return list(islice(timing.starts(after, until), count))
