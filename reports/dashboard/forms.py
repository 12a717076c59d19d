"""What the dashboard is asked, as its address carries it."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.forms import UnitChoiceField
from regions.models import OrgUnit
from reports.metrics.periods import Period, offered, read_period
from reports.metrics.registry import METRICS

VIEW = "reports.view_dashboard"


class DashboardFilter(forms.Form):
    """A unit with those below it or alone, a period, and the figure that is drawn."""

    unit = UnitChoiceField(VIEW, required=False)
    period = forms.ChoiceField(label=_("Period"), required=False)
    metric = forms.ChoiceField(label=pgettext_lazy("dashboard", "Drawn figure"), required=False)
    only = forms.BooleanField(label=_("This unit only"), required=False)

    def __init__(self, data: Any, *, user: Any, today: date) -> None:
        super().__init__(data)
        fields: dict[str, Any] = self.fields
        self.units = OrgUnit.objects.visible_to(user, VIEW).filter(merged_into=None)
        fields["unit"].queryset = self.units.in_tree_order()
        fields["period"].choices = [(one.key, one.words) for one in offered(today)]
        fields["metric"].choices = [
            (one.key, one.title) for one in METRICS.values() if one.opens_to(user)
        ]
        self.user, self.today = user, today

    def unit_asked(self) -> OrgUnit | None:
        """The unit of the address; else the reader's own, else the topmost he reaches."""
        self.is_valid()
        unit = self.cleaned_data.get("unit")
        if unit is not None:
            return unit
        mine = self.units.filter(pk=self.user.unit_id).first()
        return mine or self.units.in_tree_order().first()

    def period_asked(self) -> Period:
        """The period of the address; else the running month."""
        self.is_valid()
        return read_period(self.cleaned_data.get("period") or "", self.today)

    def below(self) -> bool:
        """Whether the units below count."""
        self.is_valid()
        return not self.cleaned_data.get("only")

    def address(self) -> dict[str, str]:
        """The same question for another page."""
        unit = self.unit_asked()
        asked = {"unit": unit.code if unit else "", "period": self.period_asked().key}
        return asked if self.below() else asked | {"only": "on"}
