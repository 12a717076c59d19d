"""Who may see one customer, and why: the answer of `visible_to` turned round.

`Customer.objects.visible_to(user)` starts from one person's grants; this starts from one
customer's places and finds every grant that covers one of them, in one statement. A test holds
the two together for every person of random worlds.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Reach, RoleGrant, User
from core.scope import Scope, scope_of
from customers.models import Customer, CustomerShare, CustomerUnit
from customers.models.customers import VIEW, whole_branches
from regions.models import OrgUnit

RIGHT = "accounts.review_grants"


def seen_through(reader: Any, customer: Customer) -> QuerySet[CustomerUnit]:
    """The customer's places about which the reader may know who sees them: in branches that he
    reaches whole. Who serves a customer in another branch is that branch's business."""
    scope = scope_of(reader, RIGHT)
    places = CustomerUnit.objects.filter(customer=customer)
    return places.filter(whole_branches(Scope(scope.user_id, scope.branches)))


def covering_grants(places: list[CustomerUnit]) -> QuerySet[RoleGrant]:
    """The grants in force that let an active person see at least one of these places.

    A grant on the whole group shows every customer, also one without a place.
    """
    app, codename = VIEW.split(".")
    ancestors = _ancestors(places)
    covers = Q(role__reach=Reach.GROUP) | Q(role__reach=Reach.SUBTREE, unit__kind="group")
    for place in places:
        above = Q(unit__in=ancestors[place.pk])
        mine = Q(user_id__in=[key for key in (place.keeper_id, place.entered_by_id) if key])
        covers |= above & Q(role__reach=Reach.SUBTREE)
        covers |= above & Q(role__reach=Reach.OWN) & mine
        covers |= Q(unit_id=place.unit_id, role__reach=Reach.UNIT)
    return RoleGrant.objects.now().filter(
        covers,
        user__state="active",
        role__permissions__codename=codename,
        role__permissions__content_type__app_label=app,
    )


def _ancestors(places: list[CustomerUnit]) -> dict[int, list[int]]:
    """The units above each place, by the scope columns of the row itself, as `visible_to` reads
    them, and the group."""
    groups = list(OrgUnit.objects.filter(kind="group").values_list("pk", flat=True))
    return {
        place.pk: [
            *groups,
            *(key for key in (place.region_id, place.city_id, place.project_id) if key is not None),
        ]
        for place in places
    }


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a person sees a customer. `rank` groups: keeper, role, share."""

    rank: int
    words: str


def people_who_see(reader: Any, customer: Customer) -> QuerySet[User]:
    """Everybody who sees the customer through places that the reader answers for, or through a
    share, by name."""
    places = list(seen_through(reader, customer))
    grants = covering_grants(places).filter(user=OuterRef("pk"))
    shares = _live_shares(reader, customer).filter(user=OuterRef("pk"))
    return (
        User.objects.active()
        .filter(Exists(grants) | Exists(shares))
        .select_related("unit")
        .order_by("unit__path", "name", "employee_no")
    )


def _live_shares(reader: Any, customer: Customer) -> QuerySet[CustomerShare]:
    rows = CustomerShare.objects.in_force().filter(
        content_object=customer,
        permission__codename__in=("view_customer", "change_customer"),
        permission__content_type__app_label="customers",
    )
    return rows.told_to(reader, RIGHT)


def reasons_of(reader: Any, customer: Customer, people: list[User]) -> dict[int, list[Reason]]:
    """All reasons of the people of one page: grants, keeping, shares. Three queries."""
    places = list(seen_through(reader, customer).select_related("unit"))
    found: dict[int, list[Reason]] = {person.pk: [] for person in people}
    for place in places:
        for key, words in (
            (place.keeper_id, _("Keeper in {unit}")),
            (place.entered_by_id, _("Entered the customer in {unit}")),
        ):
            if key in found:
                found[key].append(Reason(0, words.format(unit=place.unit.name)))
    grants = covering_grants(places).filter(user__in=people).select_related("role", "unit")
    for grant in grants.order_by("pk").distinct():
        sentence = _("{role} in {unit}; reach: {reach}")
        words = sentence.format(
            role=grant.role.name, unit=grant.unit.name, reach=grant.role.get_reach_display()
        )
        found[grant.user_id].append(Reason(1, words))
    for share in (
        _live_shares(reader, customer).filter(user__in=people).select_related("permission")
    ):
        until = share.until.isoformat() if share.until else "—"
        sentence = _("Share until {day}, may edit") if share.may_change else _("Share until {day}")
        found[share.user_id].append(Reason(2, sentence.format(day=until)))
    for reasons in found.values():
        reasons.sort(key=lambda reason: reason.rank)
    return found
