"""Where the money went and what it did: sums by unit, category, customer, complaint, event and
month; cost of a resolved complaint; money per owner against satisfaction (EXP-10).

Papers count in the period in which they were applied for, as in `expense_report`; drafts do not
count. A paper for several customers counts for each in equal parts. Sums are yuan.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils.formats import date_format

from accounts.scopes import narrow
from complaints.models import Case
from core.scope import Scope, scope_of
from customers.models import Customer
from expenses.models import Application, ApplicationCustomer, Category, Event
from expenses.models.common import CENT
from expenses.states import State
from regions.models import OrgUnit

VIEW: Final = "expenses.view_ledgerentry"
MOST: Final = 50
ZERO: Final = Decimal("0.00")
UNIT, CATEGORY, CUSTOMER = "unit", "category", "customer"
CASE, EVENT, MONTH = "case", "event", "month"


@dataclass(frozen=True, slots=True)
class Question:
    """A unit with those below it, and the days in which papers were applied for, inclusive."""

    unit: OrgUnit
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Money:
    """How many papers there are, what they asked for, what was approved and what was paid."""

    papers: int = 0
    asked: Decimal = ZERO
    approved: Decimal = ZERO
    paid: Decimal = ZERO

    def __add__(self, other: "Money") -> "Money":
        return Money(
            self.papers + other.papers,
            self.asked + other.asked,
            self.approved + other.approved,
            self.paid + other.paid,
        )

    def __sub__(self, other: "Money") -> "Money":
        return self + Money(-other.papers, -other.asked, -other.approved, -other.paid)


@dataclass(frozen=True, slots=True)
class Share:
    """A line of an analysis. `what` is the unit, category, customer … or the first day of a month;
    None stands for the others, or for papers without any."""

    label: str
    money: Money
    what: Any = None


def units_to_read(user: Any) -> Any:
    """The units in reach of the analysis, from the top of the tree down."""
    return OrgUnit.objects.visible_to(user, VIEW).in_tree_order()


def papers_of(user: Any, asked: Question) -> QuerySet[Application]:
    """The papers that count."""
    scope: Scope = narrow(scope_of(user, VIEW), asked.unit, below=True)
    return (
        Application.objects.visible_to(scope, VIEW)
        .filter(applied_on__range=(asked.since, asked.until))
        .exclude(state=State.DRAFT)
        .order_by()
    )


def total_of(papers: QuerySet[Application]) -> Money:
    """All of them together."""
    return _money(papers.aggregate(**_SUMS))


_SUMS: Final[dict[str, Any]] = {
    "n": Count("pk"),
    "asked": Sum("amount"),
    "approved": Sum("approved_amount"),
    "paid": Sum("paid_amount"),
}


def _money(row: dict[str, Any]) -> Money:
    sums = ((row[name] or ZERO).quantize(CENT) for name in ("asked", "approved", "paid"))
    return Money(row["n"], *sums)


def _by(papers: QuerySet[Application], column: str) -> dict[Any, Money]:
    rows = papers.values(column).annotate(**_SUMS)
    return {row[column]: _money(row) for row in rows}


# --- the ways of sorting --------------------------------------------------------------------------


def by_unit(papers: QuerySet[Application], asked: Question) -> list[Share]:
    """The units right below, each with its branch, and what the unit itself applied for."""
    sums = _by(papers, "unit")
    places = {one.pk: one for one in OrgUnit.objects.filter(pk__in=sums)}
    below = list(OrgUnit.objects.filter(parent=asked.unit).in_tree_order())
    found = []
    for one in [*below, asked.unit]:
        inside = [
            money
            for key, money in sums.items()
            if (key == one.pk if one.pk == asked.unit.pk else one.pk in places[key].ancestor_ids())
        ]
        if inside:
            found.append(Share(one.name, sum(inside, Money()), one))
    return found


def by_category(papers: QuerySet[Application], asked: Question) -> list[Share]:
    """Category by category, in their order."""
    sums = _by(papers, "category")
    rows = Category.objects.filter(pk__in=sums)
    return [Share(one.name, sums[one.pk], one) for one in rows]


def by_month(papers: QuerySet[Application], asked: Question) -> list[Share]:
    """Month by month, those without papers too."""
    rows = papers.annotate(month=TruncMonth("applied_on"))
    sums = _by(rows, "month")
    found, day = [], asked.since.replace(day=1)
    while day <= asked.until:
        found.append(Share(date_format(day, "Y-m"), sums.get(day, Money()), day))
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return found


def by_customer(papers: QuerySet[Application], asked: Question) -> list[Share]:
    """The customers for whom most was paid; the others together."""
    counted = papers.annotate(shared=Count("customers"))
    numbers = dict(counted.filter(shared__gt=1).values_list("pk", "shared"))
    rows = ApplicationCustomer.objects.filter(application__in=papers.values("pk")).order_by()
    sums = _customer_sums(rows, numbers)
    return _largest(papers, sums, Customer.objects.in_bulk, _name)


def _customer_sums(
    rows: QuerySet[ApplicationCustomer], numbers: dict[int, int]
) -> dict[int, Money]:
    """Customer → his money. Papers for one customer are added up by the database, the few that
    are shared here, in equal parts."""
    names = {"asked": "amount", "approved": "approved_amount", "paid": "paid_amount"}
    single = rows.exclude(application__in=list(numbers)).values("customer")
    sums = {
        row["customer"]: _money({**row})
        for row in single.annotate(
            n=Count("pk"), **{key: Sum(f"application__{name}") for key, name in names.items()}
        )
    }
    shared = rows.filter(application__in=list(numbers)).values_list(
        "customer", "application", *(f"application__{name}" for name in names.values())
    )
    for customer, paper, *amounts in shared:
        parts = ((amount / numbers[paper]).quantize(CENT) for amount in amounts)
        sums[customer] = sums.get(customer, Money()) + Money(1, *parts)
    return sums


def by_case(papers: QuerySet[Application], asked: Question) -> list[Share]:
    """The complaints that cost most; the others together."""
    sums = _by(papers.filter(case__isnull=False), "case")
    return _largest(papers, sums, Case.objects.in_bulk, lambda one: one.number)


def by_event(papers: QuerySet[Application], asked: Question) -> list[Share]:
    """The events that cost most; the others together."""
    sums = _by(papers.filter(event__isnull=False), "event")
    return _largest(papers, sums, Event.objects.in_bulk, lambda one: one.title)


def _name(customer: Customer) -> str:
    return customer.name


def _largest(
    papers: QuerySet[Application],
    sums: dict[int, Money],
    read: Callable[[Iterable[int]], dict[int, Any]],
    label: Callable[[Any], str],
) -> list[Share]:
    """The MOST largest by what was paid and approved, then one line for all the rest, so that the
    lines add up to the whole."""
    order = sorted(sums, key=lambda key: (-sums[key].paid, -sums[key].approved, key))[:MOST]
    things = read(order)
    found = [Share(label(things[key]), sums[key], things[key]) for key in order if key in things]
    rest = total_of(papers) - sum((one.money for one in found), Money())
    if rest.asked or rest.approved or rest.paid:
        found.append(Share("", replace(rest, papers=max(rest.papers, 0)), None))
    return found


WAYS: Final[dict[str, Callable[[QuerySet[Application], Question], list[Share]]]] = {
    UNIT: by_unit,
    CATEGORY: by_category,
    MONTH: by_month,
    CUSTOMER: by_customer,
    CASE: by_case,
    EVENT: by_event,
}


def sorted_by(user: Any, asked: Question, way: str) -> list[Share]:
    """The lines of one way of sorting. Raises LookupError for a way that is none of WAYS."""
    return WAYS[way](papers_of(user, asked), asked)


# --- what it did ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CaseCost:
    """Complaints resolved in the period, how many of them cost money, and how much was paid for
    them in all."""

    resolved: int
    with_money: int
    paid: Decimal

    @property
    def each(self) -> Decimal | None:
        """Paid for a resolved complaint, over all of them."""
        return self.paid / self.resolved if self.resolved else None

    @property
    def each_with_money(self) -> Decimal | None:
        """Paid for a resolved complaint that cost anything."""
        return self.paid / self.with_money if self.with_money else None


def case_cost(user: Any, asked: Question) -> CaseCost:
    """What a resolved complaint costs in customer-relationship money, as far as the reader sees
    complaints."""
    scope = narrow(scope_of(user, "complaints.view_case"), asked.unit, below=True)
    resolved = Case.objects.visible_to(scope, "complaints.view_case").filter(
        resolved_at__date__range=(asked.since, asked.until)
    )
    money = Application.objects.visible_to(user, VIEW).filter(
        case__in=resolved.order_by().values("pk"), paid_amount__gt=0
    )
    sums = money.order_by().aggregate(n=Count("case", distinct=True), paid=Sum("paid_amount"))
    return CaseCost(resolved.count(), sums["n"], sums["paid"] or ZERO)
