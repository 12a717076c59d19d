"""From months without a miss to a commendation: drafted once a month, given with the notice that a
person publishes, declared void with a reason (LOG-08)."""

import datetime as dt

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from compliance.models import (
    Circular,
    CircularKind,
    CircularLine,
    Commendation,
    CommendationState,
    LogInMonth,
)
from compliance.months import month_end
from compliance.selectors.circulars import publishers
from compliance.selectors.rewards import Earned, Reward, earned_by, rewards_on
from compliance.services.drafts import FRESH, draft_of
from compliance.services.log_in_days import HOLD
from compliance.services.voiding import declare_void, may_judge
from core.errors import Refused, Stale
from core.locking import lock
from core.notices import notify
from regions.models import OrgUnit


@transaction.atomic
def draft_commendations(today: dt.date | None = None) -> int:
    """Put those who earned the reward of their subsidiary with a month that was frozen into its
    draft, and tell those who may publish it. Returns how many there are. Each month is looked at
    once; safe to run twice and at once.

    Who may not be commended is in the draft as well, and his line says why.
    """
    day = today or timezone.localdate()
    with connection.cursor() as cursor:
        cursor.execute(HOLD)
    months = LogInMonth.objects.filter(frozen_at__isnull=False, rewarded_at=None)
    number = 0
    for row in months.order_by("month"):
        if month_end(row.month) >= day - FRESH:
            number += _draft_month(row.month, day)
        row.rewarded_at = timezone.now()
        row.save(update_fields=["rewarded_at"])
    return number


def _draft_month(month: dt.date, day: dt.date) -> int:
    rewards = rewards_on(month_end(month))
    found = earned_by(month, rewards) if rewards else {}
    at = {one.unit for some in found.values() for one in some}
    places = OrgUnit.objects.in_bulk(at | set(found))
    for key, earned in found.items():
        unit = places[key]
        circular = draft_of(unit, day, CircularKind.PRAISE)
        rows = [_commendation(one, rewards[key], places[one.unit]) for one in earned]
        CircularLine.objects.bulk_create(
            CircularLine(circular=circular, commendation=one, days=one.days)
            for one in Commendation.objects.bulk_create(rows)
        )
        notify(
            publishers(unit),
            "compliance.praise_drafted",
            key=f"circular:{circular.pk}:{month}",
            url=circular.get_absolute_url(),
            unit=unit.name,
            count=len(rows),
        )
    return sum(len(earned) for earned in found.values())


def _commendation(one: Earned, reward: Reward, unit: OrgUnit) -> Commendation:
    row = Commendation(
        person_id=one.person,
        first_day=one.first,
        last_day=one.last,
        days=one.days,
        measure=reward.measure,
        amount=reward.amount,
    )
    row.place_in(unit)
    return row


def give(row: Commendation, *, by: User) -> None:
    """Give a commendation with the notice that is published, and tell the person. Part of
    `publish_circular`, which asks who may."""
    row.state, row.given_at, row.given_by = CommendationState.GIVEN, timezone.now(), by
    row.save()
    _record("commendation.given", row, by)
    notify(
        [row.person_id],
        "compliance.commended",
        key=f"commendation:{row.pk}",
        url=row.get_absolute_url(),
        first=row.first_day,
        last=row.last_day,
        days=row.days,
    )


def pass_over(circular: Circular) -> None:
    """Give nothing to whoever of a notice is left: he was left out, or the notice is dropped."""
    rows = Commendation.objects.filter(line__circular=circular, state=CommendationState.DRAFT)
    rows.update(state=CommendationState.NOT_GIVEN)


@transaction.atomic
def void_commendation(commendation: Commendation, *, by: User, reason: str) -> Commendation:
    """Declare a commendation void that was given; not one's own. Raises Refused, Stale when it is
    void already."""
    rows = lock(Commendation.objects.filter(pk=commendation.pk))
    row = rows.select_related("person", "unit").get()
    if not may_judge(row, by):
        raise Refused(_("You may not decide on this commendation."))
    if row.state != CommendationState.GIVEN:
        raise Stale(_("This commendation is void already, or was never given."))
    if not reason.strip():
        raise Refused(_("Please give a reason."))
    declare_void(row, by=by, reason=reason)
    _record("commendation.void", row, by)
    notify(
        [row.person_id],
        "compliance.commendation_void",
        key=f"commendation:{row.pk}:void",
        url=row.get_absolute_url(),
        reason=row.void_reason,
    )
    return row


def _record(action: str, row: Commendation, by: User) -> None:
    record(
        action,
        by=by,
        subject=row,
        employee_no=row.person.employee_no,
        measure=str(row.get_measure_display()),
        amount=str(row.amount),
    )
