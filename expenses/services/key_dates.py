"""Days that customers and decision-makers hold dear: kept, and told in time (CAR-02)."""

import calendar
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused
from core.locking import lock
from core.notices import notify
from expenses.models import KeyDate
from expenses.selectors.key_dates import next_day
from expenses.services.drafting import Given, Line
from regions.models import OrgUnit

FIELDS = (
    *("customer", "contact", "kind", "title", "month", "day", "on", "remind_days"),
    *("owner", "category", "amount", "note", "is_active"),
)
LEAP_YEAR = 2024
MOST_DAYS = 120


@transaction.atomic
def save(*, by: Any, unit: OrgUnit, key_date: KeyDate | None = None, **values: Any) -> KeyDate:
    """Keep a key date; `values` are its fields. A changed day is told anew.

    Raises Refused for a day that does not exist, without a day, and for somebody who cannot log
    in.
    """
    row = KeyDate(entered_by=by) if key_date is None else _held(key_date)
    before = (row.month, row.day, row.on)
    for name, value in values.items():
        if name not in FIELDS:
            raise LookupError(name)
        setattr(row, name, value)
    if row.on is not None:
        row.month = row.day = None
    elif not row.month or not row.day:
        raise Refused(_("Please enter the day."))
    elif row.month > 12 or row.day > calendar.monthrange(LEAP_YEAR, row.month)[1]:
        raise Refused(_("There is no such day."))
    if row.remind_days > MOST_DAYS:
        raise Refused(_("Please choose at most {most} days.").format(most=MOST_DAYS))
    if not row.owner.is_active:
        sentence = _("{person} cannot log in; please choose somebody else.")
        raise Refused(sentence.format(person=row.owner))
    if (row.month, row.day, row.on) != before:
        row.reminded_for = None
    row.place_in(unit)
    row.save()
    record("keydate.saved", by=by, subject=row, kind=row.kind)
    return row


@transaction.atomic
def remove(key_date: KeyDate, *, by: Any) -> None:
    """Forget a key date; applications that came of it stay."""
    row = _held(key_date)
    record("keydate.removed", by=by, subject=row, kind=row.kind)
    row.delete()


@transaction.atomic
def remind(today: date | None = None) -> int:
    """Tell the owner of each key date that has come near, once for each occurrence; the notice
    opens a filled-in application. Returns how many were told. Safe to run twice."""
    day = today or timezone.localdate()
    told = 0
    for row in lock(KeyDate.objects.filter(is_active=True)).select_related("customer", "unit"):
        comes = next_day(row, day)
        if comes is None or row.reminded_for == comes:
            continue
        if comes - timedelta(days=row.remind_days) > day:
            continue
        told += notify(
            [row.owner_id],
            "expenses.key_date",
            key=f"key-date:{row.pk}:{comes.isoformat()}",
            url=application_address(row),
            customer=row.customer.name,
            title=row.title or str(row.get_kind_display()),
            on=comes.isoformat(),
        )
        KeyDate.objects.filter(pk=row.pk).update(reminded_for=comes)
    return told


def application_address(row: KeyDate) -> str:
    """Where the application for this day is filled in."""
    return f"{reverse('expenses:new')}?key_date={row.pk}"


def application_from(row: KeyDate, *, today: date | None = None) -> Given | None:
    """What an application for a key date says already; None when it names no category."""
    if row.category is None:
        return None
    label = row.title or row.get_kind_display()
    lines = [Line(label, Decimal(1), row.amount)] if row.amount else []
    return Given(
        category=row.category,
        unit=row.unit,
        title=f"{row.customer.name} · {label}",
        event_on=next_day(row, today or timezone.localdate()),
        lines=lines,
        customers=[(row.customer, row.contact)],
        key_date=row,
    )


def _held(row: KeyDate) -> KeyDate:
    return lock(KeyDate.objects.filter(pk=row.pk)).select_related("owner", "unit").get()
