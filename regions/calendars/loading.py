"""The calendars of the database, compiled and remembered as long as their version holds.

Inside a web request the version is asked once; anywhere else with each call, which costs one tiny
query. Who counts in a loop takes `worktime_of(unit)` once and asks that.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from threading import local
from typing import Any

from django.core.signals import got_request_exception, request_finished, request_started
from django.dispatch import receiver

from core.values.hours import parse_hours
from regions.calendars.rules import (
    STANDARD,
    CalendarFact,
    ExceptionFact,
    Line,
    PublicFact,
    Rulebook,
)
from regions.calendars.worktime import WorkTime
from regions.models import (
    CalendarException,
    CalendarState,
    CalendarUse,
    CalendarWeek,
    OrgUnit,
    PublicDay,
    WorkingCalendar,
)


@dataclass(slots=True)
class Compiled:
    """Everything entered under one version, with what was worked out from it so far."""

    version: uuid.UUID | None
    book: Rulebook
    lines: dict[int, WorkTime] = field(default_factory=dict)
    ancestors: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def worktime(self, ancestors: tuple[int, ...]) -> WorkTime:
        """The arithmetic of the unit at the end of `ancestors`; units of one line share it."""
        key = self.book.line_key(ancestors)
        if key not in self.lines:
            # What lies below the anchor adds nothing.
            above = ancestors[: ancestors.index(key) + 1] if key else ()
            self.lines[key] = WorkTime(self.book.line(above).day)
        return self.lines[key]


class _Memory(local):
    """One thread's calendars; `trusted` while a request that has asked the version runs."""

    compiled: Compiled | None = None
    in_request = False
    trusted = False


_memory = _Memory()


@receiver(request_started, dispatch_uid="calendars_request_started")
def _begin(**_kwargs: Any) -> None:
    _memory.in_request, _memory.trusted = True, False


@receiver((request_finished, got_request_exception), dispatch_uid="calendars_request_finished")
def _end(**_kwargs: Any) -> None:
    _memory.in_request = _memory.trusted = False


def forget() -> None:
    """Ask the version again before the next answer; services that change something call it."""
    _memory.trusted = False


def compiled() -> Compiled:
    """The calendars as they are now."""
    known = _memory.compiled
    if known is not None and _memory.trusted:
        return known
    version = CalendarState.objects.values_list("version", flat=True).first()
    if known is None or version is None or known.version != version:
        known = _memory.compiled = Compiled(version, read_rulebook())
    _memory.trusted = _memory.in_request
    return known


def worktime_of(unit: Any) -> WorkTime:
    """The arithmetic of a unit (`OrgUnit`, its key, or None for the group).

    Raises OrgUnit.DoesNotExist for a key that is no unit.
    """
    now = compiled()
    return now.worktime(ancestors_of(unit, now))


def worktimes_of(units: Iterable[OrgUnit]) -> dict[int, WorkTime]:
    """The arithmetic of many units by key; the version is asked for once."""
    now = compiled()
    return {unit.pk: now.worktime(ancestors_of(unit, now)) for unit in units}


def line_of(unit: Any) -> Line:
    """The line of a unit: which calendar when, and its exceptions."""
    now = compiled()
    return now.book.line(ancestors_of(unit, now))


def ancestors_of(unit: Any, now: Compiled) -> tuple[int, ...]:
    """Keys from the group down to a unit."""
    if isinstance(unit, OrgUnit):
        return tuple(unit.ancestor_ids())
    if unit not in now.ancestors:
        units = OrgUnit.objects.filter(parent=None) if unit is None else OrgUnit.objects.all()
        found = units.first() if unit is None else units.get(pk=unit)
        now.ancestors[unit] = tuple(found.ancestor_ids()) if found else ()
    return now.ancestors[unit]


def read_rulebook() -> Rulebook:
    """Everything entered, in six queries."""
    calendars = _calendars()
    standard = WorkingCalendar.objects.filter(is_standard=True).values_list("pk", flat=True).first()
    uses: dict[int, list[tuple[date, CalendarFact | None]]] = defaultdict(list)
    for use in CalendarUse.objects.order_by("unit", "valid_from"):
        calendar = calendars[use.calendar_id] if use.calendar_id else None
        uses[use.unit_id].append((use.valid_from, calendar))
    public = {
        one.day: PublicFact(one.name, one.hours_as) for one in PublicDay.objects.order_by("day")
    }
    return Rulebook(
        standard=calendars.get(standard or 0, STANDARD),
        calendars=calendars,
        uses=dict(uses),
        exceptions=_exceptions("unit_id"),
        public=public,
    )


def _calendars() -> dict[int, CalendarFact]:
    """Every calendar with its weeks and exceptions."""
    weeks = defaultdict(list)
    for week in CalendarWeek.objects.all():
        weeks[week.calendar_id].append((week.valid_from or date.min, week.hours()))
    exceptions = _exceptions("calendar_id")
    return {
        one.pk: CalendarFact(
            name=one.name,
            weeks=tuple(sorted(weeks[one.pk])) or STANDARD.weeks,
            keeps_public_days=one.keeps_public_days,
            exceptions=tuple(exceptions.get(one.pk, ())),
        )
        for one in WorkingCalendar.objects.all()
    }


def _exceptions(owner: str) -> dict[int, list[ExceptionFact]]:
    """Exceptions by what they belong to."""
    found: dict[int, list[ExceptionFact]] = defaultdict(list)
    for one in CalendarException.objects.exclude(**{owner: None}).order_by("pk"):
        fact = ExceptionFact(
            one.first_day, one.last_day, parse_hours(one.hours), one.reason, one.pk
        )
        found[getattr(one, owner)].append(fact)
    return dict(found)
