"""Budgets are allotted, handed down the tree, moved and carried over (EXP-09).

A budget without a budget above it (`parent`) gets its money from outside: from the group's own
planning. All others share out what the one above has. Sums are yuan; negative ones take back.
"""

from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.display import money
from core.errors import Refused
from expenses.models import Budget, BudgetMove, Category
from expenses.models.common import CENT
from expenses.selectors.budgets import budget_above, period_words
from expenses.services.budget_rows import hold, move, with_above
from regions.models import OrgUnit
from regions.policies import policy

CARRY = "carry"
SHARE_LOCK = 7_231_006


@transaction.atomic
def allot(
    unit: OrgUnit,
    *,
    category: Category,
    year: int,
    amount: Decimal,
    by: Any,
    quarter: int | None = None,
    reason: str = "",
) -> Budget:
    """Give a unit money for a category that no budget above it shares out; more each time.

    Raises Refused when a unit above has such a budget (then it is handed down), for no amount, and
    when more is taken back than is left.
    """
    amount = _checked(amount)
    _one_at_a_time()
    above = budget_above(unit, category, year, quarter)
    if above is not None:
        sentence = _("{unit} has a budget for this: please hand it down from there.")
        raise Refused(sentence.format(unit=above.unit))
    budget = _ours(unit, category, year, quarter, parent=None)
    if budget.parent_id is not None:
        raise Refused(_("This budget was handed down: please change it where it came from."))
    _refuse_too_little(budget, -amount)
    move(budget, BudgetMove.ALLOT, by=by, reason=reason, allotted=amount)
    _record("budget.allotted", budget, amount, by)
    return budget


@transaction.atomic
def hand_down(budget: Budget, *, to: OrgUnit, amount: Decimal, by: Any, reason: str = "") -> Budget:
    """Hand a part of what is left of a budget to a unit below; its budget is made on first use.

    Raises Refused when less is left, for a unit that is not below, one that gets its budget from
    another unit, and when more is taken back than the unit has left.
    """
    amount = _checked(amount)
    _one_at_a_time()
    unit = budget.unit
    if to.pk == unit.pk or unit.pk not in to.ancestor_ids():
        raise Refused(_("{unit} is not below {above}.").format(unit=to, above=unit))
    child = _ours(to, budget.category, budget.year, budget.quarter, parent=budget)
    if child.parent_id != budget.pk:
        raise Refused(_("{unit} gets this budget from another unit.").format(unit=to))
    held = hold([budget.pk, child.pk])
    upper, lower = held[budget.pk], held[child.pk]
    _refuse_too_little(upper, amount)
    _refuse_too_little(lower, -amount)
    # Taking back frees the lower one first: neither may be over its allotment in between.
    move(upper, BudgetMove.HAND_DOWN, by=by, other=lower, reason=reason, handed_down=amount)
    move(lower, BudgetMove.HAND_DOWN, by=by, other=upper, reason=reason, allotted=amount)
    _record("budget.handed_down", lower, amount, by)
    return lower


@transaction.atomic
def transfer(source: Budget, target: Budget, *, amount: Decimal, by: Any, reason: str = "") -> None:
    """Move what is left of one budget to another one of the same year.

    It goes up from the one to where both ways meet and down to the other, so that every budget on
    the way still shares out exactly what it has. Raises Refused when less is left.
    """
    amount = _checked(amount)
    if amount < 0 or source.pk == target.pk:
        raise Refused(_("Please choose two budgets and an amount above zero."))
    if source.year != target.year:
        raise Refused(_("Money of another year is carried over, not transferred."))
    _one_at_a_time()
    up, down = with_above(source), with_above(target)
    held = hold({*up, *down})
    _refuse_too_little(held[source.pk], amount)
    meeting = next((key for key in up if key in down), None)
    for key in up[: up.index(meeting)] if meeting is not None else up:
        _shift(held, key, -amount, meeting, by, reason)
    for key in reversed(down[: down.index(meeting)] if meeting is not None else down):
        _shift(held, key, amount, meeting, by, reason)
    _record("budget.transferred", held[target.pk], amount, by)


def _shift(
    held: dict[int, Budget], key: int, amount: Decimal, meeting: int | None, by: Any, reason: str
) -> None:
    """Change the allotment of a budget, and what the one above handed down, by an amount. What
    the ones between lose or gain is handed down too, so nothing of theirs changes."""
    budget = held[key]
    above = held.get(budget.parent_id or 0)
    if amount > 0:
        if above is not None:
            move(above, BudgetMove.TRANSFER, by=by, other=budget, reason=reason, handed_down=amount)
        move(budget, BudgetMove.TRANSFER, by=by, other=above, reason=reason, allotted=amount)
        return
    move(budget, BudgetMove.TRANSFER, by=by, other=above, reason=reason, allotted=amount)
    if above is not None:
        move(above, BudgetMove.TRANSFER, by=by, other=budget, reason=reason, handed_down=amount)


