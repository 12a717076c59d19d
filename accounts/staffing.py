"""Whether units are named and staffed as the group prescribes (ORG-02…ORG-06, ORG-08, ORG-10).

Asked of the database, so that the import of the organisation and the compliance pages say the
same. Only people in post on the day count.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import Function, Post, User, UserState
from core.display import listed
from regions.models import Kind, OrgUnit, UnitLevel
from regions.rules import allowed_department_names, check_department_name


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule, the unit that breaks it, the person concerned if any, and a sentence."""

    rule: str
    unit: OrgUnit
    message: str | Promise
    user: User | None = None


def breaches(day: dt.date) -> list[Breach]:
    """All breaches of the active units on a day, in tree order. A fixed number of queries."""
    units = list(OrgUnit.objects.active().in_tree_order())
    posts = _posts(day)
    found: list[Breach] = []
    levels = _Levels()
    for unit in units:
        found += _department(unit, levels)
    core = list(Function.objects.filter(is_core=True).order_by("number"))
    for unit in units:
        found += _staffing(unit, posts[unit.pk], core)
    return found


def _posts(day: dt.date) -> dict[int, list[Post]]:
    """Posts held on a day by people who have not left, by unit."""
    posts: dict[int, list[Post]] = defaultdict(list)
    in_post = Post.objects.on(day).filter(
        Q(user__left_on__isnull=True) | Q(user__left_on__gte=day),
    )
    for post in in_post.exclude(user__state=UserState.LEFT).select_related("user", "function"):
        posts[post.unit_id].append(post)
    return posts


class _Levels:
    """Naming rules and required departments, read once."""

    def __init__(self) -> None:
        self.allowed = allowed_department_names()
        self.required = set(
            UnitLevel.objects.filter(department_required=True).values_list("kind", flat=True)
        )


def _department(unit: OrgUnit, levels: _Levels) -> Iterator[Breach]:
    problem = check_department_name(unit.kind, unit.department_name, levels.allowed)
    if problem:
        sentence = _("{unit}: {problem}")
        yield Breach("ORG-02", unit, sentence.format(unit=unit.name, problem=problem))
    if unit.kind in levels.required and not unit.department_name:
        sentence = _("{unit} has no customer relationship department.")
        yield Breach("ORG-03", unit, sentence.format(unit=unit.name))
    if unit.kind == Kind.REGION and unit.department_name and not unit.department_level:
        sentence = _("{unit}: the level of the customer relationship department is missing.")
        yield Breach("ORG-04", unit, sentence.format(unit=unit.name))


def _staffing(unit: OrgUnit, posts: list[Post], core: list[Function]) -> Iterator[Breach]:
    heads = [post for post in posts if post.function.is_head]
    if unit.kind == Kind.CITY and not heads:
        sentence = _("{unit} has no head of its customer relationship department.")
        yield Breach("ORG-05", unit, sentence.format(unit=unit.name))
    if unit.kind == Kind.PROJECT and not any(post.function.is_project_lead for post in posts):
        sentence = _("{unit} has no project customer relationship lead.")
        yield Breach("ORG-06", unit, sentence.format(unit=unit.name))
    if unit.kind in (Kind.REGION, Kind.CITY):
        covered = {post.function_id for post in posts}
        # A city without a head is ORG-05; the function "head" is not reported a second time.
        missing = [
            function.name
            for function in core
            if function.pk not in covered and not (function.is_head and unit.kind == Kind.CITY)
        ]
        if missing:
            sentence = _("{unit} does not cover the functions: {functions}.")
            message = sentence.format(unit=unit.name, functions=listed(missing))
            yield Breach("ORG-08", unit, message)
    for head in heads:
        if not head.is_dedicated or _has_other_posts(head, posts):
            sentence = _("{person}, head in {unit}, holds another post as well.")
            message = sentence.format(person=head.user.name, unit=unit.name)
            yield Breach("ORG-10", unit, message, head.user)


def _has_other_posts(head: Post, posts: list[Post]) -> bool:
    return any(post.user_id == head.user_id and post.pk != head.pk for post in posts)
