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
from customers.selectors.lists import ListQuery, count_each
from regions.policies import policy
from reports.dashboard.forms import VIEW
from reports.home_figures import since_yesterday
from reports.metrics.registry import midnight

RIGHT = "customers.view_customer"
Counted = tuple[int, bool]  # how many, and whether there are more


def customer_tiles(user: Any) -> list[dict[str, Any]]:
    """Counts over the reader's customers: his own where he sees only own ones."""
    today = timezone.localdate()
    days = policy(QUIET, user.unit)
    quiet = today - dt.timedelta(days=days)
    own: dict[str, Any] = {"keeper": user} if user.scope(RIGHT).own else {}
    mine = {"keeper": user.employee_no} if own else {}
    due = _("Contact is due") if own else _("Contact is due, whole branch")
    label = ngettext("No contact for {count} day", "No contact for {count} days", days)
    day = dt.timedelta(days=1)
    asked = [
        ListQuery(due=True, **own),
        ListQuery(due=True, due_from=today, **own),
        ListQuery(contact_before=quiet, **own),
        ListQuery(contact_before=quiet, contact_after=quiet - day, **own),
        ListQuery(stage="settling_in", **own),
    ]
    # Who sees the figures of a branch has all its customers there, with their months.
    whole = bool(own) or not user.has_perm(VIEW)
    found = count_each(user, [*asked, ListQuery(**own)] if whole else asked)
    tiles = [
        _tile(due, found[0], {"due": "on", **mine}, _since(found[0], found[1])),
        _tile(
            label.format(count=days),
            found[2],
            {"quiet": days, "sort": "last_contact", **mine},
            _since(found[2], found[3]),
        ),
        _tile(
            _("Settling-in period"),
            found[4],
            {"stage": "settling_in", **mine},
            _("handed over within a year"),
        ),
    ]
    if whole:
        title = _("My customers") if own else _("Customers")
        note = _("{count} this month").format(count=f"+{_new(user):,}") if own else ""
        tiles.append(_tile(title, found[5], mine, note))
    return tiles


def _since(found: Counted, newly: Counted) -> str:
    """How many of those counted came since yesterday; nothing where there are none."""
    return since_yesterday(newly[0]) if found[0] else ""


def _new(user: Any) -> int:
    """Customers whom the reader keeps, entered since the month began."""
    begin = midnight(month_of(timezone.localdate()))
    mine = CustomerUnit.objects.visible_to(user).filter(keeper=user, created_at__gte=begin)
    return mine.values("customer").distinct().count()


def _tile(label: str, found: Counted, address: dict[str, Any], note: str) -> dict[str, Any]:
    """A number of customers with the address of its rows."""
    number, more = found
    url = f"{reverse('customers:list')}?{urlencode(address)}"
    value = f"{number:,}+" if more else f"{number:,}"
    return {"label": label, "value": value, "url": url, "change": note}
