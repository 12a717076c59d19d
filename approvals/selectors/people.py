"""Who holds what today: posts, heads, bodies, roles, superiors, administrators (ORG-08, ORG-28)."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from accounts.models import Post, Reach, RoleGrant, User, UserState
from approvals.models import Body, BodyMember
from regions.models import OrgUnit

ADMINISTER = "approvals.change_flow"


def holders(function: str, unit: OrgUnit) -> list[User]:
    """Active people with a function in a unit, those dedicated to it first."""
    return _in_post(Q(function__name=function), unit)


def heads(unit: OrgUnit) -> list[User]:
    """The heads of a unit's department; of a project, whoever leads it."""
    return _in_post(Q(function__is_head=True) | Q(function__is_project_lead=True), unit)


def _in_post(which: Q, unit: OrgUnit) -> list[User]:
    posts = (
        Post.objects.now()
        .filter(which, unit=unit, user__state=UserState.ACTIVE)
        .select_related("user")
        .order_by("-is_dedicated", "pk")
    )
    return unique(post.user for post in posts)


def members(body: str) -> tuple[list[User], int]:
    """The active members of a body, by its key, the chair first, and how many must agree."""
    found = Body.objects.filter(key=body, is_active=True).first()
    if found is None:
        return [], 1
    rows = BodyMember.objects.now().filter(body=found, user__state=UserState.ACTIVE)
    people = unique(row.user for row in rows.select_related("user").order_by("-is_chair", "pk"))
    return people, max(min(found.quorum, len(people)), 1)


def in_role(code: str, unit: OrgUnit) -> list[User]:
    """Active people who hold a role for a unit, granted in the nearest unit on the way up."""
    grants = _reaching(RoleGrant.objects.now().filter(role__code=code), unit)
    rows = list(grants.select_related("user", "unit").order_by("pk"))
    nearest = max((len(row.unit.path) for row in rows), default=0)
    return unique(row.user for row in rows if len(row.unit.path) == nearest)


def administrators(unit: OrgUnit) -> list[User]:
    """Active people who may change the flows of a unit, the nearest first."""
    app, codename = ADMINISTER.split(".")
    grants = RoleGrant.objects.now().filter(
        role__permissions__codename=codename,
        role__permissions__content_type__app_label=app,
    )
    rows = _reaching(grants, unit).select_related("user", "unit")
    return unique(row.user for row in sorted(rows, key=lambda row: (-len(row.unit.path), row.pk)))


def _reaching(grants: "QuerySet[RoleGrant]", unit: OrgUnit) -> "QuerySet[RoleGrant]":
    wide = Q(role__reach__in=(Reach.OWN, Reach.SUBTREE), unit__in=unit.ancestor_ids())
    return grants.filter(
        Q(role__reach=Reach.GROUP) | wide | Q(role__reach=Reach.UNIT, unit=unit),
        user__state=UserState.ACTIVE,
    )


def superiors(person: User, unit: OrgUnit) -> list[User]:
    """The heads above a person: of his own unit, else of the nearest above that has another one.
    `unit` is where to begin for somebody without a unit."""
    start = person.unit or unit
    line = {one.pk: one for one in OrgUnit.objects.filter(pk__in=start.ancestor_ids())}
    for key in reversed(start.ancestor_ids()):
        found = [head for head in heads(line[key]) if head.pk != person.pk]
        own = any(head.pk == person.pk for head in heads(line[key]))
        if found and not own:
            return found
    return []


def named(employee_no: str) -> User | None:
    """A person by his number, also one who has left."""
    return User.objects.filter(employee_no=employee_no.strip().upper()).first()


def active(keys: Iterable[int]) -> list[User]:
    """Active people of these keys, in this order."""
    wanted = list(dict.fromkeys(keys))
    found = User.objects.active().in_bulk(wanted)
    return [found[key] for key in wanted if key in found]


def place(unit: OrgUnit, *, up: int = 0, level: str = "") -> OrgUnit | None:
    """The unit so many levels above one, at most the group; or the one of a level on the way up,
    None when there is none."""
    line = list(OrgUnit.objects.filter(pk__in=unit.ancestor_ids()).in_tree_order())
    if level:
        return next((one for one in line if one.kind == level), None)
    return line[max(len(line) - 1 - up, 0)]


def unique(people: Iterable[User]) -> list[User]:
    """Nobody twice, in order."""
    return list({person.pk: person for person in people}.values())
