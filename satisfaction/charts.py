"""Geometry of drawn figures: places in per cent, so that a page needs neither script nor style."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis: where it stands in per cent, and what it says."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` at 0 % to `high` at 100 %, with marks at round values."""

    low: float
    high: float
    ticks: tuple[Tick, ...]

    def place(self, value: float) -> float:
        """Per cent of the way from low to high, kept inside."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(max(share, 0.0), 1.0), 2)

    def height(self, value: float, top: float, bottom: float) -> float:
        """The same upright: pixels from the upper edge."""
        return round(bottom - (bottom - top) * self.place(value) / 100, 1)


def axis_for(values: Iterable[float], *, least: float, bounds: tuple[float, float]) -> Axis:
    """An axis that holds all values with about five marks; `least` is its shortest span, `bounds`
    are never left."""
    known = list(values) or [bounds[0], bounds[1]]
    low, high = min(known), max(known)
    if high - low < least:
        middle = (low + high) / 2
        low, high = middle - least / 2, middle + least / 2
    step = _step((high - low) / 5)
    low = max(math.floor(low / step + 1e-9) * step, bounds[0])
    high = min(math.ceil(high / step - 1e-9) * step, bounds[1])
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) + (step * 10 % 1 > 1e-9)
    marks = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    ticks = tuple(
        Tick(round(100 * (n * step - low) / (high - low), 2), f"{n * step:.{digits}f}")
        for n in marks
    )
    return Axis(low, high, ticks)


def _step(rough: float) -> float:
    size = 10 ** math.floor(math.log10(rough))
    return next(step * size for step in STEPS if step * size >= rough - 1e-12)


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure with its interval on an axis, in per cent."""

    at: float
    low: float
    high: float

    @property
    def is_exact(self) -> bool:
        return self.low == self.high


def bar_on(axis: Axis, value: float, low: float | None, high: float | None) -> Bar:
    """Where a figure and its interval stand; without interval both ends are the figure."""
    at = axis.place(value)
    if low is None or high is None:
        return Bar(at, at, at)
    return Bar(at, axis.place(low), axis.place(high))
