"""The cases of a customer, as a tab of his page."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from complaints.selectors.lists import CaseQuery, count_cases
from complaints.states import VIEW
from customers.models import Customer
from customers.tabs import Tab, add_tab


def _count(user: Any, customer: Customer) -> int:
    return count_cases(user, CaseQuery(customer=customer))[0]


def _context(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    from complaints.views.lists import listing  # pages are not loaded before the apps are ready

    return listing(request, CaseQuery(customer=customer))


add_tab(Tab("cases", _("Cases"), VIEW, _count, _context, "complaints/_customer_cases.html"))
