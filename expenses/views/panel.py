"""Beside the form of an application: its sum, what the rules say of it, the budget it would take
and the way it would go. Everything follows each change of the form (W13)."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals.drawing import Shown
from approvals.services.flows import flow_for
from approvals.shown import drawing_of_route
from core.display import listed, money
from expenses.forms.apply import Sheet
from expenses.models import Application, EvidenceKind, Family
from expenses.selectors.ceilings import category_ceiling
from expenses.selectors.checks import ceiling_words, check, missing
from expenses.services.applications import KIND, facts_of_given
from expenses.services.drafting import wanted_of_given

ZERO = Decimal("0.00")
EMPTY = (None, "")
CENT = Decimal("0.01")


@dataclass(slots=True)
class Panel:
    """What stands beside the form."""

    sums: list[Decimal | None] = field(default_factory=list)
    gift_sums: list[Decimal | None] = field(default_factory=list)
    total: Decimal = ZERO
    refusals: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_known: bool = False
    budget: Any = None
    over_budget: bool = False
    left: Decimal | None = None
    way: list[Shown] = field(default_factory=list)
    no_way: str = ""
    flow: str = ""
    notes_of_rows: list[tuple[str, list[str]]] = field(default_factory=list)


def panel_of(sheet: Sheet) -> Panel:
    """The panel for what the form says so far. Never raises."""
    given = sheet.given()
    panel = Panel(sums=_line_sums(sheet), gift_sums=_gift_sums(sheet))
    panel.notes_of_rows = _notes_of_rows(sheet)
    panel.total = sum((one for one in [*panel.sums, *panel.gift_sums] if one), ZERO)
    if given is None:
        return panel
    panel.is_known = True
    user, known = sheet.user, sheet.application
    wanted = wanted_of_given(given, by=user, application=known)
    checked = check(wanted)
    # What is not filled in yet is no mistake before the form is sent.
    early = set(missing(wanted))
    panel.refusals = [one for one in checked.refusals if one not in early]
    panel.warnings = list(checked.warnings)
    panel.budget, panel.over_budget = checked.budget, checked.over_budget
    if checked.budget is not None:
        panel.left = checked.budget.left - panel.total
    panel.notes = _notes(wanted.paper)
    facts = facts_of_given(given, by=user, check=checked, application=known)
    drawing, panel.no_way = drawing_of_route(KIND, facts, user)
    panel.way = drawing.steps if drawing is not None else []
    panel.flow = flow_for(KIND, facts).flow.name if panel.way else ""
    return panel


def _notes_of_rows(sheet: Sheet) -> list[tuple[str, list[str]]]:
    """What is wrong with the rows as far as they are filled in: id of each field that says
    something, and its mistakes. What is still empty keeps what stands there."""
    if not sheet.head.is_bound:
        return []
    rows = [*sheet.lines, *sheet.gifts_sent()]
    return [
        (one.id_for_label, list(one.errors)) for row in rows for one in row if one.data not in EMPTY
    ]


def _line_sums(sheet: Sheet) -> list[Decimal | None]:
    """The sum of each line of the form; None where it does not read yet."""
    if not sheet.head.is_bound:
        return [
            _sum(Decimal(form.initial["quantity"]), Decimal(form.initial["price"]))
            if "price" in form.initial
            else None
            for form in sheet.lines
        ]
    lines = [form.line() for form in sheet.lines]
    return [_sum(one.quantity, one.price) if one else None for one in lines]


def _gift_sums(sheet: Sheet) -> list[Decimal | None]:
    """The sum of each gift of the form."""
    if not sheet.gifts.is_bound:
        prices = {gift.pk: gift.price for gift in sheet.stock}
        return [
            _sum(Decimal(form.initial["quantity"]), prices[form.initial["gift"]])
            if form.initial.get("gift") in prices
            else None
            for form in sheet.gifts
        ]
    wishes = [form.wish() for form in sheet.gifts]
    return [_sum(Decimal(one.quantity), one.gift.price) if one else None for one in wishes]


def _sum(quantity: Decimal, price: Decimal) -> Decimal:
    return (quantity * price).quantize(CENT, ROUND_HALF_UP)


def _notes(paper: Application) -> list[str]:
    """What the rules of the category mean for this sum."""
    category, notes = paper.category, []
    most = category_ceiling(category, paper.unit_id)
    if most is not None:
        notes.append(
            _("At most {limit} for one application of this kind.").format(limit=money(most))
        )
    if category.family != Family.CASH:
        notes.append(ceiling_words(paper))
    if category.wants_evidence:
        kinds = listed(EvidenceKind(kind).label for kind in category.evidence_kinds)
        sentence = ngettext(
            "Within {count} working day after the event, please upload: {kinds}.",
            "Within {count} working days after the event, please upload: {kinds}.",
            category.evidence_days or 0,
        )
        notes.append(sentence.format(count=category.evidence_days, kinds=kinds or _("evidence")))
    return notes
