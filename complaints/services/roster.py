"""Writing the contact sheet and the duty roster of a unit (CCH-06)."""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit.services import record
from complaints.models import ContactSheet, DutyShift
from complaints.states import ASSIGN
from core.errors import Refused
from regions.models import OrgUnit

LONGEST = timedelta(days=31)


def _check(unit: OrgUnit, by: Any) -> None:
    if by is not None and not OrgUnit.objects.visible_to(by, ASSIGN).filter(pk=unit.pk).exists():
        raise Refused(_("You may not plan the duty of {unit}.").format(unit=unit.name))


@transaction.atomic
def save_sheet(unit: OrgUnit, *, by: Any, **values: str) -> ContactSheet:
    """Write the contact sheet of a unit. Raises Refused out of reach."""
    _check(unit, by)
    sheet, _made = ContactSheet.objects.update_or_create(
        unit=unit, defaults=values | {"changed_by": by}
    )
    record("roster.sheet", by=by, subject=unit)
    return sheet


@transaction.atomic
def add_shift(
    unit: OrgUnit, *, user: Any, starts_at: datetime, ends_at: datetime, by: Any
) -> DutyShift:
    """Put a person on duty. Raises Refused for a wrong span, for somebody who cannot log in, and
    when he is on duty there already at that time."""
    _check(unit, by)
    if ends_at <= starts_at:
        raise Refused(_("The duty must end after it begins."))
    if ends_at - starts_at > LONGEST:
        raise Refused(_("Please enter at most a month at once."))
    if not user.is_active:
        raise Refused(_("{person} cannot log in and so cannot be on duty.").format(person=user))
    shift = DutyShift(unit=unit, user=user, starts_at=starts_at, ends_at=ends_at, entered_by=by)
    try:
        with transaction.atomic():
            shift.save()
    except IntegrityError as error:
        raise Refused(
            _("{person} is on duty there already at that time.").format(person=user.name)
        ) from error
    record("roster.shift_added", by=by, subject=unit, employee_no=user.employee_no)
    return shift


@transaction.atomic
def remove_shift(shift: DutyShift, *, by: Any) -> None:
    """Take a duty out of the roster."""
    _check(shift.unit, by)
    record("roster.shift_removed", by=by, subject=shift.unit, employee_no=shift.user.employee_no)
    shift.delete()
