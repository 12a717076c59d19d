"""Two units side by side: differences of the whole and of each item (SAT-09)."""

import math
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from regions.models import OrgUnit
from satisfaction.comparing import Difference, Ratings, holm, welch
from satisfaction.intervals import z_quantile
from satisfaction.models import Figure, ItemRole
from satisfaction.selectors.overview import Question
from satisfaction.selectors.sight import ItemLine, Line, Reading, items_of, lines_of


@dataclass(frozen=True, slots=True)
class PairedItem:
    """An item in both units. `p` is corrected by Holm over all items of the page."""

    one: ItemLine
    other: ItemLine
    difference: Difference | None
    p: float | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two units of a wave. None for a unit of which nobody answered."""

    one: Line | None
    other: Line | None
    difference: Difference | None
    items: list[PairedItem]


def is_nested(one: OrgUnit, other: OrgUnit) -> bool:
    """Whether the answers of one are among those of the other."""
    return one.path.startswith(other.path) or other.path.startswith(one.path)


def compare_units(reader: Any, question: Question, other: OrgUnit) -> Pair:
    """The question's unit against another one. Two queries."""
    both = Q(unit__in=[question.unit, other])
    lines = {
        line.unit.pk: line for line in lines_of([question.scoring], reader, both, question.stage)
    }
    mine, its = lines.get(question.unit.pk), lines.get(other.pk)
    found: dict[int, dict[int, ItemLine]] = {}
    for one in items_of(question.scoring, reader, both, question.stage):
        if one.item.role == ItemRole.ITEM:
            found.setdefault(one.item.pk, {})[one.unit_id] = one
    pairs = [
        (sides[question.unit.pk], sides[other.pk]) for sides in found.values() if len(sides) == 2
    ]
    differences = [difference_of(Figure.MEAN, a.mean, a.n, b.mean, b.n) for a, b in pairs]
    adjusted = holm([one.p if one else None for one in differences])
    items = [
        PairedItem(a, b, difference, p)
        for (a, b), difference, p in zip(pairs, differences, adjusted, strict=True)
    ]
    whole = None
    if mine is not None and its is not None:
        figure = question.figure
        whole = difference_of(figure, mine.reading(figure), mine.n, its.reading(figure), its.n)
    return Pair(mine, its, whole, items)


def difference_of(
    figure: str, one: Reading | None, n: int, other: Reading | None, other_n: int
) -> Difference | None:
    """One figure less another: Welch's test of means, else the normal test with the standard errors
    that the intervals tell. None where one of them is hidden or has no interval."""
    if one is None or other is None:
        return None
    if figure == Figure.MEAN:
        mine = Ratings.of_figures(n, one.value, one.low)
        its = Ratings.of_figures(other_n, other.value, other.low)
        return welch(mine, its) if mine and its else None
    errors = [_error(figure, one, n), _error(figure, other, other_n)]
    if errors[0] is None or errors[1] is None:
        return None
    error = math.hypot(errors[0], errors[1])
    if not error:
        return None
    value, half = one.value - other.value, z_quantile() * error
    p = math.erfc(abs(value) / error / math.sqrt(2))
    return Difference(value, value - half, value + half, p)


def _error(figure: str, reading: Reading, n: int) -> float | None:
    """The standard error of a figure; of a share from itself, because Wilson's is not even."""
    if figure == Figure.TOP2:
        return math.sqrt(reading.value * (1 - reading.value) / n) if n else None
    if reading.interval is None:
        return None
    low, high = reading.interval
    return (high - low) / 2 / z_quantile()
