"""Conditions of flows and steps: pure data, judged against the facts of one paper (WF-02).

A condition is a list of terms joined by "all" or "any". A term compares one field of the paper with
a value, or with the value of a policy, so that a ceiling stands in one place only.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from core.display import fixed, listed

AMOUNT = "amount"
UNIT_LEVEL = "unit_level"  # group, region, city or project: the level of the applying unit
BUILT_IN: dict[str, Promise] = {
    AMOUNT: gettext_lazy("Amount"),
    UNIT_LEVEL: gettext_lazy("Level of the applying unit"),
}


class Given(Protocol):
    """What is known of a paper: `approvals.subjects.Facts` fits."""

    @property
    def unit(self) -> Any: ...

    @property
    def amount(self) -> Decimal | None: ...

    @property
    def fields(self) -> Mapping[str, Any]: ...


class Operator(TextChoices):
    """How a field is compared. Above and up to leave no gap: 3,000.00 is up to 3,000.00."""

    GT = "gt", pgettext_lazy("comparison", "above")
    GE = "ge", pgettext_lazy("comparison", "at least")
    LT = "lt", pgettext_lazy("comparison", "below")
    LE = "le", pgettext_lazy("comparison", "up to")
    EQ = "eq", pgettext_lazy("comparison", "is")
    NE = "ne", pgettext_lazy("comparison", "is not")
    IN = "in", pgettext_lazy("comparison", "is one of")
    NOT_IN = "not_in", pgettext_lazy("comparison", "is none of")
    FILLED = "filled", pgettext_lazy("comparison", "is filled in")
    EMPTY = "empty", pgettext_lazy("comparison", "is empty")


ORDERED = frozenset({Operator.GT, Operator.GE, Operator.LT, Operator.LE})
LISTS = frozenset({Operator.IN, Operator.NOT_IN})
ALONE = frozenset({Operator.FILLED, Operator.EMPTY})
ONE = {Operator.IN: Operator.EQ, Operator.NOT_IN: Operator.NE}  # how a list of one value reads


@dataclass(frozen=True, slots=True)
class Term:
    """`field` compared with `value`, or with what the policy of this key says."""

    field: str
    operator: Operator
    value: Any = None
    policy: str = ""

    def to_json(self) -> dict[str, Any]:
        """The term as a definition keeps it."""
        kept: dict[str, Any] = {"field": self.field, "is": str(self.operator)}
        if self.policy:
            return kept | {"policy": self.policy}
        if self.operator in ALONE:
            return kept
        return kept | {"value": list(self.value) if self.operator in LISTS else self.value}


@dataclass(frozen=True, slots=True)
class Condition:
    """Terms of which all, or any one, must hold."""

    joined: str
    terms: tuple[Term, ...]

    def to_json(self) -> dict[str, Any]:
        """The condition as a definition keeps it."""
        return {self.joined: [term.to_json() for term in self.terms]}


def parse_condition(stored: Any, *, fields: Collection[str] | None = None) -> Condition:
    """A condition out of JSON. `fields`: what it may name besides BUILT_IN; None lets all pass.

    Raises ValueError with a sentence.
    """
    if not isinstance(stored, Mapping) or len(stored) != 1 or set(stored) - {"all", "any"}:
        raise ValueError(_("A condition says “all” or “any” and a list of comparisons."))
    ((joined, terms),) = stored.items()
    if not isinstance(terms, list) or not terms:
        raise ValueError(_("A condition says “all” or “any” and a list of comparisons."))
    return Condition(joined, tuple(_term(term, fields) for term in terms))


def _term(stored: Any, fields: Collection[str] | None) -> Term:
    if not isinstance(stored, Mapping) or set(stored) - {"field", "is", "value", "policy"}:
        raise ValueError(_("A comparison has a field, an operator and a value or a policy."))
    field, operator = str(stored.get("field") or ""), stored.get("is")
    if fields is not None and field not in BUILT_IN and field not in fields:
        raise ValueError(_("This paper has no field “%(field)s”.") % {"field": field})
    if not field or operator not in Operator.values:
        raise ValueError(_("A comparison has a field, an operator and a value or a policy."))
    term = Term(field, Operator(operator), stored.get("value"), str(stored.get("policy") or ""))
    return _with_value(term)


def _with_value(term: Term) -> Term:
    """The term with its value in the one form it is compared in; refuses what cannot be."""
    if term.operator in ALONE:
        return Term(term.field, term.operator)
    if term.policy:
        if term.value is not None or term.operator in LISTS:
            raise ValueError(_("Please compare with a value or with a policy, not with both."))
        return term
    if term.operator in LISTS:
        if not isinstance(term.value, list | tuple) or not term.value:
            raise ValueError(_("Please name at least one value to compare with."))
        return Term(term.field, term.operator, tuple(term.value))
    if term.value is None or term.value == "":
        raise ValueError(_("Please enter the value to compare with."))
    if term.field == AMOUNT and _number(term.value) is None:
        raise ValueError(_("Please enter the amount to compare with as a number."))
    return term


def policies_in(condition: Condition | None) -> frozenset[str]:
    """The keys of the policies that a condition compares with."""
    return frozenset(term.policy for term in condition.terms if term.policy) if condition else NONE


NONE: frozenset[str] = frozenset()


def holds(
    condition: Condition | None,
    given: Given,
    policies: Mapping[str, Any],
    *,
    unknown: bool = True,
) -> bool:
    """Whether a condition holds for a paper; no condition always does.

    A comparison with a field that is empty cannot be judged and counts as `unknown`: a step is then
    kept, because leaving an approver out by lack of knowledge would be the worse mistake. Raises
    KeyError for a policy whose value was not given.
    """
    if condition is None:
        return True
    judged = (_judge(term, given, policies, unknown) for term in condition.terms)
    return all(judged) if condition.joined == "all" else any(judged)


def value_of(field: str, given: Given) -> Any:
    """What the paper says in a field, or None."""
    if field == AMOUNT:
        return given.amount
    if field == UNIT_LEVEL:
        return getattr(given.unit, "kind", None)
    return given.fields.get(field)


def _judge(term: Term, given: Given, policies: Mapping[str, Any], unknown: bool) -> bool:
    have = value_of(term.field, given)
    empty = have is None or have == "" or have == []
    if term.operator in ALONE:
        return empty == (term.operator == Operator.EMPTY)
    if empty:
        return unknown
    wanted = policies[term.policy] if term.policy else term.value
    if term.operator in LISTS:
        found = any(_same(have, value) for value in wanted)
        return found == (term.operator == Operator.IN)
    if term.operator in ORDERED:
        return _ordered(term.operator, have, wanted, unknown)
    return _same(have, wanted) == (term.operator == Operator.EQ)


def _ordered(operator: Operator, have: Any, wanted: Any, unknown: bool) -> bool:
    """Numbers as numbers, everything else as text: days as 2026-11-20 keep their order."""
    left: Any = _number(have)
    right: Any = _number(wanted)
    if (left is None) != (right is None):
        return unknown
    if left is None:
        left, right = _text(have), _text(wanted)
    above: bool = left > right
    return {
        Operator.GT: above,
        Operator.GE: above or left == right,
        Operator.LT: not above and left != right,
        Operator.LE: not above,
    }[operator]


def _same(have: Any, wanted: Any) -> bool:
    if isinstance(have, bool) or isinstance(wanted, bool):
        return have is wanted
    left, right = _number(have), _number(wanted)
    if left is not None and right is not None:
        return left == right
    return _text(have) == _text(wanted)


def _number(value: Any) -> Decimal | None:
    """A finite number out of a number or its text, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def words(
    condition: Condition | None,
    *,
    labels: Mapping[str, Any] | None = None,
    policies: Mapping[str, Any] | None = None,
    choices: Mapping[str, Mapping[str, Any]] | None = None,
) -> str:
    """The condition as a reader understands it: “Amount above ¥3,000”; empty without one.

    `labels`: field → label; `policies`: key → value that holds now; `choices`: field → value →
    word.
    """
    if condition is None:
        return ""
    parts = [
        _term_words(term, labels or {}, policies or {}, choices or {}) for term in condition.terms
    ]
    if condition.joined == "any":
        return pgettext("between two conditions", " or ").join(parts)
    return _last(parts, pgettext("between two conditions", " and "))


