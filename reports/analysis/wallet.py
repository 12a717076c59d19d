"""What customers buy of us of all that they buy: share of wallet (VAL-04, VAL-05).

The whole demand is what people noted of a year. A year that runs is compared through the day: the
demand counts by the days that have passed, so that nobody looks poor in January.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.db.models.functions import ExtractMonth

from customers.models import Demand
from customers.models.value import whole_demand
from regions.policies import policy
from reports.analysis.base import Question, share
from reports.analysis.purchases import purchases_asked

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class WalletLine:
    """A customer's demand of the year and through the day, and what he bought of us, in yuan;
    `of_sales` is his part of all our sales of the year, `wanted` the group's share, parts of 1."""

    customer: int
    code: str
    name: str
    level: str
    year_demand: Decimal
    demand: Decimal
    ours: Decimal
    of_sales: float | None
    wanted: float

    @property
    def share(self) -> float | None:
        """Ours of all, a part of 1."""
        return share(self.ours, self.demand)

    @property
    def gap(self) -> float | None:
        """How much the share lies above what is wanted."""
        return None if self.share is None else self.share - self.wanted

    @property
    def open(self) -> Decimal:
        """What he buys elsewhere."""
        return max(self.demand - self.ours, NOTHING)


@dataclass(frozen=True, slots=True)
class PartLine:
    """Demand and our sales of a product or a month, in yuan."""

    word: str
    demand: Decimal
    ours: Decimal

    @property
    def share(self) -> float | None:
        """Ours of all, a part of 1."""
        return share(self.ours, self.demand)


@dataclass(frozen=True, slots=True)
class Wallet:
    """The customers whose demand is known, the largest open demand first; products; the whole
    months of the year; and how many others bought."""

    lines: list[WalletLine]
    products: list[PartLine]
    months: list[PartLine]
    unknown: int


def passed(day: dt.date) -> Decimal:
    """The part of its year that has passed with a day."""
    first = day.replace(month=1, day=1)
    length = (first.replace(year=day.year + 1) - first).days
    return Decimal((day - first).days + 1) / length


def wallet(asked: Question) -> Wallet:
    """Share of wallet in the year of the day, through the day."""
    rows = asked.of(Demand.objects.visible_to(asked.scope)).filter(year=asked.as_of.year)
    noted: dict[int, list[Demand]] = defaultdict(list)
    for row in rows.select_related("customer").order_by("customer__code", "product"):
        noted[row.customer_id].append(row)
    sales = purchases_asked(asked)
    sales = sales.filter(on__gte=asked.as_of.replace(month=1, day=1))
    sums = dict(sales.values_list("customer").annotate(sum=Sum("amount")))
    lines = _lines(asked, noted, sums)
    mine = sales.filter(customer__in=list(noted))
    unknown = sum(1 for key, amount in sums.items() if key not in noted and amount > 0)
    return Wallet(lines, _products(asked, noted, mine), _months(asked, lines, mine), unknown)


def _lines(
    asked: Question, noted: dict[int, list[Demand]], sums: dict[int, Decimal]
) -> list[WalletLine]:
    wanted = float(policy("customers.wallet_share", unit=asked.unit, on=asked.as_of) / 100)
    total, part = sum(sums.values(), NOTHING), passed(asked.as_of)
    lines = []
    for key, mine in noted.items():
        customer, demand = mine[0].customer, whole_demand(mine)
        ours = sums.get(key, NOTHING)
        lines.append(
            WalletLine(
                *(key, customer.code, customer.name, customer.level),
                demand,
                demand * part,
                ours,
                share(ours, total),
                wanted,
            )
        )
    return sorted(lines, key=lambda x: (-x.open, x.code))


def _products(asked: Question, noted: dict[int, list[Demand]], sales: Any) -> list[PartLine]:
    """Products whose demand was noted, beside what the same customers bought of us of it."""
    part = passed(asked.as_of)
    demand: dict[str, Decimal] = defaultdict(Decimal)
    who: dict[str, set[int]] = defaultdict(set)
    for rows in noted.values():
        for row in rows:
            if row.product:
                demand[row.product] += row.amount * part
                who[row.product].add(row.customer_id)
    ours: dict[str, Decimal] = defaultdict(Decimal)
    found = sales.filter(product__in=list(demand)).values_list("product", "customer")
    for product, customer, amount in found.annotate(sum=Sum("amount")):
        if customer in who[product]:
            ours[product] += amount
    lines = [PartLine(word, amount, ours[word]) for word, amount in demand.items()]
    return sorted(lines, key=lambda x: (-x.demand, x.word))


def _months(asked: Question, lines: list[WalletLine], sales: Any) -> list[PartLine]:
    """The whole months of the year so far; a month needs a twelfth of the year's demand."""
    tomorrow = asked.as_of + dt.timedelta(days=1)
    whole = 12 if tomorrow.year > asked.as_of.year else tomorrow.month - 1
    a_month = sum((x.year_demand for x in lines), NOTHING) / 12
    by_month = sales.annotate(month=ExtractMonth("on")).values_list("month")
    sums = dict(by_month.annotate(sum=Sum("amount")).order_by())
    return [PartLine(str(m), a_month, sums.get(m, NOTHING)) for m in range(1, whole + 1)]
