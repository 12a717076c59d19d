"""The form of a new token."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from api.reach import SCOPES

PROPOSED_DAYS = 30


class TokenForm(forms.Form):
    """What a token is called, what it is for, how long it lives."""

    name = forms.CharField(
        label=pgettext_lazy("token", "Name"),
        max_length=60,
        help_text=_("The program that will use it, so that you know it again."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"), choices=list(SCOPES.items()), widget=forms.CheckboxSelectMultiple
    )
    days = forms.IntegerField(label=_("Lives so many days"), min_value=1)

    def __init__(self, *args: Any, longest: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["days"].initial = min(PROPOSED_DAYS, longest)
        self.fields["days"].help_text = _("At most {days}.").format(days=longest)
