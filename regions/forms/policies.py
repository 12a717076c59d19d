"""Forms of rules: the filter of the list, and a new value of one unit."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.widgets import DateInput, RemoteSelect
from regions.models import OrgUnit
from regions.policies import Policy
from regions.policies.registry import TOPICS, policies

VIEW = "regions.view_policyvalue"


class PolicyFilter(forms.Form):
    """Unit, topic and text; the whole state of the list, as its address carries it."""

    q = forms.CharField(
        label=_("Search rules"),
        help_text=_("Words of the rule"),
        required=False,
        max_length=80,
    )
    unit = forms.ModelChoiceField(
        OrgUnit.objects.none(),
        label=_("Unit"),
        to_field_name="code",
        required=False,
        widget=RemoteSelect("unit-choices", VIEW),
    )
    topic = forms.ChoiceField(label=_("Topic"), required=False)
    own = forms.BooleanField(label=_("Only values of the unit itself"), required=False)

    def __init__(self, *args: Any, units: Any, unit: OrgUnit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["unit"]
        chosen.queryset = units
        # Without a choice the reader's own unit is shown, so the empty choice is called like it.
        chosen.empty_label = unit.name
        used = {rule.group for rule in policies()}
        topics = [(key, words) for key, words in TOPICS.items() if key in used]
        self.fields["topic"].choices = [("", _("All topics")), *topics]  # type: ignore[attr-defined]


class PolicyChangeForm(forms.Form):
    """A new value of a rule in a unit, or the way back to the inherited one."""

    take_back = forms.BooleanField(
        label=_("Take the own value back; what is inherited holds again"), required=False
    )
    effective_from = forms.DateField(label=_("Effective from"), widget=DateInput)
    past = forms.BooleanField(
        label=_("The past is meant"),
        help_text=_("The value then holds from that day on, as if it had been entered in time."),
        required=False,
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It stands in the history of the rule."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    base = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, rule: Policy, has_own: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rule = rule
        value = rule.type.field(label=_("New value"), help_text=rule.type.bounds())
        self.must = value.required
        if has_own:
            # A value that is to be taken back need not be entered; `clean` asks for it otherwise.
            value.required = False
        else:
            del self.fields["take_back"]
        if not self._is_in_the_past():
            del self.fields["past"]
        self.fields["value"] = value
        self.order_fields(["take_back", "value", "effective_from", "past", "reason", "base"])

    def _is_in_the_past(self) -> bool:
        """Whether the posted day is before today; only then must the past be confirmed."""
        if not self.is_bound:
            return False
        try:
            day = self.fields["effective_from"].clean(self.data.get("effective_from"))
        except ValidationError:
            return False
        return day < timezone.localdate()

    def clean(self) -> dict[str, Any]:
        """The value within the bounds of its rule, unless it is to be taken back."""
        data = super().clean() or {}
        if data.get("take_back"):
            data["value"] = None
            self.errors.pop("value", None)
            return data
        if "value" not in data:
            return data
        if data["value"] in (None, "") and self.must:
            self.add_error("value", self.fields["value"].error_messages["required"])
            return data
        try:
            self.rule.type.check(data["value"])
        except ValidationError as error:
            self.add_error("value", error)
        return data
