"""Boxes for a condition: rows of field, comparison and value, of which all or any must hold.

The editor has them for each step, the settings of a flow for the papers that take it (WF-02).
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.conditions import ALONE, BUILT_IN, LISTS, UNIT_LEVEL, Operator
from approvals.subjects import FieldSpec, Subject
from regions.models import Kind
from regions.policies import policies
from regions.policies.types import Decimal_, Whole

LEAST = 2  # boxes at least; there is always one more than is filled
JOINED = (("all", gettext_lazy("All of these hold")), ("any", gettext_lazy("Any of these holds")))
YES = {True: gettext_lazy("Yes"), False: gettext_lazy("No")}


class TermOffers:
    """What the comparisons of one kind of paper may name."""

    def __init__(self, subject: Subject | None) -> None:
        self.specs: dict[str, FieldSpec] = (
            {spec.key: spec for spec in subject.fields} if subject else {}
        )
        self.fields = [
            ("", "—"),
            *((key, str(label)) for key, label in BUILT_IN.items()),
            *((key, str(spec.label)) for key, spec in self.specs.items()),
        ]
        self.policies = [
            ("", _("the value")),
            *(
                (one.key, str(one.title))
                for one in policies()
                if isinstance(one.type, Decimal_ | Whole)
            ),
        ]

    def values(self, field: str) -> list[tuple[Any, str]]:
        """The values of a field that has only some, with their words."""
        if field == UNIT_LEVEL:
            return [(value, str(label)) for value, label in Kind.choices]
        spec = self.specs.get(field)
        if spec is None:
            return []
        if spec.type == "yes_no":
            return [(value, str(word)) for value, word in YES.items()]
        return [(value, str(word)) for value, word in spec.pairs()]

    def words(self) -> list[str]:
        """All words that a value may have, offered while typing."""
        found = [word for key in (UNIT_LEVEL, *self.specs) for _value, word in self.values(key)]
        return list(dict.fromkeys(found))


class TermBoxes:
    """The boxes of a condition in a form; `terms` says how many rows, `offers` what they offer."""

    terms: int
    offers: Any
    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]

    def add_terms(self, joined: Any) -> None:
        """Put the boxes into the form; `joined` is what stands at the box “all” or “any”."""
        fields, offers = self.fields, self.offers
        fields["joined"] = forms.ChoiceField(label=joined, choices=JOINED, required=False)
        for at in range(self.terms):
            fields[f"field{at}"] = forms.ChoiceField(
                label=_("Field"), choices=offers.fields, required=False
            )
            fields[f"is{at}"] = forms.ChoiceField(
                label=_("Comparison"), choices=Operator.choices, required=False
            )
            fields[f"policy{at}"] = forms.ChoiceField(
                label=_("Compared with"), choices=offers.policies, required=False
            )
            fields[f"value{at}"] = forms.CharField(
                label=_("Value"),
                required=False,
                max_length=200,
                widget=forms.TextInput({"list": "flow-values", "autocomplete": "off"}),
            )

    def term_fields(self) -> list[tuple[Any, ...]]:
        """Boxes of the condition, a row each."""
        names = ("field", "is", "policy", "value")
        form: Any = self
        return [tuple(form[f"{name}{at}"] for name in names) for at in range(self.terms)]

    def condition(self) -> dict[str, Any] | None:
        """The condition as the boxes say it, right or wrong; None where no field is chosen."""
        data = self.cleaned_data
        terms = [
            self._term(at, data[f"field{at}"]) for at in range(self.terms) if data.get(f"field{at}")
        ]
        return {data.get("joined") or "all": terms} if terms else None

    def _term(self, at: int, field: str) -> dict[str, Any]:
        data = self.cleaned_data
        operator = data.get(f"is{at}") or Operator.EQ
        term: dict[str, Any] = {"field": field, "is": operator}
        if operator in ALONE:
            return term
        if data.get(f"policy{at}"):
            return term | {"policy": data[f"policy{at}"]}
        return term | {"value": self._value(field, operator, data.get(f"value{at}") or "")}

    def _value(self, field: str, operator: str, text: str) -> Any:
        """Words turned into the values they stand for; several are parted by commas."""
        known = {word: value for value, word in self.offers.values(field)}
        known |= {str(value): value for value in known.values()}
        if operator in LISTS:
            parts = text.replace("、", ",").replace("，", ",").split(",")
            return [known.get(part.strip(), part.strip()) for part in parts if part.strip()]
        return known.get(text.strip(), text.strip().replace(",", "") if not known else text.strip())


def boxes(data: Any, stem: str, have: int) -> int:
    """How many boxes: those sent, else one more than are filled."""
    if data is not None:
        at = 0
        while f"{stem}{at}" in data:
            at += 1
        return max(at, 1)
    return max(have + 1, LEAST)


def terms_of(condition: Mapping[str, Any] | None) -> list[Any]:
    """The comparisons of a stored condition."""
    return next(iter(condition.values()), []) if condition else []


def initial_terms(condition: Mapping[str, Any], offers: TermOffers) -> dict[str, Any]:
    """What the boxes show of a stored condition."""
    shown: dict[str, Any] = {"joined": next(iter(condition), "all")}
    for at, term in enumerate(terms_of(condition)):
        shown |= {f"field{at}": term.get("field"), f"is{at}": term.get("is")}
        shown[f"policy{at}"] = term.get("policy", "")
        shown[f"value{at}"] = _shown_value(term, offers)
    return shown


def _shown_value(term: Mapping[str, Any], offers: TermOffers) -> str:
    words = {str(value): word for value, word in offers.values(term.get("field", ""))}
    value = term.get("value")
    values = value if isinstance(value, list) else [] if value is None else [value]
    return "、".join(words.get(str(one), str(one)) for one in values)
