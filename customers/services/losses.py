"""Recording that a customer is lost, and that he was won back (VAL-12)."""

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused, constraint_of
from core.locking import lock
from customers.models import CustomerUnit, Loss
from regions.policies import policy

CAUSES, DIRECTIONS = "customers.loss_causes", "customers.loss_directions"


@transaction.atomic
def record_loss(
    place: CustomerUnit,
    *,
    by: Any,
    lost_on: dt.date,
    cause: str,
    direction: str,
    competitor: str = "",
    note: str = "",
) -> Loss:
    """Note that the unit of a place lost the customer. Raises Refused for a day to come, a word
    that the catalogues do not have, and while he is lost here already."""
    if lost_on > timezone.localdate():
        raise Refused(_("This day is still to come."))
    sides = {row["word"]: row["side"] for row in policy(CAUSES)}
    if cause not in sides:
        raise Refused(_("The catalogue has no cause of this name."))
    if direction not in {row["word"] for row in policy(DIRECTIONS)}:
        raise Refused(_("The catalogue has no direction of this name."))
    loss = Loss(
        customer_id=place.customer_id,
        lost_on=lost_on,
        cause=cause,
        within_control=sides[cause] == "ours",
        direction=direction,
        competitor=competitor.strip(),
        note=note.strip(),
        by=by,
    )
    loss.unit_id = place.unit_id
    loss.region_id, loss.city_id = place.region_id, place.city_id
    loss.project_id = place.project_id
    try:
        with transaction.atomic():
            loss.save()
    except IntegrityError as clash:
        if constraint_of(clash) != "loss_open_once":
            raise
        raise Refused(_("This customer is recorded as lost here already.")) from clash
    record("customer.lost", by=by, subject=place.customer, on=lost_on.isoformat(), cause=cause)
    return loss


@transaction.atomic
def win_back(loss: Loss, *, by: Any, on: dt.date, how: str = "") -> Loss:
    """Note that a lost customer came back. Raises Refused for a day to come or before the loss,
    and when he is back already."""
    row = lock(Loss.objects.filter(pk=loss.pk)).select_related("customer").get()
    if row.won_back_on is not None:
        raise Refused(_("This customer was won back already."))
    if on > timezone.localdate():
        raise Refused(_("This day is still to come."))
    if on < row.lost_on:
        raise Refused(_("He cannot be back before he was lost."))
    row.won_back_on, row.won_back_by, row.won_back_how = on, by, how.strip()
    row.save()
    record("customer.won_back", by=by, subject=row.customer, on=on.isoformat())
    return row
