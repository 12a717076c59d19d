"""Which grants a person reviews, and how far the month is (docs/permissions.md)."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Prefetch, Q, QuerySet
from django.utils import timezone

from accounts.models import GrantReview, Reach, RoleGrant, User, UserState
from core.scope import scope_of
from regions.models import OrgUnit
from regions.policies import policy

RIGHT = "accounts.review_grants"


def month_of(day: dt.date) -> dt.date:
    """The first day of a day's month, by which reviews are kept."""
    return day.replace(day=1)


def month_before(month: dt.date) -> dt.date:
    """The first day of the month before."""
    return month_of(month - dt.timedelta(days=1))


def reviewable(reviewer: Any, day: dt.date | None = None) -> QuerySet[RoleGrant]:
    """The grants in force that somebody reviews: all that they reach lies in his own reach, and
    none is his own."""
    scope = scope_of(reviewer, RIGHT)
    grants = RoleGrant.objects.on(day or timezone.localdate()).exclude(user__state=UserState.LEFT)
    if scope.user_id is not None:
        grants = grants.exclude(user_id=scope.user_id)
    if scope.everything:
        return grants
    ids = {branch.unit_id: branch.column for branch in scope.branches}
    here = Q(pk__in=[])
    for unit in OrgUnit.objects.filter(pk__in=[key for key in ids if key is not None]):
        if ids[unit.pk] == "unit_id":
            here |= Q(unit=unit, role__reach=Reach.UNIT)
        else:
            here |= Q(unit__path__startswith=unit.path) & ~Q(role__reach=Reach.GROUP)
    return grants.filter(here)


@dataclass(frozen=True, slots=True)
class ReviewState:
    """One month of somebody's reviews. `due` is the last day on which nothing is overdue."""

    month: dt.date
    due: dt.date
    total: int
    done: int

    @property
    def open(self) -> int:
        return self.total - self.done

    @property
    def overdue(self) -> bool:
        return self.open > 0 and timezone.localdate() > self.due


def review_state(reviewer: Any, month: dt.date | None = None) -> ReviewState:
    """How many grants wait for somebody in a month."""
    first = month_of(month or timezone.localdate())
    grants = reviewable(reviewer)
    done = grants.filter(reviews__month=first).count()
    # A grant that was ended by the review is no longer among those in force.
    scope = scope_of(reviewer, RIGHT)
    ended = GrantReview.objects.filter(month=first, by=scope.user_id, decision="end").count()
    due = first.replace(day=policy("accounts.grant_review_due_day"))
    return ReviewState(first, due, grants.count() + ended, done + ended)


def grants_to_review(
    reviewer: Any, month: dt.date, *, unit: OrgUnit | None = None, waiting: bool = False
) -> QuerySet[RoleGrant]:
    """The grants with this month's review as `this_month` and the latest one as `last_review`,
    those that wait first. `unit` narrows to a branch."""
    reviews = GrantReview.objects.filter(month=month).select_related("by")
    grants = reviewable(reviewer)
    if unit is not None:
        grants = grants.filter(unit__path__startswith=unit.path)
    if waiting:
        grants = grants.exclude(reviews__month=month)
    return (
        grants.annotate(last_review=Max("reviews__month"))
        .select_related("user__unit", "role", "unit", "given_by")
        .prefetch_related(Prefetch("reviews", reviews, "this_month"))
        .order_by("unit__path", "user__employee_no", "pk")
    )


def is_neglected(grant: Any, month: dt.date) -> bool:
    """Whether two months passed without a review; a grant that is younger cannot be neglected."""
    before = month_before(month)
    if timezone.localdate(grant.given_at) >= before:
        return False
    return grant.last_review is None or grant.last_review < before


def reviewers(day: dt.date) -> QuerySet[User]:
    """Active people who hold the right to review today."""
    app, codename = RIGHT.split(".")
    grants = RoleGrant.objects.on(day).filter(
        role__permissions__codename=codename, role__permissions__content_type__app_label=app
    )
    return User.objects.active().filter(pk__in=grants.values("user"))
