"""What the pages of the closed loop and of the ratings can be narrowed by."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.forms import UnitChoiceField
from regions.models import OrgUnit
from satisfaction.models import Cause, Wave
from satisfaction.selectors.loop import RIGHT, LoopQuery
from satisfaction.selectors.ratings import RIGHT as ANSWERS

STATES = [
    ("", _("All states")),
    ("open", pgettext_lazy("closed loop", "Being handled")),
    ("closed", pgettext_lazy("closed loop", "Closed, not answered yet")),
    ("recovered", pgettext_lazy("closed loop", "Recovered")),
    ("lost", pgettext_lazy("closed loop", "Not recovered")),
    ("held_back", pgettext_lazy("closed loop", "Without a case")),
]


class LoopFilter(forms.Form):
    """The whole state of the list of low answers."""

    unit = UnitChoiceField(RIGHT, required=False)
    state = forms.ChoiceField(label=_("State"), choices=STATES, required=False)
    cause = forms.ChoiceField(
        label=pgettext_lazy("low answer", "Cause"),
        choices=[("", _("All causes")), *Cause.choices],
        required=False,
    )
    wave = forms.ModelChoiceField(
        Wave.objects.none(),
        label=_("Wave"),
        required=False,
        empty_label=_("All waves"),
        to_field_name="code",
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, RIGHT).in_tree_order()
        fields["wave"].queryset = Wave.objects.visible_to(user).order_by("-opens_on", "-pk")

    def query(self) -> LoopQuery:
        """The filtered list; fields that do not read filter nothing and show their error."""
        self.is_valid()
        data = self.cleaned_data
        wave = data.get("wave")
        return LoopQuery(
            unit=data.get("unit"),
            state=data.get("state", ""),
            cause=data.get("cause", ""),
            wave=wave.code if wave else "",
        )

    def is_filtered(self) -> bool:
        """Whether any field narrows the list."""
        self.is_valid()
        return any(self.cleaned_data.values())


class RatingFilter(forms.Form):
    """A unit and a year."""

    unit = UnitChoiceField(ANSWERS, required=False)
    year = forms.IntegerField(label=_("Year"), min_value=2000, max_value=2100, required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        self.units = OrgUnit.objects.visible_to(user, ANSWERS).in_tree_order()
        fields["unit"].queryset = self.units

    def chosen(self, today: date) -> tuple[OrgUnit | None, int]:
        """The unit, the reader's topmost where none is chosen, and the year, else this one."""
        self.is_valid()
        unit = self.cleaned_data.get("unit") or self.units.first()
        return unit, self.cleaned_data.get("year") or today.year
