"""Figures weighted to the true number of owners (SAT-09).

Who answers is not who lives there: a stage or project that answers eagerly would outweigh the
others. Each cell (project × owner stage) therefore counts with its owners, N, not with its
answers: every answer of the cell weighs N / answers. Formulas: docs/scoring.md.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from satisfaction.figures import Asked, Cell, Sums, dual, improved_dual_of, indicators_of
from satisfaction.indicators import Tree
from satisfaction.intervals import Interval, mean_interval, nps_interval, share_interval, share_of


@dataclass(frozen=True, slots=True)
class WeightedFigures:
    """`population` owners stand behind the cells that answered, `coverage` is their share of all
    owners; `design_effect` says by how much weighting widens intervals (Kish)."""

    n: int = 0
    population: int = 0
    coverage: float | None = None
    mean: float | None = None
    mean_ci: Interval | None = None
    top2: float | None = None
    top2_ci: Interval | None = None
    nps: float | None = None
    nps_ci: Interval | None = None
    dual: float | None = None
    improved_dual: float | None = None
    index: float | None = None
    design_effect: float | None = None
    effective_n: float | None = None

    def as_json(self) -> dict[str, object]:
        return {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(self).items()}


def cells_of(sums: Sums, population: Mapping[Cell, int]) -> tuple[Sums, dict[Cell, int]]:
    """Cells with their owners. A unit whose stages are not all counted becomes one cell with all
    its owners; a unit of which nobody knows how many owners it has is left out."""
    owners: dict[int, int] = {}
    for (unit, _stage), count in population.items():
        owners[unit] = owners.get(unit, 0) + count
    whole = {unit for unit, stage in sums.cells if not population.get((unit, stage))}

    def home(cell: Cell) -> Cell:
        return (cell[0], "") if cell[0] in whole else cell

    known: dict[Cell, int] = {}
    for cell, count in sorted(population.items()):
        known[home(cell)] = known.get(home(cell), 0) + count

    def homes(cell: Cell) -> Iterable[Cell]:
        return [home(cell)] if owners.get(cell[0]) else []

    return sums.grouped(homes), known


def weighted_figures(
    sums: Sums, population: Mapping[Cell, int], asked: Asked, tree: Tree
) -> WeightedFigures:
    """The figures of all these cells, each counting with its owners."""
    cells, owners = cells_of(sums, population)
    answers = cells.person("responses")
    weights = [owners.get(cell, 0) / int(n) for cell, n in zip(cells.cells, answers, strict=True)]
    if not any(weights):
        return WeightedFigures()
    people = cells.weighted(weights)
    given = cells.person("n")
    n = int(given[np.array(weights) > 0].sum())
    effect = _design_effect(given, np.array(weights))
    effective = n / effect
    mean = share_of(people.person("total"), people.person("n"))
    top2 = share_of(people.person("top2"), people.person("n"))
    nps_n = people.person("nps_n")
    plus, minus = (share_of(people.person(name), nps_n) for name in ("promoters", "detractors"))
    spread = share_of(people.person("squares"), people.person("n")) - mean * mean
    spread = np.maximum(spread, 0.0) * (n / (n - 1) if n > 1 else math.nan)
    indices = tree.root(indicators_of(people, asked, tree))
    behind, total = sum(owners[c] for c in cells.cells if owners.get(c)), sum(owners.values())
    return _plain(
        dict[str, Any](
            n=n,
            population=behind,
            coverage=behind / total if total else None,
            mean=mean,
            mean_ci=mean_interval(mean, spread, effective),
            top2=top2,
            top2_ci=share_interval(top2, effective),
            nps=100 * (plus - minus),
            nps_ci=nps_interval(plus * effective, minus * effective, effective),
            dual=dual(people),
            improved_dual=improved_dual_of(people, asked),
            index=indices,
            design_effect=effect,
            effective_n=effective,
        )
    )


def _design_effect(given: np.ndarray, weights: np.ndarray) -> float:
    """n·Σw²/(Σw)² over those who gave an overall rating; nan when nobody did."""
    given = np.where(weights > 0, given, 0)
    return float(share_of(given.sum() * (given * weights**2).sum(), (given * weights).sum() ** 2))


def _plain(figures: dict[str, Any]) -> WeightedFigures:
    """Numbers of Python, None for what cannot be said."""

    def plain(value: Any) -> Any:
        if isinstance(value, tuple):
            low, high = (plain(one) for one in value)
            return None if low is None else (low, high)
        if value is None or isinstance(value, int):
            return value
        number = float(np.asarray(value).item())
        return None if math.isnan(number) else number

    return WeightedFigures(**{name: plain(value) for name, value in figures.items()})
