"""When a report goes to whom."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Role, User
from core.widgets import RemoteSelectMultiple
from customers.forms import UnitChoiceField
from regions.models import OrgUnit
from reports.models import ReportSchedule

PEOPLE = "accounts.view_user"


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

    def facts(self) -> dict[str, Any]:
        """What belongs to the schedule itself."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}
