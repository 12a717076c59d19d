"""Figures weighted to the true number of owners (SAT-09).

Who answers is not who lives there: a stage or project that answers eagerly would outweigh the
others. Each cell (project × owner stage) therefore counts with its owners, N, not with its
answers: every answer of the cell weighs N / answers. Formulas: docs/scoring.md.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from satisfaction.figures import ItemSums, Scale, Sums
from satisfaction.intervals import Interval, mean_interval, nps_interval, share_interval
from satisfaction.scales import FINE, FULL, to_hundred

Cell = tuple[int, str]  # unit, owner stage


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
    design_effect: float | None = None
    effective_n: float | None = None

    def as_json(self) -> dict[str, object]:
        return {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(self).items()}


def cells_of(
    sums: Mapping[Cell, Sums], population: Mapping[Cell, int]
) -> tuple[dict[Cell, Sums], dict[Cell, int]]:
    """Cells with their owners. A unit whose stages are not all counted becomes one cell with all
    its owners; a unit of which nobody knows how many owners it has is left out."""
    owners: dict[int, int] = {}
    for (unit, _stage), count in population.items():
        owners[unit] = owners.get(unit, 0) + count
    whole = {
        unit
        for (unit, stage), cell in sums.items()
        if cell.people.responses and not population.get((unit, stage))
    }
    cells: dict[Cell, Sums] = {}
    known: dict[Cell, int] = {}
    for (unit, stage), count in sorted(population.items()):
        key = (unit, "") if unit in whole else (unit, stage)
        known[key] = known.get(key, 0) + count
    for (unit, stage), cell in sorted(sums.items()):
        key = (unit, "") if unit in whole else (unit, stage)
        if owners.get(unit):
            cells.setdefault(key, Sums()).add(cell)
    return cells, known


def weighted_figures(
    sums: Mapping[Cell, Sums], population: Mapping[Cell, int], scales: Mapping[int, Scale]
) -> WeightedFigures:
    """The figures of all these cells, each counting with its owners."""
    cells, owners = cells_of(sums, population)
    answered = [key for key in sorted(cells) if cells[key].people.responses and owners.get(key)]
    if not answered:
        return WeightedFigures()
    weights = {key: owners[key] / cells[key].people.responses for key in answered}
    people = _Weighted(cells, weights)
    n = sum(cells[key].people.n for key in answered)
    mean = people.ratio("total", "n")
    top2, nps_n = people.ratio("top2", "n"), people.sum("nps_n")
    effect = people.design_effect()
    effective = n / effect if effect else None
    spread = people.variance(mean)
    behind = sum(owners[key] for key in answered)
    total = sum(owners.values())
    return WeightedFigures(
        n=n,
        population=behind,
        coverage=behind / total if total else None,
        mean=mean,
        mean_ci=mean_interval(mean, spread, effective) if mean is not None and effective else None,
        top2=top2,
        top2_ci=share_interval(top2, effective) if top2 is not None and effective else None,
        nps=100 * (people.sum("promoters") - people.sum("detractors")) / nps_n if nps_n else None,
        nps_ci=_nps_interval(people, nps_n, effective),
        dual=people.dual(),
        improved_dual=_improved(cells, weights, scales),
        design_effect=effect,
        effective_n=effective,
    )


def _nps_interval(people: "_Weighted", nps_n: float, effective: float | None) -> Interval | None:
    if not nps_n or not effective:
        return None
    scale = effective / nps_n
    return nps_interval(
        people.sum("promoters") * scale, people.sum("detractors") * scale, effective
    )


class _Weighted:
    """Weighted sums over the cells that answered, always added in the same order."""

    def __init__(self, cells: Mapping[Cell, Sums], weights: Mapping[Cell, float]) -> None:
        self.cells, self.weights = cells, weights

    def sum(self, name: str) -> float:
        found = 0.0
        for key, weight in self.weights.items():
            found += weight * getattr(self.cells[key].people, name)
        return found

    def ratio(self, above: str, below: str) -> float | None:
        whole = self.sum(below)
        return self.sum(above) / whole if whole else None

    def dual(self) -> float | None:
        people = self.sum("dual_n")
        return 100 * self.sum("dual") / (people * FINE * FULL) if people else None

    def design_effect(self) -> float | None:
        """n·Σw²/(Σw)² over those who gave an overall rating."""
        n, plain, squared = 0, 0.0, 0.0
        for key, weight in self.weights.items():
            count = self.cells[key].people.n
            n += count
            plain += count * weight
            squared += count * weight * weight
        return n * squared / (plain * plain) if plain else None

    def variance(self, mean: float | None) -> float | None:
        """Spread of the ratings in the population that the weights stand for."""
        n = sum(self.cells[key].people.n for key in self.weights)
        whole = self.sum("n")
        if mean is None or n < 2 or not whole:
            return None
        return max(self.sum("squares") / whole - mean * mean, 0.0) * n / (n - 1)


def _improved(
    cells: Mapping[Cell, Sums], weights: Mapping[Cell, float], scales: Mapping[int, Scale]
) -> float | None:
    """As figures.improved_dual, with weighted means of importances and of ratings."""
    items: dict[int, list[float]] = {}
    for key, weight in weights.items():
        for item, sums in cells[key].items.items():
            line = items.setdefault(item, [0.0, 0.0, 0.0, 0.0])
            _put(line, sums, weight)
    above = below = 0.0
    for item in sorted(items):
        n, total, importances, share = items[item]
        if not n or not importances:
            continue
        mean_weight = share / (importances * FINE)
        above += mean_weight * to_hundred(total / n, scales[item].low, scales[item].high)
        below += mean_weight
    return above / below if below else None


def _put(line: list[float], sums: ItemSums, weight: float) -> None:
    line[0] += weight * sums.n
    line[1] += weight * sums.total
    line[2] += weight * sums.importances
    line[3] += weight * sums.weight
