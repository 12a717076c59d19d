"""Who answers for what the checks find and for accounts."""

from collections import defaultdict
from collections.abc import Callable, Collection

from django.utils import timezone

from accounts.models import Post, RoleGrant, User, UserState
from accounts.staffing import posts_held
from compliance.checks.registry import find
from compliance.models import Finding
from regions.models import OrgUnit

ASK = "compliance.ask_accountchange"
CARRY_OUT = "compliance.carry_out_accountchange"


def who_carry_out() -> set[int]:
    """Keys of active people who carry out account changes."""
    return who_hold(CARRY_OUT)


def who_hold(right: str) -> set[int]:
    """Keys of active people who hold a right somewhere."""
    app, codename = right.split(".")
    grants = RoleGrant.objects.now().filter(
        role__permissions__codename=codename, role__permissions__content_type__app_label=app
    )
    return set(
        User.objects.active().filter(pk__in=grants.values("user")).values_list("pk", flat=True)
    )


def who_files() -> Callable[[OrgUnit], set[int]]:
    """A function of a unit: keys of active people who may file account changes for it, those of
    the nearest unit at or above it that has some."""
    return nearest_with(ASK)


def nearest_with(right: str) -> Callable[[OrgUnit], set[int]]:
    """A function of a unit: keys of active people with a right granted at the nearest unit at or
    above it where somebody has it."""
    app, codename = right.split(".")
    grants = RoleGrant.objects.now().filter(
        user__state=UserState.ACTIVE,
        role__permissions__codename=codename,
        role__permissions__content_type__app_label=app,
    )
    found: dict[int, set[int]] = defaultdict(set)
    for unit, user in grants.values_list("unit_id", "user_id"):
        found[unit].add(user)
    return lambda unit: next(
        (found[key] for key in reversed(unit.ancestor_ids()) if key in found), set()
    )


def heads_above() -> Callable[[OrgUnit], set[int]]:
    """A function of a unit: keys of the heads of the unit and of the next one above with a head."""
    heads = _heads()

    def of(unit: OrgUnit) -> set[int]:
        found: set[int] = set()
        for key in reversed(unit.ancestor_ids()):
            here = {post.user_id for post in heads[key]}
            found |= here
            if here and key != unit.pk:
                break
        return found

    return of


def next_heads() -> Callable[[OrgUnit, Collection[int]], set[int]]:
    """A function of a unit and of people: keys of the heads of the nearest unit at or above it
    that has a head who is none of these people."""
    heads = _heads()

    def of(unit: OrgUnit, people: Collection[int]) -> set[int]:
        held = ({post.user_id for post in heads[key]} for key in reversed(unit.ancestor_ids()))
        return next((found for here in held if (found := here - set(people))), set())

    return of


def _heads() -> dict[int, list[Post]]:
    held: dict[int, list[Post]] = defaultdict(list)
    for unit, posts in posts_held(timezone.localdate()).items():
        held[unit] = [
            post for post in posts if post.function.is_head or post.function.is_project_lead
        ]
    return held


def responsible_for(findings: list[Finding]) -> dict[int, User | None]:
    """Finding → the person whose post answers for it: the head of the unit, or of the next one
    above where the rule says so or the unit has none. Five queries at most."""
    heads = _heads()
    people = {post.user_id: post.user for posts in heads.values() for post in posts}
    administrators = sorted(who_carry_out())
    known = people | {user.pk: user for user in User.objects.filter(pk__in=administrators[:1])}
    found: dict[int, User | None] = {}
    for finding in findings:
        check = find(finding.rule)
        who = check.responsible if check is not None else "head"
        if who == "administrator" and administrators:
            found[finding.pk] = known.get(administrators[0])
            continue
        chain = reversed(finding.unit.ancestor_ids()[: -1 if who == "above" else None])
        found[finding.pk] = next((heads[key][0].user for key in chain if heads.get(key)), None)
    return found
