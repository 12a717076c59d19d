"""The indicator tree: what the group asks, weighed on three levels (SAT-10). No database here.

An indicator under which items were asked has the mean of their ratings on 0–100 as its index; one
above others has Σ weight × index / Σ weight over those of its children that were answered. The
index of a unit is that of the whole tree. Formulas and an example: docs/scoring.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satisfaction.intervals import Figures, share_of
from satisfaction.scales import FULL

Indices = dict[int, tuple[NDArray[Any], Figures]]


@dataclass(frozen=True, slots=True)
class Node:
    """An indicator as a run used it; `parent` None for a field of the first level."""

    key: int
    parent: int | None
    level: int
    weight: Decimal


class Tree:
    """The indicators under which a wave asked something, and all above them."""

    def __init__(self, nodes: Iterable[Node], homes: Mapping[int, int]) -> None:
        """`homes` names the indicator of each item that has one. Indicators that no item
        reaches are left out."""
        known = {node.key: node for node in nodes}
        used: set[int] = set()
        for home in homes.values():
            key: int | None = home
            while key is not None and key not in used:
                used.add(key)
                key = known[key].parent
        self.homes = dict(homes)
        # The deepest first, so that children are known before their parents.
        self.nodes = sorted((known[key] for key in used), key=lambda n: (-n.level, n.key))

    def indices(self, items: Sequence[int], n: NDArray[Any], points: NDArray[Any]) -> Indices:
        """Indicator → (ratings, index on 0–100; nan where nobody answered).

        `n` counts the ratings of items and `points` adds them up in steps of scales.FULL; the
        last axis are `items`, what lies before it are cells or resamples.
        """
        found: Indices = {}
        for node in self.nodes:
            mine = [place for place, item in enumerate(items) if self.homes.get(item) == node.key]
            parts = [
                (float(below.weight), *found[below.key])
                for below in self.nodes
                if below.parent == node.key
            ]
            if mine:
                rated = n[..., mine].sum(axis=-1)
                own = 100 / FULL * share_of(points[..., mine].sum(axis=-1), rated)
                if not parts:
                    found[node.key] = (rated, own)
                    continue
                # Items beside indicators count like one more of these, of their mean weight.
                parts.append((sum(part[0] for part in parts) / len(parts), rated, own))
            found[node.key] = _together(parts)
        return found

    def weight_of(self, key: int) -> Decimal:
        """The weight of an indicator among its siblings."""
        return next(node.weight for node in self.nodes if node.key == key)

    def as_json(self) -> list[dict[str, Any]]:
        """Indicators with parent and weight, for the record of a run."""
        return [
            {
                "key": node.key,
                "parent": node.parent,
                "level": node.level,
                "weight": str(node.weight),
            }
            for node in self.nodes
        ]

    @classmethod
    def from_json(cls, nodes: Iterable[Mapping[str, Any]], homes: Mapping[int, int]) -> "Tree":
        """The tree of an earlier run."""
        found = [
            Node(one["key"], one["parent"], one["level"], Decimal(one["weight"])) for one in nodes
        ]
        return cls(found, homes)

    def root(self, indices: Indices) -> Figures | None:
        """The index of the whole; None when nothing that was asked is in the tree."""
        tops = [
            (float(node.weight), *indices[node.key]) for node in self.nodes if node.parent is None
        ]
        return _together(tops)[1] if tops else None


def _together(
    parts: Sequence[tuple[float, NDArray[Any], Figures]],
) -> tuple[NDArray[Any], Figures]:
    """Σ weight × index / Σ weight over the parts that were answered."""
    above = below = np.zeros(parts[0][1].shape)
    rated = np.zeros(parts[0][1].shape, parts[0][1].dtype)
    for weight, n, index in parts:
        answered = ~np.isnan(index)
        above = above + np.where(answered, weight * index, 0.0)
        below = below + np.where(answered, weight, 0.0)
        rated = rated + n
    return rated, share_of(above, below)
