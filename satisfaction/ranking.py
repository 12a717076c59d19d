"""Ranks with ties, and the quadrant of importance and satisfaction (SAT-09, SAT-03).

Pure functions for pages and reports; formulas and examples: docs/scoring.md.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from statistics import fmean
from typing import TypeVar

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from satisfaction.intervals import Interval

Rank = tuple[int, int]  # the best and the worst place that a unit may truly have
Key = TypeVar("Key")


def ranks(figures: Mapping[Key, Interval | None]) -> dict[Key, Rank | None]:
    """The places of units from the intervals of their figures, 1 for the highest.

    A unit stands behind those whose interval lies wholly above its own and before those whose
    interval lies wholly below; with all whose interval overlaps its own it is tied. So three
    units of which none is surely better are each 1–3. None for a unit without an interval: give
    None for units with too few answers, they bear no rank and count in nobody's.
    """
    known = {key: interval for key, interval in figures.items() if interval is not None}
    lows = sorted(low for low, _high in known.values())
    highs = sorted(high for _low, high in known.values())
    found: dict[Key, Rank | None] = dict.fromkeys(figures)
    for key, (low, high) in known.items():
        above = len(lows) - bisect_right(lows, high)
        below = bisect_left(highs, low)
        found[key] = (1 + above, len(known) - below)
    return found


class Quarter(TextChoices):
    """What to do about an item, by how much it matters and how good it is."""

    IMPROVE_FIRST = "improve_first", pgettext_lazy("quadrant", "Improve first")
    KEEP = "keep", pgettext_lazy("quadrant", "Keep it up")
    LOW_PRIORITY = "low_priority", pgettext_lazy("quadrant", "Low priority")
    OVERDONE = "overdone", pgettext_lazy("quadrant", "No more needed")


def quadrant(items: Mapping[Key, tuple[float, float]]) -> dict[Key, Quarter]:
    """Item → quarter, from (importance, satisfaction) of each item of a unit.

    The cuts are the means of both over the items; an item on a cut counts as above it. Leave out
    items that lack one of the two.
    """
    if not items:
        return {}
    matters, pleases = cuts(items)
    quarters = {
        (True, False): Quarter.IMPROVE_FIRST,
        (True, True): Quarter.KEEP,
        (False, False): Quarter.LOW_PRIORITY,
        (False, True): Quarter.OVERDONE,
    }
    return {
        key: quarters[importance >= matters, satisfaction >= pleases]
        for key, (importance, satisfaction) in items.items()
    }


def cuts(items: Mapping[Key, tuple[float, float]]) -> tuple[float, float]:
    """Where the quadrant is cut: mean importance and mean satisfaction of its items."""
    importances, ratings = zip(*items.values(), strict=True)
    # A mean of equal values must not lie a hair above them, or all would fall below the cut.
    return (
        min(fmean(importances), max(importances)),
        min(fmean(ratings), max(ratings)),
    )
