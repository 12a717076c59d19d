"""The tab of the sheets of a customer, and losses on his timeline."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import Customer
from customers.selectors.history import SHOWN, Event, Moment, add_events
from customers.selectors.value import count_sheets, losses_of, names_for, value_file
from customers.tabs import Tab, add_tab

VIEW = "customers.view_customer"


def _context(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    from customers.views.common import place_here  # pages are not loaded before the apps are ready

    user: Any = request.user
    found = value_file(user, customer)
    names = names_for(user, found.credit)
    return {
        "sheets": found,
        "credit": [(sheet, names.get(sheet.pk, "")) for sheet in found.credit],
        "may_note": _may(request, customer, "customers.change_customer", place_here),
        "may_assess": not customer.is_person
        and _may(request, customer, "customers.assess_credit", place_here),
    }


def _may(request: HttpRequest, customer: Customer, right: str, place: Any) -> bool:
    return request.user.has_perm(right) and place(request, customer, right) is not None


def _noon(day: dt.date) -> dt.datetime:
    """Days stand on a timeline of instants at their noon."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time(12)))


def _events(user: Any, customer: Customer, before: Moment, after: Moment) -> Iterator[Event]:
    """Each loss, and the return of whoever was won back."""
    found = list(losses_of(user, customer).select_related("unit", "by", "won_back_by")[:SHOWN])
    for one in found:
        facts = [
            (str(_("Unit")), one.unit.name),
            (
                str(pgettext_lazy("lost customer", "Direction")),
                " ".join(filter(None, (one.direction, one.competitor))),
            ),
        ]
        if one.note:
            facts.append((str(_("Note")), one.note))
        who = one.by.name if one.by else ""
        title = str(pgettext_lazy("timeline", "Lost"))
        yield Event(f"l{one.pk}", "logout", title, _noon(one.lost_on), who, one.cause, tuple(facts))
        if one.won_back_on:
            by = one.won_back_by.name if one.won_back_by else ""
            title = str(pgettext_lazy("timeline", "Won back"))
            at = _noon(one.won_back_on)
            yield Event(f"l{one.pk}b", "arrow-back-up", title, at, by, one.won_back_how)


add_events(VIEW, _events)
add_tab(
    Tab(
        "value",
        pgettext_lazy("customer", "Value and losses"),
        VIEW,
        count_sheets,
        _context,
        "customers/_value.html",
    )
)
