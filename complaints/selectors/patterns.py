"""Where complaints pile up: more in a week than chance would bring (mass complaints), and the same
flat with the same matter again.

The count of the last seven days of a project and first-level category is compared with what the
twelve weeks before it let expect. How likely so many are by chance is the upper tail of the
Poisson distribution; below the policy `complaints.cluster_chance` the pair is pointed out.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q

from complaints.models import Case, Category
from complaints.states import State
from regions.models import OrgUnit
from regions.policies import policy_values

WEEK = timedelta(days=7)
WEEKS_BEFORE = 12
# One complaint in a quiet project is no cluster, however unlikely.
FEWEST = 3
# A pair without any history is expected to bring one case in so many weeks.
QUIET_WEEKS = 12


@dataclass(frozen=True, slots=True)
class Cluster:
    """Cases of a project and category in the last week beside what was expected."""

    unit: OrgUnit
    category: Category | None
    count: int
    expected: float
    chance: float  # of so many or more, 0 to 1


def at_least(count: int, expected: float) -> float:
    """The probability of `count` or more events where `expected` are expected (Poisson)."""
    term = total = math.exp(-expected)
    for number in range(1, count):
        term *= expected / number
        total += term
    return max(0.0, 1.0 - total) if count > 0 else 1.0


def clusters(user: Any, now: datetime) -> list[Cluster]:
    """The pairs that stand out in the reader's scope, the least likely first. Two queries."""
    rows = list(
        Case.objects.visible_to(user)
        .filter(taken_in_at__gt=now - WEEK * (WEEKS_BEFORE + 1), taken_in_at__lte=now)
        .filter(project__isnull=False)
        .exclude(state=State.MERGED)
        .order_by()
        .values("project_id", "top_category_id")
        .annotate(
            recent=Count("pk", filter=Q(taken_in_at__gt=now - WEEK)),
            earlier=Count("pk", filter=Q(taken_in_at__lte=now - WEEK)),
        )
        .filter(recent__gte=FEWEST)
    )
    units = OrgUnit.objects.in_bulk({row["project_id"] for row in rows})
    categories = Category.objects.in_bulk({row["top_category_id"] for row in rows} - {None})
    limits = policy_values("complaints.cluster_chance")
    found = []
    for row in rows:
        expected = max(row["earlier"] / WEEKS_BEFORE, 1 / QUIET_WEEKS)
        chance = at_least(row["recent"], expected)
        if chance * 100 < float(limits.get(row["project_id"], 0)):
            category = categories.get(row["top_category_id"])
            found.append(
                Cluster(units[row["project_id"]], category, row["recent"], expected, chance)
            )
    return sorted(found, key=lambda one: one.chance)


def cases_of(user: Any, cluster_unit: int, category: int | None, now: datetime) -> Iterator[Case]:
    """The open cases of the last week behind a cluster."""
    return iter(
        Case.objects.visible_to(user)
        .open()
        .filter(
            project_id=cluster_unit,
            top_category_id=category,
            taken_in_at__gt=now - WEEK,
            parent=None,
        )
        .select_related("category", "level", "handler")
        .order_by("-taken_in_at", "-pk")[:200]
    )


def earlier_of_same(
    *, flat: Any, room: str, unit: int, category: Category | None, since: datetime
) -> Case | None:
    """The latest case of the same flat and category since a moment: what a new one repeats."""
    where = Q(flat=flat) if flat is not None else Q(room=room, unit_id=unit)
    if category is None or (flat is None and not room):
        return None
    return (
        Case.objects.filter(where, category=category, taken_in_at__gte=since)
        .exclude(state__in=(State.MERGED, State.REJECTED))
        .order_by(F("taken_in_at").desc())
        .first()
    )
