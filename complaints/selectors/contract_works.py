"""Works of contractors: the list, and those of one case with their parts and costs."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from accounts.scopes import narrow
from complaints.models import (
    Bearer,
    Case,
    CaseFile,
    Contractor,
    CostLine,
    FileRole,
    WorkOrder,
)
from complaints.states import ASSIGN, VIEW
from complaints.work_states import GOING_ON, UNFINISHED, WorkState
from core.keyset import Key, Order
from core.scope import scope_of
from regions.models import OrgUnit

SOONEST = Order("until", "planned_until", kind="date")
LATEST = Order("-until", "planned_until", descending=True, kind="date")
UNFINISHED_ONES, LATE_ONES, ALL = "", "late", "all"


@dataclass(frozen=True, slots=True)
class WorkQuery:
    """A filtered list of works. `show` is UNFINISHED_ONES, LATE_ONES, a state, or ALL."""

    unit: OrgUnit | None = None
    show: str = UNFINISHED_ONES
    contractor: Contractor | None = None

    @property
    def order(self) -> Order:
        """What waits for somebody is shown by its day, what has ended the latest first."""
        ended = self.show in (ALL, WorkState.ACCEPTED, WorkState.CANCELLED)
        return LATEST if ended else SOONEST

    def refine(self, works: Any) -> Any:
        """The conditions beside scope."""
        if self.contractor:
            works = works.filter(contractor=self.contractor)
        if self.show == LATE_ONES:
            return works.late(timezone.localdate())
        if self.show == UNFINISHED_ONES:
            return works.unfinished()
        return works if self.show == ALL else works.filter(state=self.show)


def work_parts(user: Any, query: WorkQuery) -> list[QuerySet]:
    """Querysets whose union is the list, one a branch of the reader's scope."""
    scope = scope_of(user, VIEW)
    if query.unit:
        scope = narrow(scope, query.unit, below=True)
    return [query.refine(part) for part in WorkOrder.objects.all().branches_of(scope, VIEW)]


def work_rows(keys: Iterable[Key]) -> list[WorkOrder]:
    """The works of these keys with all that a row shows, in one query."""
    wanted = [key.pk for key in keys]
    found = WorkOrder.objects.select_related("case", "unit", "contractor").in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]


def work_in_reach(user: Any, pk: int) -> WorkOrder | None:
    """One work in reach with what its page shows, or None."""
    return (
        WorkOrder.objects.visible_to(user)
        .select_related(
            "case__unit", "case__handler", "case__category__parent", "unit", "contractor",
            "accepted_by", "entered_by",
        )
        .prefetch_related("parts", "costs")
        .filter(pk=pk)
        .first()
    )  # fmt: skip


def works_of(case: Case) -> list[WorkOrder]:
    """The works of a case, those that still go on first."""
    rows = case.works.select_related("contractor", "accepted_by").prefetch_related("parts")
    return sorted(
        rows.order_by("planned_until", "pk"), key=lambda work: work.state not in UNFINISHED
    )


def total_of(work: WorkOrder) -> Decimal:
    """Labour and parts of a work in yuan."""
    parts = sum((part.cost for part in work.parts.all()), Decimal("0.00"))
    return parts + (work.labour_cost or 0)


def photos_of(work: WorkOrder) -> list[tuple[str, list[CaseFile]]]:
    """The files of a work by what they show: before it, after it, others."""
    files = list(CaseFile.objects.filter(work=work).order_by("uploaded_at", "pk"))
    groups = [
        (str(FileRole(role).label), [one for one in files if one.role == role])
        for role in (FileRole.BEFORE, FileRole.AFTER, FileRole.GENERAL, FileRole.OWNER)
    ]
    return [(label, rows) for label, rows in groups if rows]


def contractors_for(unit: OrgUnit) -> list[Contractor]:
    """Whom works of a unit may be given to, by name."""
    return list(Contractor.objects.offered_in(unit).order_by("name", "pk"))


def contractors_of(user: Any) -> list[Contractor]:
    """Contractors in reach of whoever keeps the lists, with their works that go on and are late."""
    late = Q(works__state__in=GOING_ON, works__planned_until__lt=timezone.localdate())
    return list(
        Contractor.objects.visible_to(user, ASSIGN)
        .select_related("unit")
        .annotate(
            going_on=Count("works", filter=Q(works__state__in=UNFINISHED)),
            late=Count("works", filter=late),
        )
        .order_by("unit__path", "name", "pk")
    )


def contractors_seen(user: Any) -> QuerySet[Contractor]:
    """Contractors by which a reader may filter: of his branches and of the units above them."""
    units = OrgUnit.objects.visible_to(user, VIEW)
    scope = scope_of(user, VIEW)
    roots = [one.unit_id for one in (*scope.branches, *scope.own) if one.unit_id]
    above = {key for root in OrgUnit.objects.filter(pk__in=roots) for key in root.ancestor_ids()}
    return Contractor.objects.filter(Q(unit__in=units) | Q(unit__in=above)).order_by("name", "pk")


def costs_of(case: Case) -> list[CostLine]:
    """What a case cost, line by line."""
    return list(case.costs.select_related("entered_by", "work"))


def by_bearer(costs: Iterable[CostLine]) -> list[tuple[str, Decimal]]:
    """Who bears how much, the largest part first."""
    sums: dict[str, Decimal] = {}
    for line in costs:
        sums[line.bearer] = sums.get(line.bearer, Decimal(0)) + line.amount
    pairs = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(str(Bearer(bearer).label), amount) for bearer, amount in pairs]


def cost_by_case(keys: Iterable[int]) -> dict[int, Decimal]:
    """What each of these cases cost; those without costs are left out."""
    rows = CostLine.objects.filter(case__in=list(keys)).order_by().values_list("case")
    return dict(rows.annotate(sum=Sum("amount")))


def cost_by_bearer(cases: QuerySet[Case]) -> list[tuple[str, Decimal]]:
    """What a set of cases cost, by who bears it, the largest part first."""
    rows = CostLine.objects.filter(case__in=cases.values("pk")).order_by().values_list("bearer")
    sums = rows.annotate(sum=Sum("amount")).order_by("-sum", "bearer")
    return [(str(Bearer(bearer).label), amount) for bearer, amount in sums]
