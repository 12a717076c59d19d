"""Filters of the lists of expenses, as their addresses carry them."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from core.widgets import DateInput, RemoteSelect
from customers.forms import UnitChoiceField
from customers.models import Customer
from expenses.models import Category, EntryKind
from expenses.selectors.lists import LEDGER, OWED, RUNNING, UNPROVED, LedgerQuery, PaperQuery
from expenses.states import VIEW, State
from regions.models import OrgUnit

ANY = [("", "—")]
STATES = [
    *ANY,
    (RUNNING, _("In approval or sent back")),
    (OWED, _("Approved, not yet paid")),
    (UNPROVED, _("Evidence wanted")),
    *[pair for pair in State.choices if pair[0] != State.APPROVED],
]


class PersonField(forms.ModelChoiceField):
    """A person in reach by employee number."""

    def __init__(self, right: str = VIEW, **kwargs: Any) -> None:
        super().__init__(
            User.objects.none(),
            to_field_name="employee_no",
            widget=RemoteSelect("people-choices", right),
            **({"empty_label": "—"} | kwargs),
        )

    def label_from_instance(self, user: User) -> str:  # type: ignore[override]
        return f"{user.name} {user.employee_no}"


class ScopedFilter(forms.Form):
    """A filter by unit, whose choices lie in the reader's reach."""

    right = VIEW

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        fields: dict[str, Any] = self.fields
        if "unit" in fields:
            units = OrgUnit.objects.visible_to(user, self.right).in_tree_order()
            fields["unit"].queryset = units

    def found(self) -> dict[str, Any]:
        """What reads; fields that do not filter nothing and show their error."""
        self.is_valid()
        return self.cleaned_data

    def is_filtered(self) -> bool:
        """Whether any field narrows the list."""
        return any(self.found().values())


class PaperFilter(ScopedFilter):
    """The whole state of the list of applications."""

    q = forms.CharField(
        label=_("Search"), help_text=_("Number or purpose"), required=False, max_length=80
    )
    unit = UnitChoiceField(VIEW, required=False)
    state = forms.ChoiceField(label=_("State"), required=False, choices=STATES)
    category = forms.ModelChoiceField(
        Category.objects.all(),
        label=pgettext_lazy("expense", "Category"),
        required=False,
        empty_label="—",
        to_field_name="code",
    )
    applicant = PersonField(label=_("Applicant"), required=False)
    since = forms.DateField(label=_("Applied since"), required=False, widget=DateInput())
    until = forms.DateField(label=_("Applied until"), required=False, widget=DateInput())
    customer = forms.ModelChoiceField(
        Customer.objects.none(),
        label=_("Customer"),
        required=False,
        empty_label="—",
        widget=RemoteSelect("expenses:customer-choices"),
    )
    over_budget = forms.BooleanField(label=_("Over budget"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["applicant"].queryset = User.objects.visible_to(self.user, VIEW)
        fields["customer"].queryset = Customer.objects.visible_to(self.user)

    def query(self) -> PaperQuery:
        """The filtered list."""
        data = self.found()
        return PaperQuery(
            unit=data.get("unit"),
            state=data.get("state", ""),
            category=data.get("category"),
            applicant=data.get("applicant"),
            since=data.get("since"),
            until=data.get("until"),
            customer=data.get("customer"),
            over_budget=bool(data.get("over_budget")),
            text=data.get("q", "").strip(),
        )


class UnitFilter(ScopedFilter):
    """A list that is filtered by unit and by whose work it is."""

    unit = UnitChoiceField(VIEW, required=False)
    mine = forms.BooleanField(label=_("Only mine"), required=False)


class LedgerFilter(ScopedFilter):
    """The whole state of the ledger."""

    right = LEDGER

    q = forms.CharField(
        label=_("Search"), help_text=_("Number of the application"), required=False, max_length=40
    )
    unit = UnitChoiceField(LEDGER, required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[*ANY, *EntryKind.choices])
    category = forms.ModelChoiceField(
        Category.objects.all(),
        label=pgettext_lazy("expense", "Category"),
        required=False,
        empty_label="—",
        to_field_name="code",
    )
    since = forms.DateField(label=_("Booked since"), required=False, widget=DateInput())
    until = forms.DateField(label=_("Booked until"), required=False, widget=DateInput())

    def query(self) -> LedgerQuery:
        """The filtered lines."""
        data = self.found()
        return LedgerQuery(
            unit=data.get("unit"),
            kind=data.get("kind", ""),
            category=data.get("category"),
            since=data.get("since"),
            until=data.get("until"),
            text=data.get("q", "").strip(),
        )
