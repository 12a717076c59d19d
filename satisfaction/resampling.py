"""Intervals by resampling (SAT-09): the bootstrap of a whole tree in one walk. No database here.

In each resample a person counts as often as a Poisson variable with mean 1 says, independent of
all others; for figures that are ratios of sums this is the bootstrap (docs/adr/0031). So a person
is drawn once and enters his project, city, region and group alike: sums of resamples are added up
the tree as the sums of the figures are. What is added are whole numbers below 2^53, which floats
hold exactly, so the order of adding and the number of threads do not matter.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from satisfaction.drivers import coefficients, correlations, shares
from satisfaction.figures import Asked, improved_dual
from satisfaction.indicators import Tree
from satisfaction.intervals import CONFIDENCE, Figures, share_of

FINER = 10**8  # parts in which shares of a person count: ten million people stay below 2^53
BLOCK = 2048  # people whose counts are drawn at a time
Bounds = tuple[Figures, Figures]


@dataclass(frozen=True, slots=True)
class People:
    """The answers of some people, a row each; −1 stands for none.

    `stages` are places in a list of owner stages; `both` is Σw·s/Σw of a person over items rated
    twice, as a share of the scale in FINER.
    """

    units: NDArray[np.int64]
    stages: NDArray[np.int64]
    overall: NDArray[np.int64]
    both: NDArray[np.int64]
    scores: NDArray[np.int8]
    importances: NDArray[np.int8]

    def of(self, rows: NDArray[np.int64]) -> "People":
        return People(
            self.units[rows],
            self.stages[rows],
            self.overall[rows],
            self.both[rows],
            self.scores[rows],
            self.importances[rows],
        )


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns a person's row of contributions has."""

    asked: Asked
    regressed: tuple[int, ...]  # places of the items that take part in the regression

    @property
    def items(self) -> int:
        return len(self.asked.keys)

    @property
    def variables(self) -> int:
        """Items of the regression and the overall rating."""
        return len(self.regressed) + 1

    @property
    def products(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return np.triu_indices(self.variables)

    def contributions(self, people: People) -> Figures:
        """What each person adds to the sums, in whole numbers."""
        rated, weighed = people.scores >= 0, people.importances >= 0
        all_scores = people.scores.astype(np.int64)
        points = np.where(rated, self.asked.points(np.ones_like(all_scores), all_scores), 0)
        given = np.where(weighed, people.importances, 0).astype(np.int64)
        total = given.sum(axis=1, keepdims=True)
        freed = np.where(
            total > 0, given * weighed.sum(axis=1, keepdims=True) * FINER // np.maximum(total, 1), 0
        )
        has_both = people.both >= 0
        plain = [has_both[:, None], np.where(has_both, people.both, 0)[:, None]]
        scores = all_scores[:, list(self.regressed)]
        is_complete = (people.overall >= 0) & (scores >= 0).all(axis=1) & bool(self.regressed)
        values = np.column_stack([scores, people.overall]) * is_complete[:, None]
        first, second = self.products
        pairs = values[:, first] * values[:, second]
        parts = [*plain, rated, points, weighed, freed, is_complete[:, None], values, pairs]
        return np.column_stack(parts).astype(np.float64)

    # --- reading sums ---------------------------------------------------------------------------

    def figures(self, sums: Figures, tree: Tree) -> dict[str, Figures]:
        """Dual, improved dual and index from sums (…, columns)."""
        k = self.items
        n, points, importances, weight = (sums[..., 2 + i * k : 2 + (i + 1) * k] for i in range(4))
        found = {
            "dual": 100 / FINER * share_of(sums[..., 1], sums[..., 0]),
            "improved_dual": improved_dual(n, points, importances, weight / FINER),
        }
        root = tree.root(tree.indices(self.asked.keys, n, points))
        return found if root is None else {**found, "index": root}

    def indicators(self, sums: Figures, tree: Tree) -> dict[int, Figures]:
        """Indicator → index from sums."""
        k = self.items
        n, points = sums[..., 2 : 2 + k], sums[..., 2 + k : 2 + 2 * k]
        return {key: one[1] for key, one in tree.indices(self.asked.keys, n, points).items()}

    def matrix(self, sums: Figures) -> tuple[Figures, Figures]:
        """People who rated everything, and the correlations of what they rated."""
        rest = sums[..., 2 + 4 * self.items :]
        n, totals = rest[..., 0], rest[..., 1 : 1 + self.variables]
        products = np.empty((*n.shape, self.variables, self.variables))
        first, second = self.products
        products[..., first, second] = products[..., second, first] = rest[
            ..., 1 + self.variables :
        ]
        return n, correlations(n, totals, products)


def resampled(contributions: Figures, resamples: int, random: np.random.Generator) -> Figures:
    """Sums of contributions in the answers themselves (row 0) and in each resample."""
    found = np.zeros((1 + resamples, contributions.shape[1]))
    for first in range(0, len(contributions), BLOCK):
        block = contributions[first : first + BLOCK]
        counts = random.poisson(1.0, (resamples, len(block))).astype(np.float64)
        found[0] += block.sum(axis=0)
        found[1:] += counts @ block
    return found


def bounds(figures: Figures) -> Bounds:
    """The middle 95 % of resampled figures (rows 1…), widened to hold the figure itself (row 0).

    Resamples in which a figure cannot be said are left out.
    """
    tail = (1 - CONFIDENCE) / 2
    itself, drawn = figures[0], figures[1:]
    if np.isnan(drawn).any():
        known = ~np.isnan(drawn).all(axis=0)
        drawn = np.where(known, drawn, 0.0)
        low, high = np.nanquantile(drawn, [tail, 1 - tail], axis=0)
        low, high = np.where(known, low, np.nan), np.where(known, high, np.nan)
    else:
        low, high = np.quantile(drawn, [tail, 1 - tail], axis=0)
    return np.fmin(low, itself), np.fmax(high, itself)


def driver_figures(matrix: Figures) -> dict[str, Figures]:
    """Coefficients and shares with their bounds, an item each, from resampled correlations."""
    # An item that does not vary in a resample explains nothing there.
    matrix = np.nan_to_num(matrix, nan=0.0)
    found: dict[str, Figures] = {}
    for name, values in (("beta", coefficients(matrix)), ("share", shares(matrix))):
        low, high = bounds(values)
        found |= {name: values[0], f"{name}_low": low, f"{name}_high": high}
    return found
