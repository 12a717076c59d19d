"""Categories and levels as forms offer them, and the category that an owner's words point to."""

from collections.abc import Sequence
from typing import Any

from complaints.models import Category, Level


def offered_categories() -> list[Category]:
    """The tree of categories offered at intake: a first level, then its second level."""
    rows = list(
        Category.objects.filter(is_offered=True).select_related("parent", "level", "parent__level")
    )
    tops = [one for one in rows if one.parent_id is None]
    return [one for top in tops for one in (top, *(c for c in rows if c.parent_id == top.pk))]


def offered_levels() -> list[Level]:
    """The levels offered at intake."""
    return list(Level.objects.filter(is_offered=True))


def grouped(categories: Sequence[Category]) -> list[Any]:
    """Choices for a select: a group for each first level, itself as its first line."""
    groups = []
    for top in (one for one in categories if one.parent_id is None):
        lines = [(top.pk, top.name)]
        lines += [(one.pk, str(one)) for one in categories if one.parent_id == top.pk]
        groups.append((top.name, lines))
    return groups


def proposed_category(content: str, categories: Sequence[Category]) -> Category | None:
    """The category most of whose words stand in the content; of equals the longest word wins."""
    best, proposed = (0, 0), None
    for category in categories:
        found = [word for word in category.words.split() if word in content]
        rank = (len(found), max(map(len, found), default=0))
        if rank > best:
            best, proposed = rank, category
    return proposed
