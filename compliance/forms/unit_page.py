"""What the page of a unit is asked: which unit, with those below, which month."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from compliance.months import month_of, months_before

MONTHS_BACK = 24


def _months() -> list[tuple[str, str]]:
    """Months of two years back, the latest first."""
    months = months_before(month_of(timezone.localdate()), MONTHS_BACK)
    return [("", "—"), *((f"{one:%Y-%m}", f"{one:%Y-%m}") for one in reversed(months))]


class MonthChoice(forms.ChoiceField):
    """A month or none, for filters of lists, as "2026-11" (compliance.months.read_month)."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        super().__init__(choices=_months, label=label or _("Month"), required=False, **kwargs)


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
