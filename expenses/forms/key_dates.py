"""Forms of key dates."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from core.formfields import Yuan
from core.widgets import DateInput, RemoteSelect
from customers.forms import UnitChoiceField
from customers.models import Contact, Customer
from expenses.forms.fields import CustomerField
from expenses.models import Category, DateKind, KeyDate
from expenses.selectors.key_date_list import CHANGE, VIEW, KeyDateQuery
from regions.forms.fields import UnitByCode
from regions.models import OrgUnit

SPANS = [
    ("30", _("Next 30 days")),
    ("90", _("Next 90 days")),
    ("364", _("Next twelve months")),
]
YEARLY, ONCE = "yearly", "once"
MONTHS = [(n, str(n)) for n in range(1, 13)]
DAYS = [(n, str(n)) for n in range(1, 32)]


class KeyDateFilter(forms.Form):
    """The whole state of the list of key dates."""

    span = forms.ChoiceField(
        label=pgettext_lazy("expense", "Period"), choices=SPANS, required=False
    )
    unit = UnitChoiceField(VIEW, required=False)
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All kinds")), *DateKind.choices]
    )
    mine = forms.BooleanField(label=_("Only mine"), required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, VIEW).in_tree_order()

    def query(self, today: date) -> KeyDateQuery:
        """The filtered list; fields that do not read filter nothing and show their error."""
        self.is_valid()
        data = self.cleaned_data
        return KeyDateQuery(
            today,
            int(data.get("span") or SPANS[0][0]),
            data.get("unit"),
            data.get("kind", ""),
            self.user if data.get("mine") else None,
        )

    def is_filtered(self) -> bool:
        """Whether any field narrows the list."""
        self.is_valid()
        return any(self.cleaned_data.values())


class KeyDateForm(forms.Form):
    """A day that a customer or a decision-maker of his holds dear."""

    customer = CustomerField()
    contact = forms.ModelChoiceField(
        Contact.objects.none(),
        label=_("Decision-maker"),
        required=False,
        empty_label="—",
        help_text=_("Contacts of the customer can be chosen once the date is saved."),
    )
    unit = UnitByCode(CHANGE, required=True)
    kind = forms.ChoiceField(label=_("Kind"), choices=DateKind)
    title = forms.CharField(label=pgettext_lazy("key date", "Title"), max_length=80, required=False)
    repeats = forms.ChoiceField(
        label=pgettext_lazy("key date", "Comes"),
        choices=[(YEARLY, _("Every year")), (ONCE, _("Once"))],
        widget=forms.RadioSelect,
        initial=YEARLY,
    )
    month = forms.TypedChoiceField(
        label=_("Month"), choices=MONTHS, coerce=int, required=False, empty_value=None
    )
    day = forms.TypedChoiceField(
        label=_("Day"), choices=DAYS, coerce=int, required=False, empty_value=None
    )
    on = forms.DateField(label=_("Date"), required=False, widget=DateInput())
    remind_days = forms.IntegerField(
        label=_("Remind (days before)"), min_value=0, max_value=120, initial=14
    )
    owner = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Who is reminded"),
        to_field_name="employee_no",
        widget=RemoteSelect("people-choices", VIEW),
        empty_label="—",
    )
    category = forms.ModelChoiceField(
        Category.objects.filter(is_offered=True),
        label=_("Category of the application"),
        required=False,
        empty_label="—",
        help_text=_("The reminder opens an application filled in with it."),
    )
    amount = Yuan(required=False, min_value=0.01)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    is_active = forms.BooleanField(label=_("Reminds"), required=False, initial=True)

    def __init__(
        self, *args: Any, user: Any, key_date: KeyDate | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["customer"].queryset = Customer.objects.visible_to(user)
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, CHANGE).active()
        fields["owner"].queryset = User.objects.visible_to(user, VIEW).active()
        if key_date is None:
            del fields["contact"]
        else:
            fields["contact"].queryset = Contact.objects.filter(customer=key_date.customer_id)
            fields["contact"].help_text = ""

    def clean(self) -> dict[str, Any]:
        """One kind of day: every year by month and day, or once by its date."""
        data = super().clean() or {}
        if data.get("repeats") == ONCE:
            data["month"] = data["day"] = None
            if data.get("on") is None and "on" not in self.errors:
                self.add_error("on", _("Please enter the date."))
        else:
            data["on"] = None
            if not data.get("day") and "day" not in self.errors:
                self.add_error("day", _("Please choose month and day."))
        return data

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != "repeats"}


def initial_of(row: KeyDate) -> dict[str, Any]:
    """A key date as its form shows it."""
    same = ("kind", "title", "month", "day", "on", "remind_days", "amount", "note", "is_active")
    return {name: getattr(row, name) for name in same} | {
        "customer": row.customer_id,
        "contact": row.contact_id,
        "unit": row.unit.code,
        "owner": row.owner.employee_no,
        "category": row.category_id,
        "repeats": ONCE if row.on else YEARLY,
    }
