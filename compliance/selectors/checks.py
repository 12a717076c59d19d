"""What the registered checks find at present: per rule, and as points of units."""

from collections import defaultdict
from typing import Any

from django.db.models import Count, QuerySet

from compliance.models import Finding
from compliance.selectors.reach import whole_units
from compliance.selectors.staffing import FINDINGS
from compliance.states import FINDING_LIVE, WEIGHTS, Severity
from regions.models import OrgUnit


def _live(reader: Any) -> QuerySet[Finding]:
    rows: QuerySet[Finding] = Finding.objects.visible_to(reader, FINDINGS)
    return rows.filter(state__in=FINDING_LIVE).order_by()


def live_by_rule(reader: Any) -> dict[str, int]:
    """Rule → findings in reach that are not mended."""
    return dict(_live(reader).values_list("rule").annotate(count=Count("pk")))


def lowest_points(reader: Any, most: int) -> list[tuple[OrgUnit, int]]:
    """Units that a reader sees whole with fewer than the 100 points that each begins with, the
    lowest first: a unit answers for its own findings alone."""
    lost: dict[int, int] = defaultdict(int)
    rows = _live(reader).filter(unit__in=whole_units(reader, FINDINGS))
    for unit, severity, count in rows.values_list("unit", "severity").annotate(count=Count("pk")):
        lost[unit] += WEIGHTS[Severity(severity)] * count
    points = sorted((max(0, 100 - taken), unit) for unit, taken in lost.items())[:most]
    units = OrgUnit.objects.in_bulk([unit for _points, unit in points])
    return [(units[unit], left) for left, unit in points]
