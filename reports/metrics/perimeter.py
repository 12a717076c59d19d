"""Whose figures: the units of a branch on a day, and those of them that a reader sees whole."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils import timezone

from core.scope import scope_of
from regions.models import OrgUnit
from regions.selectors import places_on

Paths = dict[int, tuple[int, ...]]


def paths_on(day: dt.date) -> Paths:
    """Every unit that ever was → the keys from the group down to where its rows lie on a day."""
    relation = places_on(day)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT unit_id, path FROM ({relation.sql}) p", relation.params)  # noqa: S608
        return {unit: tuple(path) for unit, path in cursor.fetchall()}


@dataclass(slots=True)
class Perimeter:
    """A unit, with those below it or alone, in the tree of a day, for one reader.

    The tree is that of the day, so that a past figure stays what it was when units move; what of
    it the reader sees is decided by the tree of today, as everywhere.
    """

    reader: Any
    unit: OrgUnit
    below: bool = True
    day: dt.date | None = None
    today: dt.date = field(default_factory=timezone.localdate)
    known: Paths | None = None  # the tree of today, where it was read already
    paths: Paths = field(init=False)
    present: Paths = field(init=False)
    _whole: dict[Any, frozenset[int]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.present = self.known if self.known is not None else paths_on(self.today)
        day = min(self.day or self.today, self.today)
        # Rows may be older than the tree: before its first day they lie where they lie today.
        self.paths = self.present if day == self.today else paths_on(day) or self.present

    def units(self) -> frozenset[int]:
        """All units of the branch, those merged into one of them too."""
        return self.units_of(self.unit.pk, below=self.below)

    def units_of(self, top: int, *, below: bool = True) -> frozenset[int]:
        """The units of a branch, or those whose rows lie in one unit alone."""
        return frozenset(
            unit for unit, path in self.paths.items() if (top in path if below else path[-1] == top)
        )

    def whole(self, right: str) -> frozenset[int]:
        """Those of the units that the reader sees whole with a right."""
        scope = scope_of(self.reader, right)
        known = scope.branches
        if known not in self._whole:
            if scope.everything:
                seen = self.units()
            else:
                branches = {one.unit_id for one in known if one.column != "unit_id"}
                alone = {one.unit_id for one in known if one.column == "unit_id"}
                seen = frozenset(
                    unit
                    for unit in self.units()
                    if unit in alone or not branches.isdisjoint(self.present.get(unit, ()))
                )
            self._whole[known] = seen
        return self._whole[known]

    def is_own(self, right: str) -> bool:
        """Whether the reader sees only own rows in a part of his reach, so that stored figures of
        units would tell him too much."""
        return bool(scope_of(self.reader, right).own)


class OwnWork(Perimeter):
    """What counts for the reader himself, wherever he did it: from his own rows, in every unit."""

    __slots__ = ()

    def units(self) -> frozenset[int]:
        """All units: whose work it is decides, not where it lies."""
        return frozenset(self.paths)

    def is_own(self, right: str) -> bool:
        """Work of one person is never read from the sums of units."""
        return True
