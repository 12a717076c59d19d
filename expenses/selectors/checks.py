"""Whether an application may be submitted, in sentences: what the form shows while it is filled in,
and what refuses it at the end. One check for both."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from core.display import listed, money
from expenses.models import Application, Budget, Category, Needs
from expenses.selectors import ceilings
from expenses.selectors.budgets import budget_for, helpers
from expenses.selectors.shortage import may_exceed, shortage_words
from expenses.states import GRANTED
from regions.policies import policy

ZERO = Decimal("0.00")
SHOWN = 3


@dataclass(slots=True)
class Check:
    """What speaks against an application. `refusals` stop it, `warnings` do not; `short` is what
    lacks in the budget, of which `helpers` may speak."""

    refusals: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    budget: Budget | None = None
    over_budget: bool = False
    amount: Decimal = ZERO
    short: Decimal = ZERO
    helpers: list[User] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An application as the check sees it, saved or not: what hangs on it beside its columns."""

    paper: Application
    customers: Sequence[Any] = ()
    gifts: Sequence[tuple[Any, int]] = ()
    has_account: bool = False
    has_phone: bool = False


def wanted_of(application: Application) -> Wanted:
    """A saved application with its parts."""
    return Wanted(
        application,
        [row.customer for row in application.customers.select_related("customer")],
        [(line.gift, line.quantity) for line in application.gift_lines.select_related("gift")],
        bool(application.account_last4),
        bool(application.phone_last4),
    )


def check(wanted: Wanted) -> Check:
    """Look at an application as if it were submitted now. Takes no lock."""
    paper = wanted.paper
    found = Check(amount=paper.amount)
    found.refusals += missing(wanted)
    found.refusals += ceilings.refusals(paper, wanted.customers)
    found.refusals += _gifts(wanted)
    _evidence(paper, found)
    _budget(paper, found)
    return found


def missing(wanted: Wanted) -> list[str]:
    """What the category asks for and the paper does not say."""
    paper, category = wanted.paper, wanted.paper.category
    given = {
        "customers": bool(wanted.customers),
        "case": paper.case_id is not None,
        "beneficiary": bool(paper.beneficiary_name and wanted.has_account),
        "gifts": bool(wanted.gifts),
        "event": paper.event_on is not None,
    }
    sentences = {
        "customers": _("Please name the customers concerned."),
        "case": _("Please name the complaint."),
        "beneficiary": _("Please give the name and the account of the beneficiary."),
        "gifts": _("Please choose the gifts."),
        "event": _("Please enter the date of the event."),
    }
    found = [
        sentences[part]
        for part, there in given.items()
        if getattr(category, part) == Needs.MUST and not there
    ]
    if category.beneficiary == Needs.MUST and not wanted.has_phone:
        found.append(_("Please give the telephone number of the beneficiary."))
    if paper.amount <= 0:
        found.append(_("Please enter an amount above zero."))
    return found + _questions(category, paper.values)


def _questions(category: Category, values: dict[str, Any]) -> list[str]:
    """Further questions of the category that must be answered."""
    sentence = _("Please answer “{question}”.")
    return [
        sentence.format(question=question["label"])
        for question in category.fields
        if question.get("required") and values.get(question["key"]) in (None, "")
    ]


def _gifts(wanted: Wanted) -> list[str]:
    sentence = _("Of “{gift}” only {free} are free; {quantity} are asked for.")
    return [
        sentence.format(gift=gift, free=gift.free, quantity=quantity)
        for gift, quantity in wanted.gifts
        if quantity > gift.free
    ]


def unproved(unit_id: int, *, without: int = 0) -> list[Application]:
    """Papers of a unit whose evidence is late, the oldest first."""
    return list(
        Application.objects.filter(
            unit=unit_id,
            evidence_due_on__lt=timezone.localdate(),
            evidence_done_at=None,
            state__in=sorted(GRANTED),
        )
        .exclude(pk=without)
        .order_by("evidence_due_on", "pk")
    )


def _evidence(application: Application, found: Check) -> None:
    """Late evidence of earlier events warns or refuses, as the rule says (EXP-08)."""
    late = unproved(application.unit_id, without=application.pk or 0)
    if not late:
        return
    sentence = _("Evidence is late for {papers}. Please upload it first.")
    numbers = [paper.number for paper in late]
    more = ["…"] if len(numbers) > SHOWN else []
    words = sentence.format(papers=listed([*numbers[:SHOWN], *more]))
    refuses = policy("expenses.missing_evidence", application.unit_id) == "refuse"
    (found.refusals if refuses else found.warnings).append(words)


def _budget(application: Application, found: Check) -> None:
    """Whether the budget that would pay has enough left."""
    unit, category, amount = application.unit, application.category, application.amount
    day = application.applied_on
    found.budget = budget_for(unit, category, day)
    left = found.budget.left if found.budget else ZERO
    found.over_budget = found.budget is None or left < amount
    if not found.over_budget:
        return
    found.short = amount - left
    found.helpers = helpers(found.budget.unit if found.budget else unit)
    words = shortage_words(unit, category, found.budget, amount, day.year)
    goes_up = found.budget is not None and may_exceed(unit)
    (found.warnings if goes_up else found.refusals).append(words)


def ceiling_words(application: Application) -> str:
    """What the form says about the general manager (EXP-05)."""
    most = Decimal(policy("expenses.regional_ceiling", application.unit_id))
    if application.amount > most:
        sentence = _("Above {ceiling}: the general manager decides too.")
    else:
        sentence = _("Up to {ceiling} (inclusive) the general manager need not decide.")
    return sentence.format(ceiling=money(most))
