"""How many contacts were overdue in each unit, month by month."""

import datetime as dt
from collections import Counter

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from compliance.models import ContactFigure
from compliance.selectors.owed import homes, owed, strategic
from customers.models import CustomerUnit
from customers.selectors.rhythm import overdue_condition


@transaction.atomic
def count_contacts(today: dt.date | None = None) -> int:
    """Write the figures of this month, unit by unit; units without overdue contacts have none.
    Returns how many units have some. Safe to run twice; months that passed are not touched."""
    day = today or timezone.localdate()
    month = day.replace(day=1)
    places = CustomerUnit.objects.filter(overdue_condition(day)).order_by()
    overdue = dict(places.values_list("unit").annotate(count=Count("*")))
    late = _late_at_home(day)
    ContactFigure.objects.filter(month=month).delete()
    units = sorted({*overdue, *late})
    ContactFigure.objects.bulk_create(
        ContactFigure(unit_id=unit, month=month, overdue=overdue.get(unit, 0), strategic=late[unit])
        for unit in units
    )
    return len(units)


def _late_at_home(day: dt.date) -> Counter[int]:
    """Home unit → strategic customers to whom somebody is late."""
    keys = {duty.customer.pk for duty in owed(list(strategic()), day) if duty.late}
    found = homes(keys)
    return Counter(found[key].unit_id for key in keys if key in found)
