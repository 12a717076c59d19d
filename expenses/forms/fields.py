"""Fields that forms of expenses share."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.widgets import MoneyInput, RemoteSelect, RemoteSelectMultiple
from customers.models import Customer


class Yuan(forms.DecimalField):
    """A sum in yuan with two places; commas, blanks and full-width digits are read."""

    def __init__(self, **kwargs: Any) -> None:
        options: dict[str, Any] = {
            "label": _("Amount"),
            "max_digits": 14,
            "decimal_places": 2,
            "widget": MoneyInput(),
        }
        super().__init__(**(options | kwargs))

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.replace(",", "").replace("，", "").replace("¥", "").replace("￥", "")
            value = "".join(value.split())
        return super().to_python(value)


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
