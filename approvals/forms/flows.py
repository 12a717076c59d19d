"""The flow editor: a definition as a form, one fieldset a step, and back.

What stands in the boxes is turned into a definition as it is (`FlowEditor.definition`); whether it
can run the definition's parser says, and its error goes to the field where it lies.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Function, Role, User
from approvals.definitions import (
    LIMIT,
    NAME_LENGTH,
    NAMED,
    PLACED,
    DefinitionError,
    How,
    Left,
    NoApprover,
    OnTimeout,
    OwnPaper,
    Repeated,
    WhoKind,
    parse,
)
from approvals.forms.fields import PEOPLE
from approvals.forms.terms import TermBoxes, TermOffers, boxes, initial_terms, terms_of
from approvals.models import Body
from approvals.subjects import Subject
from core.widgets import MoneyInput, RemoteSelectMultiple
from regions.models import Kind

PLACES = (
    ("0", gettext_lazy("in the applying unit")),
    ("1", gettext_lazy("one level up")),
    ("2", gettext_lazy("two levels up")),
    ("3", gettext_lazy("three levels up")),
    (Kind.PROJECT, gettext_lazy("in its project")),
    (Kind.CITY, gettext_lazy("in its city")),
    (Kind.REGION, gettext_lazy("in its region")),
    (Kind.GROUP, gettext_lazy("in the group")),
)


class Offers(TermOffers):
    """What the editor of one kind of paper offers; read once for all steps."""

    def __init__(self, subject: Subject | None) -> None:
        super().__init__(subject)
        self.who = _ways()
        self.rights = [(key, str(spec.label)) for key, spec in self.specs.items()]
        self.writes = self.rights if subject is not None and subject.change else []

    def ways_with(self, chosen: str) -> list[Any]:
        """The ways, and the one chosen if its function, body or role is gone or not there yet:
        opening a flow must not lose who decides in it."""
        kind, _colon, name = chosen.partition(":")
        known = any(chosen in dict(some) for _label, some in self.who if isinstance(some, list))
        missing = kind in NAMED and name and not known
        return [*self.who, (chosen, name)] if missing else self.who


def _ways() -> list[Any]:
    """Everybody who can decide, grouped; persons have a box of their own."""
    functions = Function.objects.values_list("name", flat=True)
    posts = [(f"{WhoKind.POST}:{name}", name) for name in functions]
    roles = [(f"{WhoKind.ROLE}:{one.code}", one.name) for one in Role.objects.all()]
    bodies = [(f"{WhoKind.BODY}:{one.key}", one.name) for one in Body.objects.all()]
    alone = (
        WhoKind.HEAD,
        WhoKind.APPLICANT_CHOICE,
        WhoKind.PREVIOUS_CHOICE,
        WhoKind.APPLICANT,
        WhoKind.SPECIALIST,
    )
    return [
        ("", "—"),
        *((f"{kind}:", str(kind.label)) for kind in alone),
        (_("Holder of a function"), posts),
        (_("Body"), bodies),
        (_("Role"), roles),
    ]


class StepForm(TermBoxes, forms.Form):
    """The boxes of one step. `stored` is the step's JSON they are filled from."""

    def __init__(
        self, data: Any = None, *, offers: Offers, prefix: str, stored: Mapping[str, Any]
    ) -> None:
        self.ways = boxes(data, f"{prefix}-who", len(_unnamed(stored.get("who"))))
        self.terms = boxes(data, f"{prefix}-field", len(terms_of(stored.get("condition"))))
        super().__init__(data, prefix=prefix, initial=_initial(stored, offers))
        self.offers, self.first = offers, stored
        fields = self.fields
        fields["key"] = forms.CharField(widget=forms.HiddenInput, required=False)
        fields["name"] = forms.CharField(
            label=_("Name of the step"), max_length=NAME_LENGTH, required=False
        )
        for at in range(self.ways):
            self._way(f"{at}", _("Who decides") if not at else _("Also"))
        self._way("c", _("Copy to"))
        fields["people"] = forms.ModelMultipleChoiceField(
            User.objects.all(),
            label=_("Named persons"),
            required=False,
            to_field_name="employee_no",
            widget=RemoteSelectMultiple(PEOPLE),
        )
        fields["how"] = forms.ChoiceField(label=_("How they decide"), choices=How.choices)
        fields["share"] = forms.IntegerField(
            label=_("Share in percent"), required=False, min_value=1, max_value=100
        )
        self._rest()

    def _way(self, at: str, label: str) -> None:
        name = f"who{at}"
        now = self.data.get(self.add_prefix(name)) if self.is_bound else self.initial.get(name)
        self.fields[name] = forms.ChoiceField(
            label=label, choices=self.offers.ways_with(now or ""), required=False
        )
        self.fields[f"place{at}"] = forms.ChoiceField(
            label=_("Where"), choices=PLACES, required=False
        )

    def _rest(self) -> None:
        """Condition, time, rights."""
        fields, offers = self.fields, self.offers
        self.add_terms(_("The step is met if"))
        fields["limit"] = LIMIT.field(label=_("Time to decide"), required=False)
        fields["on_timeout"] = forms.ChoiceField(
            label=_("Afterwards"), choices=OnTimeout.choices, required=False
        )
        fields["opinion_only"] = forms.BooleanField(
            label=_("Gives an opinion only; a no does not stop the flow"), required=False
        )
        fields["amount_step_up"] = forms.DecimalField(
            label=_("Confirm the identity above"),
            required=False,
            min_value=0,
            max_digits=14,
            decimal_places=2,
            widget=MoneyInput(),
            help_text=_("Empty: what the rule of the group says."),
        )
        for name, label, choices in (
            ("hidden_fields", _("Fields not shown to this step"), offers.rights),
            ("writable_fields", _("Fields this step may write"), offers.writes),
        ):
            fields[name] = forms.MultipleChoiceField(
                label=label,
                choices=choices,
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )

    def way_fields(self) -> list[tuple[Any, Any]]:
        """Boxes of who decides: the way and its place."""
        return [(self[f"who{at}"], self[f"place{at}"]) for at in range(self.ways)]

    @property
    def has_more(self) -> bool:
        """Whether something stands in what is folded away."""
        step = self.stored() if self.is_bound else self.first
        return bool(set(step) - {"key", "name", "who", "how", "share"})

    def stored(self) -> dict[str, Any]:
        """The step's JSON as the boxes say it, right or wrong."""
        self.is_valid()
        data = self.cleaned_data
        how = data.get("how") or self.data.get(self.add_prefix("how"), "")
        kept: dict[str, Any] = {
            "key": data.get("key", ""),
            "name": (data.get("name") or "").strip(),
            "who": self._people(),
            "how": how,
            "share": data.get("share") if how == How.SHARE else None,
            "condition": self.condition(),
            "copy_to": [who] if (who := self._who("c")) else [],
            "limit": LIMIT.to_json(data["limit"]) if data.get("limit") else None,
            "on_timeout": data.get("on_timeout") if data.get("limit") else "",
            "opinion_only": bool(data.get("opinion_only")),
            "hidden_fields": data.get("hidden_fields") or [],
            "writable_fields": data.get("writable_fields") or [],
            "amount_step_up": _text(data.get("amount_step_up")),
        }
        return {key: value for key, value in kept.items() if value or key in ("name", "who")}

    def _people(self) -> list[dict[str, Any]]:
        ways = [who for at in range(self.ways) if (who := self._who(str(at)))]
        named = self.cleaned_data.get("people") or ()
        return ways + [{"kind": "person", "name": one.employee_no} for one in named]

    def _who(self, at: str) -> dict[str, Any] | None:
        kind, _colon, name = (self.cleaned_data.get(f"who{at}") or "").partition(":")
        if not kind:
            return None
        who: dict[str, Any] = {"kind": kind} | ({"name": name} if name else {})
        place = self.cleaned_data.get(f"place{at}") or "0"
        if kind in PLACED and place != "0":
            who |= {"up": int(place)} if place.isdecimal() else {"level": place}
        return who


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _unnamed(ways: Any) -> list[Any]:
    return [who for who in ways or [] if who.get("kind") != WhoKind.PERSON]


