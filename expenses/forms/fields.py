"""Fields that forms of expenses share."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.widgets import RemoteSelect, RemoteSelectMultiple
from customers.models import Customer


class CustomerField(forms.ModelChoiceField):
    """One customer in reach, found by typing."""

    def __init__(self, **kwargs: Any) -> None:
        options: dict[str, Any] = {
            "label": _("Customer"),
            "empty_label": "—",
            "widget": RemoteSelect("expenses:customer-choices"),
        }
        super().__init__(Customer.objects.none(), **(options | kwargs))

    def label_from_instance(self, customer: Customer) -> str:  # type: ignore[override]
        return customer.name


class CustomersField(forms.ModelMultipleChoiceField):
    """Customers in reach, found by typing."""

    def __init__(self, **kwargs: Any) -> None:
        options: dict[str, Any] = {
            "label": pgettext_lazy("expense", "Customers"),
            "required": False,
            "widget": RemoteSelectMultiple("expenses:customer-choices"),
        }
        super().__init__(Customer.objects.none(), **(options | kwargs))

    def label_from_instance(self, customer: Customer) -> str:  # type: ignore[override]
        return customer.name
