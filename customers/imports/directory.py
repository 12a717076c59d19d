"""Finding the project a row means by the three names in it."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy

from core.scope import Scope
from core.values.base import BadValue, Cell, cell_text
from regions.models import Kind, OrgUnit, UnitAlias

# "武汉" in one office's file is "武汉公司" in another's.
SUFFIXES = ("城市公司", "分公司", "公司", "区域平台", "区域", "片区", "城市")


def bare(name: str) -> str:
    """A unit's name without the word for its level."""
    for suffix in SUFFIXES:
        if name.endswith(suffix) and len(name) > len(suffix) + 1:
            return name.removesuffix(suffix)
    return name


def spelled(value: Cell) -> str:
    """A name as it is compared: half-width, without blanks."""
    return "".join(cell_text(value).split())


MESSAGES: dict[str, Any] = {
    "unknown_project": gettext_lazy(
        "The project “{project}” is unknown or not in your scope. Please check its name."
    ),
    "unit_mismatch": gettext_lazy(
        "The region or city does not belong to the project “{project}”. Please correct it."
    ),
}
# The same in short, for lists of reasons.
REASONS = {
    "unknown_project": gettext_lazy("Project unknown"),
    "unit_mismatch": gettext_lazy("Units do not belong together"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """A project, or the code of the reason why there is none."""

    unit: OrgUnit | None
    code: str = ""


class ProjectDirectory:
    """Projects within a scope by name or code, with the names of their cities and regions.

    A project outside the importer's reach is unknown to him: saying more would tell that it is.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.memo: dict[tuple[str, str, str], Found] = {}

    @cached_property
    def units(self) -> dict[int, OrgUnit]:
        return {unit.pk: unit for unit in OrgUnit.objects.all()}

    @cached_property
    def projects(self) -> dict[str, list[OrgUnit]]:
        found: dict[str, list[OrgUnit]] = defaultdict(list)
        visible = OrgUnit.objects.visible_to(self.scope).filter(kind=Kind.PROJECT)
        open_units = {unit.pk: unit for unit in visible.filter(merged_into=None)}
        for unit in open_units.values():
            found[spelled(unit.name)].append(unit)
            found[spelled(unit.code)].append(unit)
        # Files go on using the code that a unit had, or that a unit merged into it had.
        for alias in UnitAlias.objects.filter(unit__in=open_units):
            found[spelled(alias.code)].append(open_units[alias.unit_id])
        return found

    def find(self, region: Cell, city: Cell, project: Cell) -> Found:
        """The one project these names belong to; empty names do not decide."""
        names = (spelled(region), spelled(city), spelled(project))
        if names not in self.memo:
            self.memo[names] = self._find(*names)
        return self.memo[names]

    def key_of(self, region: Cell, city: Cell, project: Cell) -> int:
        """The key of the project these names belong to. Raises BadValue when there is none."""
        found = self.find(region, city, project)
        if found.unit is None:
            words = cell_text(project)[:60]
            raise BadValue(found.code, str(MESSAGES[found.code]).format(project=words))
        return found.unit.pk

    def _find(self, region: str, city: str, project: str) -> Found:
        candidates = self.projects.get(project, [])
        if not candidates:
            return Found(None, "unknown_project")
        fitting = [unit for unit in candidates if self._fits(unit, region, city)]
        return Found(fitting[0]) if fitting else Found(None, "unit_mismatch")

    def _fits(self, project: OrgUnit, region: str, city: str) -> bool:
        region_id, city_id, _ = project.scope_columns()
        return self._is(region_id, region) and self._is(city_id, city)

    def _is(self, unit_id: int | None, name: str) -> bool:
        if not name or unit_id is None:
            return True
        unit = self.units[unit_id]
        own = spelled(unit.name)
        return name in (own, spelled(unit.code)) or bare(name) == bare(own)
