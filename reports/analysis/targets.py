"""The sales targets of a year beside what was sold: of months and of products (VAL-06, VAL-07)."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum
from django.db.models.functions import ExtractMonth

from customers.models import SalesTarget
from reports.analysis.base import Question, share
from reports.analysis.purchases import purchases_asked
from reports.analysis.wallet import passed

MET, ON_COURSE, BEHIND = "met", "on_course", "behind"


@dataclass(frozen=True, slots=True)
class TaskLine:
    """What is to be sold of a product in the year (all of it: without a product), what of it by
    the day, the days of the year counting alike, and what was sold, in yuan."""

    product: str
    target: Decimal
    by_now: Decimal
    sold: Decimal

    @property
    def reached(self) -> float | None:
        """Sold of the target of the year, a part of 1."""
        return share(self.sold, self.target)

    @property
    def state(self) -> str:
        """Whether the target of the year is met, or at least that of the days so far."""
        if self.sold >= self.target:
            return MET
        return ON_COURSE if self.sold >= self.by_now else BEHIND


def target_of_year(asked: Question) -> Decimal | None:
    """The stored target of what is asked: of the customer, that of the unit or else those of the
    units below it together; of the unit, that of everything or else those of its products
    together. None where nothing is stored, for a class of customers and for a unit without those
    below."""
    if asked.among or asked.only:
        return None
    rows = SalesTarget.objects.visible_to(asked.reader).filter(year=asked.as_of.year)
    if asked.customer is not None:
        mine = rows.filter(customer=asked.customer, unit__path__startswith=asked.unit.path)
        amounts = dict(mine.values_list("unit", "amount"))
        return amounts.get(asked.unit.pk) or (sum(amounts.values(), Decimal(0)) or None)
    known = dict(rows.filter(unit=asked.unit, customer=None).values_list("product", "amount"))
    return known.get("") or (sum(known.values(), Decimal(0)) or None)


def sold_by_month(asked: Question) -> dict[int, Decimal]:
    """What was sold in each month of the year of the day, through the day."""
    rows = purchases_asked(asked).filter(on__year=asked.as_of.year)
    by_month = rows.annotate(month=ExtractMonth("on")).values_list("month")
    return dict(by_month.annotate(sum=Sum("amount")).order_by())


def tasks(asked: Question) -> list[TaskLine]:
    """The targets of the unit's products in the year of the day, that of everything first; nothing
    where fewer customers than those of the unit are looked at."""
    if asked.is_narrowed:
        return []
    rows = SalesTarget.objects.visible_to(asked.reader).filter(
        year=asked.as_of.year, unit=asked.unit, customer=None
    )
    known = dict(rows.order_by("product").values_list("product", "amount"))
    if not known:
        return []
    sales = purchases_asked(asked).filter(on__year=asked.as_of.year)
    sold = dict(sales.values_list("product").annotate(sum=Sum("amount")).order_by())
    total = sum(sold.values(), Decimal(0))
    part = passed(asked.as_of)
    return [
        TaskLine(
            product, target, target * part, sold.get(product, Decimal(0)) if product else total
        )
        for product, target in known.items()
    ]