def _last(parts: Sequence[str], word: str) -> str:
    """Parts in a row, the last one after a word: “a, b or c”."""
    *before, last = parts
    return listed(before) + word + last if before else last


# A language may put field, comparison and value in another order, or leave a blank out.
_SAID: dict[str, Promise] = {
    Operator.GT: pgettext_lazy("said condition", "%(field)s above %(value)s"),
    Operator.GE: pgettext_lazy("said condition", "%(field)s at least %(value)s"),
    Operator.LT: pgettext_lazy("said condition", "%(field)s below %(value)s"),
    Operator.LE: pgettext_lazy("said condition", "%(field)s up to %(value)s"),
    Operator.EQ: pgettext_lazy("said condition", "%(field)s is %(value)s"),
    Operator.NE: pgettext_lazy("said condition", "%(field)s is not %(value)s"),
    Operator.IN: pgettext_lazy("said condition", "%(field)s is either %(value)s"),
    Operator.NOT_IN: pgettext_lazy("said condition", "%(field)s is neither %(value)s"),
    Operator.FILLED: pgettext_lazy("said condition", "%(field)s is filled in"),
    Operator.EMPTY: pgettext_lazy("said condition", "%(field)s is empty"),
}


def _term_words(
    term: Term,
    labels: Mapping[str, Any],
    policies: Mapping[str, Any],
    choices: Mapping[str, Mapping[str, Any]],
) -> str:
    label = str(labels.get(term.field) or BUILT_IN.get(term.field) or term.field)
    wanted = policies.get(term.policy, term.policy) if term.policy else term.value
    known: Mapping[Any, Any] = choices.get(term.field, {})
    if isinstance(wanted, bool) and term.operator in (Operator.EQ, Operator.NE):
        # “Over budget”, not “Over budget is yes”; its opposite may have words of its own.
        if wanted == (term.operator == Operator.EQ):
            return str(known.get(True, label))
        not_so = pgettext("said condition", "not %(field)s") % {"field": label}
        return str(known.get(False, not_so))
    values = wanted if term.operator in LISTS else (wanted,)
    said = [_value_words(term.field, value, known) for value in values]
    either = pgettext("between two values", " or ")
    operator = ONE.get(term.operator, term.operator) if len(said) == 1 else term.operator
    return str(_SAID[operator]) % {"field": label, "value": _last(said, either)}


def _value_words(field: str, value: Any, known: Mapping[str, Any]) -> str:
    number = _number(value)
    if field == AMOUNT and number is not None:
        whole = number == number.to_integral_value()
        return pgettext("sum in a condition", "¥%(sum)s") % {
            "sum": fixed(number, 0 if whole else 2)
        }
    if isinstance(value, bool):
        return str(pgettext("answer", "yes") if value else pgettext("answer", "no"))
    return str(known.get(value, value))
