"""What narrows the list of approvals made by telephone."""

from django import forms
from django.utils.translation import gettext_lazy as _


class PhoneFilter(forms.Form):
    """Only those without a signature, unless all are wanted."""

    all = forms.BooleanField(label=_("Signed ones too"), required=False)

    def wants_all(self) -> bool:
        return bool(self.is_valid() and self.cleaned_data["all"])