def _initial(stored: Mapping[str, Any], offers: Offers) -> dict[str, Any]:
    """What the boxes show of a step."""
    keep = ("key", "name", "how", "share", "on_timeout", "opinion_only", "amount_step_up")
    shown: dict[str, Any] = {name: stored.get(name) for name in keep}
    shown |= {name: stored.get(name) or [] for name in ("hidden_fields", "writable_fields")}
    shown["people"] = [
        who["name"] for who in stored.get("who") or [] if who.get("kind") == WhoKind.PERSON
    ]
    shown["how"] = stored.get("how") or How.ANY
    ways: Sequence[Any] = _unnamed(stored.get("who"))
    for at, who in [*enumerate(ways), *(("c", who) for who in (stored.get("copy_to") or [])[:1])]:
        shown[f"who{at}"] = f"{who.get('kind')}:{who.get('name', '')}"
        shown[f"place{at}"] = who.get("level") or str(who.get("up") or 0)
    shown |= initial_terms(stored.get("condition") or {}, offers)
    if stored.get("limit"):
        shown["limit"] = LIMIT.from_json(stored["limit"])
    return shown


class RulesForm(forms.Form):
    """What holds where the steps alone do not say who decides."""

    no_approver = forms.ChoiceField(
        label=gettext_lazy("If nobody holds the post"), choices=NoApprover.choices
    )
    applicant_is_approver = forms.ChoiceField(
        label=gettext_lazy("If the applicant would decide himself"), choices=OwnPaper.choices
    )
    repeated = forms.ChoiceField(
        label=gettext_lazy("If somebody has agreed already"), choices=Repeated.choices
    )
    left = forms.ChoiceField(label=gettext_lazy("If the approver has left"), choices=Left.choices)


