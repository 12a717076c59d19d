"""Forms of budgets: allot, hand down, ask for a change, and what the pages can be narrowed by."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.display import money
from core.formfields import Yuan
from customers.forms import UnitChoiceField
from expenses.models import Budget, Category, ChangeKind
from expenses.selectors.budget_pages import SUMS, VIEW, EntryQuery, sources_for
from regions.forms.fields import UnitByCode
from regions.models import OrgUnit

QUARTERS = [("", _("Whole year")), *((str(n), f"Q{n}") for n in range(1, 5))]
WAYS = [
    ("give", pgettext_lazy("budget", "Give")),
    ("take", pgettext_lazy("budget", "Take back")),
]
SUM_WORDS = {
    "allotted": pgettext_lazy("budget", "Allotted"),
    "handed_down": pgettext_lazy("budget", "Handed down"),
    "reserved": _("Reserved"),
    "committed": _("Approved, not yet paid"),
    "spent": pgettext_lazy("budget", "Paid"),
}


class Reason(forms.CharField):
    """Why money is moved, in one line."""

    def __init__(self, **kwargs: Any) -> None:
        options: dict[str, Any] = {"label": _("Reason"), "max_length": 200}
        super().__init__(**(options | kwargs))


class PeriodForm(forms.Form):
    """A unit and a year."""

    unit = UnitChoiceField(VIEW, empty_label=None)
    year = forms.TypedChoiceField(label=_("Year"), coerce=int)

    def __init__(self, *args: Any, units: Any, years: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = units
        fields["year"].choices = [(year, str(year)) for year in years]


class _Moves(forms.Form):
    """An amount that is given, or taken back again."""

    way = forms.ChoiceField(
        label=pgettext_lazy("budget", "What to do"),
        choices=WAYS,
        widget=forms.RadioSelect,
        initial="give",
    )
    amount = Yuan(min_value=Decimal("0.01"))
    reason = Reason(required=False)

    def signed(self) -> Decimal:
        """The amount, negative when it is taken back."""
        amount: Decimal = self.cleaned_data["amount"]
        return amount if self.cleaned_data["way"] == "give" else -amount


class AllotForm(_Moves):
    """Money from the group's own planning for a category."""

    category = forms.ModelChoiceField(
        Category.objects.filter(is_offered=True),
        label=pgettext_lazy("expense", "Category"),
        empty_label="—",
    )
    quarter = forms.TypedChoiceField(
        label=pgettext_lazy("expense", "Period"),
        choices=QUARTERS,
        required=False,
        coerce=int,
        empty_value=None,
    )
    field_order = ("category", "quarter", "way", "amount", "reason")


class HandDownForm(_Moves):
    """A part of a budget for a unit below."""

    to = UnitByCode(VIEW, label=_("Unit below"), required=True)
    field_order = ("to", "way", "amount", "reason")

    def __init__(self, *args: Any, user: Any, budget: Budget, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        below = OrgUnit.objects.below(budget.unit).exclude(pk=budget.unit_id)
        fields["to"].queryset = OrgUnit.objects.visible_to(user, VIEW).filter(pk__in=below)


class SourceField(forms.ModelChoiceField):
    """The budget that gives."""

    def label_from_instance(self, budget: Budget) -> str:  # type: ignore[override]
        words = _("{unit} · {category} · {left} left")
        facts = {"unit": budget.unit, "category": budget.category, "left": money(budget.left)}
        return str(words).format(**facts)


class AskForm(forms.Form):
    """A transfer from another budget, or more money; it is decided in an approval."""

    kind = forms.ChoiceField(
        label=pgettext_lazy("budget", "What is asked for"),
        choices=ChangeKind,
        widget=forms.RadioSelect,
    )
    source = SourceField(
        Budget.objects.none(),
        label=pgettext_lazy("budget", "From"),
        required=False,
        empty_label="—",
        help_text=_("For a transfer: the budget that gives."),
    )
    amount = Yuan(min_value=Decimal("0.01"))
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea({"rows": 4}))

    def __init__(self, *args: Any, user: Any, target: Budget, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        rows = sources_for(user, target)
        fields["source"].queryset = rows
        label = fields["source"].label_from_instance
        offered = [(row.pk, label(row)) for row in rows if row.left > 0]
        fields["source"].widget.choices = [("", "—"), *offered]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        wanted = data.get("kind") == ChangeKind.TRANSFER and data.get("source") is None
        if wanted and "source" not in self.errors:
            self.add_error("source", _("Please choose the budget that gives."))
        if data.get("kind") == ChangeKind.SUPPLEMENT:
            data["source"] = None
        return data


class EntryFilter(forms.Form):
    """Which movements of a unit's budgets are shown."""

    category = forms.ModelChoiceField(
        Category.objects.all(),
        label=pgettext_lazy("expense", "Category"),
        required=False,
        to_field_name="code",
        empty_label=_("All categories"),
    )
    quarter = forms.TypedChoiceField(
        label=pgettext_lazy("expense", "Period"),
        choices=[("", _("All periods")), *QUARTERS[1:]],
        required=False,
        coerce=int,
        empty_value=None,
    )
    sum = forms.ChoiceField(
        label=pgettext_lazy("budget", "Sum"),
        required=False,
        choices=[("", _("All movements")), *((name, SUM_WORDS[name]) for name in SUMS)],
    )

    def query(self, unit: OrgUnit, year: int) -> EntryQuery:
        """The filtered list; fields that do not read filter nothing and show their error."""
        self.is_valid()
        data = self.cleaned_data
        return EntryQuery(
            unit, year, data.get("category"), data.get("quarter"), data.get("sum", "")
        )

    def is_filtered(self) -> bool:
        """Whether any field narrows the list."""
        self.is_valid()
        return any(self.cleaned_data.values())
