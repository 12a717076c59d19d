"""The annual plan as a grid: units down, months across (SAT-04)."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from regions.models import OrgUnit
from satisfaction.models import SurveyPlan

MONTHS = range(1, 13)


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A unit with its lines by month, January first."""

    unit: OrgUnit
    months: list[list[SurveyPlan]]


def plan_rows(user: Any, year: int, unit: OrgUnit | None = None) -> list[PlanRow]:
    """The plan of a year in reach, perhaps of one branch; units in the order of the tree."""
    lines = SurveyPlan.objects.visible_to(user).filter(year=year)
    if unit is not None:
        lines = lines.filter(unit__in=OrgUnit.objects.below(unit))
    cells: dict[tuple[int, int], list[SurveyPlan]] = defaultdict(list)
    units: dict[int, OrgUnit] = {}
    for line in _shown(lines).order_by("month", "pk"):
        units[line.unit_id] = line.unit
        cells[line.unit_id, line.month].append(line)
    ordered = sorted(units.values(), key=lambda one: one.ancestor_ids())
    return [PlanRow(one, [cells[one.pk, month] for month in MONTHS]) for one in ordered]


def plan_in_reach(user: Any, pk: int) -> SurveyPlan | None:
    """One line with its steps, or None."""
    lines = _shown(SurveyPlan.objects.visible_to(user))
    return lines.prefetch_related("steps__person").filter(pk=pk).first()


def _shown(lines: QuerySet[SurveyPlan]) -> QuerySet[SurveyPlan]:
    return lines.select_related("unit", "questionnaire", "responsible", "wave")
