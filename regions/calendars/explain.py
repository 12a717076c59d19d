"""A span of working time, stretch by stretch: what counted, what did not, and why."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.display import when
from core.errors import Refused
from regions.calendars.loading import worktime_of
from regions.calendars.worktime import Day, Why, WorkTime

LONGEST = timedelta(days=800)


class Kind(StrEnum):
    """Why a stretch counts or does not."""

    WORK = "work"
    BREAK = "break"  # between two stretches of one day
    OFF = "off"  # before work, after work, the night between
    FREE = "free"  # a day without weekly hours
    HOLIDAY = "holiday"
    CLOSED = "closed"  # an exception without hours


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a span. `minutes` counted; `first` and `last` are the days it lies on."""

    kind: Kind
    starts_at: datetime
    ends_at: datetime
    first: date
    last: date
    minutes: int = 0
    why: Why = Why.WEEK
    name: str = ""
    known: bool = True

    @property
    def counted(self) -> bool:
        return self.kind == Kind.WORK

    @property
    def words(self) -> str:
        """One line for people: "02-14 Sat make-up day, 09:00–12:00: counts 3 hours"."""
        if self.counted:
            sentence = _counted(self).format(
                day=when(self.first, "weekday"),
                name=self.name,
                hours=_hours(self),
                duration=duration(self.minutes),
            )
        else:
            sentence = _skipped(self).format(
                days=_days(self), name=self.name, hours=_hours(self), span=_instants(self)
            )
        if self.known:
            return sentence
        note = _(
            "{sentence} (public holidays of {year} are not entered; the weekly hours stand in)"
        )
        return note.format(sentence=sentence, year=self.first.year)

    def __str__(self) -> str:
        return self.words


def explain(start: datetime, end: datetime, unit: Any = None) -> list[Stretch]:
    """Every stretch from `start` to `end` in order, without gaps; those counted add up to
    `working_time_between`. Raises Refused for a span that is turned round or too long."""
    clock = worktime_of(unit)
    if clock.local(end) < clock.local(start):
        raise Refused(_("The end must not be before the start."))
    if end - start > LONGEST:
        raise Refused(_("Please choose a span of two years at most."))
    return _joined(_parts(clock, clock.rounded(start), clock.rounded(end)))


def duration(minutes: int) -> str:
    """Minutes of work in words, hours first: 4 hours 30 minutes."""
    hours, rest = divmod(abs(minutes), 60)
    parts = []
    if hours:
        parts.append(ngettext("{count} hour", "{count} hours", hours).format(count=hours))
    if rest or not hours:
        parts.append(ngettext("{count} minute", "{count} minutes", rest).format(count=rest))
    return ("-" if minutes < 0 else "") + " ".join(parts)


def _parts(clock: WorkTime, start: datetime, end: datetime) -> Iterator[Stretch]:
    """Stretches of each day, cut to the span."""
    day = start.date()
    while day <= end.date():
        for part in _parts_of_day(clock, day):
            begins, ends = max(part.starts_at, start), min(part.ends_at, end)
            if begins < ends:
                minutes = int((ends - begins).total_seconds()) // 60 if part.counted else 0
                yield replace(part, starts_at=begins, ends_at=ends, minutes=minutes)
        day += timedelta(days=1)


def _parts_of_day(clock: WorkTime, day: date) -> Iterator[Stretch]:
    """A whole day, midnight to midnight."""
    facts, begins, ends = clock.day(day), clock.midnight(day), clock.midnight(_next(day))

    def part(kind: Kind, from_: datetime, until: datetime) -> Stretch:
        return Stretch(kind, from_, until, day, day, 0, facts.why, facts.name, facts.known)

    if not facts.spans:
        yield part(_free(facts), begins, ends)
        return
    position, kind = begins, Kind.OFF
    for starts_at, ends_at in clock.spans_on(day):
        if position < starts_at:
            yield part(kind, position, starts_at)
        yield part(Kind.WORK, starts_at, ends_at)
        position, kind = ends_at, Kind.BREAK
    if position < ends:
        yield part(Kind.OFF, position, ends)


def _free(facts: Day) -> Kind:
    """Why nobody works on a day."""
    return {Why.HOLIDAY: Kind.HOLIDAY, Why.EXCEPTION: Kind.CLOSED}.get(facts.why, Kind.FREE)


def _joined(parts: Iterator[Stretch]) -> list[Stretch]:
    """Nights and days off for one reason in one piece."""
    joined: list[Stretch] = []
    for part in parts:
        last = joined[-1] if joined else None
        if last is not None and _same(last, part):
            joined[-1] = replace(last, ends_at=part.ends_at, last=part.last)
        else:
            joined.append(part)
    return joined


def _same(one: Stretch, other: Stretch) -> bool:
    """Whether two stretches in a row are skipped for one reason."""
    if one.kind != other.kind or one.kind in (Kind.WORK, Kind.BREAK):
        return False
    if one.kind == Kind.OFF:
        return True
    return (one.name, one.known, one.first.year) == (other.name, other.known, other.first.year)


def _counted(part: Stretch) -> str:
    sentences = {
        Why.MAKE_UP: _("{day} make-up working day {hours}: counts {duration}"),
        Why.EXCEPTION: _("{day} ({name}) {hours}: counts {duration}"),
    }
    return sentences.get(part.why, _("{day} {hours}: counts {duration}"))


def _skipped(part: Stretch) -> str:
    return {
        Kind.BREAK: _("{days} {hours}: break, not counted"),
        Kind.OFF: _("{span}: outside working hours, not counted"),
        Kind.FREE: _("{days}: no working day, not counted"),
        Kind.HOLIDAY: _("{days}: public holiday {name}, not counted"),
        Kind.CLOSED: _("{days}: closed ({name}), not counted"),
    }[part.kind]


def _hours(part: Stretch) -> str:
    """09:00–12:00; midnight at the end is 24:00."""
    ends = when(part.ends_at, "clock")
    if part.ends_at.date() > part.last:
        ends = "24:00"
    return f"{when(part.starts_at, 'clock')}–{ends}"


def _days(part: Stretch) -> str:
    """A day, or the first and the last."""
    first, last = when(part.first, "weekday"), when(part.last, "weekday")
    return (
        first if part.first == part.last else _("{first} to {last}").format(first=first, last=last)
    )


def _instants(part: Stretch) -> str:
    """Two instants, the day said once where it is the same."""
    if part.first == part.last:
        return f"{when(part.first, 'weekday')} {_hours(part)}"
    sentence = _("{first} to {last}")
    first = f"{when(part.first, 'weekday')} {when(part.starts_at, 'clock')}"
    last = f"{when(part.last, 'weekday')} {when(part.ends_at, 'clock')}"
    return sentence.format(first=first, last=last)


def _next(day: date) -> date:
    return day + timedelta(days=1)
