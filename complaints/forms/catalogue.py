"""Input of categories and levels, and of the unit whose ladders are shown."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from complaints.models import Category, Level, Trade
from regions.forms.fields import UnitByCode
from regions.models import OrgUnit

RULES = "regions.view_policyvalue"


class CategoryForm(forms.ModelForm):
    """A category. The service looks whether name and place are free."""

    class Meta:
        model = Category
        fields = [
            "parent",
            "name",
            "level",
            "function",
            "words",
            "trade",
            "warranty_months",
            "position",
            "is_offered",
        ]
        labels = {"position": pgettext_lazy("in a list", "position")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["parent"].queryset = Category.objects.filter(parent=None).exclude(
            pk=self.instance.pk
        )
        fields["trade"].choices = [("", _("No trade")), *Trade.choices]
        for name in ("parent", "level", "function"):
            fields[name].empty_label = "—"
        fields["trade"].choices = [("", "—"), *Trade.choices]

    def _post_clean(self) -> None:
        """The row stays as it was until the service has looked at it."""


class LevelForm(forms.ModelForm):
    """A level. The service looks whether the name is free."""

    class Meta:
        model = Level
        fields = ["name", "rank", "is_serious", "is_mass", "is_offered"]

    def _post_clean(self) -> None:
        """The row stays as it was until the service has looked at it."""


class LadderFilter(forms.Form):
    """Which unit's ladders are shown."""

    unit = UnitByCode(RULES, required=True)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = OrgUnit.objects.visible_to(user, RULES)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
