"""When a report goes to whom."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Role, User
from core.widgets import RemoteSelectMultiple
from customers.forms import UnitChoiceField
from regions.models import OrgUnit
from reports.builder.schedules import DAYS
from reports.models import ReportSchedule, Rhythm

PEOPLE = "accounts.view_user"
DAYS_SAID = {
    Rhythm.WEEKLY: _("Please choose a day from 1 (Monday) to 7 (Sunday)."),
    Rhythm.MONTHLY: _("Please choose a day from 1 to 31; 31 is the last one of every month."),
    Rhythm.MONTHLY_WORKING: _("Please choose a working day from 1 to 10, or from −5 to −1."),
}


class PeopleField(forms.ModelMultipleChoiceField):
    """People in reach, by employee number."""

    def label_from_instance(self, user: User) -> str:  # type: ignore[override]
        return f"{user.name} {user.employee_no}"


class ScheduleForm(forms.ModelForm):
    """Rhythm, form and receivers of one schedule."""

    people = PeopleField(
        User.objects.none(),
        label=_("People"),
        to_field_name="employee_no",
        required=False,
        widget=RemoteSelectMultiple("people-choices", PEOPLE),
    )
    role = forms.ModelChoiceField(
        Role.objects.all(), label=_("Everybody with the role"), required=False, empty_label="—"
    )
    unit = UnitChoiceField(PEOPLE, label=_("in the unit and below it"), required=False)

    class Meta:
        model = ReportSchedule
        fields = ("rhythm", "day", "at", "working_days", "form")
        widgets = {"at": forms.TimeInput({"type": "time"}, format="%H:%M")}
        labels = {"form": pgettext_lazy("schedule", "As")}
        help_texts = {
            "day": _(
                "Weekly: 1 is Monday. Monthly: the day, 31 is the last one. On a working day: "
                "which one, −1 is the last."
            ),
            "working_days": _("A day off moves to the next working day; daily ones are left out."),
        }

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["people"].queryset = User.objects.active().visible_to(user, PEOPLE)
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, PEOPLE).in_tree_order()
        if self.instance.pk:
            named = list(self.instance.receivers.select_related("user", "role", "unit"))
            self.initial["people"] = [one.user.employee_no for one in named if one.user]
            for one in named:
                if one.role:
                    code = one.unit.code if one.unit else ""
                    self.initial.update({"role": one.role_id, "unit": code})

    def clean(self) -> dict[str, Any]:
        """What fits together: the day and the rhythm, the role and its unit, and somebody."""
        data = super().clean() or {}
        rhythm, day = data.get("rhythm"), data.get("day")
        if rhythm == Rhythm.DAILY:
            data["day"] = 1  # it has no day of its own
        elif rhythm and day is not None and day not in DAYS[Rhythm(rhythm)]:
            self.add_error("day", DAYS_SAID[Rhythm(rhythm)])
        role, unit = data.get("role"), data.get("unit")
        if role and not unit and "unit" not in self.errors:
            self.add_error("unit", _("Please choose in which unit the role is held."))
        if unit and not role and "role" not in self.errors:
            self.add_error("role", _("Please choose which role receives it there."))
        if not self.errors and not data.get("people") and not role:
            self.add_error("people", _("Please choose who receives the report."))
        return data

    def facts(self) -> dict[str, Any]:
        """What belongs to the schedule itself."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}
