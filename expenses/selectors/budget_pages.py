"""What the pages of budgets show beside the table: the unit above, those below, how fast the money
goes, and the movements behind each sum (EXP-09)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Max, Q, QuerySet, Sum

from approvals.models import Approval
from core.keyset import Key, Order
from core.scope import scope_of
from expenses.models import Budget, BudgetChange, BudgetEntry, Category, ChangeState
from expenses.selectors.budgets import BudgetRow
from regions.models import OrgUnit

VIEW = "expenses.view_budget"
KIND = "expenses.budget_change"  # as subject of an approval
ALLOT = "expenses.allot_budget"
ASK = "expenses.ask_budgetchange"
SUMS = ("allotted", "handed_down", "reserved", "committed", "spent")
NEWEST = Order("-at", "at", descending=True, kind="time")
# Before so many days of a period have passed its pace says nothing.
LEAST_DAYS = 30


def units_with_budgets(user: Any) -> QuerySet[OrgUnit]:
    """The units in reach of the right to see budgets, from the top of the tree down."""
    return OrgUnit.objects.visible_to(user, VIEW).in_tree_order()


def first_unit(user: Any, year: int) -> OrgUnit | None:
    """Where the pages begin: the topmost unit in reach that has a budget of the year, else the
    topmost unit in reach."""
    held = Budget.objects.visible_to(user).filter(year=year).values("unit")
    with_money = units_with_budgets(user).filter(pk__in=held).first()
    return with_money or units_with_budgets(user).first()


def may_allot(user: Any, unit: OrgUnit) -> bool:
    """Whether somebody gives a unit its budget: nobody allots money to the unit he answers for, so
    the right must reach the unit above; at the top it must reach the whole group."""
    if unit.parent_id is None:
        return scope_of(user, ALLOT).everything
    return OrgUnit.objects.visible_to(user, ALLOT).filter(pk=unit.parent_id).exists()


def in_reach(user: Any, right: str, unit: OrgUnit) -> bool:
    """Whether a right of somebody reaches a unit."""
    return OrgUnit.objects.visible_to(user, right).filter(pk=unit.pk).exists()


# --- the pace -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunsOut:
    """A category whose money ends before its period at the pace so far, and the day it ends."""

    category: Category
    on: date


def runs_out(rows: Iterable[BudgetRow], today: date) -> list[RunsOut]:
    """Which budgets of running periods will not last, the first to end first.

    The pace is what was reserved, approved and paid since the period began, spread evenly over the
    days gone. Budgets of which nothing is left any more count as ended today.
    """
    found = []
    for row in rows:
        if row.budget is None or row.category is None:
            continue
        day = _end(row, *period(row.budget), today)
        if day is not None:
            found.append(RunsOut(row.category, day))
    return sorted(found, key=lambda one: (one.on, one.category.position))


def period(budget: Budget) -> tuple[date, date]:
    """First and last day of the year or quarter of a budget."""
    if budget.quarter is None:
        return date(budget.year, 1, 1), date(budget.year, 12, 31)
    first = date(budget.year, 3 * budget.quarter - 2, 1)
    after = first.replace(day=28) + timedelta(days=66)  # within the month after the quarter
    return first, after.replace(day=1) - timedelta(days=1)


def _end(row: BudgetRow, first: date, last: date, today: date) -> date | None:
    days = (today - first).days + 1
    used = row.reserved + row.committed + row.spent
    if not first <= today <= last or not used:
        return None
    if row.left <= 0:
        return today
    if days < LEAST_DAYS:
        return None
    ahead = int(row.left * days / used)
    return today + timedelta(days=ahead) if ahead < (last - today).days else None


# --- around a unit --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UnitSums:
    """All budgets of one unit in a year, added up."""

    unit: OrgUnit
    row: BudgetRow


def units_below(user: Any, unit: OrgUnit, year: int) -> list[UnitSums]:
    """The units right below with budgets, and those further down that got theirs from this unit;
    each with its own budgets added up."""
    budgets = Budget.objects.visible_to(user).filter(
        Q(unit__parent=unit) | Q(parent__unit=unit), year=year
    )
    sums = budgets.order_by().values("unit").annotate(*(Sum(name) for name in SUMS))
    by_unit: dict[int, dict[str, Any]] = {one["unit"]: {**one} for one in sums}
    found = []
    for below in OrgUnit.objects.filter(pk__in=by_unit).in_tree_order():
        given = {name: by_unit[below.pk][f"{name}__sum"] for name in SUMS}
        found.append(UnitSums(below, BudgetRow(None, **given)))
    return found


def unit_above(user: Any, unit: OrgUnit, year: int) -> UnitSums | None:
    """The nearest unit above with budgets of the year, as far as the reader sees it."""
    above = [key for key in unit.ancestor_ids() if key != unit.pk]
    sums = (
        Budget.objects.visible_to(user)
        .filter(unit__in=above, year=year)
        .order_by()
        .values("unit")
        .annotate(*(Sum(name) for name in SUMS))
    )
    rows: list[dict[str, Any]] = [{**one} for one in sums]
    near = max(rows, key=lambda one: above.index(one["unit"]), default=None)
    if near is None:
        return None
    given = {name: near[f"{name}__sum"] for name in SUMS}
    return UnitSums(OrgUnit.objects.get(pk=near["unit"]), BudgetRow(None, **given))


def waiting_changes(user: Any, unit: OrgUnit, year: int) -> list[BudgetChange]:
    """Transfers and supplements of a unit's budgets that are not decided yet, the latest first."""
    return list(
        BudgetChange.objects.visible_to(user)
        .filter(
            Q(target__unit=unit) | Q(source__unit=unit),
            target__year=year,
            state__in=(ChangeState.IN_APPROVAL, ChangeState.SENT_BACK),
        )
        .select_related(
            "target__unit", "target__category", "source__unit", "source__category", "asked_by"
        )
        .order_by("-created_at", "-pk")
    )


