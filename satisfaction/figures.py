"""From exact sums to figures (SAT-03, SAT-09). No database here; formulas: docs/scoring.md.

The database adds up whole numbers per unit and owner stage (selectors.sums). They are added
further up the tree, still as whole numbers, and only then divided, always in the same order. So a
figure does not depend on the order in which answers were read, and every rerun gives the same
bytes. Sums and figures of all cells lie in arrays: a wave of the group has thousands of cells.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satisfaction.indicators import Tree
from satisfaction.intervals import (
    Figures,
    mean_interval,
    nps_interval,
    share_interval,
    share_of,
    variance,
)
from satisfaction.scales import FINE, FULL

Cell = tuple[int, str]  # unit, owner stage
Whole = NDArray[Any]  # whole numbers; of weighted cells also floats

# What the respondents of a cell add up to; `dual` is Σ of Σw·s/Σw a person, a share of the scale
# in FINE.
PEOPLE = (
    *("responses", "n", "total", "squares", "top2"),
    *("nps_n", "promoters", "detractors", "dual_n", "dual"),
)
# What the ratings of an item add up to; `weight` is Σ of importance over the person's mean
# importance, in FINE; gaps are perception less expectation.
RATINGS = (
    *("n", "total", "squares", "top2", "importances", "importance", "weight"),
    *("gaps", "gap", "gap_squares"),
)
PERSON = {name: place for place, name in enumerate(PEOPLE)}
RATING = {name: place for place, name in enumerate(RATINGS)}


@dataclass(frozen=True, slots=True)
class Asked:
    """The rated single items of a wave in the order of their keys, with their scales."""

    keys: tuple[int, ...]
    low: Whole
    high: Whole

    @classmethod
    def of_scales(cls, scales: Mapping[int, tuple[int, int]]) -> "Asked":
        """From item → (lowest, highest)."""
        keys = tuple(sorted(scales))
        bounds = np.array([scales[key] for key in keys], np.int64).reshape(-1, 2)
        return cls(keys, bounds[:, 0], bounds[:, 1])

    def points(self, n: Whole, total: Whole) -> Whole:
        """Ratings as steps of FULL above the lowest point; the last axis are the items."""
        return (total - self.low * n) * (FULL // (self.high - self.low))


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums of cells: `people` has a row a cell and the columns PEOPLE, `ratings` is
    cell × item × RATINGS."""

    cells: list[Cell]
    people: Whole
    ratings: Whole

    def person(self, name: str) -> Whole:
        return self.people[:, PERSON[name]]

    def rating(self, name: str) -> Whole:
        return self.ratings[:, :, RATING[name]]

    def grouped(self, homes: Callable[[Cell], Iterable[Cell]]) -> "Sums":
        """Cells added up to larger ones; `homes` names those that a cell belongs to."""
        pairs = sorted((home, row) for row, cell in enumerate(self.cells) for home in homes(cell))
        if not pairs:
            return Sums([], self.people[:0], self.ratings[:0])
        rows = [row for _home, row in pairs]
        starts = [
            place
            for place, (home, _row) in enumerate(pairs)
            if not place or pairs[place - 1][0] != home
        ]
        return Sums(
            [pairs[start][0] for start in starts],
            np.add.reduceat(self.people[rows], starts),
            np.add.reduceat(self.ratings[rows], starts),
        )

    def weighted(self, weights: Sequence[float]) -> "Sums":
        """All cells as one, each answer counting with the weight of its cell."""
        by = np.asarray(weights, float)
        return Sums(
            [(0, "")],
            (self.people * by[:, None]).sum(axis=0, keepdims=True),
            (self.ratings * by[:, None, None]).sum(axis=0, keepdims=True),
        )


def unit_figures(sums: Sums, asked: Asked, tree: Tree) -> dict[str, Any]:
    """The figures of each cell as columns of `UnitScore`; nan where nobody answered."""
    n, nps_n = sums.person("n"), sums.person("nps_n")
    mean = share_of(sums.person("total"), n)
    top2 = share_of(sums.person("top2"), n)
    plus, minus = sums.person("promoters"), sums.person("detractors")
    spread = variance(n, sums.person("total"), sums.person("squares"))
    return {
        "responses": sums.person("responses"),
        "n": n,
        **bounded("mean", mean, mean_interval(mean, spread, n)),
        **bounded("top2", top2, share_interval(top2, n)),
        "nps_n": nps_n,
        **bounded("nps", share_of(100 * (plus - minus), nps_n), nps_interval(plus, minus, nps_n)),
        "dual": dual(sums),
        "improved_dual": improved_dual_of(sums, asked),
        "index": tree.root(indicators_of(sums, asked, tree)),
    }


def dual(sums: Sums) -> Figures:
    """The mean over persons of Σwᵢsᵢ/Σwᵢ, on 0–100 (SAT-03)."""
    return 100 * share_of(share_of(sums.person("dual"), sums.person("dual_n")), FINE)


def improved_dual_of(sums: Sums, asked: Asked) -> Figures:
    """`improved_dual` of each cell."""
    n = sums.rating("n")
    points = asked.points(n, sums.rating("total"))
    return improved_dual(n, points, sums.rating("importances"), sums.rating("weight") / FINE)


def improved_dual(n: Whole, points: Whole, importances: Whole, weight: Whole) -> Figures:
    """ΣWᵢSᵢ/ΣWᵢ on 0–100: Wᵢ the mean of importances freed of each person's style, Sᵢ the mean of
    the ratings (SAT-03). Items that were rated once only do not count. Items lie in the last axis.
    """
    counts = (n > 0) & (importances > 0)
    weights = np.where(counts, share_of(weight, importances), 0.0)
    scores = np.where(counts, share_of(points, n), 0.0)
    return 100 / FULL * share_of((weights * scores).sum(axis=-1), weights.sum(axis=-1))


def indicators_of(sums: Sums, asked: Asked, tree: Tree) -> dict[int, tuple[Whole, Figures]]:
    """Indicator → (ratings, index on 0–100) of each cell."""
    n = sums.rating("n")
    return tree.indices(asked.keys, n, asked.points(n, sums.rating("total")))


def item_figures(sums: Sums) -> dict[str, Any]:
    """The figures of each item in each cell as columns of `ItemScore`, cell × item."""
    n, gaps = sums.rating("n"), sums.rating("gaps")
    mean, gap = share_of(sums.rating("total"), n), share_of(sums.rating("gap"), gaps)
    spread = variance(n, sums.rating("total"), sums.rating("squares"))
    gap_spread = variance(gaps, sums.rating("gap"), sums.rating("gap_squares"))
    importances = sums.rating("importances")
    return {
        "n": n,
        **bounded("mean", mean, mean_interval(mean, spread, n)),
        "top2": share_of(sums.rating("top2"), n),
        "importance": share_of(sums.rating("importance"), importances),
        "weight": share_of(sums.rating("weight"), importances) / FINE,
        **bounded("gap", gap, mean_interval(gap, gap_spread, gaps)),
    }


def bounded(name: str, figure: Figures, interval: tuple[Figures, Figures]) -> dict[str, Figures]:
    """A figure with its bounds under the names of their columns."""
    return {name: figure, f"{name}_low": interval[0], f"{name}_high": interval[1]}
