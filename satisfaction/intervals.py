"""Intervals at 95 % (SAT-09): how far a figure of a sample may lie from the true one.

All take counts and sums, never rows, of one cell or of many as arrays. nan stands for "cannot be
said": a mean of one answer has no interval. Formulas and a worked example: docs/scoring.md.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

CONFIDENCE = 0.95
Interval = tuple[float, float]
Figures = NDArray[np.float64]


def t_quantile(freedom: ArrayLike) -> Figures:
    """Two-sided quantile of Student's t at CONFIDENCE."""
    from scipy.special import stdtrit  # loading scipy takes longer than most pages

    return stdtrit(freedom, (1 + CONFIDENCE) / 2)


@lru_cache(maxsize=1)
def z_quantile() -> float:
    """Two-sided quantile of the normal distribution at CONFIDENCE."""
    from scipy.special import ndtri

    return float(ndtri((1 + CONFIDENCE) / 2))


def share_of(part: ArrayLike, whole: ArrayLike) -> Figures:
    """part / whole; nan where there is no whole."""
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    unknown = np.full(np.broadcast(part, whole).shape, np.nan)
    return np.divide(part, whole, out=unknown, where=whole > 0)


def variance(n: ArrayLike, total: ArrayLike, squares: ArrayLike) -> Figures:
    """Variance of a sample from its sums, with n − 1; nan for fewer than two values."""
    n, total, squares = (np.asarray(one) for one in (n, total, squares))
    return np.maximum(share_of(squares * n - total * total, n * (n - 1)), 0.0)


def mean_interval(mean: ArrayLike, var: ArrayLike, n: ArrayLike) -> tuple[Figures, Figures]:
    """Student's t interval of a mean."""
    mean, n = np.asarray(mean, float), np.asarray(n, float)
    known = np.where(n >= 2, n, np.nan)
    half = t_quantile(known - 1) * np.sqrt(np.asarray(var) / known)
    return mean - half, mean + half


def share_interval(share: ArrayLike, n: ArrayLike) -> tuple[Figures, Figures]:
    """Wilson's score interval of a share 0–1; it never leaves 0–1."""
    share, n = np.asarray(share, float), np.asarray(n, float)
    n = np.where(n > 0, n, np.nan)
    z = z_quantile()
    middle = share + z * z / (2 * n)
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    below = 1 + z * z / n
    # At 0 and at 1 the bound is that figure; rounding would miss it by a hair.
    return (
        np.where(share <= 0, share, (middle - half) / below),
        np.where(share >= 1, share, (middle + half) / below),
    )


def nps_interval(
    promoters: ArrayLike, detractors: ArrayLike, n: ArrayLike
) -> tuple[Figures, Figures]:
    """Normal interval of the net promoter score, of the counts of both: −100…100."""
    promoters, detractors = np.asarray(promoters, float), np.asarray(detractors, float)
    n = np.where(np.asarray(n) > 0, n, np.nan)
    net = (promoters - detractors) / n
    spread = np.maximum((promoters + detractors) / n - net * net, 0.0)
    half = z_quantile() * np.sqrt(spread / n)
    return 100 * (net - half), 100 * (net + half)
