"""Improvement measures: the list, one measure, and whether it helped in figures (CMP-19)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.scopes import narrow
from complaints.models import Case, Measure, MeasureState
from complaints.states import VIEW
from core.keyset import Key, Order
from core.scope import scope_of
from regions.models import OrgUnit

SOONEST = Order("due", "due_on", kind="date")
LATEST = Order("-due", "due_on", descending=True, kind="date")
OVERDUE = "overdue"
SPAN = 90  # days that are compared at most


@dataclass(frozen=True, slots=True)
class MeasureQuery:
    """A filtered list: measures of a `state`, or OVERDUE ones."""

    unit: OrgUnit | None = None
    show: str = MeasureState.OPEN
    cause: str = ""
    mine: Any = None

    @property
    def order(self) -> Order:
        """What waits by its day, what was checked the latest first."""
        return LATEST if self.show == MeasureState.CHECKED else SOONEST

    def refine(self, measures: Any) -> Any:
        """The conditions beside scope."""
        if self.show == OVERDUE:
            measures = measures.filter(due_on__lt=timezone.localdate(), state=MeasureState.OPEN)
        else:
            measures = measures.filter(state=self.show)
        if self.cause:
            measures = measures.filter(cause=self.cause)
        return measures.filter(owner=self.mine) if self.mine else measures


def measure_parts(user: Any, query: MeasureQuery) -> list[QuerySet]:
    """Querysets whose union is the list, one a branch of the reader's scope."""
    scope = scope_of(user, VIEW)
    if query.unit:
        scope = narrow(scope, query.unit, below=True)
    return [query.refine(part) for part in Measure.objects.all().branches_of(scope, VIEW)]


def measure_rows(keys: Iterable[Key]) -> list[Measure]:
    """The measures of these keys with all that a row shows, in one query."""
    wanted = [key.pk for key in keys]
    found = Measure.objects.select_related("unit", "owner", "category__parent").in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]


def measure_in_reach(user: Any, pk: int) -> Measure | None:
    """One measure in reach with what its page shows, or None."""
    return (
        Measure.objects.visible_to(user)
        .select_related("unit", "owner", "category__parent", "done_by", "checked_by", "entered_by")
        .filter(pk=pk)
        .first()
    )


def measures_of(user: Any, case: Case) -> list[Measure]:
    """The measures that came of a case and that the reader sees."""
    seen = Measure.objects.visible_to(user).filter(cases=case)
    return list(seen.select_related("owner").order_by("due_on", "pk"))


@dataclass(frozen=True, slots=True)
class Effect:
    """Cases of the measure's category in its branch: in `days` days before it was given, and in as
    many since it was carried out. Only those that the reader sees."""

    days: int
    before: int
    after: int


def effect_of(user: Any, measure: Measure) -> Effect | None:
    """How many cases came before and after; None before the day after it was carried out, and
    for a measure without category."""
    if measure.done_at is None or measure.category is None:
        return None
    days = min(SPAN, (timezone.now() - measure.done_at).days)
    if days < 1:
        return None
    span = timedelta(days=days)
    cases = Case.objects.visible_to(user).filter(
        Q(category=measure.category) | Q(top_category=measure.category),
        unit__in=OrgUnit.objects.below(measure.unit),
    )
    start, done = measure.created_at, measure.done_at
    return Effect(
        days=days,
        before=cases.filter(taken_in_at__gte=start - span, taken_in_at__lt=start).count(),
        after=cases.filter(taken_in_at__gte=done, taken_in_at__lt=done + span).count(),
    )
