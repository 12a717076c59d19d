"""What a standard report is asked, and the upload of its template."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.widgets import DateInput
from customers.forms import UnitChoiceField
from reports.metrics.periods import Period, offered, read_period
from reports.standard.base import Question, Standard
from reports.standard.commentaries import LONGEST
from reports.standard.service_items import UNITS, Item


class StandardFilter(forms.Form):
    """A unit in reach and a period; without them the topmost unit and the running period."""

    unit = UnitChoiceField(required=False, empty_label=None)
    period = forms.ChoiceField(label=_("Period"), required=False)

    def __init__(self, data: Any, *, user: Any, standard: Standard, today: date) -> None:
        self.user, self.standard, self.today = user, standard, today
        self.units = standard.units(user)
        period = self._period(data.get("period", ""))
        unit = data.get("unit") or ""
        if not self.units.filter(code=unit).exists():
            first = self.units.first()
            unit = first.code if first else ""
        super().__init__({"unit": unit, "period": period.key})
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = self.units
        fields["unit"].widget.right = standard.right
        choices = [(x.key, x.words) for x in offered(today) if x.kind in standard.periods]
        if period.key not in dict(choices):
            choices.append((period.key, period.words))
        fields["period"].choices = choices
        self.span = period

    def _period(self, key: str) -> Period:
        """The period of the address, as far as the report knows its kind."""
        found = read_period(key, self.today)
        if found.kind in self.standard.periods:
            return found
        return read_period("", self.today)

    @property
    def question(self) -> Question | None:
        """What is asked, None for whoever reaches no unit."""
        if not self.is_valid() or self.cleaned_data["unit"] is None:
            return None
        return Question(self.user, self.cleaned_data["unit"], self.span)

    def address(self) -> dict[str, str]:
        """The same question for another page."""
        return {"unit": str(self.data["unit"]), "period": self.span.key}


class CommentaryForm(forms.Form):
    """What a unit writes about its figures."""

    text = forms.CharField(
        label=_("Written analysis"),
        help_text=_("What changed, why, and what will be done; the figures stand below."),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 12}),
    )


class ReceiveForm(forms.Form):
    """What the unit above says to an analysis."""

    note = forms.CharField(
        label=_("Opinion"),
        help_text=_("Needed when it is sent back."),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class TemplateForm(forms.Form):
    """A workbook that becomes the template."""

    file = forms.FileField(
        label=_("Workbook (.xlsx)"),
        help_text=_("At most 1 MB, without macros, formulas and password."),
        widget=forms.FileInput({"accept": ".xlsx"}),
    )


class ServiceForm(forms.Form):
    """A measure of the service with its source; an empty value takes it away."""

    value = forms.DecimalField(max_digits=12, decimal_places=2, required=False)
    source = forms.CharField(
        label=_("Source"),
        help_text=_("Who counted it, or which record says so."),
        max_length=200,
        required=False,
    )
    known_on = forms.DateField(label=_("As of"), widget=DateInput, required=False)

    def __init__(self, data: Any, *, item: Item, row: Any, today: date) -> None:
        first = {"value": row.value, "source": row.source, "known_on": row.known_on} if row else {}
        super().__init__(data, initial={"known_on": today} | first)
        field = self.fields["value"]
        field.label = f"{item.title} ({UNITS[item.unit]})"
        field.help_text = _("Left empty, what stands there is taken away.") if row else ""
