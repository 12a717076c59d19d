"""The figures that others keep as numbers: those of the tiles, for whoever reads no page."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q

from compliance.selectors.follow_up import RULES, Asked
from regions.models import OrgUnit
from reports.dashboard.others import FIGURE, OTHERS, Other, late_by_unit, told_on, waves_of
from reports.metrics.perimeter import Perimeter
from reports.metrics.periods import Period
from reports.metrics.reading import by_units
from satisfaction.selectors.sight import Line, lines_of

STRATEGIC, SATISFACTION = "strategic_due", "satisfaction"


@dataclass(frozen=True, slots=True)
class Score:
    """A score with its interval at 95 % and how many answered; `hidden` says why there is none."""

    wave: str
    answers: int
    low: Decimal | None
    high: Decimal | None
    hidden: str


@dataclass(frozen=True, slots=True)
class Told:
    """A figure of a unit, with what it is compared with. `as_of` is the day it is of where that is
    no day of the period, or not of this moment; `is_own` tells of one's own rows."""

    key: str
    value: Decimal | None = None
    before: Decimal | None = None
    as_of: dt.date | None = None
    is_own: bool = False
    score: Score | None = None


def others_open_to(reader: Any) -> list[Other]:
    """Those that a reader sees of anything."""
    return [other for other in OTHERS if other.opens_to(reader)]


def told_of(key: str, perimeter: Perimeter, period: Period) -> Told:
    """One of the figures that the reader sees, as its tile tells it; empty where there is none."""
    if key == SATISFACTION:
        return _satisfaction(perimeter, period)
    rule = RULES.get("strategic")
    if rule is None or not period.runs:
        return Told(key)  # who owed whom a visit then was not kept
    number, _more = rule.count(Asked(perimeter.reader, perimeter.unit, perimeter.below))
    return Told(key, Decimal(number), is_own=perimeter.is_own(_right(key)))


def told_by_unit(key: str, perimeter: Perimeter, period: Period) -> list[tuple[OrgUnit, Told]]:
    """The same of the units right below, in the order of the tree."""
    if not perimeter.below:
        return []
    units = [line.unit for line in by_units(perimeter, period, [])]
    if key == SATISFACTION:
        waves = waves_of(perimeter, period)
        runs = [waves[0].run_id or 0] if waves else []
        lines = lines_of(runs, perimeter.reader, Q(unit__in=units))
        scores = {line.unit.pk: _told(line, waves[0].code) for line in lines}
        return [(unit, scores[unit.pk]) for unit in units if unit.pk in scores]
    if not period.runs:
        return []
    numbers = late_by_unit(perimeter, units)
    return [(unit, Told(key, Decimal(numbers[unit.pk]))) for unit in units]


def _satisfaction(perimeter: Perimeter, period: Period) -> Told:
    """The latest wave by the end of the period, and the one before."""
    waves = waves_of(perimeter, period)[:2] if perimeter.below else []
    runs = [wave.run_id or 0 for wave in waves]
    lines: Iterable[Line] = lines_of(runs, perimeter.reader, Q(unit=perimeter.unit))
    by_run = {line.run_id: line for line in lines}
    line = by_run.get(runs[0]) if runs else None
    if line is None:
        return Told(SATISFACTION)
    earlier = by_run.get(runs[1]) if len(runs) > 1 else None
    before = earlier.reading(FIGURE) if earlier is not None else None
    known = before is not None and line.reading(FIGURE) is not None
    return _told(
        line,
        waves[0].code,
        before=_exact(before.value) if known and before else None,
        as_of=told_on(waves[0], period),
    )


def _told(line: Line, wave: str, **more: Any) -> Told:
    reading = line.reading(FIGURE)
    bounds = (reading.low, reading.high) if reading else (None, None)
    score = Score(wave, line.n, _exact(bounds[0]), _exact(bounds[1]), line.hidden)
    return Told(SATISFACTION, _exact(reading.value) if reading else None, score=score, **more)


def _exact(value: float | None) -> Decimal | None:
    """The number as its shortest decimal, so that it is rounded as the page rounds it."""
    return None if value is None else Decimal(repr(value))


def _right(key: str) -> str:
    return next(other.right for other in OTHERS if other.key == key)
