"""What somebody says of an attached file."""

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.models import FileRole


class FileForm(forms.Form):
    """What a file shows, in a word and in one's own words."""

    role = forms.ChoiceField(label=_("What they show"), choices=FileRole.choices)
    caption = forms.CharField(label=_("Caption"), max_length=200, required=False)
