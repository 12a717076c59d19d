"""With whom customers are shared, and with whom they may be."""

import datetime as dt
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import RoleGrant, User
from customers.models import Customer, CustomerShare, CustomerUnit
from customers.models.customers import VIEW
from customers.policies import CITY, REGION
from regions.models import OrgUnit
from regions.policies import policy_values

SHARE = "customers.share_customer"


def share_colleagues(by: Any, customer: Customer) -> QuerySet[User]:
    """The active people with whom somebody may share a customer, by name: those who may see
    customers at all and work as near as the policy of the customer's unit says."""
    people = User.objects.active().filter(pk__in=_viewers()).exclude(pk=getattr(by, "pk", None))
    return _within(people, by, customer, policy_values("customers.share_reach"))


def colleagues_offered(by: Any, customer: Customer, text: str) -> QuerySet[User]:
    """Those of them whom a list offers: people of the same region by part of the name or number,
    anybody by his full number. Names of other regions are nobody's directory."""
    people = share_colleagues(by, customer)
    near = _within(people, by, customer, {})
    if not text:
        return near
    near = near.filter(Q(name__contains=text) | Q(employee_no__istartswith=text))
    return people.filter(Q(pk__in=near.order_by().values("pk")) | Q(employee_no=text.upper()))


def _within(
    people: QuerySet[User], by: Any, customer: Customer, near: dict[int, Any]
) -> QuerySet[User]:
    roots = _roots(by, customer, near)
    people = people.order_by("name", "employee_no")
    if roots is None:
        return people
    condition = Q(pk__in=[])
    for root in roots:
        condition |= Q(unit__path__startswith=root)
    return people.filter(condition)


def _viewers() -> QuerySet[Any]:
    app, codename = VIEW.split(".")
    grants = RoleGrant.objects.now().filter(
        role__permissions__codename=codename, role__permissions__content_type__app_label=app
    )
    return grants.values("user")


def _roots(by: Any, customer: Customer, near: dict[int, Any]) -> list[str] | None:
    """Paths within which colleagues are found, the region unless `near` says otherwise; None for
    the whole group."""
    places = CustomerUnit.objects.visible_to(by, SHARE).filter(customer=customer)
    roots = []
    for unit in OrgUnit.objects.filter(pk__in=places.values("unit")):
        depth = {CITY: 3, REGION: 2}.get(near.get(unit.pk, REGION))
        if depth is None or len(unit.ancestor_ids()) == 1:
            return None
        roots.append("/" + "/".join(map(str, unit.ancestor_ids()[:depth])) + "/")
    return roots


def shares_of(customer: Customer, reader: Any) -> list[CustomerShare]:
    """The shares of a customer that are in force and that the reader may know of, the one that
    ends first in front."""
    return list(
        CustomerShare.objects.in_force()
        .told_to(reader, SHARE)
        .filter(content_object=customer)
        .select_related("user__unit", "given_by", "permission")
        .order_by("until", "pk")
    )


ORDERS = {
    "until": ("until", "pk"),
    "-until": ("-until", "-pk"),
    "given": ("given_at", "pk"),
    "-given": ("-given_at", "-pk"),
}
SIDES = ("all", "to-me", "by-me")


def shares_in_reach(
    user: Any, *, side: str = "all", ended: bool = False, sort: str = "until", text: str = ""
) -> QuerySet[CustomerShare]:
    """The shares that somebody gave, received or answers for. `ended` shows what ended within the
    half year for which ended shares are kept."""
    rows = CustomerShare.objects.visible_to(user, SHARE)
    over = Q(until__lt=timezone.localdate()) | Q(ended_at__isnull=False)
    rows = rows.filter(over) if ended else rows.exclude(over)
    if side == "to-me":
        rows = rows.filter(user=user.pk)
    elif side == "by-me":
        rows = rows.filter(given_by=user.pk)
    if text:
        rows = rows.filter(Q(user__name__contains=text) | Q(content_object__name__contains=text))
    rows = rows.select_related("user__unit", "given_by", "permission", "content_object", "ended_by")
    return rows.order_by(*ORDERS.get(sort, ORDERS["until"]))


def shares_held(
    person: Any, *, recent: dt.timedelta = dt.timedelta(days=90)
) -> list[CustomerShare]:
    """What is shared with a person now, and what ended lately."""
    since = timezone.localdate() - recent
    rows = CustomerShare.objects.filter(user=person.pk).exclude(
        Q(until__lt=since) | Q(ended_at__date__lt=since)
    )
    return list(
        rows.select_related("content_object", "given_by", "permission").order_by("until", "pk")
    )
