"""What pages of the organisation read."""

from regions.selectors.changes import changes_for, changes_of, unit_by_code, units_seen, versions_of
from regions.selectors.history import PastUnit, Relation, places_on, tree_on
from regions.selectors.sections import (
    SectionLine,
    counts_of,
    members_for,
    reaches_whole,
    sections_for,
    units_of,
)
from regions.selectors.units import (
    WORKING,
    Head,
    children_of,
    heads_of,
    held_today,
    posts_of,
    search_units,
    units_in_tree,
)

__all__ = [
    "Head",
    "PastUnit",
    "Relation",
    "SectionLine",
    "WORKING",
    "changes_for",
    "changes_of",
    "children_of",
    "counts_of",
    "heads_of",
    "held_today",
    "members_for",
    "places_on",
    "posts_of",
    "reaches_whole",
    "search_units",
    "sections_for",
    "tree_on",
    "unit_by_code",
    "units_in_tree",
    "units_of",
    "units_seen",
    "versions_of",
]
