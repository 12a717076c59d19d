"""Forms of customer events."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from core.widgets import DateTimeInput, RemoteSelect, RemoteSelectMultiple
from customers.forms import UnitChoiceField
from customers.models import Customer
from expenses.forms.fields import CustomersField
from expenses.models import Event, EventKind, EventState
from expenses.selectors.events import CHANGE, VIEW, EventQuery
from regions.forms.fields import UnitByCode
from regions.models import OrgUnit


class EventFilter(forms.Form):
    """The whole state of the list of events."""

    q = forms.CharField(
        label=_("Search"), help_text=_("Title of the event"), required=False, max_length=80
    )
    unit = UnitChoiceField(VIEW, required=False)
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All kinds")), *EventKind.choices]
    )
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All states")), *EventState.choices]
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, VIEW).in_tree_order()

    def query(self) -> EventQuery:
        """The filtered list; fields that do not read filter nothing and show their error."""
        self.is_valid()
        data = self.cleaned_data
        return EventQuery(
            data.get("unit"), data.get("kind", ""), data.get("state", ""), data.get("q", "").strip()
        )

    def is_filtered(self) -> bool:
        """Whether any field narrows the list."""
        self.is_valid()
        return any(self.cleaned_data.values())


class EventForm(forms.Form):
    """What is planned, where and when, with whom."""

    unit = UnitByCode(CHANGE, required=True)
    kind = forms.ChoiceField(label=_("Kind"), choices=EventKind)
    title = forms.CharField(label=pgettext_lazy("event", "Title"), max_length=120)
    starts_at = forms.DateTimeField(label=_("Begins at"), widget=DateTimeInput())
    ends_at = forms.DateTimeField(label=_("Ends at"), required=False, widget=DateTimeInput())
    place = forms.CharField(label=pgettext_lazy("event", "Place"), max_length=120, required=False)
    people = forms.IntegerField(
        label=_("People expected"), min_value=0, max_value=1_000_000, required=False
    )
    organiser = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Organiser"),
        to_field_name="employee_no",
        widget=RemoteSelect("people-choices", VIEW),
        empty_label="—",
    )
    staff = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label=_("Staff"),
        to_field_name="employee_no",
        required=False,
        widget=RemoteSelectMultiple("people-choices", VIEW),
    )
    customers = CustomersField(label=_("Customers invited"))
    plan = forms.CharField(
        label=pgettext_lazy("event", "Plan"),
        max_length=5000,
        required=False,
        widget=forms.Textarea({"rows": 6}),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, CHANGE).active()
        people = User.objects.visible_to(user, VIEW).active()
        fields["organiser"].queryset = fields["staff"].queryset = people
        fields["customers"].queryset = Customer.objects.visible_to(user)

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        data = dict(self.cleaned_data)
        data["customers"] = [(one, None) for one in data["customers"]]
        return data


def initial_of(event: Event) -> dict[str, Any]:
    """An event as its form shows it."""
    same = ("kind", "title", "starts_at", "ends_at", "place", "people", "plan", "version")
    return {name: getattr(event, name) for name in same} | {
        "unit": event.unit.code,
        "organiser": event.organiser.employee_no,
        "staff": list(event.staff.values_list("employee_no", flat=True)),
        "customers": list(event.customers.values_list("customer", flat=True)),
    }


class HeldForm(forms.Form):
    """How it went: the minutes, and who came."""

    minutes = forms.CharField(
        label=_("Minutes"), max_length=20_000, widget=forms.Textarea({"rows": 8})
    )
    came = forms.MultipleChoiceField(
        label=_("Customers who came"), required=False, widget=forms.CheckboxSelectMultiple
    )
    people = forms.IntegerField(
        label=_("People taking part"), min_value=0, max_value=1_000_000, required=False
    )

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        guests = event.customers.select_related("customer")
        choices = [(str(one.customer_id), one.customer.name) for one in guests]
        field: Any = self.fields["came"]
        field.choices = choices
        if not choices:
            del self.fields["came"]

    def keys(self) -> set[int]:
        """Keys of the customers who came."""
        return {int(key) for key in self.cleaned_data.get("came", [])}
