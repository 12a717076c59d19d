"""Shares of single records by hand: the only place that writes django-guardian's tables.

Scope gives whole branches by a column; a share opens one record to one person, with a reason and
an end. The share model is a subclass of guardian's user permission with those columns
(customers.CustomerShare), so that keys are real and rows go when the record goes. A person has at
most one share of a record: sharing again changes it.
"""

import datetime as dt
from typing import Any

from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Refused


@transaction.atomic
def share(
    table: Any,
    record: Model,
    *,
    to: Any,
    permission: str,
    by: Any,
    reason: str,
    until: dt.date | None,
) -> Any:
    """Open a record to a person, or change right, reason and end of an existing share.

    `table` is the share model; `permission` is "app.codename" of the record's model. The caller
    has checked that `by` may share the record. Raises Refused without a reason.
    """
    if not reason.strip():
        raise Refused(_("Please give a reason for sharing."))
    if not to.is_active:
        raise Refused(_("This person cannot log in; please choose somebody else."))
    app, codename = permission.split(".")
    right = Permission.objects.get(content_type__app_label=app, codename=codename)
    row, _created = table.objects.update_or_create(
        user=to,
        content_object=record,
        defaults={
            "permission": right,
            "reason": reason.strip(),
            "until": until,
            "given_by": by,
            "given_at": timezone.now(),
            "ended_at": None,
            "ended_by": None,
        },
    )
    return row


def end(shares: QuerySet[Any], *, by: Any) -> int:
    """End shares now; from the next request on they give nothing. Returns how many ended."""
    return shares.filter(ended_at=None).update(ended_at=timezone.now(), ended_by=by)


def forget(shares: QuerySet[Any]) -> int:
    """Delete shares that ended long ago. Returns how many went."""
    return shares.delete()[0]
