"""Who may become the keeper of a customer in a unit (OPP-05).

Two things are asked: may he work there (a role that changes customers and reaches the unit, or a
post there that keeps customers), and is he near enough (the policy `customers.assign_reach`).
Lists of choices, hand-overs, forms and imports all ask here, so that nothing is offered that
would then be refused.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Post, Reach, RoleGrant, User, UserState
from core.errors import Refused
from core.scope import Scope, scope_of
from customers.policies import CITY, OWN_UNIT, REGION
from regions.models import OrgUnit
from regions.policies import policy_values

KEEP = "customers.change_customer"
ASSIGN = "customers.view_customer"  # whose reach limits whoever assigns
BATCH = 200


def may_keep(unit: OrgUnit) -> Q:
    """People with a role or post to keep customers in a unit, as a condition on User."""
    above = unit.ancestor_ids()
    wide = Q(role__reach__in=(Reach.OWN, Reach.SUBTREE), unit__in=above)
    covers = Q(role__reach=Reach.GROUP) | wide | Q(role__reach=Reach.UNIT, unit=unit)
    grants = _keeping_grants().filter(covers)
    return Q(pk__in=grants.values("user")) | Q(
        pk__in=_keeping_posts().filter(unit__in=above).values("user")
    )


def _keeping_grants() -> QuerySet[RoleGrant]:
    app, codename = KEEP.split(".")
    return RoleGrant.objects.now().filter(
        role__permissions__codename=codename, role__permissions__content_type__app_label=app
    )


def _keeping_posts() -> QuerySet[Post]:
    return Post.objects.now().filter(function__keeps_customers=True)


def keeper_units(
    people: Collection[User], units: Collection[int], by: Any = None
) -> dict[int, set[int]]:
    """In which of these units each person may keep customers: person's key → keys of units.

    `by` is whoever assigns (None: the product itself). A fixed number of queries.
    """
    places = list(OrgUnit.objects.filter(pk__in=units))
    if not people or not places:
        return {}
    desk = _Desk(people, by)
    return {
        person.pk: {unit.pk for unit in places if desk.allows(person, unit)} for person in people
    }


class _Desk:
    """Grants, posts and policies of several people, read once."""

    def __init__(self, people: Collection[User], by: Any) -> None:
        self.near = policy_values("customers.assign_reach")
        self.reach = _reach_of(by)
        keys = [person.pk for person in people]
        self.grants: dict[int, list[RoleGrant]] = defaultdict(list)
        for grant in _keeping_grants().filter(user__in=keys).select_related("role"):
            self.grants[grant.user_id].append(grant)
        self.posts: dict[int, set[int]] = defaultdict(set)
        for user, unit in _keeping_posts().filter(user__in=keys).values_list("user_id", "unit_id"):
            self.posts[user].add(unit)
        self.seats = self._seats(people, keys)

    def _seats(self, people: Collection[User], keys: list[int]) -> dict[int, list[str]]:
        """Paths of the units where each person sits or holds a post or role."""
        units: dict[int, set[int]] = defaultdict(set)
        for person in people:
            if person.unit_id is not None:
                units[person.pk].add(person.unit_id)
            units[person.pk] |= {grant.unit_id for grant in self.grants[person.pk]}
        for user, unit in (
            Post.objects.now().filter(user__in=keys).values_list("user_id", "unit_id")
        ):
            units[user].add(unit)
        paths = dict(
            OrgUnit.objects.filter(pk__in=set().union(*units.values())).values_list("pk", "path")
        )
        return {user: [paths[unit] for unit in found] for user, found in units.items()}

    def allows(self, person: User, unit: OrgUnit) -> bool:
        """Whether a person may keep customers in a unit and is near enough to it."""
        return person.is_active and self._works(person, unit) and self._near(person, unit)

    def _works(self, person: User, unit: OrgUnit) -> bool:
        above = set(unit.ancestor_ids())
        if self.posts[person.pk] & above:
            return True
        return any(
            grant.role.reach == Reach.GROUP
            or grant.unit_id == unit.pk
            or (grant.role.reach != Reach.UNIT and grant.unit_id in above)
            for grant in self.grants[person.pk]
        )

    def _near(self, person: User, unit: OrgUnit) -> bool:
        level = self.near.get(unit.pk)
        root = _root(unit, level)
        if root is None:
            return self.reach is None or any(
                path.startswith(branch)
                for path in self.seats.get(person.pk, ())
                for branch in self.reach
            )
        return any(path.startswith(root) for path in self.seats.get(person.pk, ()))


def _root(unit: OrgUnit, level: Any) -> str | None:
    """The path within which a keeper must work; None when whoever assigns sets the limit."""
    depth = {OWN_UNIT: 4, CITY: 3, REGION: 2}.get(level)
    if depth is None:
        return None
    return "/" + "/".join(str(key) for key in unit.ancestor_ids()[:depth]) + "/"


def _reach_of(by: Any) -> list[str] | None:
    """Paths of the branches in which somebody may choose people; None for everywhere."""
    if by is None:
        return None
    scope = scope_of(by, ASSIGN)
    if scope.everything or any(branch.column is None for branch in scope.own):
        return None
    keys = [branch.unit_id for branch in scope.branches | scope.own if branch.unit_id is not None]
    return list(OrgUnit.objects.filter(pk__in=keys).values_list("path", flat=True))


def keepers_for(by: Any, units: Collection[OrgUnit], *, text: str = "") -> Iterator[User]:
    """People who may keep customers in all of these units, by name; `text` is part of a name or
    the beginning of a number. Read in batches, so that a caller may stop early."""
    if not units:
        return
    first = next(iter(units))
    people = User.objects.active().filter(may_keep(first))
    if text:
        people = people.filter(Q(name__contains=text) | Q(employee_no__istartswith=text))
    people = people.order_by("name", "employee_no")
    keys = {unit.pk for unit in units}
    start = 0
    while batch := list(people[start : start + BATCH]):
        allowed = keeper_units(batch, keys, by)
        yield from (person for person in batch if allowed.get(person.pk) == keys)
        start += BATCH


def keepers_somewhere(by: Any, right: str) -> QuerySet[User]:
    """People who may keep customers in at least one unit that `by` reaches with a right. Each row
    is then asked about its own unit."""
    people = User.objects.filter(state=UserState.ACTIVE)
    scope = scope_of(by, right)
    whole = Scope(scope.user_id, scope.branches | scope.own)
    if any(branch.column is None for branch in whole.branches):
        return people.filter(
            Q(pk__in=_keeping_grants().values("user")) | Q(pk__in=_keeping_posts().values("user"))
        )
    here = Q(pk__in=[])
    keys = [branch.unit_id for branch in whole.branches if branch.unit_id is not None]
    for unit in OrgUnit.objects.filter(pk__in=keys):
        near = Q(unit__path__startswith=unit.path) | Q(unit__in=unit.ancestor_ids())
        grants = _keeping_grants().filter(near | Q(role__reach=Reach.GROUP))
        posts = _keeping_posts().filter(near)
        here |= Q(pk__in=grants.values("user")) | Q(pk__in=posts.values("user"))
    return people.filter(here)


def refuse_keeper(person: User, unit: OrgUnit, by: Any) -> None:
    """Raise Refused when somebody may not keep customers in a unit."""
    if unit.pk not in keeper_units([person], [unit.pk], by).get(person.pk, ()):
        raise Refused(
            _("{person} may not keep customers in {unit}.").format(
                person=person.name, unit=unit.name
            )
        )
