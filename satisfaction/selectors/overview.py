"""The results of a wave in a unit: everything the page, its paper and its workbook show (SAT-09).

A fixed number of queries, whatever the number of units and items.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db.models import Q

from regions.models import OrgUnit
from regions.policies import policy
from satisfaction.models import (
    Against,
    Comparison,
    Driver,
    Figure,
    IndicatorScore,
    ItemRole,
    ScoringRun,
    Wave,
)
from satisfaction.ranking import Quarter, Rank, quadrant, ranks
from satisfaction.selectors.sight import (
    VIEW,
    ItemLine,
    Line,
    Reading,
    indicators_of,
    items_of,
    lines_of,
    waves_to_read,
)
from satisfaction.selectors.targets import Aim, aims_from, aims_of

WAVES_OF_TREND = 8
# Figures that the weighted reading of the group has under the same name.
WEIGHTED = (Figure.MEAN, Figure.TOP2, Figure.NPS, Figure.DUAL, Figure.IMPROVED_DUAL)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the results: one wave, one unit, one owner stage (empty: all), one figure.
    A report names its `run`, because it keeps the figures it was written about, and the targets it
    has `kept` once it is handed up."""

    wave: Wave
    unit: OrgUnit
    figure: str = Figure.MEAN
    stage: str = ""
    run: ScoringRun | None = None
    kept: Sequence[Mapping[str, Any]] | None = None

    @property
    def scoring(self) -> ScoringRun:
        scoring = self.run or self.wave.run
        assert scoring is not None  # noqa: S101 - only scored waves can be asked
        return scoring

    @property
    def year(self) -> int:
        """The year whose targets the wave is held against."""
        day = self.wave.closes_on or self.wave.opens_on or self.scoring.started_at.date()
        return day.year


@dataclass(frozen=True, slots=True)
class Point:
    """A wave of the trend."""

    wave: Wave
    line: Line


@dataclass(slots=True)
class Overview:
    """See the module. `line` is None where nobody of the unit answered."""

    question: Question
    fewest: int
    line: Line | None
    parts: list[Line] = field(default_factory=list)
    ranked: dict[int, Rank | None] = field(default_factory=dict)
    weighted: Reading | None = None
    coverage: float | None = None
    aims: dict[int, Aim] = field(default_factory=dict)
    before: Comparison | None = None
    rest: Comparison | None = None
    items: list[ItemLine] = field(default_factory=list)
    quarters: dict[int, Quarter] = field(default_factory=dict)
    drivers: list[Driver] = field(default_factory=list)
    indicators: list[IndicatorScore] = field(default_factory=list)
    trend: list[Point] = field(default_factory=list)
    previous: Point | None = None

    @property
    def reading(self) -> Reading | None:
        """The figure asked for, of the unit."""
        return self.line.reading(self.question.figure) if self.line else None

    @property
    def aim(self) -> Aim | None:
        return self.aims.get(self.question.unit.pk)

    @property
    def has_gaps(self) -> bool:
        return any(one.gap for one in self.items)


def overview_of(reader: Any, question: Question) -> Overview:
    """The results that a question asks for, as far as the reader may see them."""
    unit, run, figure = question.unit, question.scoring, question.figure
    near = Q(unit=unit) | Q(unit__parent=unit)
    lines = lines_of([run], reader, near, question.stage)
    line = next((one for one in lines if one.unit.pk == unit.pk), None)
    found = Overview(question, policy("satisfaction.minimum_n", unit=unit), line)
    found.parts = sorted(
        (one for one in lines if one.unit.pk != unit.pk), key=partial(_place, figure)
    )
    found.ranked = ranks(_intervals(found.parts, figure))
    if question.kept is None:
        aims = aims_of(reader, [unit, *(one.unit for one in found.parts)], question.year, figure)
    else:
        aims = aims_from(question.kept, question.year, figure)
    found.aims = {key: aim for (key, _figure), aim in aims.items()}
    found.trend = _trend(reader, question)
    found.previous = _previous(found)
    if line is not None and not line.hidden:
        _weigh(found)
        _look_deeper(reader, found)
    return found


