"""The tab of contracts, payments and opportunities of a customer (SCH-02)."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.models.contracts import CHANGE, VIEW
from customers.selectors.contracts import (
    contracts_of,
    count_deals,
    opportunities_of,
    sums_of,
)
from customers.tabs import Tab, add_tab


def _context(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    from customers.views.common import place_here  # pages are not loaded before the apps are ready

    user: Any = request.user
    found = contracts_of(user, customer)
    may_write = user.has_perm(CHANGE) and place_here(request, customer, CHANGE) is not None
    return {
        "accounts": found,
        "sums": sums_of(found),
        "opportunities": opportunities_of(user, customer),
        "may_write": may_write,
    }


add_tab(
    Tab(
        "contracts",
        _("Contracts and payments"),
        VIEW,
        count_deals,
        _context,
        "customers/_contracts.html",
    )
)
