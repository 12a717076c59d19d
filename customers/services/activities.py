"""Logging and planning what is done with a customer (ACT-07, ACT-08)."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused
from customers.models import Activity, ActivityState, Contact, CustomerUnit
from customers.models.activities import TOUCHES

CLOCK_SKEW = dt.timedelta(minutes=5)


@transaction.atomic
def log_activity(
    place: CustomerUnit,
    *,
    by: Any,
    kind: str,
    content: str,
    at: dt.datetime,
    contact: Contact | None = None,
    result: str = "",
    next_on: dt.date | None = None,
    entered_by: Any = None,
) -> Activity:
    """Record something that was done with a customer in a unit with its result, and when he is
    due again. `entered_by` is who writes it down where that is not who did it.

    The place remembers the last contact, notes excepted. Raises Refused for a time to come, and
    for a next contact on a day that has passed.
    """
    if at > timezone.now() + CLOCK_SKEW:
        raise Refused(_("This time is still to come. Please plan the activity instead."))
    refuse_past_contact(next_on)
    activity = _new(place, by=by, kind=kind, content=content, at=at, contact=contact)
    activity.state, activity.done_at = ActivityState.DONE, timezone.now()
    activity.result, activity.entered_by = result, entered_by or by
    activity.save()
    _touch(activity, place, next_on)
    record("activity.logged", by=entered_by or by, subject=place.customer, kind=kind)
    return activity


@transaction.atomic
def plan_activity(
    place: CustomerUnit,
    *,
    by: Any,
    kind: str,
    content: str,
    at: dt.datetime,
    assignee: Any = None,
    contact: Contact | None = None,
) -> Activity:
    """Plan something to do; it stands in the assignee's tasks until it is done or cancelled.

    Being in touch as planned is when the customer is next contacted, unless that is due sooner.
    Raises Refused for a time that has passed, and for an assignee who cannot log in.
    """
    if at < timezone.now() - CLOCK_SKEW:
        raise Refused(_("This time has passed already. Please log the activity as done instead."))
    if assignee is not None and not assignee.is_active:
        raise Refused(
            _("{person} cannot log in; please choose somebody else.").format(person=assignee)
        )
    activity = _new(place, by=assignee or by, kind=kind, content=content, at=at, contact=contact)
    activity.state, activity.entered_by = ActivityState.PLANNED, by
    activity.save()
    if kind in TOUCHES:
        today, day = timezone.localdate(), timezone.localdate(at)
        later = Q(next_contact_on=None) | Q(next_contact_on__gt=day) | Q(next_contact_on__lt=today)
        CustomerUnit.objects.filter(later, pk=place.pk).update(next_contact_on=day)
    record("activity.logged", by=by, subject=place.customer, kind=kind)
    return activity


@transaction.atomic
def complete_activity(
    activity: Activity, *, by: Any, result: str, next_on: dt.date | None = None
) -> Activity:
    """Close a planned activity with its result. Raises Refused when it is closed already, and for
    a next contact on a day that has passed."""
    refuse_past_contact(next_on)
    now = timezone.now()
    _close(activity, ActivityState.DONE, result=result, done_at=now, at=now, by=by)
    place = CustomerUnit.objects.filter(
        customer=activity.customer_id, unit=activity.unit_id
    ).first()
    if place is not None:
        _touch(activity, place, next_on)
    record("activity.changed", by=by, subject=activity.customer)
    return activity


@transaction.atomic
def move_activity(activity: Activity, *, by: Any, at: dt.datetime) -> Activity:
    """Put a planned activity to another time; a next contact that was planned with it goes along.

    Raises Refused for a time that has passed, and when it is closed already.
    """
    if at < timezone.now() - CLOCK_SKEW:
        raise Refused(_("This time has passed already. Please choose a later one."))
    before = timezone.localdate(activity.at)
    _close(activity, ActivityState.PLANNED, at=at)
    CustomerUnit.objects.filter(
        customer=activity.customer_id, unit=activity.unit_id, next_contact_on=before
    ).update(next_contact_on=timezone.localdate(at))
    record("activity.changed", by=by, subject=activity.customer)
    return activity


@transaction.atomic
def cancel_activity(activity: Activity, *, by: Any, reason: str) -> Activity:
    """Give up a planned activity with a reason. Raises Refused when it is closed already."""
    _close(activity, ActivityState.CANCELLED, result=reason)
    record("activity.changed", by=by, subject=activity.customer)
    return activity


def refuse_past_contact(day: dt.date | None) -> None:
    """Raise Refused for a next contact before today: nobody could keep the promise, and lists
    would call it overdue the moment it was made."""
    if day is not None and day < timezone.localdate():
        raise Refused(_("The next contact cannot be in the past. Please choose today or later."))


def _close(activity: Activity, state: str, **values: Any) -> None:
    planned = Activity.objects.filter(pk=activity.pk, state=ActivityState.PLANNED)
    if not planned.update(state=state, **values):
        raise Refused(_("This activity is closed already; nothing is left to do."))
    activity.refresh_from_db()


def _new(
    place: CustomerUnit, *, by: Any, kind: str, content: str, at: dt.datetime, contact: Any
) -> Activity:
    if contact is not None and contact.customer_id != place.customer_id:
        raise Refused(_("This contact belongs to another customer."))
    activity = Activity(
        customer_id=place.customer_id,
        contact=contact,
        kind=kind,
        content=content,
        at=at,
        by=by,
        entered_by=by,
    )
    activity.unit_id = place.unit_id
    activity.region_id, activity.city_id = place.region_id, place.city_id
    activity.project_id = place.project_id
    return activity


def _touch(activity: Activity, place: CustomerUnit, next_on: dt.date | None) -> None:
    """Move the place's last contact forward; an older activity never moves it back."""
    places = CustomerUnit.objects.filter(pk=place.pk)
    if activity.kind in TOUCHES:
        places.filter(Q(contacted=False) | Q(last_contact_at__lt=activity.at)).update(
            last_contact_at=activity.at, contacted=True
        )
        places.filter(next_contact_on__lte=timezone.localdate()).update(next_contact_on=None)
    if next_on:
        places.update(next_contact_on=next_on)
