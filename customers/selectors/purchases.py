"""What one customer bought, cut to the reader's scope."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import ExtractYear

from core.keyset import Order
from customers.models import Customer, Transaction

NEWEST = Order("bought", "on", descending=True, kind="date")
MOST_PRODUCTS = 20


@dataclass(frozen=True, slots=True)
class Bought:
    """A year or a product with its lines and yuan; goods that came back lessen the sum. `word` is
    empty for what the files did not name. `costed` is the amount of the lines whose cost is known,
    `cost` theirs, None where none is."""

    word: str
    lines: int
    amount: Decimal
    costed: Decimal | None = None
    cost: Decimal | None = None

    @property
    def profit(self) -> Decimal | None:
        """Of the lines whose cost is known; None where no cost is."""
        return None if self.costed is None or self.cost is None else self.costed - self.cost


SUMS = {
    "lines": Count("pk"),
    "sum": Sum("amount"),
    "costed": Sum("amount", filter=Q(cost__isnull=False)),
    "known_cost": Sum("cost"),
}


def purchases_of(user: Any, customer: Customer) -> QuerySet[Transaction]:
    """The lines of a customer; none for whoever has no place of his in reach."""
    return Transaction.objects.visible_to(user).filter(customer=customer)


def bought_by_year(user: Any, customer: Customer) -> list[Bought]:
    """What he bought in each year, the latest first."""
    rows = purchases_of(user, customer).order_by().annotate(year=ExtractYear("on"))
    sums = rows.values_list("year").annotate(**SUMS).order_by("-year")
    return [Bought(str(year), *figures) for year, *figures in sums]


def bought_by_product(user: Any, customer: Customer) -> list[Bought]:
    """What he bought of each product, the one with most money first, MOST_PRODUCTS at most."""
    rows = purchases_of(user, customer).order_by().values_list("product")
    sums: Any = rows.annotate(**SUMS)
    return [Bought(*row) for row in sums.order_by("-sum", "product")[:MOST_PRODUCTS]]
