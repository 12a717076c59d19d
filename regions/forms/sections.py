"""Forms of sections."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.widgets import DateInput, SearchSelectMultiple
from regions.forms.fields import UnitByCode
from regions.models import Company, OrgUnit

CHANGE = "regions.change_section"


class SectionForm(forms.Form):
    """A section and the companies it belongs to."""

    code = forms.CharField(label=_("Code"), max_length=30)
    name = forms.CharField(label=_("Name of the section"), max_length=60)
    number = forms.IntegerField(label=_("Number"), required=False, min_value=1, max_value=999)
    companies = forms.ModelMultipleChoiceField(
        label=_("Companies"),
        queryset=Company.objects.all(),
        required=False,
        widget=SearchSelectMultiple,
    )


class CompanyForm(forms.Form):
    """A company of the group."""

    code = forms.CharField(label=_("Code"), max_length=30)
    name = forms.CharField(label=_("Name of the company"), max_length=80)


class SectionUnitForm(forms.Form):
    """A unit that joins a section."""

    unit = UnitByCode(CHANGE, required=True)
    valid_from = forms.DateField(label=_("From"), widget=DateInput, required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = OrgUnit.objects.visible_to(user, CHANGE).active()
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
