"""Forms of survey reports and targets."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Function
from customers.forms import UnitChoiceField
from satisfaction.forms.results import WaveChoiceField
from satisfaction.models import Figure, SurveyReport
from satisfaction.selectors.sight import VIEW, units_to_read, waves_to_read
from satisfaction.wording import as_percent


class ReportFilter(forms.Form):
    """Which reports are listed: those about a wave, of a unit and the units directly below it."""

    wave = WaveChoiceField()
    unit = UnitChoiceField(VIEW, required=False, empty_label=None)

    def __init__(self, data: Any, *, user: Any) -> None:
        self.known = list(waves_to_read(user))
        units = units_to_read(user).order_by("path")
        first = units.first()
        super().__init__(
            {
                "wave": data.get("wave") or (self.known[0].code if self.known else ""),
                "unit": data.get("unit") or (first.code if first else ""),
            }
        )
        fields: dict[str, Any] = self.fields
        fields["wave"].queryset = waves_to_read(user)
        fields["wave"].widget.choices = [(one.code, str(one)) for one in self.known]
        fields["unit"].queryset = units


class ReportForm(forms.ModelForm):
    """The words of a report."""

    class Meta:
        model = SurveyReport
        fields = ("summary", "findings", "measures")
        widgets = {name: forms.Textarea(attrs={"rows": 6}) for name in fields}


class ReviewForm(forms.Form):
    """What a level says about a report."""

    note = forms.CharField(
        label=_("Opinion"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class DistributionForm(forms.Form):
    """Which departments a report goes to."""

    functions = forms.ModelMultipleChoiceField(
        Function.objects.order_by("number", "pk"),
        label=_("Departments"),
        widget=forms.CheckboxSelectMultiple,
    )


class TargetFilter(forms.Form):
    """The targets of a year and a figure, of a unit and the units directly below it."""

    unit = UnitChoiceField(VIEW, required=False, empty_label=None)
    year = forms.IntegerField(
        label=_("Year"),
        min_value=2000,
        max_value=2100,
        required=False,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), _("Please write a year from 2000 to 2100.")
        ),
    )
    figure = forms.ChoiceField(label=_("Figure"), choices=Figure.choices, required=False)

    def __init__(self, data: Any, *, user: Any) -> None:
        units = units_to_read(user).order_by("path")
        first = units.first()
        super().__init__(
            {
                "unit": data.get("unit") or (first.code if first else ""),
                "year": data.get("year") or str(timezone.localdate().year),
                "figure": data.get("figure") or Figure.MEAN.value,
            }
        )
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = units


class TargetForm(forms.Form):
    """The value a figure shall reach; empty takes the target back."""

    value = forms.DecimalField(
        label=_("Target"),
        required=False,
        max_digits=7,
        decimal_places=4,
        error_messages=dict.fromkeys(
            ("invalid", "max_digits", "max_decimal_places", "max_whole_digits"),
            _("Please write a number, for example 4.2."),
        ),
        help_text=_("Leave it empty to let the target of the unit above hold."),
    )

    def __init__(self, *args: Any, figure: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.figure = figure
        if figure == Figure.TOP2:
            self.fields["value"].label = _("Target (per cent)")

    def clean_value(self) -> Decimal | None:
        """A share is typed in per cent."""
        value = self.cleaned_data["value"]
        return as_percent(value) if value is not None and self.figure == Figure.TOP2 else value
