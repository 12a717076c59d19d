"""Forms of the gift stock."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.formfields import Yuan
from customers.forms import UnitChoiceField
from expenses.selectors.gifts import CHANGE, VIEW, GiftQuery
from regions.forms.fields import UnitByCode
from regions.models import OrgUnit

DIGITS = {"inputmode": "numeric", "autocomplete": "off"}


class StockFilter(forms.Form):
    """The whole state of the list of gifts."""

    q = forms.CharField(
        label=_("Search"), help_text=_("Name of the gift"), required=False, max_length=80
    )
    unit = UnitChoiceField(VIEW, required=False)
    lacking = forms.BooleanField(label=_("Nothing free"), required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, VIEW).in_tree_order()

    def query(self) -> GiftQuery:
        """The filtered list; fields that do not read filter nothing and show their error."""
        self.is_valid()
        data = self.cleaned_data
        return GiftQuery(data.get("unit"), data.get("q", "").strip(), bool(data.get("lacking")))

    def is_filtered(self) -> bool:
        """Whether any field narrows the list."""
        self.is_valid()
        return any(self.cleaned_data.values())


class GiftForm(forms.Form):
    """A new kind of gift."""

    unit = UnitByCode(CHANGE, required=True)
    name = forms.CharField(label=pgettext_lazy("gift", "Name"), max_length=80)
    price = Yuan(label=_("Value of a piece"), min_value=0)
    is_own_product = forms.BooleanField(label=_("Own product"), required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, CHANGE).active()


class ReceiveForm(forms.Form):
    """Pieces that came."""

    quantity = forms.IntegerField(
        label=_("Pieces received"),
        min_value=1,
        max_value=1_000_000,
        widget=forms.TextInput(DIGITS),
    )
    reason = forms.CharField(label=_("Remark"), max_length=200, required=False)


class CountForm(forms.Form):
    """Pieces that were counted."""

    counted = forms.IntegerField(
        label=_("Pieces counted"),
        min_value=0,
        max_value=1_000_000,
        widget=forms.TextInput(DIGITS),
    )
    reason = forms.CharField(label=_("Why the stock differs"), max_length=200)
