"""Customers and plans as work that people hold: registered for the hand-over of accounts."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import handover
from accounts.models import HandOver, HandOverRule, User
from accounts.services import carry_out, draft_hand_over
from audit.services import record
from customers.models import Activity, ActivityState, CustomerShare, CustomerUnit
from customers.selectors.keepers import keeper_units

PLACES, PLANS = "customers.place", "customers.activity"
RIGHT = "customers.hand_over_customer"


def _plans() -> QuerySet[Activity]:
    return Activity.objects.filter(state=ActivityState.PLANNED)


handover.register(
    handover.Work(
        key=PLACES,
        title=_("Customers kept"),
        rows=CustomerUnit.objects.all,
        holder="keeper",
        takers=keeper_units,
        right=RIGHT,
    )
)
handover.register(
    handover.Work(
        key=PLANS,
        title=_("Planned activities"),
        rows=_plans,
        holder="by",
        takers=keeper_units,
        right=RIGHT,
        follows=PLACES,
        lead=Subquery(
            CustomerUnit.objects.filter(
                customer=OuterRef("customer"), unit=OuterRef("unit")
            ).values("pk")[:1]
        ),
    )
)


@transaction.atomic
def hand_over(places: Iterable[int], *, to: Any, by: Any, reason: str = "") -> int:
    """Give the places with these keys a new keeper. Returns how many changed.

    Only places in reach of `by` for the right to hand over are touched. Raises Refused when the
    new keeper cannot log in or may not keep customers where one of the places lies.
    """
    keys = list(places)
    reachable = CustomerUnit.objects.visible_to(by, RIGHT).filter(pk__in=keys)
    if not CustomerUnit.objects.filter(pk__in=reachable.values("pk")).exclude(keeper=to).exists():
        if not to.is_active:
            draft_hand_over(by=by, to=[to])  # refuses, in its words
        return 0
    return hand_over_places(keys, to=[to], by=by, reason=reason).count


@transaction.atomic
def hand_over_places(
    places: Iterable[int], *, to: list[User], by: Any, reason: str = ""
) -> HandOver:
    """Give ticked places, with what is planned for them, to one person or in turn to several."""
    rule = HandOverRule.ONE if len(to) == 1 else HandOverRule.TURNS
    draft = draft_hand_over(by=by, rule=rule, to=to, pick={PLACES: list(places)}, reason=reason)
    return carry_out(draft, by=by)


@transaction.atomic
def hand_over_selection(draft: HandOver, *, to: list[User], by: Any, reason: str = "") -> HandOver:
    """Give the places that somebody ticked and kept as a draft to one person or several. Raises
    Stale when it was done already."""
    rule = HandOverRule.ONE if len(to) == 1 else HandOverRule.TURNS
    pick = draft.plan.get("pick", {})
    ready = draft_hand_over(draft=draft, by=by, rule=rule, to=to, pick=pick, reason=reason)
    return carry_out(ready, by=by)


@handover.when_carried_out
def end_shares_of_giver(hand_over: HandOver) -> None:
    """Shares that the giver made of the customers he handed over, unless they shall stay."""
    if hand_over.keep_shares or hand_over.giver_id is None:
        return
    places = hand_over.items.filter(kind=PLACES).values("record_id")
    rows = CustomerShare.objects.in_force().filter(
        given_by=hand_over.giver_id,
        content_object__in=CustomerUnit.objects.filter(pk__in=places).values("customer"),
    )
    _end_shares(rows, by=hand_over.by, at=hand_over.done_at)


@handover.when_undone
def revive_shares_of_giver(hand_over: HandOver) -> None:
    """Shares that ended by the hand-over and nobody ended or made anew since."""
    if hand_over.keep_shares or hand_over.giver_id is None:
        return
    rows = _held_shares(
        CustomerShare.objects.filter(
            given_by=hand_over.giver_id, ended_at=hand_over.done_at, ended_by=hand_over.by
        )
    )
    for row in rows:
        record(
            "customer.shared",
            by=hand_over.ended_by,
            subject=row.content_object,
            employee_no=row.user.employee_no,
            until=row.until.isoformat() if row.until else "—",
            reason=row.reason,
        )
    _set_shares(rows, ended_at=None, ended_by=None)


@handover.when_left
def end_shares_of_leaver(person: User, by: Any) -> None:
    """What was shared with somebody who leaves; coming back later revives nothing."""
    rows = CustomerShare.objects.in_force().filter(user=person)
    _end_shares(rows, by=by, at=timezone.now())


def _end_shares(shares: QuerySet[CustomerShare], *, by: Any, at: dt.datetime | None) -> None:
    """End shares at an instant, each with its entry: who could see whom must stay answerable."""
    rows = _held_shares(shares)
    for row in rows:
        who = row.user.employee_no
        record("customer.share_ended", by=by, subject=row.content_object, employee_no=who)
    _set_shares(rows, ended_at=at, ended_by=by)


def _held_shares(shares: QuerySet[CustomerShare]) -> list[CustomerShare]:
    held = shares.select_for_update(of=("self",)).select_related("user", "content_object")
    return list(held.order_by("pk"))


def _set_shares(rows: list[CustomerShare], **values: Any) -> None:
    CustomerShare.objects.filter(pk__in=[row.pk for row in rows]).update(**values)