@transaction.atomic
def supplement(budget: Budget, *, amount: Decimal, by: Any, reason: str = "") -> None:
    """Add money from outside to a budget: every budget above it grows too and hands it down."""
    amount = _checked(amount)
    if amount < 0:
        raise Refused(_("Please enter an amount above zero."))
    _one_at_a_time()
    chain = with_above(budget)
    held = hold(chain)
    for key in reversed(chain):
        row = held[key]
        above = held.get(row.parent_id or 0)
        if above is not None:
            move(above, BudgetMove.SUPPLEMENT, by=by, other=row, reason=reason, handed_down=amount)
        move(row, BudgetMove.SUPPLEMENT, by=by, other=above, reason=reason, allotted=amount)
    _record("budget.supplemented", held[budget.pk], amount, by)


@transaction.atomic
def carry_over(year: int, *, unit: OrgUnit, by: Any) -> int:
    """Give what is left of the year's budgets of a branch to the same budgets of the next year.

    Only where the rule of the unit says so (policy expenses.carry_over); done twice it moves what
    was freed meanwhile. Returns how many budgets gave something. Raises Refused for a year that has
    not begun.
    """
    if year > timezone.localdate().year:
        raise Refused(_("The year {year} has not begun yet.").format(year=year))
    _one_at_a_time()
    rows = Budget.objects.filter(year=year, quarter=None, unit__path__startswith=unit.path)
    count = 0
    for key in rows.order_by("-unit__path", "pk").values_list("pk", flat=True):
        old = hold([key])[key]
        if old.left > 0 and policy("expenses.carry_over", old.unit_id) == CARRY:
            _carry(old, by)
            count += 1
    return count


def _carry(old: Budget, by: Any) -> None:
    """Take what is left out of a budget and out of those above it, and supplement next year's."""
    amount, words = old.left, period_words(old.year, None)
    reason = _("left of {period}").format(period=words)
    chain = with_above(old)
    held = hold(chain)
    for key in chain:
        row = held[key]
        above = held.get(row.parent_id or 0)
        move(row, BudgetMove.CARRY_OVER, by=by, other=above, reason=reason, allotted=-amount)
        if above is not None:
            move(above, BudgetMove.CARRY_OVER, by=by, other=row, reason=reason, handed_down=-amount)
    supplement(_next_year(old), amount=amount, by=by, reason=reason)
    _record("budget.carried_over", old, amount, by)


def _next_year(old: Budget) -> Budget:
    """The same budget a year later, made with those above it."""
    parent = _next_year(old.parent) if old.parent is not None else None
    return _ours(old.unit, old.category, old.year + 1, None, parent=parent)


def _ours(
    unit: OrgUnit, category: Category, year: int, quarter: int | None, *, parent: Budget | None
) -> Budget:
    """The budget of a unit, held; made empty under `parent` when there is none yet."""
    budget = Budget.objects.filter(unit=unit, year=year, quarter=quarter, category=category).first()
    if budget is None:
        budget = Budget(year=year, quarter=quarter, category=category, parent=parent)
        budget.place_in(unit)
        budget.save(force_insert=True)
    return hold([budget.pk])[budget.pk]


def _one_at_a_time() -> None:
    """Shares of the tree change one after the other; asked for before any budget is held. Whoever
    reserves or spends holds a single budget and waits for nobody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SHARE_LOCK])


def _checked(amount: Decimal) -> Decimal:
    if not amount or amount != amount.quantize(CENT):
        raise Refused(_("Please enter an amount with at most two decimals."))
    return amount.quantize(CENT)


def _refuse_too_little(budget: Budget, amount: Decimal) -> None:
    """Refuse taking more out of a budget than is left there."""
    if amount > budget.left:
        sentence = _("The {category} budget of {unit} has only {left} left.")
        raise Refused(
            sentence.format(category=budget.category, unit=budget.unit, left=money(budget.left))
        )


def _record(action: str, budget: Budget, amount: Decimal, by: Any) -> None:
    record(
        action,
        by=by,
        subject=budget,
        unit=budget.unit.name,
        category=budget.category.name,
        period=period_words(budget.year, budget.quarter),
        amount=str(amount),
    )
