"""Lists of applications and of the ledger: filtered, in parts by scope, paged by key."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from accounts.scopes import narrow
from core.keyset import Key, Order, Page
from core.paging import count_of, page_of
from core.scope import Scope, scope_of
from customers.models import Customer
from expenses.models import Application, Category, LedgerEntry
from expenses.states import GRANTED, VIEW, State
from regions.models import OrgUnit

RECENT = Order("-applied", "applied_on", descending=True, kind="date")
BOOKED = Order("-booked", "booked_on", descending=True, kind="date")
DUE = Order("due", "evidence_due_on", kind="date")
LEDGER = "expenses.view_ledgerentry"
#: States that stand together in the filter.
RUNNING, OWED, UNPROVED = "running", "owed", "unproved"
GROUPS: dict[str, frozenset[str]] = {
    RUNNING: frozenset({State.IN_APPROVAL, State.SENT_BACK}),
    OWED: frozenset({State.APPROVED}),
}
CHUNK = 500


@dataclass(frozen=True, slots=True)
class PaperQuery:
    """A filtered list as page and export share it. Empty fields do not filter. `state` is a state,
    one of GROUPS, or UNPROVED: granted papers whose evidence is wanted and not there yet."""

    unit: OrgUnit | None = None
    below: bool = True
    state: str = ""
    category: Category | None = None
    applicant: Any = None
    since: date | None = None
    until: date | None = None
    customer: Customer | None = None
    case: Any = None
    event: Any = None
    text: str = ""
    over_budget: bool = False
    order: Order = RECENT

    def refine(self, papers: Any) -> Any:
        """The conditions beside scope."""
        exact: dict[str, Any] = {
            "category": self.category,
            "applicant": self.applicant,
            "applied_on__gte": self.since,
            "applied_on__lte": self.until,
            "customers__customer": self.customer,
            "case": self.case,
            "event": self.event,
            "over_budget": self.over_budget,
        }
        papers = papers.filter(**{name: value for name, value in exact.items() if value})
        if self.state == UNPROVED:
            papers = papers.filter(
                evidence_due_on__isnull=False, evidence_done_at=None, state__in=sorted(GRANTED)
            )
        elif self.state:
            papers = papers.filter(state__in=sorted(GROUPS.get(self.state, {self.state})))
        if self.text:
            papers = papers.filter(Q(number__istartswith=self.text) | Q(title__icontains=self.text))
        return papers


def _scope(user: Any, query: Any, right: str) -> Scope:
    scope = scope_of(user, right)
    return narrow(scope, query.unit, below=query.below) if query.unit else scope


def paper_parts(user: Any, query: PaperQuery, right: str = VIEW) -> list[QuerySet]:
    """Querysets whose union is the list, one a branch of the reader's scope."""
    scope = _scope(user, query, right)
    return [query.refine(part) for part in Application.objects.all().branches_of(scope, right)]


def paper_rows(keys: Iterable[Key]) -> list[Application]:
    """The applications of these keys with all that a row shows, in one query."""
    wanted = [key.pk for key in keys]
    found = Application.objects.select_related("unit", "category", "applicant").in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]


def paper_page(user: Any, query: PaperQuery, *, after: str, before: str, size: int) -> Page:
    """One page of applications. `after` and `before` are cursors of an earlier page."""
    parts = paper_parts(user, query)
    return page_of(parts, query.order, paper_rows, after=after, before=before, size=size)


def count_papers(user: Any, query: PaperQuery) -> tuple[int, bool]:
    """How many, up to a cap: (number, whether there are more)."""
    return count_of(paper_parts(user, query))


def all_papers(user: Any, query: PaperQuery, right: str) -> Iterator[list[Application]]:
    """Every application of the list in its order, chunk by chunk."""
    parts, after = paper_parts(user, query, right), ""
    while True:
        page = page_of(parts, query.order, paper_rows, after=after, size=CHUNK)
        if page.rows:
            yield page.rows
        after = page.next
        if not after:
            return


def unproved_count(user: Any) -> int:
    """How many of the reader's own applications wait for evidence, up to a cap."""
    mine = PaperQuery(state=UNPROVED).refine(Application.objects.filter(applicant=user.pk))
    return int(mine[:99].count())


def is_late(paper: Application) -> bool:
    """Whether the day for evidence has passed without it."""
    due = paper.evidence_due_on
    return due is not None and paper.evidence_done_at is None and due < timezone.localdate()


# --- the ledger -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LedgerQuery:
    """Lines of the ledger. Empty fields do not filter."""

    unit: OrgUnit | None = None
    below: bool = True
    kind: str = ""
    category: Category | None = None
    since: date | None = None
    until: date | None = None
    text: str = ""
    order: Order = BOOKED

    def refine(self, lines: Any) -> Any:
        """The conditions beside scope."""
        exact: dict[str, Any] = {
            "kind": self.kind,
            "category": self.category,
            "booked_on__gte": self.since,
            "booked_on__lte": self.until,
            "application__number__istartswith": self.text,
        }
        return lines.filter(**{name: value for name, value in exact.items() if value})


def ledger_parts(user: Any, query: LedgerQuery) -> list[QuerySet]:
    """Querysets whose union is the list, one a branch of the reader's scope."""
    scope = _scope(user, query, LEDGER)
    return [query.refine(part) for part in LedgerEntry.objects.all().branches_of(scope, LEDGER)]


def ledger_rows(keys: Iterable[Key]) -> list[LedgerEntry]:
    """The lines of these keys with all that a row shows, in one query."""
    wanted = [key.pk for key in keys]
    related = ("unit", "category", "application", "by", "payment", "reversed_by", "reverses")
    found = LedgerEntry.objects.select_related(*related).in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]


def ledger_page(user: Any, query: LedgerQuery, *, after: str, before: str, size: int) -> Page:
    """One page of the ledger."""
    parts = ledger_parts(user, query)
    return page_of(parts, query.order, ledger_rows, after=after, before=before, size=size)


def ledger_sums(user: Any, query: LedgerQuery) -> tuple[Decimal, Decimal]:
    """(approved, paid) in yuan over all lines of the list. Branches of a scope do not overlap by
    their lines but a unit may be granted twice, so keys are united first."""
    keys = [part.order_by().values("pk") for part in ledger_parts(user, query)]
    if not keys:
        return Decimal("0.00"), Decimal("0.00")
    united = keys[0].union(*keys[1:]) if len(keys) > 1 else keys[0]
    sums = LedgerEntry.objects.filter(pk__in=united).aggregate(a=Sum("approved"), p=Sum("paid"))
    return sums["a"] or Decimal("0.00"), sums["p"] or Decimal("0.00")
