"""Figures beside one another: sorted by what they consist of, and unit by unit."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from regions.models import OrgUnit
from reports.dashboard.charts import Chart, parts_of
from reports.dashboard.others import OTHERS, OWN
from reports.dashboard.tiles import figure_url, shares_wanted, verdict_on, written
from reports.metrics.definitions import GROUPS
from reports.metrics.perimeter import Perimeter
from reports.metrics.periods import Period
from reports.metrics.reading import Amount, Series, by_units

#: What a morning begins with: who the customers are, and how grave and how old complaints are.
SORTED = ("customers", "owners", "complaints_open", "complaints_age", "complaints_late")


def sorted_figures(found: Iterable[Series], address: dict[str, str]) -> list[Chart]:
    """Each figure of SORTED by its parts, each part with the address of exactly its rows."""
    several = {one.metric.key: one for one in found}
    # Words that several metrics share are read once.
    words: dict[Any, dict[str, Any]] = {}
    charts = []
    for key in SORTED:
        series = several.get(key)
        if series is None or not series.is_known or not series.parts:
            continue
        labels = words.setdefault(series.metric.labels, {}) or series.metric.labels()
        words[series.metric.labels] = labels
        charts.append(parts_of(series, address, labels))
    return charts


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure of one unit, where its rows are, and whether what was wanted was reached; no text
    where the reader does not see it."""

    text: str | None
    url: str
    target: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A unit with its figures; `is_whole` is the unit that the others are parts of."""

    unit: Any
    cells: list[Cell]
    is_whole: bool = False
    is_own: bool = False


@dataclass(slots=True)
class Block:
    """The figures of a group beside one another."""

    title: str
    metrics: list[Any]
    lines: list[Line] = field(default_factory=list)


def blocks_of(
    found: list[Series], perimeter: Perimeter, period: Period, address: dict[str, str]
) -> list[Block]:
    """Units right below with their figures, group by group, after the unit as a whole."""
    shown = [one for one in found if one.metric.tile and not perimeter.is_own(one.metric.right)]
    lines = by_units(perimeter, period, shown) if shown else []
    blocks = []
    for key, title in GROUPS.items():
        mine = [one for one in shown if one.metric.group == key]
        if not mine:
            continue
        block = Block(str(title), [one.metric for one in mine])
        whole = {one.metric.key: one.now for one in mine if one.is_known}
        block.lines.append(
            Line(
                perimeter.unit, _cells(mine, whole, address, perimeter.unit, period), is_whole=True
            )
        )
        for line in lines:
            asked = address | {"unit": line.unit.code} | ({"only": "on"} if line.is_own else {})
            cells = _cells(mine, line.amounts, asked, line.unit, period)
            if line.is_own and not _holds(mine, line.amounts):
                continue  # nothing lies in the unit itself
            block.lines.append(Line(line.unit, cells, is_own=line.is_own))
        _add_others(block, key, perimeter, period)
        blocks.append(block)
    return blocks


def _add_others(block: Block, group: str, perimeter: Perimeter, period: Period) -> None:
    """Columns of the figures that others keep, without those that a period which is over lacks."""
    units = [line.unit for line in block.lines if not line.is_own]
    for other in OTHERS:
        if other.group != group or not other.opens_to(perimeter.reader):
            continue
        if other.not_then and not period.runs:
            continue
        found = other.beside(perimeter, period, units)
        block.metrics.append(other)
        for line in block.lines:
            key = OWN if line.is_own else line.unit.pk
            line.cells.append(Cell(*found.get(key, (None, ""))))


def _holds(several: list[Series], amounts: dict[str, Amount]) -> bool:
    known = (amounts.get(one.metric.key) for one in several)
    return any(one is not None and (one.numerator or one.denominator) for one in known)


def _cells(
    several: list[Series],
    amounts: dict[str, Amount],
    address: dict[str, str],
    unit: OrgUnit,
    period: Period,
) -> list[Cell]:
    cells = []
    wanted = shares_wanted(unit, period)
    for series in several:
        metric, amount = series.metric, amounts.get(series.metric.key)
        cell = Cell(None, figure_url(series, address))
        if amount is not None and series.is_known:
            value, target = amount.value(metric), wanted.get(metric.key)
            cell = replace(cell, text=written(metric, value, short=True))
            if value is not None and target is not None:
                state = verdict_on(metric, value, target, period)
                cell = replace(cell, target=written(metric, target) or "", state=state)
        cells.append(cell)
    return cells
