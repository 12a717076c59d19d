"""The cases of a customer: a tab of his page, and when they came in on his timeline."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from complaints.models import Case
from complaints.selectors.lists import CaseQuery, count_cases
from complaints.states import VIEW
from customers.models import Customer
from customers.selectors.history import SHOWN, Event, Moment, add_events, during
from customers.tabs import Tab, add_tab


def _count(user: Any, customer: Customer) -> int:
    return count_cases(user, CaseQuery(customer=customer))[0]


def _context(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    from complaints.views.lists import listing  # pages are not loaded before the apps are ready

    return listing(request, CaseQuery(customer=customer))


def _events(user: Any, customer: Customer, before: Moment, after: Moment) -> Iterator[Event]:
    """Each case when it came in, with its state of today."""
    rows = Case.objects.visible_to(user).filter(
        customer=customer, **during("taken_in_at", before, after)
    )
    for one in rows.select_related("category", "entered_by").order_by("-taken_in_at")[:SHOWN]:
        yield Event(
            f"c{one.pk}",
            "message-report",
            one.get_kind_display(),
            one.taken_in_at,
            one.entered_by.name if one.entered_by else "",
            one.category.name if one.category else "",
            ((str(_("State")), one.get_state_display()),),
            ((one.number, one.get_absolute_url()),),
        )


add_events(VIEW, _events)
add_tab(Tab("cases", _("Cases"), VIEW, _count, _context, "complaints/_customer_cases.html"))
