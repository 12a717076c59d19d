"""What pages of the organisation read."""

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
    "WORKING",
    "children_of",
    "heads_of",
    "held_today",
    "posts_of",
    "search_units",
    "units_in_tree",
]
