"""Showing a masked value: with a reason, recorded before it leaves, and limited a day."""

import datetime as dt
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.models import Entry
from audit.services import record
from core.errors import QuotaExceeded, Refused
from core.personal_data import Erased
from customers.models import Contact, Customer
from regions.policies import policy

ACTION = "customer.revealed"
FURTHER = "customer.reveals_extended"
# Apps to the right add their own records (core.personal_data) with `clear(field)`.
FIELDS: dict[type[Any], frozenset[str]] = {
    Customer: frozenset({"phone", "other_phone", "identity"}),
    Contact: frozenset({"phone", "email"}),
}


def _today(by: Any, action: str) -> QuerySet[Entry]:
    """What a person did today (calendar day of the installation)."""
    today = timezone.localdate()
    midnight = timezone.make_aware(dt.datetime(today.year, today.month, today.day))  # noqa: DTZ001
    return Entry.objects.filter(by=by, action=action, at__gte=midnight)


def reveals_today(by: Any) -> int:
    """How many values a person has had shown today."""
    return _today(by, ACTION).count()


def allowance(by: Any) -> int:
    """How many values a person may have shown today: what the rule of his unit gives, and the
    further batch he may have asked for."""
    further = _today(by, FURTHER).values_list("detail__count", flat=True)
    return policy("customers.reveals_per_day", by.unit) + sum(further)


def further_reveals(by: Any) -> int:
    """How many more values a person may ask for today, 0 when he did so already."""
    return 0 if _today(by, FURTHER).exists() else policy("accounts.further_reveals", by.unit)


@transaction.atomic(durable=True)
def ask_for_further_reveals(*, by: Any, reason: str) -> int:
    """A further batch, once a day, when the allowance is used up. Returns how many (ASVS 7.5).

    The caller has made sure that the person has just proved who he is. Raises Refused without a
    reason, before the allowance is used up, for a second batch, and where the rule gives none.
    """
    get_user_model().objects.select_for_update(of=("self",)).get(pk=by.pk)
    if not reason.strip():
        raise Refused(_("Please say why further numbers are needed."))
    if reveals_left(by):
        raise Refused(_("You can still see {count} numbers today.").format(count=reveals_left(by)))
    count = further_reveals(by)
    if not count:
        raise Refused(_("There are no further numbers today. Please speak to your superior."))
    record(FURTHER, by=by, subject=by, count=count, reason=reason.strip())
    return count


def reveals_left(by: Any) -> int:
    """How many values a person may still have shown today."""
    return max(0, allowance(by) - reveals_today(by))


def reveal(subject: Customer | Contact | Any, *, field: str, by: Any, reason: str) -> str:
    """The clear value, after its record is committed: without the record nothing is shown.

    The caller has checked scope and right. Raises QuotaExceeded, Refused without a reason or for
    a value that was erased, LookupError for a field that is not personal.
    """
    if field not in FIELDS[type(subject)]:
        raise LookupError(field)
    if not reason.strip():
        raise Refused(_("Please say why the value is needed."))
    with transaction.atomic(durable=True):
        # The person's row is the lock: two clicks at once must not pass the limit together.
        get_user_model().objects.select_for_update().get(pk=by.pk)
        if not reveals_left(by):
            sentence = _("You have seen {count} numbers today. Please speak to your superior.")
            raise QuotaExceeded(sentence.format(count=allowance(by)))
        record(ACTION, by=by, subject=subject, field=field, reason=reason.strip())
    try:
        return subject.clear(field)
    except Erased as erased:
        raise Refused(_("This value was erased and cannot be shown any more.")) from erased
