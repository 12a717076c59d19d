"""Cases like the one that is being told: of the same building and category, or in the same words.

Only the newest cases of the project are compared, so that a call never waits for an archive.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from complaints.models import Case, Category
from complaints.states import State
from core.values.rooms import parse_room_label
from regions.models import OrgUnit

SPAN = timedelta(days=90)
COMPARED = 200  # newest cases of the project
MOST = 5
ALIKE = 0.35  # share of the pairs of characters that the shorter text has in common with the other
FEWEST = 3  # pairs in common; fewer are chance


@dataclass(frozen=True, slots=True)
class Similar:
    """A former case and why it is shown: `is_near` same building and category, else its words."""

    case: Case
    is_near: bool


def similar_cases(
    user: Any, *, unit: OrgUnit, category: Category | None, content: str, room: str, now: datetime
) -> list[Similar]:
    """Up to MOST cases of the last 90 days in reach, those of the same building first, then by
    how much of their words is the same. One query."""
    rows = (
        Case.objects.visible_to(user)
        .filter(unit=unit, taken_in_at__gte=now - SPAN)
        .exclude(state__in=(State.MERGED, State.REJECTED))
        .select_related("category__parent", "unit")
        .order_by("-taken_in_at", "-pk")[:COMPARED]
    )
    pairs, building = _pairs(content), _building(room)
    ranked: list[tuple[bool, float, Similar]] = []
    for case in rows:
        share = _alike(pairs, _pairs(case.content))
        near = bool(building) and _same_class(case, category) and _building(case.room) == building
        if near or share >= ALIKE:
            ranked.append((near, share, Similar(case, near)))
    ranked.sort(key=lambda one: (one[0], one[1]), reverse=True)
    return [similar for _near, _share, similar in ranked[:MOST]]


def _same_class(case: Case, category: Category | None) -> bool:
    """Whether a case has this category; of a first level, whether it stands under it."""
    if category is None or case.category_id is None:
        return False
    if category.parent_id is None:
        return case.top_category_id == category.pk
    return case.category_id == category.pk


def _building(room: str) -> str:
    parsed = parse_room_label(room) if room else None
    return parsed.building if parsed is not None else ""


def _pairs(text: str) -> frozenset[str]:
    """The pairs of neighbouring letters and characters, without blanks and punctuation."""
    plain = "".join(letter for letter in text if letter.isalnum())
    return frozenset(map("".join, zip(plain, plain[1:], strict=False)))


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    common = len(one & other)
    return common / min(len(one), len(other)) if common >= FEWEST else 0.0
