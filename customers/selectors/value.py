"""The sheets of one customer, cut to the reader's scope."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from accounts.models import User
from core.scope import scope_of
from customers.models import (
    CreditSheet,
    Customer,
    CustomerUnit,
    Demand,
    Loss,
    Transaction,
    ValueSheet,
)
from customers.models.value import whole_demand

VIEW = "customers.view_customer"
Noted = CreditSheet | ValueSheet


@dataclass(frozen=True, slots=True)
class DemandYear:
    """What a customer buys of everybody and of us in a year, in yuan; `whole` is what was noted of
    everything, if anything, `products` what was noted of single products."""

    year: int
    whole: Demand | None
    products: list[Demand]
    demand: Decimal
    ours: Decimal

    @property
    def share(self) -> float | None:
        """Ours of all, a part of 1; None where he needs nothing."""
        return float(self.ours / self.demand) if self.demand else None


@dataclass(frozen=True, slots=True)
class ValueFile:
    """All sheets of a customer that a reader may see, the newest first."""

    demands: list[DemandYear]
    credit: list[CreditSheet]
    values: list[tuple[int, list[ValueSheet]]]
    losses: list[Loss]

    @property
    def is_empty(self) -> bool:
        return not (self.demands or self.credit or self.values or self.losses)


def value_file(user: Any, customer: Customer) -> ValueFile:
    """The sheets of a customer in a fixed number of queries."""
    values: dict[int, list[ValueSheet]] = defaultdict(list)
    for sheet in offers(user, customer):
        values[sheet.year].append(sheet)
    return ValueFile(
        demand_years(user, customer),
        list(CreditSheet.objects.visible_to(user).filter(customer=customer).order_by("-year")),
        list(values.items()),
        list(losses_of(user, customer).select_related("unit")),
    )


def offers(user: Any, customer: Customer) -> Any:
    """Sheets of delivered value, the newest year first and ours before those of competitors."""
    rows = ValueSheet.objects.visible_to(user).filter(customer=customer)
    return rows.order_by("-year", "offer")


def losses_of(user: Any, customer: Customer) -> Any:
    """When which unit lost a customer, the latest first."""
    rows = Loss.objects.visible_to(user).filter(customer=customer)
    return rows.order_by("-lost_on", "-pk")


def demand_years(user: Any, customer: Customer) -> list[DemandYear]:
    """The demand of each year that somebody noted, the latest first, beside our sales."""
    lines: dict[int, list[Demand]] = defaultdict(list)
    rows = Demand.objects.visible_to(user).filter(customer=customer)
    for row in rows.order_by("-year", "product"):
        lines[row.year].append(row)
    if not lines:
        return []
    sold = Transaction.objects.filter(customer=customer, on__year__in=list(lines))
    sums = dict(sold.order_by().values_list("on__year").annotate(sum=Sum("amount")))
    return [
        DemandYear(
            year,
            next((row for row in mine if not row.product), None),
            [row for row in mine if row.product],
            whole_demand(mine),
            sums.get(year, Decimal(0)),
        )
        for year, mine in lines.items()
    ]


def count_sheets(user: Any, customer: Customer) -> int:
    """How many sheets of the customer a reader may see, in one query."""
    parts = [
        model.objects.visible_to(user).filter(customer=customer).order_by().values_list("pk")
        for model in (Demand, CreditSheet, ValueSheet, Loss)
    ]
    return parts[0].union(*parts[1:], all=True).count()


def names_for(user: Any, sheets: Iterable[Noted]) -> dict[int, str]:
    """Sheet → who noted it, where the reader may know him: of those who work in the unit of a
    place that he reaches, or above it. Who keeps the customer elsewhere is not told."""
    rows = [sheet for sheet in sheets if sheet.by_id is not None]
    people = User.objects.select_related("unit").in_bulk({sheet.by_id for sheet in rows})
    if scope_of(user, VIEW).everything:
        return {sheet.pk: people[sheet.by_id].name for sheet in rows}
    lines: dict[int, list[str]] = defaultdict(list)
    places = CustomerUnit.objects.visible_to(user, VIEW)
    mine = places.filter(customer__in={sheet.customer_id for sheet in rows})
    for customer, path in mine.order_by().values_list("customer", "unit__path"):
        lines[customer].append(path)
    found = {}
    for sheet in rows:
        person = people[sheet.by_id]
        above = person.unit.path if person.unit else None
        if above and any(path.startswith(above) for path in lines[sheet.customer_id]):
            found[sheet.pk] = person.name
    return found