class FlowEditor:
    """A definition as forms: from JSON, or from what was sent."""

    def __init__(self, subject: Subject | None, stored: Mapping[str, Any], data: Any = None):
        self.subject, self.offers = subject, Offers(subject)
        self.error: DefinitionError | None = None
        count = _count(data) if data is not None else len(stored.get("steps") or [])
        steps = list(stored.get("steps") or [])
        self.steps = [
            StepForm(
                data,
                offers=self.offers,
                prefix=f"s{at}",
                stored={} if data is not None else steps[at],
            )
            for at in range(count)
        ]
        rules = {"no_approver": NoApprover.ESCALATE, "applicant_is_approver": OwnPaper.SUPERIOR}
        rules |= {"repeated": Repeated.ONCE, "left": Left.SUPERIOR} | (stored.get("rules") or {})
        self.rules = RulesForm(data, prefix="rules", initial=rules)

    def definition(self) -> dict[str, Any]:
        """The definition as the boxes say it, right or wrong."""
        steps = [step.stored() for step in self.steps]
        rules = self.rules.cleaned_data if self.rules.is_valid() else {}
        return {"steps": _with_keys(steps), "rules": rules}

    def is_valid(self) -> bool:
        """Whether it could run; else the sentence stands at its field, or in `error`."""
        forms_fine = all([step.is_valid() for step in self.steps] + [self.rules.is_valid()])
        known = self.subject.field_keys() if self.subject else None
        try:
            parse(self.definition(), known_fields=known)
        except DefinitionError as error:
            self.error = error
            self._at_its_field(error)
            return False
        return forms_fine

    def _at_its_field(self, error: DefinitionError) -> None:
        if error.position is None or error.position >= len(self.steps):
            return
        step = self.steps[error.position]
        field = {"who": "who0", "condition": "value0", "copy_to": "whoc"}.get(
            error.part, error.part
        )
        if field in step.fields and field not in step.errors:
            step.add_error(field, error.sentence)


def _count(data: Any) -> int:
    """How many steps were sent."""
    at = 0
    while f"s{at}-name" in data:
        at += 1
    return at


def _with_keys(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Steps that were added get a key of their own; others keep theirs, whatever their place."""
    taken = {step.get("key") for step in steps}
    number = 1
    for step in steps:
        if not step.get("key"):
            while f"step-{number}" in taken:
                number += 1
            step["key"] = f"step-{number}"
            taken.add(step["key"])
    return steps


def moved(steps: list[Any], act: str) -> tuple[list[Any], int]:
    """Steps after a button of the editor, and the place that has the focus then: "add-2" puts a
    new one behind the second, "remove-1", "up-1", "down-1"."""
    name, _dash, number = act.partition("-")
    at = int(number) if number.isdecimal() else len(steps)
    if name == "add":
        place = min(at, len(steps))
        return [*steps[:place], {"name": "", "who": [], "how": How.ANY}, *steps[place:]], place
    if at >= len(steps):
        return steps, 0
    if name == "remove":
        return [*steps[:at], *steps[at + 1 :]], max(at - 1, 0)
    target = at - 1 if name == "up" else at + 1
    if name in ("up", "down") and 0 <= target < len(steps):
        steps = list(steps)
        steps[at], steps[target] = steps[target], steps[at]
        return steps, target
    return steps, at


def sent(data: QueryDict) -> bool:
    """Whether a post carries an editor."""
    return "rules-left" in data
