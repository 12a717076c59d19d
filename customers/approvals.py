"""What approvals ask of customers: whose marketing specialist somebody is (WF-06)."""

from collections.abc import Collection
from typing import Any

from approvals.specialists import register_customers
from customers.models import Customer
from customers.selectors.codes import by_code

VIEW = "customers.view_customer"


def _find(code: str, reader: Any) -> Collection[int] | None:
    """The marketing specialist of the customer with a code, None where there is no such customer
    within the reader's reach."""
    rows = Customer.objects.all() if reader is None else Customer.objects.visible_to(reader, VIEW)
    customer = by_code(rows, code)
    if customer is None:
        return None
    return [] if customer.specialist_id is None else [customer.specialist_id]


register_customers(_find)
