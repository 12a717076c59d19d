"""Whether units are named and staffed as the group prescribes (ORG-02…ORG-06, ORG-08, ORG-10).

Asked of the database, so that the import of the organisation, its changes and the compliance
pages say the same. Only people in post on the day count.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Function, Post, User, UserState
from core.display import listed
from regions.models import Kind, OrgUnit, UnitLevel
from regions.rules import allowed_department_names, check_department_name

# What the evidence of a breach says in words; lists are written out.
SENTENCES: dict[str, str | Promise] = {
    "ORG-02": _(
        "{unit}: the department is called {department}; on this level only {allowed} is allowed."
    ),
    "ORG-03": _("{unit} has no customer relationship department."),
    "ORG-04": _("{unit}: the level of the customer relationship department is missing."),
    "ORG-05": _("{unit} has no head of its customer relationship department."),
    "ORG-06": _("{unit} has no project customer relationship lead."),
    "ORG-08": _("{unit} does not cover the functions: {functions}."),
    "ORG-10": _("{person}, head in {unit}, holds another post as well."),
}


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule, the unit that breaks it, what shows it, and the person concerned if any.

    `functions` are those that nobody carries, for the rules that ask for people.
    """

    rule: str
    unit: OrgUnit
    evidence: dict[str, Any] = field(default_factory=dict)
    user: User | None = None
    functions: tuple[Function, ...] = ()

    @property
    def message(self) -> str:
        """The breach in one sentence."""
        return sentence(self.rule, self.evidence)


def sentence(rule: str, evidence: Mapping[str, Any]) -> str:
    """What the evidence of a rule says, in the reader's language."""
    words = {
        key: listed(value) if isinstance(value, list) else value for key, value in evidence.items()
    }
    return str(SENTENCES[rule]).format(**words)


def breaches(day: dt.date) -> list[Breach]:
    """All breaches of the active units on a day, in tree order. A fixed number of queries."""
    units = list(OrgUnit.objects.active().in_tree_order())
    return breaches_of(units, posts_held(day), core_functions())


def breaches_of(
    units: Iterable[OrgUnit], posts: Mapping[int, list[Post]], core: list[Function]
) -> list[Breach]:
    """The same for what was read already: posts by unit as `posts_held` gives them."""
    units = list(units)
    levels = _Levels()
    found: list[Breach] = []
    for unit in units:
        found += _department(unit, levels)
    for unit in units:
        found += _staffing(unit, posts.get(unit.pk, []), core)
    return found


def core_functions() -> list[Function]:
    """The nine functions, in their order (ORG-08)."""
    return list(Function.objects.filter(is_core=True).order_by("number"))


def posts_held(day: dt.date) -> dict[int, list[Post]]:
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
    evidence = {"unit": unit.name}
    if check_department_name(unit.kind, unit.department_name, levels.allowed):
        named = {"department": unit.department_name, "allowed": list(levels.allowed[unit.kind])}
        yield Breach("ORG-02", unit, evidence | named)
    if unit.kind in levels.required and not unit.department_name:
        yield Breach("ORG-03", unit, evidence)
    if unit.kind == Kind.REGION and unit.department_name and not unit.department_level:
        yield Breach("ORG-04", unit, evidence)


def _staffing(unit: OrgUnit, posts: list[Post], core: list[Function]) -> Iterator[Breach]:
    evidence: dict[str, Any] = {"unit": unit.name}
    heads = [post for post in posts if post.function.is_head]
    if unit.kind == Kind.CITY and not heads:
        yield Breach("ORG-05", unit, evidence)
    if unit.kind == Kind.PROJECT and not any(post.function.is_project_lead for post in posts):
        yield Breach("ORG-06", unit, evidence)
    if unit.kind in (Kind.REGION, Kind.CITY):
        covered = {post.function_id for post in posts}
        # A city without a head is ORG-05; the function "head" is not reported a second time.
        missing = [
            function
            for function in core
            if function.pk not in covered and not (function.is_head and unit.kind == Kind.CITY)
        ]
        if missing:
            yield uncovered(unit, missing)
    for head in heads:
        if not head.is_dedicated or _has_other_posts(head, posts):
            named = {"person": head.user.name, "employee_no": head.user.employee_no}
            yield Breach("ORG-10", unit, evidence | named, head.user)


def uncovered(unit: OrgUnit, missing: Iterable[Function]) -> Breach:
    """The breach of a unit in which nobody carries some of the nine functions (ORG-08)."""
    functions = tuple(missing)
    names = [function.name for function in functions]
    return Breach("ORG-08", unit, {"unit": unit.name, "functions": names}, functions=functions)


def _has_other_posts(head: Post, posts: list[Post]) -> bool:
    return any(post.user_id == head.user_id and post.pk != head.pk for post in posts)
