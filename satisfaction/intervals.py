"""Intervals at 95 % (SAT-09): how far a figure of a sample may lie from the true one.

All take counts and sums, never rows. None stands for "cannot be said": a mean of one answer has
no interval. Formulas and a worked example: docs/scoring.md.
"""

import math
from functools import lru_cache

CONFIDENCE = 0.95
Interval = tuple[float, float]


@lru_cache(maxsize=4096)
def t_quantile(freedom: float) -> float:
    """Two-sided quantile of Student's t at CONFIDENCE."""
    from scipy.special import stdtrit  # loading scipy takes longer than most pages

    return float(stdtrit(freedom, (1 + CONFIDENCE) / 2))


@lru_cache(maxsize=1)
def z_quantile() -> float:
    """Two-sided quantile of the normal distribution at CONFIDENCE."""
    from scipy.special import ndtri

    return float(ndtri((1 + CONFIDENCE) / 2))


def variance(n: float, total: float, squares: float) -> float | None:
    """Variance of a sample from its sums, with n − 1; None for fewer than two values."""
    if n < 2:
        return None
    return max((squares * n - total * total) / (n * (n - 1)), 0.0)


def mean_interval(mean: float, var: float | None, n: float) -> Interval | None:
    """Student's t interval of a mean."""
    if var is None or n < 2:
        return None
    half = t_quantile(n - 1) * math.sqrt(var / n)
    return mean - half, mean + half


def share_interval(share: float, n: float) -> Interval | None:
    """Wilson's score interval of a share 0–1; it never leaves 0–1."""
    if n <= 0:
        return None
    z = z_quantile()
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    below = 1 + z * z / n
    # At 0 and at 1 the bound is that figure; rounding would miss it by a hair.
    low = 0.0 if share <= 0 else (middle - half) / below
    high = 1.0 if share >= 1 else (middle + half) / below
    return low, high


def nps_interval(promoters: float, detractors: float, n: float) -> Interval | None:
    """Normal interval of the net promoter score, of the shares of both: −100…100."""
    if n <= 0:
        return None
    net = (promoters - detractors) / n
    spread = (promoters + detractors) / n - net * net
    half = z_quantile() * math.sqrt(max(spread, 0.0) / n)
    return 100 * (net - half), 100 * (net + half)
