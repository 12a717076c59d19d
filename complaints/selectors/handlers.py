"""Everybody who may work on the cases of a unit, beyond those whose turn it is."""

from django.db.models import Q

from accounts.models import Reach, RoleGrant, User, UserState
from complaints.states import HANDLE
from regions.models import OrgUnit

MOST = 200


def may_work_in(unit: OrgUnit) -> list[User]:
    """Active people whose role lets them handle cases of a unit, by name."""
    app, codename = HANDLE.split(".")
    wide = Q(role__reach__in=(Reach.OWN, Reach.SUBTREE), unit__in=unit.ancestor_ids())
    grants = RoleGrant.objects.now().filter(
        Q(role__reach=Reach.GROUP) | wide | Q(role__reach=Reach.UNIT, unit=unit),
        role__permissions__codename=codename,
        role__permissions__content_type__app_label=app,
    )
    people = User.objects.filter(state=UserState.ACTIVE, pk__in=grants.values("user"))
    return list(people.order_by("name", "employee_no")[:MOST])
