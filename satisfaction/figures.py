"""From exact sums to figures (SAT-03, SAT-09). No database here; formulas: docs/scoring.md.

The database adds up whole numbers per unit and owner stage (selectors.sums); these classes add
them further up the tree, still as whole numbers, and only then divide. So a figure does not
depend on the order in which answers were read, and every rerun gives the same bytes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Self

from satisfaction.intervals import (
    Interval,
    mean_interval,
    nps_interval,
    share_interval,
    variance,
)
from satisfaction.scales import FINE, FULL, to_hundred


@dataclass(slots=True)
class PeopleSums:
    """What the respondents of a cell add up to. `dual` is Σ of Σw·s/Σw a person, in FINE·FULL."""

    responses: int = 0
    n: int = 0
    total: int = 0
    squares: int = 0
    top2: int = 0
    nps_n: int = 0
    promoters: int = 0
    detractors: int = 0
    dual_n: int = 0
    dual: int = 0

    def add(self, other: Self) -> None:
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


@dataclass(slots=True)
class ItemSums:
    """What the ratings of one item add up to. `weight` is Σ of importance over the person's mean
    importance, in FINE; gaps are perception less expectation."""

    n: int = 0
    total: int = 0
    squares: int = 0
    top2: int = 0
    importances: int = 0
    importance: int = 0
    weight: int = 0
    gaps: int = 0
    gap: int = 0
    gap_squares: int = 0

    def add(self, other: Self) -> None:
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


@dataclass(frozen=True, slots=True)
class Scale:
    low: int
    high: int


@dataclass(slots=True)
class Sums:
    """A cell: one unit (or branch) and one owner stage (or all)."""

    people: PeopleSums = field(default_factory=PeopleSums)
    items: dict[int, ItemSums] = field(default_factory=dict)

    def add(self, other: Self) -> None:
        self.people.add(other.people)
        for item, sums in other.items.items():
            self.items.setdefault(item, ItemSums()).add(sums)


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """Figures of a cell; None where nobody answered what they need."""

    responses: int
    n: int
    mean: float | None
    mean_ci: Interval | None
    top2: float | None
    top2_ci: Interval | None
    nps_n: int
    nps: float | None
    nps_ci: Interval | None
    dual: float | None
    improved_dual: float | None


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """Figures of one item in a cell."""

    n: int
    mean: float | None
    mean_ci: Interval | None
    top2: float | None
    importance: float | None
    weight: float | None
    gap: float | None
    gap_ci: Interval | None


def unit_figures(sums: Sums, scales: Mapping[int, Scale]) -> UnitFigures:
    """All figures of one cell."""
    people = sums.people
    mean = _share(people.total, people.n)
    top2 = _share(people.top2, people.n)
    spread = variance(people.n, people.total, people.squares)
    return UnitFigures(
        responses=people.responses,
        n=people.n,
        mean=mean,
        mean_ci=None if mean is None else mean_interval(mean, spread, people.n),
        top2=top2,
        top2_ci=None if top2 is None else share_interval(top2, people.n),
        nps_n=people.nps_n,
        nps=_share(100 * (people.promoters - people.detractors), people.nps_n),
        nps_ci=nps_interval(people.promoters, people.detractors, people.nps_n),
        dual=_share(100 * people.dual, people.dual_n * FINE * FULL),
        improved_dual=improved_dual(sums.items, scales),
    )


def improved_dual(items: Mapping[int, ItemSums], scales: Mapping[int, Scale]) -> float | None:
    """ΣWᵢSᵢ/ΣWᵢ on 0–100: Wᵢ the mean of importances freed of each person's style, Sᵢ the mean of
    the ratings (SAT-03). Items that were rated once only do not count."""
    above = below = 0.0
    for item in sorted(items):
        sums = items[item]
        if not sums.n or not sums.importances:
            continue
        weight = sums.weight / (sums.importances * FINE)
        scale = scales[item]
        above += weight * to_hundred(sums.total / sums.n, scale.low, scale.high)
        below += weight
    return above / below if below else None


def item_figures(sums: ItemSums) -> ItemFigures:
    """All figures of one item in one cell."""
    mean, gap = _share(sums.total, sums.n), _share(sums.gap, sums.gaps)
    spread = variance(sums.n, sums.total, sums.squares)
    gap_spread = variance(sums.gaps, sums.gap, sums.gap_squares)
    return ItemFigures(
        n=sums.n,
        mean=mean,
        mean_ci=None if mean is None else mean_interval(mean, spread, sums.n),
        top2=_share(sums.top2, sums.n),
        importance=_share(sums.importance, sums.importances),
        weight=_share(sums.weight, sums.importances * FINE),
        gap=gap,
        gap_ci=None if gap is None else mean_interval(gap, gap_spread, sums.gaps),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def together(cells: Iterable[Sums]) -> Sums:
    """Several cells as one."""
    whole = Sums()
    for cell in cells:
        whole.add(cell)
    return whole
