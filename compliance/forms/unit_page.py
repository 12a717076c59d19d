"""What the page of a unit is asked: which unit, with those below, which month."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from compliance.months import month_of, months_before

MONTHS_BACK = 24


class MonthForm(forms.Form):
    """A month, this one unless another is chosen."""

    month = forms.ChoiceField(label=_("Month"), required=False)

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data)
        months = [*months_before(month_of(today), MONTHS_BACK)][::-1]
        field: Any = self.fields["month"]
        field.choices = [(f"{one:%Y-%m}", f"{one:%Y-%m}") for one in months]
        self.today = today

    def chosen(self) -> date:
        """The first day of the month."""
        text = self.cleaned_data.get("month") if self.is_valid() else ""
        return date.fromisoformat(f"{text}-01") if text else month_of(self.today)
