"""Customer events: planned, held with minutes and guests, with or without money (CAR-04)."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import IO, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.attachments import KeptFile
from core.errors import Refused, Stale
from core.locking import lock
from customers.models import ActivityKind, CustomerUnit
from customers.services import log_activity
from expenses.models import Event, EventCustomer, EventFile, EventState
from expenses.services.papers import add_file, drop, refuse_full
from regions.models import OrgUnit


@transaction.atomic
def save(
    *,
    by: Any,
    unit: OrgUnit,
    kind: str,
    title: str,
    starts_at: datetime,
    event: Event | None = None,
    version: int | None = None,
    customers: Iterable[tuple[Any, Any]] = (),
    staff: Iterable[Any] = (),
    organiser: Any = None,
    ends_at: datetime | None = None,
    place: str = "",
    people: int | None = None,
    plan: str = "",
) -> Event:
    """Plan an event or change the plan. Raises Stale, and Refused for one that was held, without a
    title, and for an end before the beginning."""
    if not title.strip():
        raise Refused(_("Please name the event."))
    if ends_at is not None and ends_at < starts_at:
        raise Refused(_("The event ends before it begins."))
    row = Event(entered_by=by) if event is None else _held(event)
    if row.state != EventState.PLANNED:
        raise Refused(_("This event was held or cancelled and is no longer planned."))
    if event is not None and version is not None and row.version != version:
        raise Stale(_("Somebody changed this event meanwhile. Please look again."))
    if event is not None:
        row.version += 1
    row.kind, row.title, row.starts_at, row.ends_at = kind, title.strip(), starts_at, ends_at
    row.place, row.people, row.plan = place.strip(), people, plan
    row.organiser = organiser or by
    row.place_in(unit)
    row.save()
    row.staff.set(staff)
    row.customers.all().delete()
    EventCustomer.objects.bulk_create(
        EventCustomer(event=row, customer=customer, contact=contact)
        for customer, contact in dict(customers).items()
    )
    record("event.saved", by=by, subject=row, title=row.title)
    return row


@transaction.atomic
def hold(
    event: Event,
    *,
    by: Any,
    minutes: str,
    came: Collection[int],
    people: int | None = None,
) -> Event:
    """Record that an event was held; `came` are keys of the guests who were there.

    Each of them gets a meeting in his timeline, in the place he has in the event's branch. Raises
    Refused without minutes, before it began, and a second time.
    """
    row = _held(event)
    if row.state != EventState.PLANNED:
        raise Refused(_("This event was recorded already."))
    if not minutes.strip():
        raise Refused(_("Please write the minutes."))
    if row.starts_at > timezone.now():
        raise Refused(_("The event has not begun yet."))
    row.minutes, row.state, row.version = minutes.strip(), EventState.HELD, row.version + 1
    row.people = people if people is not None else row.people
    row.save()
    guests = list(row.customers.select_related("customer", "contact"))
    for guest in guests:
        guest.came = guest.customer_id in came
    EventCustomer.objects.bulk_update(guests, ["came"])
    places = _places(row, [guest.customer_id for guest in guests if guest.came])
    for guest in guests:
        place = places.get(guest.customer_id)
        if guest.came and place is not None:
            log_activity(
                place,
                by=row.organiser,
                kind=ActivityKind.MEETING,
                content=row.title,
                at=row.starts_at,
                contact=guest.contact,
                result=row.minutes[:500],
            )
    record("event.held", by=by, subject=row, title=row.title, count=len(places))
    return row


def _places(row: Event, customers: list[int]) -> Mapping[int, CustomerUnit]:
    """The place of each customer that lies nearest to the event: in its unit, else in its city or
    region."""
    found: dict[int, tuple[int, CustomerUnit]] = {}
    for place in CustomerUnit.objects.filter(customer__in=customers).select_related("customer"):
        near = sum(
            getattr(place, name) is not None and getattr(place, name) == getattr(row, name)
            for name in ("unit_id", "region_id", "city_id", "project_id")
        )
        best = found.get(place.customer_id)
        if best is None or near > best[0]:
            found[place.customer_id] = (near, place)
    return {key: place for key, (_near, place) in found.items()}


@transaction.atomic
def cancel(event: Event, *, by: Any) -> Event:
    """The event does not take place. Raises Refused once it was held."""
    row = _held(event)
    if row.state != EventState.PLANNED:
        raise Refused(_("This event was recorded already."))
    row.state, row.version = EventState.CANCELLED, row.version + 1
    row.save()
    record("event.cancelled", by=by, subject=row, title=row.title)
    return row


def attach(event: Event, file: IO[bytes], name: str, *, by: Any, caption: str = "") -> EventFile:
    """Attach a photograph or paper; the same file again gives the row that is there."""

    def write(kept: KeptFile) -> EventFile:
        row = _held(event)
        known = row.files.filter(sha256=kept.sha256).first()
        if known is not None:
            return known
        refuse_full(row.files.count())
        record("event.file_attached", by=by, subject=row, title=row.title)
        return EventFile.objects.create(
            event=row, uploaded_by=by, caption=caption.strip()[:200], **kept.columns()
        )

    return add_file(file, name, write)


@transaction.atomic
def detach(file: EventFile, *, by: Any) -> None:
    """Remove a file. Raises Refused for somebody else's."""
    row = _held(file.event)
    if by is not None and file.uploaded_by_id != by.pk:
        raise Refused(_("Only who uploaded a file removes it."))
    drop(file)
    record("event.file_removed", by=by, subject=row, title=row.title)


def _held(event: Event) -> Event:
    return lock(Event.objects.filter(pk=event.pk)).select_related("unit", "organiser").get()
