"""Appointments, moving entries in the calendar, and the private feed (CAL-01, CAL-03)."""

import datetime as dt
import secrets
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from compliance.models import Appointment, CalendarFeed
from core.errors import QuotaExceeded, Refused, Stale
from core.locking import lock

LONGEST = dt.timedelta(days=60)
WINDOW, MOST_HITS = dt.timedelta(minutes=10), 30


@transaction.atomic
def save_appointment(
    *,
    by: Any,
    title: str,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    all_day: bool = False,
    place: str = "",
    note: str = "",
    is_private: bool = False,
    appointment: Appointment | None = None,
    version: int | None = None,
) -> Appointment:
    """Note an appointment or change an own one. Raises Stale, and Refused without a title and for
    an end before the beginning or later than `LONGEST` after it."""
    if not title.strip():
        raise Refused(_("Please name the appointment."))
    if ends_at < starts_at:
        raise Refused(_("The appointment ends before it begins."))
    if ends_at - starts_at > LONGEST:
        raise Refused(_("An appointment lasts at most {days} days.").format(days=LONGEST.days))
    row = Appointment(person=by) if appointment is None else _own(appointment, by)
    if appointment is not None:
        _refuse_stale(row, version)
        row.version += 1
    row.title, row.place, row.note = title.strip(), place.strip(), note.strip()
    row.starts_at, row.ends_at, row.all_day = starts_at, ends_at, all_day
    row.is_private = is_private
    row.save()
    return row


@transaction.atomic
def move_appointment(
    appointment: Appointment, *, by: Any, starts_at: dt.datetime, version: int
) -> Appointment:
    """Put an own appointment to another time; it lasts as long as before. Raises Stale."""
    row = _own(appointment, by)
    _refuse_stale(row, version)
    row.ends_at = starts_at + (row.ends_at - row.starts_at)
    row.starts_at = starts_at
    row.version += 1
    row.save()
    return row


@transaction.atomic
def drop_appointment(appointment: Appointment, *, by: Any) -> None:
    """Delete an own appointment."""
    _own(appointment, by).delete()


def _own(appointment: Appointment, by: Any) -> Appointment:
    row = lock(Appointment.objects.filter(pk=appointment.pk, person=by)).first()
    if row is None:
        raise Refused(_("This appointment was deleted meanwhile."))
    return row


def _refuse_stale(row: Appointment, version: int | None) -> None:
    if row.version != version:
        raise Stale(_("Somebody changed this appointment meanwhile. Please look again."))


# --- the feed -------------------------------------------------------------------------------------


def hash_of(token: str) -> str:
    """What is kept of a secret. It is long and random, so a plain hash cannot be guessed back."""
    return sha256(token.encode()).hexdigest()


@transaction.atomic
def open_feed(*, by: Any) -> str:
    """A new secret for a person's feed, which ends the one before. It is shown once."""
    _end(by)
    token = secrets.token_urlsafe(32)
    row = CalendarFeed.objects.create(person=by, token_hash=hash_of(token))
    record("calendar_feed.opened", by=by, subject=row)
    return token


@transaction.atomic
def close_feed(*, by: Any) -> None:
    """End a person's feed; said again, it changes nothing."""
    if _end(by):
        record("calendar_feed.closed", by=by)


def _end(person: Any) -> int:
    # The person is locked, so that two new addresses at once leave one.
    lock(User.objects.filter(pk=person.pk), no_key=True)
    living = CalendarFeed.objects.filter(person=person, revoked_at__isnull=True)
    return int(living.update(revoked_at=timezone.now()))


def living_feed(person: Any) -> CalendarFeed | None:
    """The feed of a person, or None."""
    return CalendarFeed.objects.filter(person=person, revoked_at__isnull=True).first()


def feed_of(token: str) -> CalendarFeed | None:
    """The living feed of a secret, of somebody who may log in.

    Raises QuotaExceeded when it was asked for more than `MOST_HITS` times within `WINDOW`: programs
    ask every quarter of an hour, so whoever asks more often is broken or somebody else.
    """
    rows = CalendarFeed.objects.filter(token_hash=hash_of(token), revoked_at__isnull=True)
    feed = rows.select_related("person__unit").first()
    if feed is None or not feed.person.is_active:
        return None
    now = timezone.now()
    same = CalendarFeed.objects.filter(pk=feed.pk)
    fresh = same.filter(hits_since__lte=now - WINDOW).update(hits=1, hits_since=now, used_at=now)
    if not fresh and not same.filter(hits__lt=MOST_HITS).update(hits=F("hits") + 1, used_at=now):
        raise QuotaExceeded(_("This calendar was asked for too often. Please wait ten minutes."))
    return feed
