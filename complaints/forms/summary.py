"""What a monthly summary is about: a unit and a month."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.forms.filters import MonthField
from complaints.states import VIEW
from customers.forms import UnitChoiceField


class SummaryFilter(forms.Form):
    """A unit in reach and a month; without them the topmost unit and the present month."""

    unit = UnitChoiceField(VIEW, required=False)
    month = MonthField(label=_("Month"), required=False)

    def __init__(self, data: Any, *, units: Any, today: date) -> None:
        self.today = today
        self.units = units
        first = units.first()
        super().__init__(
            {
                "unit": data.get("unit") or (first.code if first else ""),
                "month": data.get("month") or f"{today:%Y-%m}",
            }
        )
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]

    def clean_month(self) -> date:
        """A month that has begun."""
        month: date = self.cleaned_data["month"]
        if month > self.today:
            raise forms.ValidationError(_("This month has not begun yet."))
        return month
