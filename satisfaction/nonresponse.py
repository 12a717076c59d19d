"""Whether those who answered are like those who were drawn: a chi-square test.

Drawn people are cut in two, answered or not, and sorted by stage, project or age of the hand-over.
Where the parts are alike, p is large: differences of this size come about by chance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEVEL = 0.05
FEWEST = 5  # expected people in a cell, below which the test says nothing


@dataclass(frozen=True, slots=True)
class Part:
    """A group among the drawn."""

    label: str
    drawn: int
    answered: int
    drawn_share: float
    answered_share: float | None


@dataclass(frozen=True, slots=True)
class Contrast:
    """The drawn against those who answered. `p` is None where the groups are too small; `widest`
    is the part whose share moved most."""

    parts: Sequence[Part]
    drawn: int
    answered: int
    p: float | None
    widest: Part | None

    @property
    def differs(self) -> bool:
        return self.p is not None and self.p < LEVEL


def contrast(groups: Mapping[str, tuple[int, int]]) -> Contrast:
    """Compare groups: label → (drawn, answered among them)."""
    groups = {label: pair for label, pair in groups.items() if pair[0]}
    drawn = sum(pair[0] for pair in groups.values())
    answered = sum(pair[1] for pair in groups.values())
    parts = [
        Part(label, one, two, one / drawn, two / answered if answered else None)
        for label, (one, two) in groups.items()
    ]
    moved = [part for part in parts if part.answered_share is not None]
    widest = max(
        moved, key=lambda part: abs((part.answered_share or 0) - part.drawn_share), default=None
    )
    return Contrast(parts, drawn, answered, _p(list(groups.values())), widest)


def _p(pairs: Sequence[tuple[int, int]]) -> float | None:
    table = [[answered, drawn - answered] for drawn, answered in pairs]
    if len(table) < 2 or not all(map(sum, zip(*table, strict=True))):
        return None
    from scipy.stats import chi2_contingency  # loading it takes longer than most processes live

    result = chi2_contingency(table, correction=False)
    # Cochran: the approximation holds when few expected counts are small and none is tiny.
    expected = result.expected_freq.ravel()
    if (expected < 1).any() or (expected < FEWEST).mean() > 0.2:
        return None
    return float(result.pvalue)
