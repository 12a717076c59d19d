"""From role grants to scopes: which branches a person reaches with a right, today."""

from typing import TYPE_CHECKING

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import F, Q, Value
from django.db.models.functions import Concat

from core.scope import GROUP, Branch, Scope

if TYPE_CHECKING:
    from accounts.models import RoleGrant, User
    from regions.models import OrgUnit


def grants_of(user: "User") -> list["RoleGrant"]:
    """The grants in force today with role, unit and `rights` ("app.codename" of the role), read
    once a request in one query."""
    from accounts.models import RoleGrant

    grants = user.__dict__.get("_grants")
    if grants is None:
        right = Concat(
            F("role__permissions__content_type__app_label"),
            Value("."),
            F("role__permissions__codename"),
        )
        rights = ArrayAgg(right, filter=Q(role__permissions__isnull=False), default=Value([]))
        held = RoleGrant.objects.now().filter(user=user).select_related("role", "unit")
        grants = list(held.annotate(rights=rights))
        user.__dict__["_grants"] = grants
    return grants


def permissions_by_role(user: "User") -> dict[int, set[str]]:
    """Rights of each role the person holds today."""
    held = user.__dict__.get("_permissions")
    if held is None:
        held = {grant.role_id: set(grant.rights) for grant in grants_of(user)}  # type: ignore[attr-defined]
        user.__dict__["_permissions"] = held
    return held


def permissions_of(user: "User") -> set[str]:
    """All rights a person holds anywhere today; nothing for a frozen or departed person."""
    if not user.is_active or user.pk is None:
        return set()
    return set().union(*permissions_by_role(user).values())


def compute_scope(user: "User", permission: str) -> Scope:
    """The branches in which grants in force today give the person this right."""
    from accounts.models import Reach

    if not user.is_active:
        return Scope(user_id=user.pk)
    held = permissions_by_role(user)
    whole: set[Branch] = set()
    own: set[Branch] = set()
    paths: dict[Branch, str] = {}
    for grant in grants_of(user):
        if permission not in held.get(grant.role_id, ()):
            continue
        reach, unit = grant.role.reach, grant.unit
        column = unit.scope_column()
        if reach == Reach.GROUP or (column is None and reach == Reach.SUBTREE):
            branch = GROUP
        elif reach == Reach.UNIT:
            branch = Branch("unit_id", unit.pk)
        else:
            branch = Branch(column, unit.pk if column else None)
        paths[branch] = unit.path
        (own if reach == Reach.OWN else whole).add(branch)
    return _disjoint(Scope(user.pk, frozenset(whole), frozenset(own)), paths)


def _disjoint(scope: Scope, paths: dict[Branch, str]) -> Scope:
    """Drop branches inside other branches, so that lists never show a row of two branches twice."""
    if scope.everything:
        return Scope(scope.user_id, frozenset({GROUP}))
    roots = {paths[branch] for branch in scope.branches if branch.column != "unit_id"}

    def covered(branch: Branch, *, own: bool) -> bool:
        path = paths[branch]
        higher = (root for root in roots if path.startswith(root))
        same_level = own or branch.column == "unit_id"
        return any(same_level or root != path for root in higher)

    return Scope(
        scope.user_id,
        frozenset(branch for branch in scope.branches if not covered(branch, own=False)),
        frozenset(branch for branch in scope.own if not covered(branch, own=True)),
    )


def narrow(scope: Scope, unit: "OrgUnit", *, below: bool) -> Scope:
    """The part of a scope inside one unit's branch, or inside that unit alone.

    A branch above the unit becomes the unit; branches below it stay; the rest falls away.
    """
    here = Branch(unit.scope_column(), unit.pk if unit.scope_column() else None)
    if not below:
        here = Branch("unit_id", unit.pk)
    return Scope(
        scope.user_id,
        _inside(scope.branches, here, unit, below),
        _inside(scope.own, here, unit, below),
    )


def _inside(
    branches: frozenset[Branch], here: Branch, unit: "OrgUnit", below: bool
) -> frozenset[Branch]:
    above = set(unit.ancestor_ids())
    covers = {
        branch
        for branch in branches
        if branch.column is None
        or (branch.unit_id in above and (branch.column != "unit_id" or branch.unit_id == unit.pk))
    }
    if any(branch.column != "unit_id" for branch in covers):
        return frozenset({here})
    if covers:
        return frozenset({Branch("unit_id", unit.pk)}) | _under(branches, unit, below)
    return _under(branches, unit, below)


def _under(branches: frozenset[Branch], unit: "OrgUnit", below: bool) -> frozenset[Branch]:
    from regions.models import OrgUnit

    if not below or not branches:
        return frozenset()
    ids = [branch.unit_id for branch in branches if branch.unit_id is not None]
    inside = set(OrgUnit.objects.below(unit).filter(pk__in=ids).values_list("pk", flat=True))
    return frozenset(branch for branch in branches if branch.unit_id in inside)
