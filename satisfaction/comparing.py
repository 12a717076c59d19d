"""Whether a difference is more than chance (SAT-09): Welch's test, Holm's correction, the verdict.

No database here; formulas and a worked example: docs/scoring.md.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from satisfaction.intervals import t_quantile, variance

SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class Ratings:
    """Ratings of a group of people, as exact sums."""

    n: int
    total: int
    squares: int

    @classmethod
    def of_figures(cls, n: int, mean: float | None, low: float | None) -> "Ratings | None":
        """The sums behind a published mean and the lower bound of its interval.

        Ratings are whole numbers, so rounding gives back exactly what was added up. None for
        fewer than two ratings: they have no interval.
        """
        if n < 2 or mean is None or low is None:
            return None
        spread = ((mean - low) / float(t_quantile(n - 1))) ** 2 * n
        total = round(mean * n)
        return cls(n, total, round((spread * n * (n - 1) + total * total) / n))

    def without(self, part: "Ratings") -> "Ratings":
        """These less a part of them: the others of a unit's parent."""
        return Ratings(self.n - part.n, self.total - part.total, self.squares - part.squares)

    @property
    def mean(self) -> float:
        return self.total / self.n

    @property
    def variance(self) -> float:
        """With n − 1; nan for fewer than two ratings."""
        return float(variance(self.n, self.total, self.squares))


@dataclass(frozen=True, slots=True)
class Difference:
    """A mean less another one, its interval at 95 %, and how often chance alone goes so far."""

    difference: float
    low: float
    high: float
    p: float


def welch(one: Ratings, other: Ratings) -> Difference | None:
    """Welch's t-test of two means with variances of their own. None where nothing can be said:
    fewer than two ratings on a side, or no spread on either."""
    if one.n < 2 or other.n < 2:
        return None
    mine, theirs = one.variance / one.n, other.variance / other.n
    if not mine + theirs:
        return None
    from scipy.special import stdtr  # loading scipy takes longer than most pages

    error = math.sqrt(mine + theirs)
    freedom = (mine + theirs) ** 2 / (mine * mine / (one.n - 1) + theirs * theirs / (other.n - 1))
    difference = one.mean - other.mean
    half = float(t_quantile(freedom)) * error
    p = 2 * float(stdtr(freedom, -abs(difference) / error))
    return Difference(difference, difference - half, difference + half, min(p, 1.0))


def holm(ps: Sequence[float | None]) -> list[float | None]:
    """Holm's step-down correction of p-values that are judged together; None stays None.

    The k-th smallest of m is multiplied by m − k + 1, and none falls below a smaller one's.
    """
    known = sorted((p, place) for place, p in enumerate(ps) if p is not None)
    adjusted: list[float | None] = [None] * len(ps)
    floor = 0.0
    for rank, (p, place) in enumerate(known):
        floor = max(floor, min(1.0, p * (len(known) - rank)))
        adjusted[place] = floor
    return adjusted


class Verdict(TextChoices):
    """What a page says of a difference."""

    HIGHER = "higher", pgettext_lazy("comparison", "higher, and not by chance")
    LOWER = "lower", pgettext_lazy("comparison", "lower, and not by chance")
    CHANCE = "chance", pgettext_lazy("comparison", "may be chance")


def verdict(difference: float | None, p_adjusted: float | None) -> Verdict:
    """The verdict on a difference with its p-value after Holm's correction."""
    if difference is None or p_adjusted is None or p_adjusted >= SIGNIFICANT:
        return Verdict.CHANCE
    return Verdict.HIGHER if difference > 0 else Verdict.LOWER
