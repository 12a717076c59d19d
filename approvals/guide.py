"""The authority guide: who decides what up to which amount, worked out of the flows (ORG-28).

A flow is cut at the amounts that its conditions name, so that a band of amounts has one way.
Conditions on other fields cannot be worked out without a paper: their steps stand in every band,
with the condition in words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from approvals.conditions import AMOUNT, ORDERED, Condition, Operator, Term, holds
from approvals.definitions import Definition, StepDef
from approvals.wording import Names, condition_words, how_words, people_words
from core.display import money

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Says:
    """A step in a band: its name, who, and when it depends on something else than the amount."""

    name: str
    who: str
    how: str
    condition: str
    opinion_only: bool


@dataclass(frozen=True, slots=True)
class Band:
    """Amounts that take one way: above `above`, up to and including `up_to`; None is open."""

    above: Decimal | None
    up_to: Decimal | None
    steps: tuple[Says, ...]

    @property
    def words(self) -> str:
        if self.above is None and self.up_to is None:
            return _("any amount")
        if self.above is None:
            return _("up to {amount}").format(amount=money(self.up_to))
        if self.up_to is None:
            return _("above {amount}").format(amount=money(self.above))
        return _("above {above} up to {up_to}").format(
            above=money(self.above), up_to=money(self.up_to)
        )

    @property
    def decides(self) -> str:
        """Who has the last word: steps that come last in some cases, each with its case, and the
        last step that always decides."""
        last = []
        for step in reversed(self.steps):
            if step.opinion_only:
                continue
            last.append(f"{step.name}（{step.condition}）" if step.condition else step.name)
            if not step.condition:
                break
        return " / ".join(last)


def bands(definition: Definition, names: Names, *, taken: Condition | None = None) -> list[Band]:
    """The bands of a flow from the smallest amounts up; `names` holds the policies' values.

    `taken` is the condition under which the flow is taken: amounts that it rules out have no band.
    """
    conditions = [taken, *(step.condition for step in definition.steps)]
    cuts = sorted({cut for one in conditions for cut in _cuts(one, names.policies)})
    edges: list[Decimal | None] = [None, *cuts, None]
    found = []
    for above, up_to in zip(edges, edges[1:], strict=False):
        sample = up_to if up_to is not None else (above or Decimal(0)) + CENT
        if not _may_apply(taken, sample, names.policies):
            continue
        steps = tuple(
            _says(step, names, sample)
            for step in definition.steps
            if _may_apply(step.condition, sample, names.policies)
        )
        found.append(Band(above, up_to, steps))
    return found


def _says(step: StepDef, names: Names, amount: Decimal) -> Says:
    """The step at an amount; of its condition what the amount leaves open."""
    left = replace(step, condition=_left(step.condition, amount, names.policies))
    return Says(
        step.name,
        people_words(step.who, names),
        how_words(step),
        condition_words(left, names),
        step.opinion_only,
    )


def _left(
    condition: Condition | None, amount: Decimal, policies: Mapping[str, Any]
) -> Condition | None:
    """The comparisons with other fields; None where the amount alone is enough."""
    if condition is None:
        return None
    known = tuple(term for term in condition.terms if term.field == AMOUNT)
    others = tuple(term for term in condition.terms if term.field != AMOUNT)
    enough = condition.joined == "any" and known
    if enough and holds(Condition("any", known), _Amount(amount), policies):
        return None
    return Condition(condition.joined, others) if others else None


def _cuts(condition: Condition | None, policies: Mapping[str, Any]) -> list[Decimal]:
    """The largest amounts that still lie below a comparison of a condition."""
    terms = condition.terms if condition else ()
    return [
        bound if term.operator in (Operator.GT, Operator.LE) else bound - CENT
        for term in terms
        if term.field == AMOUNT and term.operator in ORDERED
        if (bound := _bound(term, policies)) is not None
    ]


def _bound(term: Term, policies: Mapping[str, Any]) -> Decimal | None:
    try:
        return Decimal(str(policies[term.policy] if term.policy else term.value))
    except (InvalidOperation, KeyError):
        return None


@dataclass(frozen=True, slots=True)
class _Amount:
    """A paper of which only the amount is known."""

    amount: Decimal
    unit: Any = None

    @property
    def fields(self) -> dict[str, Any]:
        return {}


def _may_apply(condition: Condition | None, amount: Decimal, policies: Mapping[str, Any]) -> bool:
    """Whether a step can be met at an amount, whatever the other fields say."""
    if condition is None:
        return True
    known = tuple(term for term in condition.terms if term.field == AMOUNT)
    if len(known) < len(condition.terms) and (condition.joined == "any" or not known):
        return True
    return holds(Condition(condition.joined, known), _Amount(amount), policies)
