"""What approvals ask of customers: whose marketing specialist somebody is (WF-06)."""

from collections.abc import Collection
from typing import Any

from approvals.specialists import register_customers
from customers.models import Customer

VIEW = "customers.view_customer"


def _find(code: str, reader: Any) -> Collection[int] | None:
    """The marketing specialist of the customer with a code, None where there is no such customer
    within the reader's reach."""
    rows = Customer.objects.all() if reader is None else Customer.objects.visible_to(reader, VIEW)
    found = rows.filter(code=code).values_list("specialist", flat=True)
    if not found:
        return None
    return [key for key in found if key is not None]


register_customers(_find)
