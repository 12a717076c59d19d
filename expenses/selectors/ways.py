"""Which flows an application of a category may take: said before anything is filled in."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from approvals.conditions import Condition, holds, parse_condition
from approvals.definitions import Definition, StepDef
from approvals.services.flows import flows_near
from approvals.shown import names_for
from approvals.wording import condition_words
from expenses.models import Category
from regions.policies import policy

KIND = "expenses.application"
KNOWN = ("category", "family")


@dataclass(frozen=True, slots=True)
class Way:
    """A flow that may be taken, and under which further conditions; none for one that always is."""

    name: str
    when: str = ""


@dataclass(frozen=True, slots=True)
class _Category:
    """A paper of which only the category is known."""

    fields: dict[str, Any] = field(default_factory=dict)
    amount: Any = None
    unit: Any = None


def flows_by_category(categories: Iterable[Category], unit: Any) -> dict[str, list[Way]]:
    """Code of each category → the flows in the order they are tried, up to the one that takes
    whatever the others leave."""
    flows = [
        (flow, parse_condition(flow.condition) if flow.condition else None)
        for flow in flows_near(KIND, unit)
        if flow.versions.filter(published_at__isnull=False).exists()
    ]
    taken = [StepDef("taken", "", (), condition=one) for _flow, one in flows]
    names = names_for([Definition(tuple(taken))], KIND, unit.pk)
    found: dict[str, list[Way]] = {}
    for category in categories:
        paper = _Category({"category": category.code, "family": category.family})
        ways = found[category.code] = []
        for flow, condition in flows:
            if not _may_be(condition, paper, unit):
                continue
            left = _left(condition)
            words = condition_words(StepDef("taken", "", (), condition=left), names)
            if left is None and ways:
                words = _("in all other cases")
            ways.append(Way(flow.name, words))
            if left is None:
                break
    return found


def _may_be(condition: Condition | None, paper: _Category, unit: Any) -> bool:
    """Whether a condition may hold for some paper of the category."""
    if condition is None:
        return True
    values = {term.policy: policy(term.policy, unit) for term in condition.terms if term.policy}
    return holds(condition, paper, values, unknown=True)


def _left(condition: Condition | None) -> Condition | None:
    """What the category alone does not say."""
    if condition is None:
        return None
    others = tuple(term for term in condition.terms if term.field not in KNOWN)
    return Condition(condition.joined, others) if others else None
