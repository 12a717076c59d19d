"""What units inherit from above, and how that changes when they hang elsewhere (for previews)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from regions.models import CalendarException, CalendarUse, PolicyValue
from regions.policies.registry import find

Way = tuple[int, ...]
Pairs = Iterable[tuple[Way, Way]]


def moved_ways(
    before: Mapping[int, Way], after: Mapping[int, Way], split_from: Mapping[int, int]
) -> list[tuple[Way, Way]]:
    """The ways from the group down to each unit before and after, where they differ.

    `split_from` says from which unit a new one was split: its rows inherited there until now.
    """
    pairs = []
    for pk, now in after.items():
        was = before.get(pk) or before.get(split_from.get(pk, 0))
        if was is not None and was != now:
            pairs.append((was, now))
    return pairs


def rules_of_other_origin(pairs: Pairs, day: date) -> list[str]:
    """Keys of the policies that at least one unit takes from another unit than before."""
    pairs = list(pairs)
    return sorted(
        key
        for key, said in _said(day).items()
        if any(_nearest(was, said) != _nearest(now, said) for was, now in pairs)
    )


def units_of_other_hours(pairs: Pairs) -> int:
    """How many units follow other calendars or exceptions of units above than before."""
    uses = CalendarUse.objects.values_list("unit", flat=True)
    exceptions = CalendarException.objects.exclude(unit=None).values_list("unit", flat=True)
    marked = {*uses, *exceptions}
    return sum(
        [pk for pk in was if pk in marked] != [pk for pk in now if pk in marked]
        for was, now in pairs
    )


def _said(day: date) -> dict[str, set[int]]:
    """By policy that may differ below the group: the units that say something on a day."""
    rows = PolicyValue.objects.in_force(day)
    said: dict[str, set[int]] = defaultdict(set)
    for key, unit, value in rows.values_list("key", "unit_id", "value"):
        if value is not None and _differs_below(key):
            said[key].add(unit)
    return said


def _differs_below(key: str) -> bool:
    """Whether units may differ; a policy that no code defines any more holds nowhere."""
    try:
        return find(key).differs_below
    except LookupError:
        return False


def _nearest(way: Way, said: set[int]) -> int | None:
    """The unit nearest to the end of a way that says something."""
    return next((pk for pk in reversed(way) if pk in said), None)
