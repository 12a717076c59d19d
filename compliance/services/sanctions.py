"""Objecting to a sanction, deciding on that, declaring it void (LOG-08)."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from compliance.models import Appeal, AppealOutcome, Sanction, SanctionState
from compliance.selectors.circulars import publishers
from compliance.services.voiding import declare_void, may_judge
from core.errors import Refused, Stale
from core.locking import lock
from core.notices import notify


@transaction.atomic
def appeal(sanction: Sanction, *, by: User, text: str) -> Appeal:
    """Object to one's own sanction, once and in time. Raises Refused."""
    row = _held(sanction)
    if row.person_id != by.pk:
        raise Refused(_("Only the person concerned may appeal."))
    if row.state != SanctionState.IN_FORCE or hasattr(row, "appeal"):
        raise Stale(_("This sanction was appealed against or decided already."))
    if timezone.localdate() > row.appeal_until:
        raise Refused(_("The time to appeal ended on {day}.").format(day=row.appeal_until))
    if not text.strip():
        raise Refused(_("Please say why the sanction is wrong."))
    row.state = SanctionState.APPEALED
    row.save()
    found = Appeal.objects.create(sanction=row, text=text.strip())
    _record("sanction.appealed", row, by)
    notify(
        publishers(row.unit).exclude(pk=by.pk),
        "compliance.appealed",
        key=f"appeal:{found.pk}",
        url=row.get_absolute_url(),
        name=row.person.name,
        unit=row.unit.name,
    )
    return found


@transaction.atomic
def decide_appeal(sanction: Sanction, *, by: User, outcome: str, reason: str) -> Appeal:
    """Decide on an appeal. By somebody with the right who neither is the person nor imposed the
    sanction. Raises Refused, Stale when it was decided already."""
    row = _held(sanction)
    _check_judge(row, by)
    if row.imposed_by_id == by.pk:
        raise Refused(_("You imposed this sanction; somebody else decides on the appeal."))
    if row.state != SanctionState.APPEALED:
        raise Stale(_("This sanction was appealed against or decided already."))
    if not reason.strip():
        raise Refused(_("Please give a reason."))
    found = row.appeal
    found.outcome, found.decision = AppealOutcome(outcome), reason.strip()
    found.decided_by, found.decided_at = by, timezone.now()
    found.save()
    if found.outcome == AppealOutcome.VOID:
        declare_void(row, by=by, reason=reason)
    else:
        row.state = SanctionState.UPHELD
        row.save()
    _record("sanction.decided", row, by)
    notify(
        [row.person_id],
        "compliance.appeal_decided",
        key=f"appeal:{found.pk}:decided",
        url=row.get_absolute_url(),
        outcome=str(found.outcome),
        reason=found.decision,
    )
    return found


@transaction.atomic
def void_sanction(sanction: Sanction, *, by: User, reason: str) -> Sanction:
    """Declare a sanction void, whatever became of it; not one's own. Raises Refused."""
    row = _held(sanction)
    _check_judge(row, by)
    if row.state == SanctionState.VOID:
        raise Stale(_("This sanction is void already."))
    if not reason.strip():
        raise Refused(_("Please give a reason."))
    if row.state == SanctionState.APPEALED:
        raise Refused(_("There is an appeal. Please decide on it."))
    declare_void(row, by=by, reason=reason)
    _record("sanction.void", row, by)
    notify(
        [row.person_id],
        "compliance.sanction_void",
        key=f"sanction:{row.pk}:void",
        url=row.get_absolute_url(),
        reason=row.void_reason,
    )
    return row


def _check_judge(row: Sanction, by: User) -> None:
    if not may_judge(row, by):
        raise Refused(_("You may not decide on this sanction."))


def _held(sanction: Sanction) -> Sanction:
    rows = lock(Sanction.objects.filter(pk=sanction.pk))
    return rows.select_related("person", "unit", "appeal").get()


def _record(action: str, row: Sanction, by: User) -> None:
    record(
        action,
        by=by,
        subject=row,
        employee_no=row.person.employee_no,
        measure=str(row.get_measure_display()),
        state=str(row.state),
    )
