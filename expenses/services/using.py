"""Money of a budget on its way: reserved when asked for, committed when approved, spent when paid,
freed when it is not needed.

Each function runs in the caller's transaction with the application held, and holds one budget: the
application's. What a file of former times brought has none, and nothing happens.
"""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from core.errors import Refused
from expenses.models import Application, Budget, BudgetMove
from expenses.selectors.budgets import budget_for
from expenses.selectors.shortage import may_exceed, shortage_words
from expenses.services.budget_rows import hold, move
from expenses.services.budgets import supplement

ZERO = Decimal("0.00")


def reserve(application: Application, *, by: Any) -> None:
    """Take the amount out of what is left of the budget that pays.

    Where it is not enough, the application is marked as over budget if the rule lets it go on, and
    reserves nothing. Raises Refused otherwise.
    """
    unit, category = application.unit, application.category
    budget = budget_for(unit, category, application.applied_on)
    if budget is not None:
        budget = hold([budget.pk])[budget.pk]
    application.over_budget = budget is None or budget.left < application.amount
    application.budget = budget
    if budget is None or application.over_budget:
        if budget is None or not may_exceed(unit):
            year = application.applied_on.year
            raise Refused(shortage_words(unit, category, budget, application.amount, year))
        return
    move(budget, BudgetMove.RESERVE, by=by, application=application, reserved=application.amount)


def commit(application: Application, *, by: Any) -> None:
    """What was reserved is approved. Over budget, the approval adds what lacks to the budget."""
    if application.budget is None:
        return
    amount = application.amount
    if application.over_budget:
        reason = _("approved over budget: {number}").format(number=application.number)
        lacking = amount - max(ZERO, Budget.objects.get(pk=application.budget.pk).left)
        if lacking > 0:
            supplement(application.budget, amount=lacking, by=by, reason=reason)
        budget = hold([application.budget.pk])[application.budget.pk]
        if budget.left < amount:  # somebody was faster since we looked
            raise Refused(_("The budget has just changed. Please try again."))
        move(budget, BudgetMove.COMMIT, by=by, application=application, committed=amount)
        return
    budget = hold([application.budget.pk])[application.budget.pk]
    move(
        budget,
        BudgetMove.COMMIT,
        by=by,
        application=application,
        reserved=-amount,
        committed=amount,
    )


def free(application: Application, *, by: Any) -> None:
    """Nothing will be approved: what was reserved is free again."""
    if application.budget is None or application.over_budget:
        return
    budget = hold([application.budget.pk])[application.budget.pk]
    amount = -application.amount
    move(budget, BudgetMove.FREE, by=by, application=application, reserved=amount)


def release(application: Application, amount: Decimal, *, by: Any) -> None:
    """A part of what was approved will not be paid."""
    if application.budget is None:
        return
    budget = hold([application.budget.pk])[application.budget.pk]
    move(budget, BudgetMove.FREE, by=by, application=application, committed=-amount)


def spend(application: Application, amount: Decimal, *, by: Any) -> None:
    """A part of what was approved is paid."""
    if application.budget is None:
        return
    budget = hold([application.budget.pk])[application.budget.pk]
    move(budget, BudgetMove.SPEND, by=by, application=application, committed=-amount, spent=amount)


def take_back(application: Application, amount: Decimal, *, by: Any, gone: bool = False) -> None:
    """Money came back: it may be paid again, or with `gone` is free for something else."""
    if application.budget is None:
        return
    budget = hold([application.budget.pk])[application.budget.pk]
    move(
        budget,
        BudgetMove.REFUND,
        by=by,
        application=application,
        spent=-amount,
        committed=ZERO if gone else amount,
    )
