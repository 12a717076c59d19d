"""Input of stand-ins."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.widgets import DateTimeInput, SearchSelect

FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]


class StandInForm(forms.Form):
    """Who stands in, from when until when. Whether he may is the service's question."""

    deputy = forms.ChoiceField(label=_("Stand-in"), widget=SearchSelect())
    starts_at = forms.DateTimeField(label=_("From"), widget=DateTimeInput(), input_formats=FORMATS)
    ends_at = forms.DateTimeField(
        label=_("Until"),
        widget=DateTimeInput(),
        input_formats=FORMATS,
        help_text=_("From this moment on the work is done by the person again."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=200,
        help_text=_("A trip, leave, training … Colleagues read it."),
    )

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {one.employee_no: one for one in people}
        field: Any = self.fields["deputy"]
        field.choices = [
            ("", "—"),
            *((no, f"{one.name} {no}") for no, one in self.people.items()),
        ]
        if not self.people:
            field.help_text = _("No colleague in reach has roles that cover these units.")

    def facts(self) -> dict[str, Any]:
        """Arguments for the service."""
        data = self.cleaned_data
        return data | {"deputy": self.people[data["deputy"]]}
