"""Beside the form of an application: its sum, what the rules say of it, the budget it would take
and the way it would go. Everything follows each change of the form (W13)."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals.services import route
from approvals.wording import words_of_reason
from core.display import listed, money
from core.errors import Refused
from expenses.forms.apply import Sheet
from expenses.models import EvidenceKind, Family
from expenses.services.applications import Given, check_given, facts_of_given
from regions.policies import policy

KIND = "expenses.application"
ZERO = Decimal("0.00")
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Stop:
    """A step of the way: who would decide, and why somebody is passed by."""

    name: str
    people: str
    applies: bool
    note: str = ""


@dataclass(slots=True)
class Panel:
    """What stands beside the form."""

    sums: list[Decimal | None] = field(default_factory=list)
    gift_sums: list[Decimal | None] = field(default_factory=list)
    total: Decimal = ZERO
    refusals: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    budget: Any = None
    over_budget: bool = False
    left: Decimal | None = None
    way: list[Stop] = field(default_factory=list)
    no_way: str = ""


def panel_of(sheet: Sheet) -> Panel:
    """The panel for what the form says so far. Never raises."""
    given = sheet.given()
    panel = Panel(
        sums=[_sum(one.quantity, one.price) if one else None for one in _lines(sheet)],
        gift_sums=[
            _sum(Decimal(one.quantity), one.gift.price) if (one := form.wish()) else None
            for form in sheet.gifts
        ],
    )
    panel.total = sum((one for one in [*panel.sums, *panel.gift_sums] if one), ZERO)
    if given is None:
        return panel
    checked = check_given(given, by=sheet.user, application=sheet.application)
    panel.refusals, panel.warnings = list(checked.refusals), list(checked.warnings)
    panel.budget, panel.over_budget = checked.budget, checked.over_budget
    if checked.budget is not None:
        panel.left = checked.budget.left - panel.total
    panel.notes = _notes(given, panel.total)
    _route(panel, sheet, given, checked)
    return panel


def _lines(sheet: Sheet) -> list[Any]:
    return [form.line() for form in sheet.lines]


def _sum(quantity: Decimal, price: Decimal) -> Decimal:
    return (quantity * price).quantize(CENT)


def _notes(given: Given, total: Decimal) -> list[str]:
    """What the rules of the category mean for this sum."""
    category, notes = given.category, []
    if category.ceiling_policy:
        limit = policy(category.ceiling_policy, given.unit)
        notes.append(
            _("At most {limit} for one application of this kind.").format(limit=money(limit))
        )
    if category.family != Family.CASH:
        limit = policy("expenses.regional_ceiling", given.unit)
        if total <= limit:
            sentence = _("Up to {limit} (inclusive): without the general manager.")
        else:
            sentence = _("Above {limit}: the general manager decides too.")
        notes.append(sentence.format(limit=money(limit)))
    if category.wants_evidence:
        kinds = listed(EvidenceKind(kind).label for kind in category.evidence_kinds)
        sentence = ngettext(
            "Within {count} working day after the event, please upload: {kinds}.",
            "Within {count} working days after the event, please upload: {kinds}.",
            category.evidence_days,
        )
        notes.append(sentence.format(count=category.evidence_days, kinds=kinds or _("evidence")))
    return notes


def _route(panel: Panel, sheet: Sheet, given: Given, checked: Any) -> None:
    """The way through approval as it would be now."""
    try:
        way = route(KIND, facts_of_given(given, by=sheet.user, checked=checked), sheet.user)
    except Refused as refusal:
        panel.no_way = str(refusal)
        return
    for one in way:
        people = listed(person.name for person in one.people)
        note = "" if one.people or not one.applies else words_of_reason(one.why)
        panel.way.append(Stop(one.step.name, people, one.applies, note))
