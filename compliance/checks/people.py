"""Heads, leads and functions of units (ORG-05…ORG-10, ORG-27)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts import staffing
from accounts.models import Post
from compliance.checks.departments import found, says
from compliance.checks.registry import Breach, check, in_words
from compliance.checks.world import World
from compliance.states import Severity
from core.values.text import words_of
from regions.models import Kind, OrgUnit
from regions.policies import policy_values

NO_LINE = _("{person}, {post} in {unit}: to whom this post reports is not recorded.")
WRONG_LINE = _("{person}, {post} in {unit}, reports to {reports_to} instead of {rightly}.")


def _leads(post: Post, kind: str) -> bool:
    return post.function.is_project_lead if kind == Kind.PROJECT else post.function.is_head


def _wrong_lines(world: World, kind: Kind, rule: str, key: str) -> Iterator[Breach]:
    """Heads (leads) who report to another post than the rule names."""
    allowed = policy_values(key, world.day)
    for unit in world.of_kind(kind):
        right = words_of(allowed[unit.pk])
        for post in world.posts.get(unit.pk, []):
            if not right or not _leads(post, kind) or (post.pk, rule) in world.overrides:
                continue
            # Some files name the superior's post, some the superior.
            if post.reports_to in right or world.positions[post.reports_to] & set(right):
                continue
            evidence = {
                "unit": unit.name,
                "person": post.user.name,
                "employee_no": post.user.employee_no,
                "post": post.function.name,
                "reports_to": post.reports_to,
                "allowed": right,
                "rightly": right[0],
            }
            yield Breach(unit, evidence, f"line:{post.user.employee_no}", post.user)


def _say_line(rule: str, evidence: Any) -> str:
    if "reports_to" not in evidence:
        return staffing.sentence(rule, evidence)
    return in_words(WRONG_LINE if evidence["reports_to"] else NO_LINE, evidence)


@check(
    "ORG-05",
    sentence=_(
        "Every city has a head of its department, who reports to the general manager of the city."
    ),
    source=_("Group rules on customer-relationship departments, 3.3"),
    severity=Severity.HIGH,
    say=lambda evidence: _say_line("ORG-05", evidence),
    kinds=(Kind.CITY,),
    policies=("compliance.city_head_reports_to",),
    responsible="above",
)
def city_head(world: World) -> Iterable[Breach]:
    """Cities without head, and heads who report elsewhere."""
    yield from found(world, "ORG-05")
    yield from _wrong_lines(world, Kind.CITY, "ORG-05", "compliance.city_head_reports_to")


@check(
    "ORG-06",
    sentence=_(
        "Every project has a customer relationship lead, who reports to the leader of the project."
    ),
    source=_("Group rules on customer-relationship departments, 3.4"),
    severity=Severity.HIGH,
    say=lambda evidence: _say_line("ORG-06", evidence),
    kinds=(Kind.PROJECT,),
    policies=("compliance.project_lead_reports_to",),
    responsible="above",
)
def project_lead(world: World) -> Iterable[Breach]:
    """Projects that never had a lead, and leads who report elsewhere. A lead who went away and has
    no successor is a post without person (ORG-09)."""
    for breach in found(world, "ORG-06"):
        if not _vacated(world, breach.unit, leads=True):
            yield breach
    yield from _wrong_lines(world, Kind.PROJECT, "ORG-06", "compliance.project_lead_reports_to")


STAGES = {
    Kind.CITY: "compliance.city_set_up_stages",
    Kind.PROJECT: "compliance.project_set_up_stages",
}


@check(
    "ORG-07",
    sentence=_(
        "Departments of cities and leads of projects are in post before the stage of setting up"
        " ends."
    ),
    source=_("Group rules on customer-relationship departments, 3.5"),
    severity=Severity.HIGH,
    say=lambda evidence: in_words(
        _("{unit} has passed to the stage {stage}, and the post {post} has never been filled."),
        evidence,
    ),
    kinds=(Kind.CITY, Kind.PROJECT),
    policies=tuple(STAGES.values()),
    responsible="above",
)
def staffed_in_time(world: World) -> Iterable[Breach]:
    """Units past the stage in which their head or lead had to be in post, without one so far."""
    rules = {kind: policy_values(key, world.day) for kind, key in STAGES.items()}
    for one in world.staffing:
        if one.rule not in ("ORG-05", "ORG-06"):
            continue
        unit, kind = one.unit, Kind(one.unit.kind)
        still = words_of(rules[kind][unit.pk])
        if not unit.stage or unit.stage in still:
            continue
        if _vacated(world, unit, leads=kind == Kind.PROJECT):
            continue
        evidence = {"unit": unit.name, "stage": unit.stage, "post": world.leading[kind]}
        yield Breach(unit, evidence)


@check(
    "ORG-08",
    sentence=_("Regions and cities cover the nine core functions."),
    source=_("Group rules on customer-relationship departments, 4.1"),
    severity=Severity.MEDIUM,
    say=says("ORG-08"),
    kinds=(Kind.REGION, Kind.CITY),
)
def nine_functions(world: World) -> Iterable[Breach]:
    """Functions that nobody was ever given; those whose people went away are ORG-09."""
    for one in world.staffing:
        if one.rule != "ORG-08":
            continue
        missing = [
            function
            for function in one.functions
            if (one.unit.pk, function.pk) not in world.vacated
        ]
        if missing:
            yield Breach(one.unit, staffing.uncovered(one.unit, missing).evidence)


@check(
    "ORG-09",
    sentence=_("A required post whose person went away is filled again."),
    source=_("Group rules on customer-relationship departments, 4.2"),
    severity=Severity.MEDIUM,
    say=lambda evidence: in_words(
        _("{unit}: nobody holds {functions} since {people} went away."), evidence
    ),
)
def post_without_person(world: World) -> Iterable[Breach]:
    """Required functions of a unit that were held and are not any more: one breach a unit.

    A city without a head is ORG-05 however it came about, and not reported a second time.
    """
    required = _required(world)
    empty: dict[int, list[Post]] = defaultdict(list)
    for (unit_id, function_id), post in world.vacated.items():
        if function_id in required.get(unit_id, ()):
            empty[unit_id].append(post)
    for unit_id, posts in empty.items():
        posts.sort(key=lambda post: (post.function.number or 99, post.pk))
        evidence = {
            "unit": world.by_id[unit_id].name,
            "functions": [post.function.name for post in posts],
            "people": sorted({post.user.name for post in posts}),
            "employee_nos": sorted({post.user.employee_no for post in posts}),
        }
        yield Breach(world.by_id[unit_id], evidence)


def _required(world: World) -> dict[int, set[int]]:
    """Unit → the functions that must be held there and are not."""
    missing: dict[int, set[int]] = defaultdict(set)
    for one in world.staffing:
        if one.rule == "ORG-08":
            missing[one.unit.pk] |= {function.pk for function in one.functions}
        elif one.rule == "ORG-06":
            missing[one.unit.pk] |= {
                function
                for unit, function in world.vacated
                if unit == one.unit.pk and world.vacated[unit, function].function.is_project_lead
            }
    return missing


def _vacated(world: World, unit: OrgUnit, *, leads: bool) -> bool:
    """Whether the unit once had a lead (head)."""
    return any(
        place == unit.pk and (post.function.is_project_lead if leads else post.function.is_head)
        for (place, _function), post in world.vacated.items()
    )


@check(
    "ORG-10",
    sentence=_("The head of a department holds no other post."),
    source=_("Group rules on customer-relationship departments, 4.2.1"),
    severity=Severity.MEDIUM,
    say=says("ORG-10"),
    responsible="above",
)
def dedicated_head(world: World) -> Iterable[Breach]:
    """Heads with another post or not dedicated, unless somebody allowed it with a reason."""
    allowed = {
        (post.unit_id, post.user_id)
        for posts in world.posts.values()
        for post in posts
        if (post.pk, "ORG-10") in world.overrides
    }
    for breach in found(world, "ORG-10"):
        if breach.person is None or (breach.unit.pk, breach.person.pk) not in allowed:
            yield breach


@check(
    "ORG-27",
    sentence=_("Nobody has two heads above him: one head a unit, one unit a head in a chain."),
    source=_("Operation rules of the group, part 2"),
    severity=Severity.MEDIUM,
    say=lambda evidence: in_words(
        _("{unit} has two heads: {people}.")
        if "people" in evidence
        else _("{person} heads {unit} and also {other} above it."),
        evidence,
    ),
    responsible="above",
)
def two_heads(world: World) -> Iterable[Breach]:
    """Two heads (leads) in one unit, and one person heading two units of a chain."""
    heads: dict[int, dict[int, Post]] = {}
    for unit in world.units:
        of_unit = {
            post.user_id: post for post in world.posts.get(unit.pk, []) if _leads(post, unit.kind)
        }
        heads[unit.pk] = of_unit
        if len(of_unit) > 1:
            people = sorted(of_unit.values(), key=lambda post: post.user.employee_no)
            evidence = {
                "unit": unit.name,
                "people": [post.user.name for post in people],
                "employee_nos": [post.user.employee_no for post in people],
            }
            yield Breach(unit, evidence)
        yield from _heads_above_too(world, unit, heads)


def _heads_above_too(
    world: World, unit: OrgUnit, heads: dict[int, dict[int, Post]]
) -> Iterator[Breach]:
    for above in unit.ancestor_ids()[:-1]:
        for person, post in heads[unit.pk].items():
            if person in heads.get(above, {}):
                evidence = {
                    "unit": unit.name,
                    "other": world.by_id[above].name,
                    "person": post.user.name,
                    "employee_no": post.user.employee_no,
                }
                yield Breach(unit, evidence, f"chain:{post.user.employee_no}:{above}", post.user)
