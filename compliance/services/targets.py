"""Monthly targets of people and units (CAL-04)."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from compliance.actuals import METRICS
from compliance.models import Target
from compliance.months import month_of
from core.errors import Refused
from core.locking import lock
from regions.models import OrgUnit


@transaction.atomic
def set_targets(
    *, unit: OrgUnit, month: date, values: Mapping[str, Decimal | None], by: Any, person: Any = None
) -> None:
    """Set what a unit, or a person in it, is to reach in a month: metric → value; None takes a
    target away. Raises Refused for a month that has ended, an unknown metric, a negative value,
    and a person of another unit."""
    if month != month_of(month) or month < month_of(timezone.localdate()):
        raise Refused(_("Targets of months that have ended are not changed any more."))
    if person is not None and person.unit_id != unit.pk:
        raise Refused(_("{name} belongs to another unit.").format(name=person.name))
    # The unit is locked, so that two who set the same target at once leave the later one.
    lock(OrgUnit.objects.filter(pk=unit.pk), no_key=True)
    for metric, value in values.items():
        if metric not in METRICS or (value is not None and value < 0):
            raise Refused(_("This target cannot be set."))
        same = Target.objects.filter(unit=unit, person=person, month=month, metric=metric)
        if value is None:
            same.delete()
            continue
        row = same.first() or Target(person=person, month=month, metric=metric)
        row.place_in(unit)
        row.value, row.set_by, row.set_at = value, by, timezone.now()
        row.save()
    record("target.set", by=by, subject=unit, unit=unit.code, month=f"{month:%Y-%m}")
