"""The closed loop as pages show it: low answers with their cases, and the shares recovered."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from accounts.scopes import narrow
from complaints.models import Deadline
from complaints.states import OPEN, State
from core.keyset import Key, Order
from core.scope import Scope, scope_of
from regions.models import Kind, OrgUnit
from regions.policies import policy_values
from satisfaction.models import Recovery

RIGHT = "complaints.view_case"
NEWEST = Order("newest", "id", descending=True)
RUNNING = Deadline.objects.filter(met_at=None, dropped=False)  # as complaints.selectors.due
# What the list can be narrowed to: name → condition.
STATES: dict[str, Q] = {
    "open": Q(case__state__in=sorted(OPEN)),
    "closed": Q(case__state=State.CLOSED, again=None),
    "recovered": Q(recovered=True),
    "lost": Q(recovered=False),
    "held_back": Q(case=None),
}


@dataclass(frozen=True, slots=True)
class LoopQuery:
    """A filtered list. Empty fields do not filter."""

    unit: OrgUnit | None = None
    state: str = ""
    cause: str = ""
    wave: str = ""

    def refine(self, rows: Any) -> Any:
        """The conditions beside scope."""
        if self.state in STATES:
            rows = rows.filter(STATES[self.state])
        if self.cause:
            rows = rows.filter(cause=self.cause)
        if self.wave:
            rows = rows.filter(response__wave__code=self.wave)
        return rows


def _scope(user: Any, unit: OrgUnit | None) -> Scope:
    scope = scope_of(user, RIGHT)
    return narrow(scope, unit, below=True) if unit else scope


def loop_parts(user: Any, query: LoopQuery) -> list[QuerySet]:
    """Querysets whose union is the list, one a branch of the reader's scope."""
    scope = _scope(user, query.unit)
    return [query.refine(part) for part in Recovery.objects.all().branches_of(scope, RIGHT)]


def loop_rows(keys: Iterable[Key]) -> list[Recovery]:
    """The rows of these keys with all that the list shows, in one query."""
    wanted = [key.pk for key in keys]
    found = Recovery.objects.select_related(
        "response__wave", "item", "unit", "case__unit", "case__handler", "again"
    ).prefetch_related(Prefetch("case__deadlines", RUNNING, to_attr="running"))
    known = found.in_bulk(wanted)
    return [known[pk] for pk in wanted if pk in known]


def recovery_in_reach(user: Any, pk: int, permission: str = RIGHT) -> Recovery | None:
    """One low answer in reach of a right, or None."""
    rows = Recovery.objects.visible_to(user, permission).select_related("item__indicator")
    found: Recovery | None = rows.filter(pk=pk).first()
    return found


@dataclass(frozen=True, slots=True)
class UnitShare:
    """How a unit closes its loop. `share` is recovered ÷ answered, None below the fewest answers
    of a figure."""

    unit: OrgUnit
    found: int
    closed: int
    answered: int
    recovered: int
    share: float | None


def shares(user: Any, unit: OrgUnit | None) -> list[UnitShare]:
    """Of the units right below one (the group without one): what was found, closed, asked again
    and recovered, within the reader's scope. Two queries."""
    counts: dict[int, Any] = {
        row["unit"]: row
        for row in Recovery.objects.visible_to(_scope(user, unit), RIGHT)
        .order_by()
        .values("unit")
        .annotate(
            found=Count("pk"),
            closed=Count("pk", filter=Q(case__state=State.CLOSED)),
            answered=Count("pk", filter=Q(recovered__isnull=False)),
            recovered=Count("pk", filter=Q(recovered=True)),
        )
    }
    if not counts:
        return []
    top = unit or OrgUnit.objects.get(kind=Kind.GROUP)
    below = [one for one in OrgUnit.objects.below(top).in_tree_order() if one.parent_id == top.pk]
    places = {one.pk: one for one in OrgUnit.objects.filter(pk__in=counts)}
    minimum = policy_values("satisfaction.minimum_n")
    lines = [_line(one, places, counts, minimum[one.pk]) for one in [*below, top]]
    return [line for line in lines if line.found]


def _line(
    unit: OrgUnit, places: dict[int, OrgUnit], counts: dict[int, Any], minimum: int
) -> UnitShare:
    within = [row for key, row in counts.items() if unit.pk in places[key].ancestor_ids()]
    found, closed, answered, recovered = (
        sum(row[name] for row in within) for name in ("found", "closed", "answered", "recovered")
    )
    share = recovered / answered if answered and answered >= minimum else None
    return UnitShare(unit, found, closed, answered, recovered, share)
