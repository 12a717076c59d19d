"""Money set against what it is for: budgets with a forecast, and money per owner beside the
satisfaction of the same units (EXP-10)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from accounts.scopes import narrow
from core.scope import EVERYTHING
from customers.models import CustomerUnit
from expenses.models import Budget, Category
from expenses.models.common import CENT
from expenses.selectors.analysis import Question, Share
from expenses.selectors.budgets import BudgetRow
from regions.models import OrgUnit
from satisfaction.models import Figure, Wave
from satisfaction.selectors.sight import VIEW as SATISFACTION
from satisfaction.selectors.sight import Reading, lines_of, waves_to_read


@dataclass(frozen=True, slots=True)
class Outlook:
    """The budget of a category in a branch, and what it will have used at the end of the year at
    the pace so far (None before a month has gone, and for another year than the running one)."""

    row: BudgetRow
    forecast: Decimal | None

    @property
    def used(self) -> Decimal:
        return self.row.reserved + self.row.committed + self.row.spent

    @property
    def over(self) -> Decimal | None:
        """By how much the forecast exceeds what was allotted; None when it does not."""
        if self.forecast is None or self.forecast <= self.row.allotted:
            return None
        return self.forecast - self.row.allotted


LEAST_DAYS = 30
USED = ("reserved", "committed", "spent")


def branch_totals(user: Any, unit: OrgUnit, year: int) -> list[BudgetRow]:
    """What a whole branch has and used by category: allotments of its topmost budgets in reach,
    uses of all."""
    scope = narrow(EVERYTHING, unit, below=True)
    mine = Budget.objects.visible_to(user).visible_to(scope).filter(year=year).order_by()
    used = mine.values("category").annotate(**{f"{name}_sum": Sum(name) for name in USED})
    tops = mine.exclude(parent__in=mine.values("pk")).values("category")
    allotted = dict(tops.annotate(total=Sum("allotted")).values_list("category", "total"))
    sums: dict[int, dict[str, Any]] = {row["category"]: {**row} for row in used}
    return [
        BudgetRow(
            category,
            allotted=allotted.get(category.pk, Decimal("0.00")),
            **{name: sums[category.pk][f"{name}_sum"] for name in USED},
        )
        for category in Category.objects.filter(pk__in=sums)
    ]


def outlooks(user: Any, unit: OrgUnit, year: int, today: date) -> list[Outlook]:
    """The budgets of a branch by category: allotted, used, left, and the forecast."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    gone, whole = (today - first).days + 1, (last - first).days + 1
    runs = first <= today <= last and gone >= LEAST_DAYS
    found = []
    for row in branch_totals(user, unit, year):
        used = row.reserved + row.committed + row.spent
        forecast = (used * whole / gone).quantize(CENT) if runs else None
        found.append(Outlook(row, forecast))
    return found


@dataclass(frozen=True, slots=True)
class PerOwner:
    """What was paid in a branch for each of its owners, beside how content they are. `reading` is
    None where a survey has no figure that may be shown."""

    unit: OrgUnit
    paid: Decimal
    owners: int
    reading: Reading | None

    @property
    def each(self) -> Decimal | None:
        return self.paid / self.owners if self.owners else None


def latest_wave(user: Any, asked: Question) -> Wave | None:
    """The wave whose satisfaction is compared with: the latest scored one that closed by the end
    of the period."""
    if not user.has_perm(SATISFACTION):
        return None
    waves = waves_to_read(user).filter(is_standing=False)
    return waves.filter(Q(closes_on__lte=asked.until) | Q(closes_on=None)).first()


def per_owner(user: Any, units: list[Share], wave: Wave | None) -> list[PerOwner]:
    """Money per owner of units whose money was added up, beside the mean of a wave."""
    known = [one for one in units if isinstance(one.what, OrgUnit)]
    lines = {}
    if wave is not None and wave.run_id is not None:
        keys = [one.what.pk for one in known]
        lines = {line.unit.pk: line for line in lines_of([wave.run_id], user, Q(unit__in=keys))}
    found = []
    for one in known:
        line = lines.get(one.what.pk)
        reading = line.reading(Figure.MEAN) if line else None
        found.append(PerOwner(one.what, one.money.paid, 0, reading))
    return _with_owners(found)


def _with_owners(found: list[PerOwner]) -> list[PerOwner]:
    """Count the owners of each branch, in one query."""
    counts = {
        f"n{one.unit.pk}": Count("customer", filter=_branch(one.unit), distinct=True)
        for one in found
    }
    sums = CustomerUnit.objects.aggregate(**counts) if counts else {}
    return [PerOwner(one.unit, one.paid, sums[f"n{one.unit.pk}"], one.reading) for one in found]


def _branch(unit: OrgUnit) -> Q:
    column = unit.scope_column()
    return Q(**{column: unit.pk}) if column else Q()
