"""The monthly review of grants: keep or end each, and telling people that it is time (ACC-05)."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import GrantDecision, GrantReview, RoleGrant, User
from accounts.selectors.reviews import month_of, review_state, reviewable, reviewers
from accounts.services import people
from audit.services import record
from core.errors import Refused
from core.models import Notice
from core.notices import notify
from regions.calendars import is_working_day
from regions.models import Kind, OrgUnit
from regions.policies import policy

KIND = "accounts.grant_review"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided about one grant; ending needs a reason."""

    grant_id: int
    decision: str
    reason: str = ""


@transaction.atomic
def review_grants(decisions: list[Decision], *, by: User, month: dt.date | None = None) -> int:
    """Keep or end grants in the reviewer's reach. Returns how many were decided.

    Raises Refused for a grant out of reach or of his own, for an end without a reason, and when
    nothing was chosen; then nothing is decided.
    """
    if not decisions:
        raise Refused(_("Please choose for at least one grant whether it stays or ends."))
    first = month_of(month or timezone.localdate())
    wanted = {one.grant_id: one for one in decisions}
    grants = list(
        RoleGrant.objects.select_for_update(of=("self",))
        .filter(pk__in=reviewable(by).filter(pk__in=wanted).values("pk"))
        .select_related("user", "role", "unit")
        .order_by("pk")
    )
    # Asked again under the lock: one may have ended while another transaction held it.
    still = reviewable(by).filter(pk__in=wanted).count()
    if not len(grants) == len(wanted) == still:
        raise Refused(_("One of these grants has ended or is not yours to review."))
    for grant in grants:
        _decide(grant, wanted[grant.pk], by=by, month=first)
    return len(grants)


def _decide(grant: RoleGrant, one: Decision, *, by: User, month: dt.date) -> None:
    reason = one.reason.strip()
    if one.decision == GrantDecision.END:
        if not reason:
            raise Refused(_("Please say why a grant is ended."))
        people.check_is_no_part(grant)
        people.end_reviewed(grant, by=by)
    GrantReview.objects.update_or_create(
        grant=grant,
        month=month,
        defaults={
            "decision": GrantDecision(one.decision),
            "reason": reason,
            "by": by,
            "at": timezone.now(),
        },
    )
    record(
        "grant.reviewed",
        by=by,
        subject=grant.user,
        employee_no=grant.user.employee_no,
        role=grant.role.name,
        unit=grant.unit.code,
        decision=str(one.decision),
        reason=reason or "—",
    )


def review_begun(day: dt.date) -> bool:
    """Whether people are told on this day: a working day, at or after the one of the month on
    which the policy begins the review."""
    group = OrgUnit.objects.filter(kind=Kind.GROUP).first()
    if group is None or not is_working_day(day, unit=group):
        return False
    number = sum(is_working_day(day.replace(day=one), unit=group) for one in range(1, day.day + 1))
    return number >= policy("accounts.grant_review_day")


def tell_reviewers(day: dt.date | None = None) -> int:
    """Tell everybody who has grants to review that the month's review has begun, once a month; a
    day on which nobody ran this is made up for on the next. Returns how many people were told."""
    today = day or timezone.localdate()
    if not review_begun(today):
        return 0
    told, key = 0, f"grant-review:{today:%Y-%m}"
    known = Notice.objects.filter(kind=KIND, key=key).values("user")
    for person in reviewers(today).exclude(pk__in=known):
        state = review_state(person, today)
        if state.open:
            told += notify(
                [person],
                KIND,
                key=key,
                url="/grants/review/",
                count=state.open,
                due=state.due.isoformat(),
            )
    return told
