"""Notices about log-ins: who publishes them, and which sanction comes next (LOG-03, LOG-08)."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.models import Reach, RoleGrant, User
from compliance.models import Circular, CircularState, Lapse, Sanction, SanctionState
from regions.models import OrgUnit
from regions.policies import policy

PUBLISH = "compliance.publish_circular"
LADDER_DAYS = 366  # sanctions of the last year count


def publishers(unit: OrgUnit) -> QuerySet[User]:
    """Active people who may publish the notice of a unit."""
    above = [pk for pk in unit.ancestor_ids() if pk != unit.pk]
    grants = RoleGrant.objects.now().filter(
        Q(role__reach=Reach.GROUP)
        | Q(unit=unit, role__reach__in=(Reach.UNIT, Reach.SUBTREE))
        | Q(unit__in=above, role__reach=Reach.SUBTREE),
        role__permissions__codename="publish_circular",
        role__permissions__content_type__app_label="compliance",
    )
    return User.objects.active().filter(pk__in=grants.values("user"))


def next_step(person: User, unit: OrgUnit, on: dt.date | None = None) -> tuple[str, Decimal] | None:
    """The step of the unit's ladder that comes next for a person, and the sum it costs (yuan).

    None where the unit has no ladder. Void sanctions do not count.
    """
    steps = policy("compliance.sanctions", unit=unit)
    if not steps:
        return None
    since = (on or timezone.localdate()) - dt.timedelta(days=LADDER_DAYS)
    count = Sanction.objects.counting().filter(person=person, imposed_at__date__gte=since).count()
    step = steps[min(count, len(steps) - 1)]
    sum_ = policy("compliance.log_in_penalty", unit=unit) if step == "economic" else Decimal(0)
    return step, sum_


def circulars(reader: Any) -> QuerySet[Circular]:
    """Notices in reach, drafts first, then the latest."""
    rows = Circular.objects.visible_to(reader).exclude(state=CircularState.DROPPED)
    named = Count("lines", filter=Q(lines__left_out=""))
    return rows.select_related("unit", "published_by").annotate(named=named)


def lapses(reader: Any, *, unit: OrgUnit | None = None, open_only: bool = True) -> QuerySet[Lapse]:
    """Lapses in reach, the latest first."""
    rows = Lapse.objects.visible_to(reader)
    if unit is not None:
        rows = rows.filter(unit__path__startswith=unit.path)
    if open_only:
        rows = rows.filter(ended_on=None)
    return rows.select_related("person", "unit", "line__circular").order_by("-dated_on", "-pk")


def sanctions(reader: Any, *, appealed: bool = False) -> QuerySet[Sanction]:
    """Sanctions in reach and one's own, the latest first."""
    rows = Sanction.objects.of_or_visible_to(reader)
    if appealed:
        rows = rows.filter(state=SanctionState.APPEALED)
    return rows.select_related("person", "unit", "circular").order_by("-imposed_at", "-pk")
