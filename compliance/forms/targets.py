"""Forms of monthly targets."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from compliance.actuals import METRICS
from compliance.months import month_of, months_later
from compliance.selectors.targets import VIEW, units_to_read
from regions.forms.fields import UnitByCode

BACK, AHEAD = 12, 3


def months_around(today: date) -> list[tuple[str, str]]:
    """The months one may look at, the latest first."""
    here = month_of(today)
    months = [months_later(here, shift) for shift in range(AHEAD, -BACK - 1, -1)]
    return [(f"{one:%Y-%m}", f"{one:%Y-%m}") for one in months]


class TargetFilter(forms.Form):
    """A unit and a month."""

    unit = UnitByCode(VIEW)
    month = forms.ChoiceField(label=_("Month"), required=False)

    def __init__(self, data: Any, *, user: Any, today: date) -> None:
        units = units_to_read(user)
        code = data.get("unit") or ""
        if not code:
            own = units.filter(pk=user.unit_id).first() or units.first()
            code = own.code if own else ""
        month = data.get("month") or f"{today:%Y-%m}"
        super().__init__({"unit": code, "month": month})
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = units
        fields["month"].choices = months_around(today)

    def asked(self) -> tuple[Any, date] | None:
        """Unit and month, None while they do not read."""
        if not self.is_valid() or not self.cleaned_data["unit"]:
            return None
        return self.cleaned_data["unit"], date.fromisoformat(f"{self.cleaned_data['month']}-01")


class TargetForm(forms.Form):
    """A number for each metric; an empty one has no target."""

    def __init__(self, *args: Any, values: dict[str, Decimal], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key, metric in METRICS.items():
            self.fields[key] = forms.DecimalField(
                label=metric.label,
                required=False,
                min_value=0,
                max_digits=8,
                decimal_places=0,
                initial=values.get(key),
            )

    def values(self) -> dict[str, Decimal | None]:
        """Metric → target."""
        return {key: self.cleaned_data[key] for key in METRICS}
