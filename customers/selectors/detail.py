"""What the page of one customer shows, cut to the reader's scope."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone

from core.keyset import Key, Order, read_cursor, write_cursor
from customers.models import (
    Activity,
    ActivityState,
    Contact,
    Customer,
    CustomerUnit,
    Loss,
    Ownership,
)

TIMELINE = Order("timeline", "at", descending=True, kind="time")
TIMELINE_SIZE = 20


@dataclass(frozen=True, slots=True)
class CustomerFile:
    """One customer with the reader's places, flats, co-owners and contacts."""

    customer: Customer
    places: list[CustomerUnit]
    ownerships: list[Ownership]
    contacts: list[Contact]

    @property
    def place(self) -> CustomerUnit | None:
        """The place whose stage and keeper head the page: the one contacted last."""
        return self.places[0] if self.places else None


def customer_file(user: Any, customer: Customer) -> CustomerFile:
    """Everything beside the timeline, in a fixed number of queries."""
    lost = Loss.objects.still().filter(customer=OuterRef("customer"), unit=OuterRef("unit"))
    places = (
        CustomerUnit.objects.visible_to(user)
        .filter(customer=customer)
        .select_related("unit", "keeper")
        .annotate(is_lost=Exists(lost))
        .order_by("-last_contact_at", "-pk")
    )
    ownerships = (
        Ownership.objects.visible_to(user)
        .filter(customer=customer)
        .select_related("property", "unit")
        .order_by("valid_until", "-is_primary", "pk")
    )
    # Persons own flats and have no contacts, organisations mostly the other way round; the page of
    # an organisation shows no co-owners.
    owned = list(ownerships)
    if owned and customer.is_person:
        _with_co_owners(user, customer, owned)
    contacts = [] if customer.is_person else list(customer.contacts.select_related("subject"))
    return CustomerFile(customer, list(places), owned, contacts)


def _with_co_owners(user: Any, customer: Customer, owned: list[Ownership]) -> None:
    """Hang the other current owners of the same flats on each ownership, one query for all."""
    others: dict[int, list[Ownership]] = {}
    rows = (
        Ownership.objects.visible_to(user)
        .current()
        .filter(property__in=[row.property_id for row in owned])
        .exclude(customer=customer)
        .select_related("customer")
    )
    for row in rows:
        others.setdefault(row.property_id, []).append(row)
    for row in owned:
        row.co_owners = others.get(row.property_id, [])  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Timeline:
    """A stretch of activities, newest first, and the cursor of the next one. It covers the time
    from `after` until before `before`; None is open."""

    activities: list[Activity]
    next: str
    before: datetime | None = None
    after: datetime | None = None


def timeline(user: Any, customer: Customer, *, after: str = "", mine: bool = False) -> Timeline:
    """What anybody in the reader's scope did with a customer, newest first, by key."""
    rows = Activity.objects.visible_to(user).filter(customer=customer).for_timeline()
    if mine:
        rows = rows.filter(by=user)
    start = read_cursor(TIMELINE, after)
    if start:
        rows = rows.filter(TIMELINE.after(start))
    found = list(rows[: TIMELINE_SIZE + 1])
    shown = found[:TIMELINE_SIZE]
    more = len(found) > TIMELINE_SIZE
    cursor = write_cursor(TIMELINE, Key(shown[-1].at, shown[-1].pk)) if more else ""
    before = start.value if start else None
    return Timeline(shown, cursor, before, shown[-1].at if more else None)


def my_tasks(user: Any, *, limit: int = 50) -> list[Activity]:
    """A person's own planned activities, earliest first."""
    return list(
        Activity.objects.visible_to(user)
        .filter(by=user, state=ActivityState.PLANNED)
        .select_related("customer", "unit", "contact")
        .order_by("at", "pk")[:limit]
    )


def is_overdue(activity: Activity, now: datetime | None = None) -> bool:
    """Whether a planned activity's time has passed."""
    return activity.state == ActivityState.PLANNED and activity.at < (now or timezone.now())
