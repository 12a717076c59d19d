"""Customers of the home page: who waits for a contact, each number with the address of its rows.

How many there were on an earlier day was not kept, so there is no trend; what came since yesterday
follows from the rows of today, and stands beside the number.
"""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from compliance.months import month_of
from customers.models import CustomerUnit
from customers.policies import QUIET
from customers.selectors.lists import ListQuery, count_customers
from regions.policies import policy
from reports.dashboard.forms import VIEW
from reports.home_figures import since_yesterday
from reports.metrics.registry import midnight

RIGHT = "customers.view_customer"


def customer_tiles(user: Any) -> list[dict[str, Any]]:
    """Counts over the reader's customers: his own where he sees only own ones."""
    today = timezone.localdate()
    days = policy(QUIET, user.unit)
    quiet = today - dt.timedelta(days=days)
    own: dict[str, Any] = {"keeper": user} if user.scope(RIGHT).own else {}
    mine = {"keeper": user.employee_no} if own else {}
    due = _("Contact is due") if own else _("Contact is due, whole branch")
    newly_due = ListQuery(due_from=today, due=True, **own)
    label = ngettext("No contact for {count} day", "No contact for {count} days", days)
    newly_quiet = ListQuery(contact_before=quiet, contact_after=quiet - dt.timedelta(days=1), **own)
    tiles = [
        _tile(user, due, ListQuery(due=True, **own), {"due": "on", **mine}, newly_due),
        _tile(
            user,
            label.format(count=days),
            ListQuery(contact_before=quiet, **own),
            {"quiet": days, "sort": "last_contact", **mine},
            newly_quiet,
        ),
        _tile(
            user,
            _("Settling-in period"),
            ListQuery(stage="settling_in", **own),
            {"stage": "settling_in", **mine},
            note=_("handed over within a year"),
        ),
    ]
    if own or not user.has_perm(VIEW):
        # Who sees the figures of a branch has all its customers there, with their months.
        title = _("My customers") if own else _("Customers")
        note = _("{count} this month").format(count=f"+{_new(user):,}") if own else ""
        tiles.append(_tile(user, title, ListQuery(**own), mine, note=note))
    return tiles


def _new(user: Any) -> int:
    """Customers whom the reader keeps, entered since the month began."""
    begin = midnight(month_of(timezone.localdate()))
    mine = CustomerUnit.objects.visible_to(user).filter(keeper=user, created_at__gte=begin)
    return mine.values("customer").distinct().count()


def _tile(
    user: Any,
    label: str,
    query: ListQuery,
    address: dict[str, Any],
    newly: ListQuery | None = None,
    note: str = "",
) -> dict[str, Any]:
    """A number of customers; `newly` are those of them who came since yesterday."""
    number, more = count_customers(user, query)
    if newly is not None and number:
        note = since_yesterday(count_customers(user, newly)[0])
    url = f"{reverse('customers:list')}?{urlencode(address)}"
    value = f"{number:,}+" if more else f"{number:,}"
    return {"label": label, "value": value, "url": url, "change": note}
