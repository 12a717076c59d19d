"""Forms of the calendar."""

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from compliance.agenda import midnight
from compliance.models import Appointment
from core.widgets import DateInput, DateTimeInput, RemoteSelect
from regions.forms.fields import UnitByCode
from regions.models import OrgUnit

PEOPLE = "accounts.view_user"


class WhoseForm(forms.Form):
    """Whose calendars: a person's, or those of the people of a unit."""

    person = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Staff member"),
        required=False,
        to_field_name="employee_no",
        widget=RemoteSelect("people-choices", PEOPLE),
        empty_label="—",
    )
    unit = UnitByCode(PEOPLE, label=_("Team of the unit"))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["person"].queryset = User.objects.active().visible_to(user, PEOPLE)
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, PEOPLE)


class AppointmentForm(forms.ModelForm):
    """An own appointment."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Appointment
        fields = ("title", "starts_at", "ends_at", "all_day", "place", "note", "is_private")
        labels = {
            "title": pgettext_lazy("appointment", "Title"),
            "starts_at": _("Begins at"),
            "ends_at": _("Ends at"),
            "all_day": _("All day"),
            "place": pgettext_lazy("event", "Place"),
            "note": _("Note"),
            "is_private": pgettext_lazy("appointment", "Private"),
        }
        help_texts = {"is_private": _("Others see only that you are busy.")}
        widgets = {
            "starts_at": DateTimeInput(),
            "ends_at": DateTimeInput(),
            "note": forms.Textarea({"rows": 3}),
        }

    def facts(self) -> dict[str, Any]:
        """What the service takes; a whole day runs from midnight to midnight."""
        data = dict(self.cleaned_data)
        if data["all_day"]:
            first, last = (timezone.localdate(data[name]) for name in ("starts_at", "ends_at"))
            data["starts_at"] = midnight(first)
            data["ends_at"] = midnight(max(first, last) + dt.timedelta(days=1))
        return data


def initial_of(row: Appointment) -> dict[str, Any]:
    """An appointment as its form shows it: of a whole day the last day, not the midnight after."""
    same = ("title", "starts_at", "all_day", "place", "note", "is_private", "version")
    end = row.ends_at - dt.timedelta(minutes=1) if row.all_day else row.ends_at
    return {name: getattr(row, name) for name in same} | {"ends_at": end}


class MoveForm(forms.Form):
    """The day to which an entry goes; without a time it keeps its own."""

    day = forms.DateField(label=_("Day"), widget=DateInput())
    time = forms.TimeField(
        label=_("Time"), required=False, widget=forms.TimeInput({"type": "time"}, format="%H:%M")
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def moment(self, before: dt.datetime) -> dt.datetime:
        """The chosen instant, at the time of day of `before` unless another is given."""
        time = self.cleaned_data["time"] or timezone.localtime(before).time()
        return timezone.make_aware(dt.datetime.combine(self.cleaned_data["day"], time))
