"""From role grants to scopes: which branches a person reaches with a right, today."""

import datetime as dt
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import F, OuterRef, Value
from django.db.models.functions import Concat
from django.utils import timezone

from core.scope import GROUP, Branch, Scope

if TYPE_CHECKING:
    from accounts.models import User
    from regions.models import OrgUnit


class Held(NamedTuple):
    """A grant in force: a role of a certain reach in a unit, and the rights of the role
    ("app.codename")."""

    role_id: int
    role: str
    role_name: str
    reach: str
    unit_id: int
    kind: str
    path: str
    rights: list[str]

    @property
    def column(self) -> str | None:
        """The column by which the unit's branch is an equality; None for the group."""
        from regions.models import scope_column

        return scope_column(self.kind)


def grants_of(user: "User") -> list[Held]:
    """The grants in force today, read once a request in one query."""
    grants = user.__dict__.get("_grants")
    if grants is None:
        statement, params = _statement()
        given: dict[Any, Any] = {_DAY: timezone.localdate(), _USER: user.pk}
        with connection.cursor() as cursor:
            cursor.execute(statement, [given.get(value, value) for value in params])
            grants = [Held(*row) for row in cursor.fetchall()]
        user.__dict__["_grants"] = grants
    return grants


# What stands for the day and the person in the compiled question.
_DAY, _USER = dt.date.min, -1


@cache
def _statement() -> tuple[str, tuple[Any, ...]]:
    """The question, compiled once in a process: every request asks it, and Django takes five times
    as long to write it as PostgreSQL to answer it."""
    from accounts.models import Role, RoleGrant

    right = Concat(F("permission__content_type__app_label"), Value("."), F("permission__codename"))
    rights = Role.permissions.through.objects.filter(role=OuterRef("role")).values(right=right)
    rows = RoleGrant.objects.on(_DAY).filter(user=_USER)
    role = ("role_id", "role__code", "role__name", "role__reach")
    fields = (*role, "unit_id", "unit__kind", "unit__path")
    return rows.values_list(*fields, ArraySubquery(rights)).query.sql_with_params()


def permissions_by_role(user: "User") -> dict[int, set[str]]:
    """Rights of each role the person holds today."""
    held = user.__dict__.get("_permissions")
    if held is None:
        held = {grant.role_id: set(grant.rights) for grant in grants_of(user)}
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
        reach, column = grant.reach, grant.column
        if reach == Reach.GROUP or (column is None and reach == Reach.SUBTREE):
            branch = GROUP
        elif reach == Reach.UNIT:
            branch = Branch("unit_id", grant.unit_id)
        else:
            branch = Branch(column, grant.unit_id if column else None)
        paths[branch] = grant.path
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
