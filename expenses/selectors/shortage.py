"""A budget that does not suffice: what is left, what lacks, who can help, may it go on."""

from decimal import Decimal

from django.utils.translation import gettext as _

from core.display import listed, money
from expenses.models import Budget, Category
from expenses.selectors.budgets import helpers, period_words
from regions.models import OrgUnit
from regions.policies import policy


def shortage_words(
    unit: OrgUnit, category: Category, budget: Budget | None, amount: Decimal, year: int
) -> str:
    """Why an application cannot be paid: what is left, what lacks, and who can help."""
    people = listed(str(person) for person in helpers(budget.unit if budget else unit))
    if budget is None:
        sentence = _("{unit} has no {category} budget for {year}.")
        words = sentence.format(unit=unit, category=category, year=year)
        if not people:
            return words
        return words + " " + _("Ask {people} to hand one down.").format(people=people)
    words = _("The {category} budget of {unit} for {period} has {left} left, {short} too little.")
    words = words.format(
        category=category,
        unit=budget.unit,
        period=period_words(budget.year, budget.quarter),
        left=money(budget.left),
        short=money(amount - budget.left),
    )
    if people:
        help_ = _("You can ask for a transfer or for more budget, or speak to {people}.")
        return f"{words} {help_.format(people=people)}"
    return f"{words} {_('You can ask for a transfer or for more budget.')}"


def may_exceed(unit: OrgUnit) -> bool:
    """Whether an application over its budget may be submitted, to be decided on a longer way."""
    return bool(policy("expenses.over_budget", unit.pk) == "route")
