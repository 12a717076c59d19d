"""Lists of cases, by key, at the same speed for every branch (docs/adr/0002-scope-columns.md).

Branches and the forms of a search text are never ORed: the top rows of each are united.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from accounts.models import User
from accounts.scopes import narrow
from accounts.selectors.stand_ins import absent_for
from complaints.models import Case, Category, Level
from complaints.selectors.due import running_deadlines
from complaints.selectors.terms import CaseTerm
from complaints.states import OPEN, VIEW, WAITING
from core.keyset import Key, Order, Page
from core.paging import count_of, keys_of, page_of
from core.scope import Scope, scope_of
from customers.models import Customer
from regions.models import OrgUnit

DESK_SIZE = 100

RECENT = Order("-taken_in", "taken_in_at", descending=True, kind="time")
OLDEST = Order("taken_in", "taken_in_at", kind="time")
MOST_LATE = Order("due", "next_due_at", kind="time")
URGENT = Order("urgent", "urgent_at", kind="time")
ORDERS = {order.name: order for order in (RECENT, OLDEST)}
STATES_OPEN, STATES_WAITING = "open", "waiting"
GROUPS = {STATES_OPEN: OPEN, STATES_WAITING: WAITING}


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """A filtered list as page and export share it. Empty fields do not filter. `state` is a state
    or the name of a group of states (GROUPS)."""

    unit: OrgUnit | None = None
    below: bool = True
    state: str = ""
    kind: str = ""
    category: Category | None = None
    level: Level | None = None
    channel: str = ""
    handler: User | None = None
    unassigned: bool = False
    overdue: bool = False
    taken_in_from: datetime | None = None
    taken_in_until: datetime | None = None
    import_run: int | None = None
    customer: Customer | None = None
    warranty: str = ""
    term: CaseTerm = CaseTerm()
    order: Order = RECENT
    now: datetime | None = None

    def refine(self, cases: Any) -> Any:
        """The conditions beside scope and text."""
        exact: dict[str, Any] = {
            "kind": self.kind,
            "level": self.level,
            "channel": self.channel,
            "handler": self.handler,
            "import_run": self.import_run,
            "customer": self.customer,
            "taken_in_at__gte": self.taken_in_from,
            "taken_in_at__lt": self.taken_in_until,
        }
        cases = cases.filter(**{name: value for name, value in exact.items() if value})
        if self.state:
            cases = cases.filter(state__in=sorted(GROUPS.get(self.state, {self.state})))
        if self.category:
            column = "category" if self.category.parent_id else "top_category"
            cases = cases.filter(**{column: self.category})
        if self.warranty:
            cases = cases.filter(_warranty(self.warranty))
        if self.unassigned:
            cases = cases.filter(handler=None)
        if self.overdue:
            late = self.now or timezone.now()
            cases = cases.filter(state__in=sorted(OPEN), next_due_at__lte=late)
        if self.order is URGENT:
            # What has no limit waits behind nobody: it counts from when its work was done.
            cases = cases.annotate(urgent_at=Coalesce("next_due_at", "resolved_at", "taken_in_at"))
        return cases


IN_WARRANTY, OUT_OF_WARRANTY = "in", "out"


def _warranty(wanted: str) -> Q:
    """Cases that came in within the warranty of their flat, or after it."""
    day = TruncDate("taken_in_at")
    if wanted == IN_WARRANTY:
        return Q(warranty_until__gte=day)
    return Q(warranty_until__lt=day)


def scope_for(user: Any, query: CaseQuery, permission: str = VIEW) -> Scope:
    """The user's scope, cut to the unit the list is filtered by."""
    scope = scope_of(user, permission)
    return narrow(scope, query.unit, below=query.below) if query.unit else scope


def _parts(user: Any, query: CaseQuery, permission: str) -> Iterator[QuerySet]:
    """Querysets whose union is the list: branches × forms of the text."""
    scope = scope_for(user, query, permission)
    for branch in Case.objects.all().branches_of(scope, permission):
        cases = query.refine(branch)
        for form in query.term.forms or [lambda rows: rows]:
            yield form(cases)


def case_keys(
    user: Any,
    query: CaseQuery,
    *,
    key: Key | None = None,
    size: int = 25,
    reverse: bool = False,
    permission: str = VIEW,
) -> list[Key]:
    """Up to `size` keys of the list beyond `key`, in list order (backwards when `reverse`)."""
    if query.term.problem:
        return []
    parts = _parts(user, query, permission)
    return keys_of(parts, query.order, key=key, size=size, reverse=reverse)


def rows_of(keys: Iterable[Key]) -> list[Case]:
    """The cases of these keys with all that a row shows: two queries for any number."""
    wanted = [key.pk for key in keys]
    found = {
        case.pk: case
        for case in Case.objects.filter(pk__in=wanted)
        .select_related("unit", "handler", "level", "category__parent")
        .prefetch_related(running_deadlines())
        .defer("plan", "resolution", "reject_reason")
    }
    return [found[pk] for pk in wanted if pk in found]


def case_page(
    user: Any, query: CaseQuery, *, after: str = "", before: str = "", size: int = 25
) -> Page:
    """One page of the list. `after` and `before` are cursors of an earlier page."""
    parts = [] if query.term.problem else list(_parts(user, query, VIEW))
    return page_of(parts, query.order, rows_of, after=after, before=before, size=size)


def count_cases(user: Any, query: CaseQuery, permission: str = VIEW) -> tuple[int, bool]:
    """How many cases the list has, up to COUNT_CAP: (number, whether there are more)."""
    if query.term.problem:
        return 0, False
    return count_of(_parts(user, query, permission))


def all_cases(
    user: Any, query: CaseQuery, *, chunk: int = 2000, permission: str = VIEW
) -> Iterator[list[Case]]:
    """The whole list in chunks by key, for exports; rights are read as it goes."""
    key: Key | None = None
    while keys := case_keys(user, query, key=key, size=chunk, permission=permission):
        yield rows_of(keys)
        key = keys[-1]


def desk(user: Any) -> list[Case]:
    """The open cases of a handler and of whom he stands in for, the most urgent first, at most
    DESK_SIZE. What is resolved waits for others and comes last, as does what has no limit."""
    cases = (
        Case.objects.visible_to(user)
        .open()
        .filter(handler__in=[user.pk, *sorted(absent_for(user))])
        .order_by(F("next_due_at").asc(nulls_last=True), "pk")
        .values_list("pk", flat=True)[:DESK_SIZE]
    )
    return rows_of(Key(None, pk) for pk in cases)


def case_in_reach(user: Any, pk: int, permission: str = VIEW) -> Case | None:
    """One case in reach of a right with what its pages show, or None."""
    return (
        Case.objects.visible_to(user, permission)
        .select_related(
            "unit",
            "handler",
            "entered_by",
            "level",
            "category__parent",
            "top_category",
            "customer__subject",
            "flat",
            "merged_into",
            "parent",
            "repeat_of",
            "reject_asked_by",
        )
        .prefetch_related(running_deadlines())
        .filter(pk=pk)
        .first()
    )
