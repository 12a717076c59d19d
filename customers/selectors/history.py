"""What happened to a customer beside the activities, told between them.

Hand-overs and shares stand here; apps that know more of a customer register a source:

    add_events("satisfaction.view_identity", answers)
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import HandOverItem, HandOverState, Outcome
from core.scope import scope_of
from customers.models import Customer, CustomerMerge, CustomerShare, CustomerUnit
from customers.models.customers import VIEW, whole_branches
from customers.models.merging import mergeable

PLACES = "customers.place"
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to the customer's file. `key` is unique on the page."""

    key: str
    icon: str
    kind: str
    at: Any
    who: str
    text: str
    facts: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()  # label, address


Moment = dt.datetime | None
Source = Callable[[Any, Customer, Moment, Moment], Iterable[Event]]
SOURCES: dict[Source, str] = {}


def add_events(right: str, source: Source) -> None:
    """Let timelines ask `source(reader, customer, before, after)`, for whoever has the right. It
    gives what the reader may see in [after, before), at most `SHOWN` events, the newest."""
    SOURCES[source] = right


def during(field: str, before: Moment, after: Moment) -> dict[str, Any]:
    """The condition that an instant lies in [after, before), as a filter."""
    bounds = {f"{field}__lt": before, f"{field}__gte": after}
    return {name: value for name, value in bounds.items() if value is not None}


def events(
    user: Any, customer: Customer, *, before: dt.datetime | None, after: dt.datetime | None
) -> list[Event]:
    """What happened in [after, before), newest first, as far as the reader reaches: hand-overs of
    places he sees, shares if he sees a place at all, and what sources tell. Three queries, and one
    for each source."""
    found = [*_hand_overs(user, customer), *_shares(user, customer), *_merges(user, customer)]
    for source, right in SOURCES.items():
        if user.has_perm(right):
            found += source(user, customer, before, after)
    inside = [
        event
        for event in found
        if (before is None or event.at < before) and (after is None or event.at >= after)
    ]
    return sorted(inside, key=lambda event: event.at, reverse=True)


def _hand_overs(user: Any, customer: Customer) -> list[Event]:
    places = CustomerUnit.objects.visible_to(user).filter(customer=customer)
    items = (
        HandOverItem.objects.filter(kind=PLACES, record_id__in=places.values("pk"))
        .exclude(hand_over__state=HandOverState.DRAFT)
        .select_related("hand_over__by", "hand_over__ended_by", "from_user", "to_user", "unit")
        .order_by("-pk")[:SHOWN]
    )
    found = []
    for item in items:
        hand_over = item.hand_over
        giver = item.from_user.name if item.from_user else _("nobody")
        sentence = _("From {giver} to {receiver} in {unit}")
        text = sentence.format(
            giver=giver, receiver=item.to_user.name, unit=item.unit.name if item.unit else "—"
        )
        facts = [(_("Reason"), hand_over.reason)] if hand_over.reason else []
        if hand_over.until:
            facts.append((_("Until"), hand_over.until.isoformat()))
        who = hand_over.by.name if hand_over.by else ""
        key = f"h{item.pk}"
        found.append(
            Event(key, "users", _("Handed over"), hand_over.done_at, who, text, tuple(facts))
        )
        if item.outcome == Outcome.RETURNED:
            back = _("Back from {receiver} to {giver}").format(
                giver=giver, receiver=item.to_user.name
            )
            by = hand_over.ended_by.name if hand_over.ended_by else ""
            found.append(
                Event(f"{key}b", "arrow-back-up", _("Handed back"), hand_over.ended_at, by, back)
            )
    return found


def _merges(user: Any, customer: Customer) -> list[Event]:
    """Records that went into this one: his own file, so whoever sees him is told. What was moved
    is for those who may merge him."""
    if not getattr(customer, "has_merges", True):  # his page has asked with the customer
        return []
    merged = CustomerMerge.objects.filter(survivor=customer).defer("before", "moved", "united")
    rows = list(merged.select_related("by").order_by("-at")[:SHOWN])
    may = bool(rows) and mergeable(user).filter(pk=customer.pk).exists()
    found = []
    for row in rows:
        text = _("With {name} ({code})").format(name=row.name, code=row.code)
        facts = ((_("Reason"), row.reason),) if row.reason else ()
        link = reverse("customers:merge-detail", args=[customer.pk, row.pk])
        who = row.by.name if row.by else ""
        links = ((_("What was moved"), link),) if may else ()
        found.append(
            Event(
                f"m{row.pk}",
                "columns",
                pgettext("timeline", "Merged"),
                row.at,
                who,
                text,
                facts,
                links,
            )
        )
    return found


def _shares(user: Any, customer: Customer) -> list[Event]:
    """Shares are told to those who answer for the customer, not to whom he is shared with; of
    those, each is told what concerns his branches."""
    scope = scope_of(user, VIEW)
    seen = CustomerUnit.objects.filter(customer=customer)
    if not scope.everything:
        seen = seen.filter(whole_branches(scope)) | seen.filter(keeper=scope.user_id)
    rows = CustomerShare.objects.told_to(user, VIEW).filter(
        content_object=customer, content_object__in=seen.values("customer")
    )
    rows = rows.select_related("user", "given_by", "ended_by")
    found = []
    for row in rows.order_by("-given_at")[:SHOWN]:
        facts = [(_("Reason"), row.reason)]
        if row.until:
            facts.append((_("Until"), row.until.isoformat()))
        who = row.given_by.name if row.given_by else ""
        text = _("With {person}").format(person=row.user.name)
        found.append(
            Event(f"s{row.pk}", "share", _("Shared"), row.given_at, who, text, tuple(facts))
        )
        if row.ended_at:
            by = row.ended_by.name if row.ended_by else ""
            found.append(Event(f"s{row.pk}e", "x", _("Share ended"), row.ended_at, by, text))
    return found
