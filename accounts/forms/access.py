"""Input of hand-overs, of closing an account and of the review of grants."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import HandOverCause, HandOverRule, User
from core.widgets import DateInput, RemoteSelect, RemoteSelectMultiple
from regions.models import OrgUnit

UNITS_SHOWN = 40
TURNS_AT_LEAST = 2


class PersonChoice(forms.ModelChoiceField):
    """One person by employee number, found by typing."""

    def label_from_instance(self, user: User) -> str:  # type: ignore[override]
        return f"{user.name} {user.employee_no}"


class PeopleChoice(forms.ModelMultipleChoiceField):
    """Several people by employee number, found by typing."""

    def label_from_instance(self, user: User) -> str:  # type: ignore[override]
        return f"{user.name} {user.employee_no}"


class HandOverForm(forms.Form):
    """To whom the whole work of a person goes. Which people the fields offer is limited by the
    address they ask; whether each may take the work is the service's question."""

    cause = forms.ChoiceField(
        label=gettext_lazy("Why the work changes hands"),
        choices=HandOverCause.choices,
        widget=forms.RadioSelect,
    )
    rule = forms.ChoiceField(
        label=gettext_lazy("To whom it goes"),
        choices=HandOverRule.choices,
        initial=HandOverRule.ONE,
        widget=forms.RadioSelect,
    )
    until = forms.DateField(
        label=gettext_lazy("Until, as a stand-in"),
        help_text=gettext_lazy("Empty: for good. The work returns by itself after this day."),
        required=False,
        widget=DateInput(),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"), required=False, max_length=200, widget=forms.TextInput()
    )
    keep_shares = forms.BooleanField(
        label=gettext_lazy("Shares that this person gave stay in force"),
        required=False,
        initial=True,
    )

    def __init__(
        self, *args: Any, giver: User, receivers: Any, units: list[OrgUnit], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.units = units[:UNITS_SHOWN]
        self.unit_fields: list[str] = []
        self.fields["to"] = self._person(giver, receivers, _("Person who takes over"))
        self.fields["people"] = PeopleChoice(
            receivers,
            label=_("People who take over in turn"),
            to_field_name="employee_no",
            required=False,
            widget=RemoteSelectMultiple("accounts:receiver-choices", args=(giver.employee_no,)),
        )
        for unit in self.units:
            name = f"unit-{unit.pk}"
            self.fields[name] = self._person(giver, receivers, unit.name)
            self.unit_fields.append(name)
        self.order_fields(
            ["cause", "rule", "to", "people", *self.unit_fields, "until", "reason", "keep_shares"]
        )

    @staticmethod
    def _person(giver: User, receivers: Any, label: str) -> PersonChoice:
        return PersonChoice(
            receivers,
            label=label,
            to_field_name="employee_no",
            required=False,
            empty_label="—",
            widget=RemoteSelect("accounts:receiver-choices", args=(giver.employee_no,)),
        )

    def group(self, *names: str) -> list[Any]:
        """Bound fields by name, for the template's groups."""
        return [self[name] for name in names]

    @property
    def why(self) -> list[Any]:
        return self.group("cause", "rule")

    @property
    def unit_choices(self) -> list[Any]:
        return self.group(*self.unit_fields)

    @property
    def rest(self) -> list[Any]:
        return self.group("until", "reason", "keep_shares")

    def clean(self) -> dict[str, Any]:
        """What the rule and the cause need, said beside its field with every other mistake."""
        data = super().clean() or {}
        rule = data.get("rule")
        if rule == HandOverRule.TURNS and len(data.get("people") or ()) < TURNS_AT_LEAST:
            self._ask("people", _("Please choose at least two people to share the work."))
        elif rule == HandOverRule.ONE and data.get("to") is None:
            self._ask("to", _("Please choose who takes over."))
        if data.get("cause") == HandOverCause.STAND_BY and data.get("until") is None:
            self._ask("until", _("Please say until when the stand-in lasts."))
        return data

    def _ask(self, name: str, sentence: str) -> None:
        if name not in self.errors:
            self.add_error(name, sentence)

    def plan(self) -> dict[str, Any]:
        """The clean input as `draft_hand_over` takes it."""
        data = self.cleaned_data
        rule = data["rule"]
        units = {}
        if rule == HandOverRule.UNITS:
            chosen = ((unit.pk, data.get(f"unit-{unit.pk}")) for unit in self.units)
            units = {key: person for key, person in chosen if person is not None}
        to = list(data["people"]) if rule == HandOverRule.TURNS else [data.get("to")]
        return {
            "rule": rule,
            "to": [person for person in to if person is not None],
            "units": units,
            "cause": data["cause"],
            "reason": data["reason"],
            "until": data["until"],
            "keep_shares": data["keep_shares"],
        }


class LeaveForm(forms.Form):
    """The last day of somebody who leaves."""

    on = forms.DateField(label=gettext_lazy("Last day"), widget=DateInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = timezone.localdate()


class ReviewFilter(forms.Form):
    """What the review of grants can be narrowed by."""

    unit = forms.ModelChoiceField(
        OrgUnit.objects.none(),
        label=gettext_lazy("Unit and units below"),
        to_field_name="code",
        required=False,
        empty_label=gettext_lazy("All units"),
        widget=RemoteSelect("unit-choices", "accounts.review_grants"),
    )
    waiting = forms.BooleanField(label=gettext_lazy("Only what waits"), required=False)

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = OrgUnit.objects.visible_to(reader, "accounts.review_grants").in_tree_order()
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
