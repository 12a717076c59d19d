"""Which budget pays, what is left of it, and who can help when it is not enough."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Post, RoleGrant, User
from expenses.models import Budget, BudgetEntry, Category
from regions.models import OrgUnit

ZERO = Decimal("0.00")
COST_FUNCTION = 8  # the core function that manages expenses (ORG-08)
MOST_HELPERS = 3


def quarter_of(day: date) -> int:
    """The quarter of a day, 1 to 4."""
    return (day.month + 2) // 3


def period_words(year: int, quarter: int | None) -> str:
    """2026, or the second quarter of 2026."""
    if quarter is None:
        return str(year)
    return _("{year} Q{quarter}").format(year=year, quarter=quarter)


def budget_for(unit: OrgUnit, category: Category, day: date) -> Budget | None:
    """The budget that pays for a unit's application of a day: that of the nearest unit on the way
    up which has one for the category; of the quarter before that of the year."""
    order = {key: place for place, key in enumerate(reversed(unit.ancestor_ids()))}
    found = Budget.objects.filter(
        Q(quarter=None) | Q(quarter=quarter_of(day)),
        unit__in=list(order),
        category=category,
        year=day.year,
    ).select_related("unit", "category")
    return min(found, key=lambda row: (order[row.unit_id], row.quarter is None), default=None)


def budget_above(
    unit: OrgUnit, category: Category, year: int, quarter: int | None
) -> Budget | None:
    """The nearest budget of the same category and period above a unit."""
    above = [key for key in unit.ancestor_ids() if key != unit.pk]
    order = {key: place for place, key in enumerate(reversed(above))}
    found = Budget.objects.filter(
        unit__in=above, category=category, year=year, quarter=quarter
    ).select_related("unit")
    return min(found, key=lambda row: order[row.unit_id], default=None)


def helpers(unit: OrgUnit) -> list[User]:
    """Who manages expenses at a unit or, where nobody does, at the nearest one above; else those
    who may allot budgets there. At most three, people who cannot log in left out."""
    for key in reversed(unit.ancestor_ids()):
        posts = Post.objects.now().filter(
            unit=key, function__number=COST_FUNCTION, user__in=User.objects.active()
        )
        people = [post.user for post in posts.select_related("user").order_by("pk")]
        if people:
            return list(dict.fromkeys(people))[:MOST_HELPERS]
    return _who_allot(unit)


def _who_allot(unit: OrgUnit) -> list[User]:
    grants = RoleGrant.objects.now().filter(
        unit__in=unit.ancestor_ids(),
        role__permissions__codename="allot_budget",
        user__in=User.objects.active(),
    )
    near = grants.select_related("user", "unit").order_by("-unit__path", "user_id")
    return list(dict.fromkeys(grant.user for grant in near))[:MOST_HELPERS]


@dataclass(slots=True)
class BudgetRow:
    """A category in a table of budgets: the sums of its budgets. `budget` is set when it is one."""

    category: Category | None
    budget: Budget | None = None
    allotted: Decimal = ZERO
    handed_down: Decimal = ZERO
    reserved: Decimal = ZERO
    committed: Decimal = ZERO
    spent: Decimal = ZERO
    entries: list[BudgetEntry] = field(default_factory=list)

    @property
    def left(self) -> Decimal:
        return self.allotted - self.handed_down - self.reserved - self.committed - self.spent

    @property
    def used_share(self) -> Decimal | None:
        """Reserved, approved and paid as a share of what the unit has for itself, 0 to 1."""
        own = self.allotted - self.handed_down
        return None if own <= 0 else (self.reserved + self.committed + self.spent) / own

    def add(self, other: "BudgetRow | Budget") -> None:
        """Add the sums of another row."""
        for name in ("allotted", "handed_down", "reserved", "committed", "spent"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def table(reader: Any, unit: OrgUnit, year: int) -> tuple[list[BudgetRow], BudgetRow]:
    """The budgets of one unit in a year by category and quarter, and their sum. Two queries."""
    found = (
        Budget.objects.visible_to(reader)
        .filter(unit=unit, year=year)
        .select_related("category", "unit", "parent__unit")
        .order_by("category__position", "category_id", "quarter")
    )
    rows = []
    total = BudgetRow(None)
    for budget in found:
        row = BudgetRow(budget.category, budget)
        row.add(budget)
        total.add(row)
        rows.append(row)
    return rows, total


def movements(budgets: Iterable[Budget], *, most: int = 50) -> list[BudgetEntry]:
    """The newest movements of budgets that a reader was allowed to see."""
    return list(
        BudgetEntry.objects.filter(budget__in=[budget.pk for budget in budgets])
        .select_related("budget__category", "by", "application", "other__unit")
        .order_by("-at", "-pk")[:most]
    )
