"""What the analysis is about: a unit and a year, or a part of it."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.forms import UnitChoiceField
from expenses.selectors.analysis import (
    CASE,
    CATEGORY,
    CUSTOMER,
    EVENT,
    MONTH,
    UNIT,
    VIEW,
    Question,
    units_to_read,
)

WAYS = [
    (UNIT, _("By unit")),
    (CATEGORY, pgettext_lazy("expense", "By category")),
    (CUSTOMER, _("By customer")),
    (CASE, pgettext_lazy("expense", "By complaint")),
    (EVENT, pgettext_lazy("expense", "By event")),
    (MONTH, _("By month")),
]
PARTS = [("", _("Whole year")), *((str(n), f"Q{n}") for n in range(1, 5))]
YEARS_BACK = 6


class AnalysisFilter(forms.Form):
    """The whole state of the analysis. What the address leaves out is the topmost unit in reach,
    this year, all of it, by unit."""

    unit = UnitChoiceField(VIEW, required=False, empty_label=None)
    year = forms.TypedChoiceField(label=_("Year"), coerce=int)
    quarter = forms.TypedChoiceField(
        label=pgettext_lazy("expense", "Period"),
        choices=PARTS,
        required=False,
        coerce=int,
        empty_value=None,
    )
    way = forms.ChoiceField(choices=WAYS, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, user: Any, today: date) -> None:
        units = units_to_read(user)
        unit = data.get("unit")
        if not unit:
            first = units.first()
            unit = first.code if first else ""
        super().__init__(
            {
                "unit": unit,
                "year": data.get("year") or str(today.year),
                "quarter": data.get("quarter") or "",
                "way": data.get("way") or UNIT,
            }
        )
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = units
        fields["year"].choices = [
            (year, str(year)) for year in range(today.year, today.year - YEARS_BACK, -1)
        ]

    @property
    def question(self) -> Question | None:
        """What is asked, None while it does not read."""
        if not self.is_valid() or self.cleaned_data["unit"] is None:
            return None
        year, quarter = self.cleaned_data["year"], self.cleaned_data["quarter"]
        since, until = date(year, 1, 1), date(year, 12, 31)
        if quarter:
            since = date(year, 3 * quarter - 2, 1)
            until = date(year, 3 * quarter, 31 if quarter in (1, 4) else 30)
        return Question(self.cleaned_data["unit"], since, until)

    @property
    def way_chosen(self) -> str:
        """The way of sorting that is shown."""
        return str(self.cleaned_data["way"])

    def address(self, **changes: str) -> dict[str, str]:
        """The state as parameters of an address, with some of them changed."""
        kept = {name: str(self.data.get(name) or "") for name in ("unit", "year", "quarter", "way")}
        return {name: value for name, value in (kept | changes).items() if value}
