"""Forms of the contact sheet and the duty roster."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.models import ContactSheet
from complaints.states import HANDLE, VIEW
from core.widgets import DateInput, DateTimeInput, RemoteSelect
from regions.forms.fields import UnitByCode
from regions.models import OrgUnit


class RosterFilter(forms.Form):
    """Which unit's roster is shown, from which day on."""

    unit = UnitByCode(VIEW, required=True)
    first = forms.DateField(label=_("From"), widget=DateInput(), required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = OrgUnit.objects.visible_to(user, VIEW)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]


class SheetForm(forms.ModelForm):
    """How a unit is reached at any hour."""

    class Meta:
        model = ContactSheet
        fields = ["phone", "other_phone", "place", "remark"]


class ShiftForm(forms.Form):
    """Who is on duty from when until when."""

    user = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Person"),
        to_field_name="employee_no",
        widget=RemoteSelect("people-choices", HANDLE),
        empty_label="—",
    )
    starts_at = forms.DateTimeField(label=_("From"), widget=DateTimeInput())
    ends_at = forms.DateTimeField(label=_("Until"), widget=DateTimeInput())

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.visible_to(user).active()
        self.fields["user"].queryset = people  # type: ignore[attr-defined]