def approval_of(user: Any, change: BudgetChange) -> Approval | None:
    """The latest approval of a change, for who may see it."""
    found = Approval.objects.visible_to(user).filter(subject_kind=KIND, subject_id=change.pk)
    return found.order_by("-pk").first()


def sources_for(user: Any, target: Budget) -> QuerySet[Budget]:
    """Budgets of the same year from which a transfer could come, as far as the reader sees them."""
    rows = Budget.objects.visible_to(user).filter(year=target.year).exclude(pk=target.pk)
    return rows.select_related("unit", "category").order_by("unit__path", "category__position")


def years_known(user: Any, today: date) -> list[int]:
    """The years that can be chosen: from the first with a budget to next year, the latest first."""
    first = Budget.objects.visible_to(user).order_by("year").values_list("year", flat=True).first()
    last = Budget.objects.visible_to(user).aggregate(last=Max("year"))["last"] or today.year
    return list(range(max(last, today.year + 1), min(first or today.year, today.year) - 1, -1))


# --- what stands behind a sum ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EntryQuery:
    """Movements of a unit's budgets in a year; of one category, one quarter, one column (`sum`)."""

    unit: OrgUnit
    year: int
    category: Category | None = None
    quarter: int | None = None
    sum: str = ""

    def rows(self, user: Any) -> QuerySet[BudgetEntry]:
        """The movements that explain the sum: those that changed its column, or all of them."""
        budgets = Budget.objects.visible_to(user).filter(unit=self.unit, year=self.year)
        if self.category:
            budgets = budgets.filter(category=self.category)
        if self.quarter:
            budgets = budgets.filter(quarter=self.quarter)
        found = BudgetEntry.objects.filter(budget__in=budgets)
        return found.exclude(**{self.sum: 0}) if self.sum else found


def entry_total(user: Any, query: EntryQuery) -> Decimal | None:
    """The sum that the movements explain; None when all columns are shown."""
    if not query.sum:
        return None
    return query.rows(user).aggregate(total=Sum(query.sum))["total"] or Decimal("0.00")


def entry_rows(keys: Iterable[Key]) -> list[BudgetEntry]:
    """The movements of these keys with all that a row shows, in one query."""
    wanted = [key.pk for key in keys]
    found = BudgetEntry.objects.select_related(
        "budget__category", "budget__unit", "application", "other__unit", "other__category", "by"
    ).in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]
