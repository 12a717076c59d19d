"""Forms on an incoming mail."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from complaints.models import CHOSEN_REASONS, Case


class JoinForm(forms.Form):
    """The open case that a mail belongs to, by its number."""

    number = forms.CharField(label=_("Case number"), max_length=40)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["number"].widget.attrs |= {"autocomplete": "off"}

    def clean_number(self) -> Case:
        """The case; it must be open and in reach."""
        number = self.cleaned_data["number"].strip().upper()
        case = Case.objects.visible_to(self.user).filter(number=number).first()
        if case is None:
            sentence = _now("There is no case {number} that you may see.")
            raise forms.ValidationError(sentence.format(number=number))
        return case


class DismissForm(forms.Form):
    """Why a mail is no request."""

    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[(one.value, one.label) for one in CHOSEN_REASONS],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=200)
