"""Whom a change of a rule touches: apps that use a rule say it, the preview shows it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from regions.policies.registry import Policy


@dataclass(frozen=True)
class Change:
    """What is about to change: the rule, the units whose value will differ, from when, for whom."""

    rule: Policy
    unit_ids: Sequence[int]
    value: Any
    on: date
    reader: Any


@dataclass(frozen=True)
class Touch:
    """A sentence with its number and, where one exists, the page of exactly those rows."""

    sentence: str
    count: int
    url: str = ""


Counter = Callable[[Change], Touch | None]
_COUNTERS: list[tuple[str, Counter]] = []


def touches(pattern: str) -> Callable[[Counter], Counter]:
    """Register a function that counts what changes of the rules of a pattern touch.

    `pattern` is a key or "app.*". The function gives None where there is nothing to say.
    """

    def register(counter: Counter) -> Counter:
        _COUNTERS.append((pattern, counter))
        return counter

    return register


def touched(change: Change) -> list[Touch]:
    """What every interested app says about a change, in the order of registration."""
    if not change.unit_ids:
        return []
    asked = [counter for key, counter in _COUNTERS if fnmatchcase(change.rule.key, key)]
    said = (counter(change) for counter in asked)
    return [touch for touch in said if touch is not None]
