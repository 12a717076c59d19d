"""Input of roles held in a section."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms.access import PersonChoice
from accounts.models import Reach, Role, User
from core.widgets import DateInput, RemoteSelect

RIGHT = "accounts.view_user"


class SectionRoleForm(forms.Form):
    """Who holds which role in a section, from when until when. Whether the acting person may give
    it is the service's question."""

    user = PersonChoice(
        label=gettext_lazy("Person"),
        queryset=User.objects.none(),
        to_field_name="employee_no",
        empty_label="—",
        widget=RemoteSelect("people-choices", RIGHT),
    )
    role = forms.ModelChoiceField(
        label=gettext_lazy("Role"),
        queryset=Role.objects.none(),
        to_field_name="code",
        empty_label="—",
        help_text=gettext_lazy("It reaches all units of the section, those that join later too."),
    )
    valid_from = forms.DateField(
        label=gettext_lazy("From"),
        required=False,
        widget=DateInput,
        help_text=gettext_lazy("Empty: from today on."),
    )
    valid_until = forms.DateField(
        label=gettext_lazy("Until"),
        required=False,
        widget=DateInput,
        help_text=gettext_lazy("The first day without the role. Empty: for good."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.active().visible_to(user, RIGHT).exclude(pk=user.pk)
        self.fields["user"].queryset = people  # type: ignore[attr-defined]
        roles = Role.objects.exclude(reach=Reach.GROUP).order_by("pk")
        self.fields["role"].queryset = roles  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A role ends after it has begun, and not in the past."""
        data = super().clean() or {}
        today = timezone.localdate()
        if (end := data.get("valid_until")) and end <= max(data.get("valid_from") or today, today):
            self.add_error("valid_until", _("The role must end after it begins, and after today."))
        return data
