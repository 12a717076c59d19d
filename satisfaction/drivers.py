"""What moves overall satisfaction (SAT-09): standardised regression and Shapley shares.

No database here. Everything follows from matrices of correlations, so that one call does all
resamples of a unit at once; formulas and an example: docs/scoring.md.
"""

from functools import lru_cache
from math import comb

import numpy as np
from numpy.typing import NDArray

from satisfaction.intervals import Figures

EXACT = 12  # items up to which all subsets are gone through
FLAT = 1e-10  # what is left of an item's variance when others say the same


def correlations(n: Figures, totals: Figures, products: Figures) -> Figures:
    """Correlations from sums: `n` people, Σx (…, K) and Σxy (…, K, K). nan for what does not
    vary."""
    n = np.asarray(n, float)[..., None]
    spread = products * n[..., None] - totals[..., :, None] * totals[..., None, :]
    size = np.sqrt(np.diagonal(spread, axis1=-2, axis2=-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return spread / (size[..., :, None] * size[..., None, :])


def coefficients(matrix: Figures) -> Figures:
    """Standardised coefficients of the last variable on all others, of matrices (…, K+1, K+1)."""
    inner, outer = matrix[..., :-1, :-1], matrix[..., :-1, -1]
    # The pseudo-inverse shares an effect between items that say the same.
    return (np.linalg.pinv(inner, rcond=FLAT, hermitian=True) @ outer[..., None])[..., 0]


def explained(matrix: Figures) -> Figures:
    """R² of the last variable on each subset of the others: (2^K, …), bit k for the k-th.

    Sweeping an item out of a matrix leaves what it does not explain. Going through the items one
    after the other, each matrix is kept once with the item swept out and once with it left out;
    after the last one only the unexplained share of the overall rating is there.
    """
    found = matrix[None]
    for _item in range(matrix.shape[-1] - 1):
        pivot = found[..., 0, 0]
        rest, row = found[..., 1:, 1:], found[..., 0, 1:]
        is_flat = pivot < FLAT
        by = np.where(is_flat, 1.0, pivot)[..., None, None]
        swept = rest - np.where(is_flat[..., None, None], 0.0, 1.0) * (
            row[..., :, None] * row[..., None, :] / by
        )
        found = np.concatenate([rest, swept])
    return 1.0 - found[..., 0, 0]


@lru_cache(maxsize=EXACT + 1)
def _weights(items: int) -> NDArray[np.float64]:
    """What the R² of each subset counts in each item's Shapley value: items × 2^items."""
    subsets = np.arange(2**items)
    sizes = np.array([int(subset).bit_count() for subset in subsets])
    found = np.zeros((items, 2**items))
    for item in range(items):
        has = (subsets >> item) & 1 == 1
        found[item, has] = [1 / (items * comb(items - 1, size - 1)) for size in sizes[has]]
        found[item, ~has] = [-1 / (items * comb(items - 1, size)) for size in sizes[~has]]
    return found


def shapley(matrix: Figures) -> Figures:
    """Each item's share of R², of matrices (…, K+1, K+1): (…, K); they add up to R².

    The exact Shapley value (Lindeman, Merenda, Gold): what an item adds to R², averaged over all
    orders in which items may enter. Beyond EXACT items Johnson's relative weights stand for it,
    which come out alike and also add up to R².
    """
    items = matrix.shape[-1] - 1
    if items > EXACT:
        return relative_weights(matrix)
    return np.tensordot(_weights(items), explained(matrix), axes=1).transpose(
        *range(1, matrix.ndim - 1), 0
    )


def relative_weights(matrix: Figures) -> Figures:
    """Johnson's relative weights: R² spread over orthogonal stand-ins of the items and back."""
    inner, outer = matrix[..., :-1, :-1], matrix[..., :-1, -1]
    values, vectors = np.linalg.eigh(inner)
    roots = np.sqrt(np.maximum(values, 0.0))
    # The square root of the correlations links items with stand-ins.
    link = (vectors * roots[..., None, :]) @ np.swapaxes(vectors, -1, -2)
    beta = (np.linalg.pinv(link, rcond=FLAT, hermitian=True) @ outer[..., None])[..., 0]
    return ((link**2) @ (beta**2)[..., None])[..., 0]


def shares(matrix: Figures) -> Figures:
    """Shapley values as shares of what is explained, 0–1; nan where nothing is."""
    values = np.maximum(shapley(matrix), 0.0)
    whole = values.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > FLAT, values / whole, np.nan)
