"""What the dashboard is asked, as its address carries it."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.forms import UnitChoiceField
from regions.models import OrgUnit
from reports.metrics.perimeter import paths_on
from reports.metrics.periods import Period, offered, read_period
from reports.metrics.registry import METRICS, flows

VIEW = "reports.view_dashboard"


class DashboardFilter(forms.Form):
    """A unit with those below it or alone, a period, and the figure that is drawn. A unit that has
    merged since is not offered; links ask for it in a period in which it still was one.
    `is_elsewhere` tells that another unit stands in for the one of the address."""

    unit = UnitChoiceField(VIEW, required=False)
    period = forms.ChoiceField(label=_("Period"), required=False)
    metric = forms.ChoiceField(label=pgettext_lazy("dashboard", "Drawn figure"), required=False)
    only = forms.BooleanField(label=_("This unit only"), required=False)

    def __init__(self, data: Any, *, user: Any, today: date) -> None:
        # What the address leaves out stands in the form as what is shown instead.
        super().__init__(data.copy())
        fields: dict[str, Any] = self.fields
        every = OrgUnit.objects.visible_to(user, VIEW)
        self.units, self.merged = every.filter(merged_into=None), every.exclude(merged_into=None)
        self.is_elsewhere = False
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
        period = read_period(data.get("period", ""), self.today)
        asked = data.get("unit", "")
        if not asked or not self._knows(asked, period):
            unit = self.units.filter(pk=self.user.unit_id).first()
            unit = unit or self.units.in_tree_order().first()
            data["unit"] = unit.code if unit else ""
            self.is_elsewhere = bool(asked)
        data["period"] = period.key
        if period.key not in dict(fields["period"].choices):
            fields["period"].choices += [(period.key, period.words)]
        if data.get("metric") not in known:
            first = (one.key for one in flows() if one.key in known)
            data["metric"] = next(first, "")

    def _knows(self, code: str, period: Period) -> bool:
        """Whether a unit of the reader's has this code: one of now, or one that has merged after
        the period, which is then accepted without being offered."""
        field: Any = self.fields["unit"]
        if field.queryset.filter(code=code).exists():
            return True
        gone = self.merged.filter(code=code).first()
        if gone is None or not _stood(gone, period.end):
            return False
        field.queryset = self.merged.filter(pk=gone.pk)
        return True

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

    def tops(self) -> Any:
        """The topmost units in reach, from which the tree is opened."""
        return self.units.exclude(parent__in=self.units).in_tree_order()

    def address(self) -> dict[str, str]:
        """The same question for another page."""
        unit = self.unit_asked()
        asked = {"unit": unit.code if unit else "", "period": self.period_asked().key}
        return asked if self.below() else asked | {"only": "on"}


def _stood(unit: OrgUnit, day: date) -> bool:
    """Whether a unit was one of its own on a day, so that figures of that day are told of it."""
    path = paths_on(day).get(unit.pk, ())
    return bool(path) and path[-1] == unit.pk