def _place(figure: str, line: Line) -> tuple[bool, float]:
    """The highest figure first; what has none comes last, in the order of the tree."""
    reading = line.reading(figure)
    return (True, 0.0) if reading is None else (False, -reading.value)


def _intervals(lines: list[Line], figure: str) -> dict[int, tuple[float, float]]:
    found = {}
    for line in lines:
        reading = line.reading(figure)
        if reading is not None and reading.interval is not None:
            found[line.unit.pk] = reading.interval
    return found


def _weigh(found: Overview) -> None:
    """The figure weighted to owners, known of the wave's own unit alone."""
    question = found.question
    weighted: Mapping[str, Any] = question.scoring.weighted
    whole = question.unit.pk == question.wave.unit_id and not question.stage
    value = weighted.get(question.figure) if whole and question.figure in WEIGHTED else None
    if value is None:
        return
    low, high = weighted.get(f"{question.figure}_ci") or (None, None)
    found.weighted = Reading(value, low, high)
    found.coverage = weighted.get("coverage")


def _look_deeper(reader: Any, found: Overview) -> None:
    """Items, quarters, drivers, indicators and comparisons of a unit that is shown."""
    question, run, line = found.question, found.question.scoring, found.line
    assert line is not None  # noqa: S101 - asked before
    found.items = [
        one
        for one in items_of(run, reader, Q(unit=question.unit), question.stage)
        if one.item.role == ItemRole.ITEM
    ]
    found.quarters = quadrant(points_of(found.items))
    found.indicators = indicators_of(line, reader, found.fewest)
    if question.stage:
        return
    mine = {"run": run, "unit": question.unit}
    shown = {one.item.pk for one in found.items if one.is_shown}
    drivers = Driver.objects.visible_to(reader).filter(**mine, item__in=shown)
    found.drivers = list(
        drivers.filter(share__isnull=False).select_related("item").order_by("-share")
    )
    # A comparison with the rest of the parent tells the sibling of an only one.
    above = _reaches_parent(reader, question.unit)
    for one in Comparison.objects.visible_to(reader).filter(**mine, other_n__gte=found.fewest):
        if one.against == Against.LAST_WAVE:
            # The last wave's figure stands in it: it must be one that may be shown.
            found.before = one if found.previous else None
        elif above:
            found.rest = one


def _reaches_parent(reader: Any, unit: OrgUnit) -> bool:
    if unit.parent_id is None:
        return False
    return OrgUnit.objects.visible_to(reader, VIEW).filter(pk=unit.parent_id).exists()


def points_of(items: list[ItemLine]) -> dict[int, tuple[float, float]]:
    """Item → (importance, satisfaction) of those that were rated both ways."""
    return {
        one.item.pk: (one.importance, one.mean.value)
        for one in items
        if one.mean is not None and one.importance is not None
    }


def _trend(reader: Any, question: Question) -> list[Point]:
    """The unit in the waves that asked the same kind of people, up to this one, oldest first."""
    kind = question.wave.version.questionnaire.kind
    waves = [
        wave
        for wave in waves_to_read(reader).filter(version__questionnaire__kind=kind)
        if wave.is_standing == question.wave.is_standing
    ]
    keys = [wave.pk for wave in waves]
    if question.wave.pk in keys:
        waves = waves[keys.index(question.wave.pk) :]
    runs = {wave.run_id: wave for wave in waves[:WAVES_OF_TREND]}
    if question.run is not None:
        runs = {key: wave for key, wave in runs.items() if wave.pk != question.wave.pk}
        runs[question.run.pk] = question.wave
    lines = lines_of([key for key in runs if key], reader, Q(unit=question.unit), question.stage)
    points = [Point(runs[line.run_id], line) for line in lines]
    order = {wave.pk: place for place, wave in enumerate(runs.values())}
    if question.run is not None:
        order[question.wave.pk] = -1
    return sorted(points, key=lambda point: -order[point.wave.pk])


def _previous(found: Overview) -> Point | None:
    """The wave before this one, where its figure of the unit is shown."""
    before = [one for one in found.trend if one.wave.pk != found.question.wave.pk]
    if not before or before[-1].line.reading(found.question.figure) is None:
        return None
    return before[-1]
