"""Entering measures of the service that no record knows (VAL-16)."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused
from core.locking import lock
from regions.models import OrgUnit
from reports.models import ServiceMeasure
from reports.models.service import ENTER
from reports.standard.service_items import ENTERED, ITEMS


def may_enter(by: Any, unit: OrgUnit) -> bool:
    """Whether somebody enters measures of a unit."""
    return OrgUnit.objects.visible_to(by, ENTER).filter(pk=unit.pk).exists()


@transaction.atomic
def enter_measure(
    *,
    unit: OrgUnit,
    period: str,
    item: str,
    value: Decimal | None,
    source: str = "",
    known_on: date | None = None,
    by: Any,
) -> ServiceMeasure | None:
    """Enter a measure of a unit and a period, in place of what stood there; without a value take
    it away. Raises Refused without the right there, for what the system counts itself, for a
    value that cannot be, and without source or day, or with a day to come."""
    if not may_enter(by, unit):
        raise Refused(_("You may not enter measures of {unit}.").format(unit=unit.name))
    if item not in ENTERED:
        raise Refused(_("This measure is counted from records."))
    # The unit is locked, so that two who enter the same measure at once leave the later one.
    lock(OrgUnit.objects.filter(pk=unit.pk), no_key=True)
    row = ServiceMeasure.objects.filter(unit=unit, period=period, item=item).first()
    words = {"unit": unit.code, "period": period, "item": str(ITEMS[item].title)}
    if value is None:
        if row is not None:
            row.delete()
            record("reports.service_taken_back", by=by, subject=unit, **words)
        return None
    day = _checked(item, value, source.strip(), known_on)
    row = row or ServiceMeasure(unit=unit, period=period, item=item)
    row.value, row.source, row.known_on = value, source.strip(), day
    row.entered_by, row.entered_at = by, timezone.now()
    row.save()
    record("reports.service_entered", by=by, subject=unit, value=str(value), **words)
    return row


def _checked(item: str, value: Decimal, source: str, known_on: date | None) -> date:
    """The day, where all can be."""
    least, most = ITEMS[item].bounds
    if not least <= value <= most:
        sentence = _("Please enter a value from {least} to {most}.")
        raise Refused(sentence.format(least=least, most=most))
    if not source or known_on is None:
        raise Refused(_("Please say where the value comes from, and since which day."))
    if known_on > timezone.localdate():
        raise Refused(_("The day lies in the future."))
    return known_on
