"""What the dashboard is asked, as its address carries it."""

from datetime import date
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.forms import UnitChoiceField
from regions.models import OrgUnit
from reports.metrics.periods import Period, offered, read_period
from reports.metrics.registry import METRICS, flows

VIEW = "reports.view_dashboard"


class KnownUnitField(UnitChoiceField):
    """A unit of which the form knows already that the reader reaches it is not asked for twice."""

    known: OrgUnit | None = None

    def to_python(self, value: Any) -> OrgUnit | None:
        if self.known is not None and value == self.known.code:
            return self.known
        return super().to_python(value)


class DashboardFilter(forms.Form):
    """A unit with those below it or alone, a period, and the figure that is drawn."""

    unit = KnownUnitField(VIEW, required=False)
    period = forms.ChoiceField(label=_("Period"), required=False)
    metric = forms.ChoiceField(label=pgettext_lazy("dashboard", "Drawn figure"), required=False)
    only = forms.BooleanField(label=_("This unit only"), required=False)

    def __init__(self, data: Any, *, user: Any, today: date) -> None:
        # What the address leaves out stands in the form as what is shown instead.
        super().__init__(data.copy())
        fields: dict[str, Any] = self.fields
        self.units = OrgUnit.objects.visible_to(user, VIEW).filter(merged_into=None)
        fields["unit"].queryset = self.units.in_tree_order()
        fields["period"].choices = [(one.key, one.words) for one in offered(today)]
        fields["metric"].choices = [
            (one.key, one.title) for one in METRICS.values() if one.opens_to(user)
        ]
        self.user, self.today = user, today
        self._fill()

    def _fill(self) -> None:
        """Say in the form which unit, period and figure are shown when the address does not."""
        data: Any = self.data
        fields: dict[str, Any] = self.fields
        known = {key for key, _title in fields["metric"].choices}
        asked = data.get("unit", "")
        unit = self.units.filter(code=asked).first() if asked else None
        if unit is None:
            unit = self._own_unit()
            data["unit"] = unit.code if unit else ""
        fields["unit"].known = unit
        period = read_period(data.get("period", ""), self.today)
        data["period"] = period.key
        if period.key not in dict(fields["period"].choices):
            fields["period"].choices += [(period.key, period.words)]
        if data.get("metric") not in known:
            first = (one.key for one in flows() if one.key in known)
            data["metric"] = next(first, "")

    def _own_unit(self) -> OrgUnit | None:
        """The reader's own unit where he reaches it, else the topmost that he reaches."""
        own, tops = self.user.unit_id, self.tops
        found = next((one for one in tops if one.pk == own), None)
        found = found or self.units.filter(pk=own).first()
        return found or next(iter(tops), None)

    def unit_asked(self) -> OrgUnit | None:
        """The unit of the address; else the reader's own, else the topmost he reaches."""
        self.is_valid()
        return self.cleaned_data.get("unit")

    def period_asked(self) -> Period:
        """The period of the address; else the running month."""
        self.is_valid()
        return read_period(self.cleaned_data.get("period") or "", self.today)

    def below(self) -> bool:
        """Whether the units below count; links say `only`, the picker says `below`."""
        self.is_valid()
        if "only" not in self.fields:
            return True
        return not self.cleaned_data.get("only") and self.data.get("below") != "0"

    @cached_property
    def tops(self) -> list[OrgUnit]:
        """The topmost units in reach, from which the tree is opened; asked once."""
        return list(self.units.exclude(parent__in=self.units).in_tree_order())

    def address(self) -> dict[str, str]:
        """The same question for another page."""
        unit = self.unit_asked()
        asked = {"unit": unit.code if unit else "", "period": self.period_asked().key}
        return asked if self.below() else asked | {"only": "on"}
