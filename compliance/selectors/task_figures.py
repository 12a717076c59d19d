"""How tasks of a unit were kept, month by month."""

from datetime import date
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncMonth
from django.utils import timezone

from compliance.models import Assignment, AssignmentState
from core.scope import Scope
from regions.calendars import worktime_of


def late() -> Q:
    """Open after its time, or done after it."""
    return Q(state=AssignmentState.OPEN, due_at__lt=timezone.now()) | Q(
        state=AssignmentState.DONE, finished_at__gt=F("due_at")
    )


def due_between(rows: QuerySet[Assignment], first: date, last: date) -> QuerySet[Assignment]:
    """Those of some tasks that are due in a span of days, both counted."""
    clock = worktime_of(None)
    after = clock.midnight(date.fromordinal(last.toordinal() + 1))
    return rows.filter(due_at__gte=clock.midnight(first), due_at__lt=after)


def due_in(scope: Scope, first: date, last: date) -> QuerySet[Assignment]:
    """Tasks of a scope that were due in a span of days, both counted; cancelled ones left out."""
    rows = due_between(Assignment.objects.filter(scope.q(())), first, last)
    return rows.exclude(state=AssignmentState.CANCELLED)


def late_by_month(scope: Scope, first: date, last: date) -> dict[date, tuple[int, int]]:
    """First day of a month → (tasks late, tasks due)."""
    rows = due_in(scope, first, last).annotate(month=TruncMonth("due_at")).order_by()
    found: Any = rows.values("month").annotate(all=Count("pk"), late=Count("pk", filter=late()))
    return {row["month"].date(): (row["late"], row["all"]) for row in found}


def late_rows(scope: Scope, first: date, last: date, most: int) -> list[Assignment]:
    """The late ones, open ones first."""
    rows = due_in(scope, first, last).filter(late()).select_related("to", "unit")
    return list(rows.order_by("-state", "due_at", "pk")[:most])
