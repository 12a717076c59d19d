"""Verbs of schedules: set up, switch, delete; and a receiver's own word."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Role, User
from audit.services import record
from core.errors import Refused
from regions.models import OrgUnit
from reports.builder.receivers import people_of
from reports.builder.sending import name_of, plan_next
from reports.models import Receiver, ReportSchedule, Rhythm, SavedReport, Unsubscription

DAYS = {
    Rhythm.DAILY: range(1, 2),
    Rhythm.WEEKLY: range(1, 8),
    Rhythm.MONTHLY: range(1, 32),
    Rhythm.MONTHLY_WORKING: (*range(1, 11), *range(-5, 0)),
}


def nobody_holds() -> str:
    """Why a role and a unit are no receivers."""
    return _("Nobody within your reach holds this role there today. Please choose another unit.")


def save_schedule(
    *,
    by: Any,
    report: SavedReport | None = None,
    standard: str = "",
    facts: Mapping[str, Any],
    people: Iterable[User],
    role: Role | None = None,
    unit: OrgUnit | None = None,
    schedule: ReportSchedule | None = None,
) -> ReportSchedule:
    """Say when a saved report, or the standard one of a key, goes to whom. `facts` are rhythm, day,
    at, working_days and form. Raises Refused for a day that the rhythm does not have, and when
    nobody would receive it."""
    named = list(people)
    if facts["day"] not in DAYS[Rhythm(facts["rhythm"])]:
        raise Refused(_("This day does not fit how often the report is sent."))
    if (role is None) != (unit is None):
        raise Refused(_("Please choose both a role and a unit, or neither."))
    if not named and role is None:
        raise Refused(_("Please choose who receives the report."))
    roles = [(role, unit)] if role and unit else []
    owner = schedule.owner if schedule else by
    if not people_of(owner, [one.pk for one in named], roles).exists():
        raise Refused(nobody_holds() if roles else _("None of these people can be sent a report."))
    now = timezone.now()
    with transaction.atomic():
        row = schedule or ReportSchedule(owner=by, report=report, standard=standard)
        for name, value in facts.items():
            setattr(row, name, value)
        # What was due before the change is not made up for.
        row.settled_through = now
        plan_next(row, now)
        row.save()
        row.receivers.all().delete()
        rows = [Receiver(schedule=row, user=one) for one in named]
        if role is not None:
            rows.append(Receiver(schedule=row, role=role, unit=unit))
        Receiver.objects.bulk_create(rows)
        record("report.scheduled", by=by, subject=row, name=name_of(row))
    return row


def switch_schedule(*, by: Any, schedule: ReportSchedule, active: bool) -> None:
    """Switch a schedule on or off; what passes meanwhile is not made up for."""
    now = timezone.now()
    with transaction.atomic():
        schedule.is_active, schedule.settled_through = active, now
        plan_next(schedule, now)
        schedule.save(update_fields=["is_active", "settled_through", "next_at"])
        state = "on" if active else "off"
        name = name_of(schedule)
        record("report.schedule_switched", by=by, subject=schedule, name=name, state=state)


def delete_schedule(*, by: Any, schedule: ReportSchedule) -> None:
    """Delete a schedule with what was noted of its sendings."""
    with transaction.atomic():
        record("report.schedule_deleted", by=by, subject=schedule, name=name_of(schedule))
        schedule.delete()


def unsubscribe(*, by: Any, schedule: ReportSchedule) -> None:
    """Send somebody no more of a schedule, at his own word. Safe to say twice."""
    with transaction.atomic():
        _row, made = Unsubscription.objects.get_or_create(schedule=schedule, user=by)
        if made:
            record("report.unsubscribed", by=by, subject=schedule, name=name_of(schedule))


def subscribe(*, by: Any, schedule: ReportSchedule) -> None:
    """Take it back."""
    with transaction.atomic():
        gone, _rows = Unsubscription.objects.filter(schedule=schedule, user=by).delete()
        if gone:
            record("report.subscribed", by=by, subject=schedule, name=name_of(schedule))
