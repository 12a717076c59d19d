"""Input of reports."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.widgets import DateInput

LONGEST = 1100  # days: three years
EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)


class SpanFilter(forms.Form):
    """The days a report is about, both included."""

    first = forms.DateField(label=pgettext_lazy("span", "From"), widget=DateInput)
    last = forms.DateField(label=pgettext_lazy("span", "To"), widget=DateInput)

    def __init__(self, data: Any, *, first: date, last: date) -> None:
        given = {"from": data.get("from") or first, "to": data.get("to") or last}
        super().__init__(given)

    def add_prefix(self, field_name: str) -> str:
        """The address says from and to, which Python cannot name fields."""
        return {"first": "from", "last": "to"}.get(field_name, field_name)

    def clean(self) -> dict[str, Any]:
        """Neither backwards nor endless."""
        data = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        for name, day in (("first", first), ("last", last)):
            # Beyond them a day has no day before or after it that could be asked for.
            if day and not EARLIEST <= day <= LATEST:
                sentence = _("Please choose a day from {first} to {last}.")
                self.add_error(name, str(sentence).format(first=EARLIEST, last=LATEST))
        if self.errors:
            return data
        if first and last and first > last:
            self.add_error("last", _("The last day lies before the first day."))
        elif first and last and (last - first).days > LONGEST:
            self.add_error("last", _("Please choose at most three years."))
        return data
