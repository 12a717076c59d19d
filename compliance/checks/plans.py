"""Plans and rules that the group keeps here (ORG-11…ORG-14).

They are asked for where the rule `compliance.registers_kept` says that they are kept: a register
that nobody has begun says nothing about anybody.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from compliance.checks.registry import Breach, check, in_words
from compliance.checks.world import World
from compliance.states import Severity
from core.values.text import words_of
from regions.models import Kind, OrgUnit
from regions.policies import policy_values

KEPT = "compliance.registers_kept"
SET_UP = "compliance.project_set_up_stages"
CITY_SET_UP = "compliance.city_set_up_stages"


def _keeping(world: World, register: str, *kinds: Kind) -> Iterator[OrgUnit]:
    """Units that keep a register."""
    kept = policy_values(KEPT, world.day)
    return (unit for unit in world.of_kind(*kinds) if register in kept[unit.pk])


@check(
    "ORG-11",
    sentence=_("Function plans name the pace, the targets and the results they follow from."),
    source=_("Group rules on customer-relationship departments, 4.2.3"),
    severity=Severity.LOW,
    say=lambda evidence: in_words(_("{unit} has no function plan."), evidence),
    kinds=(Kind.REGION, Kind.CITY, Kind.PROJECT),
    policies=(KEPT,),
)
def function_plan(world: World) -> Iterable[Breach]:
    """Units without a function plan, where plans are kept."""
    for unit in _keeping(world, "functions", Kind.REGION, Kind.CITY, Kind.PROJECT):
        if unit.pk not in world.function_plans:
            yield Breach(unit, {"unit": unit.name})


@check(
    "ORG-12",
    sentence=_("Somebody in post holds each function that a project has planned for itself."),
    source=_("Group rules on customer-relationship departments, 4.3"),
    severity=Severity.LOW,
    say=lambda evidence: in_words(
        _("{unit}: nobody holds {functions}, which its plan names."), evidence
    ),
    kinds=(Kind.PROJECT,),
    policies=(SET_UP,),
)
def project_functions(world: World) -> Iterable[Breach]:
    """Projects whose own function list names functions that nobody holds, unless the project is
    still being started. A written plan is looked at whether or not plans must be kept."""
    starting = policy_values(SET_UP, world.day)
    for unit in world.of_kind(Kind.PROJECT):
        if unit.stage in words_of(starting[unit.pk]):
            continue
        held = {post.function_id for post in world.posts.get(unit.pk, [])}
        empty = [one.name for one in world.planned_functions[unit.pk] if one.pk not in held]
        if empty:
            yield Breach(unit, {"unit": unit.name, "functions": empty})


def _say_headcount(evidence: Mapping[str, Any]) -> str:
    if "posts" in evidence:
        template = _("{unit} is growing, and its plan names no target of {year} behind {posts}.")
        return in_words(template, evidence)
    if "function" not in evidence:
        return in_words(_("{unit} has no headcount plan for {year}."), evidence)
    if evidence["held"] < evidence["planned"]:
        template = _("{unit}: {function} has {held} of {planned} people planned.")
    else:
        template = _("{unit}: {function} has {held} people, {planned} are planned.")
    return in_words(template, evidence)


@check(
    "ORG-13",
    sentence=_(
        "Posts are filled as the headcount plan of the year says; where a unit grows, the plan"
        " names the target of the year that each number follows from."
    ),
    source=_("Group rules on customer-relationship departments, 4.4"),
    severity=Severity.LOW,
    say=_say_headcount,
    kinds=(Kind.REGION, Kind.CITY, Kind.PROJECT),
    policies=(KEPT, SET_UP, CITY_SET_UP),
)
def headcount(world: World) -> Iterable[Breach]:
    """Units whose people in post differ from their plan, growing ones whose plan says nothing of
    the year's targets, and, where plans are kept, units without one."""
    yield from _gaps(world)
    for unit in _growing(world):
        lines = world.planned_posts.get(unit.pk, [])
        blind = [line.function.name for line in lines if not line.basis]
        if blind:
            evidence = {"unit": unit.name, "year": world.day.year, "posts": blind}
            yield Breach(unit, evidence, "basis")
    for unit in _keeping(world, "headcount", Kind.REGION, Kind.CITY, Kind.PROJECT):
        if unit.pk not in world.planned_posts:
            yield Breach(unit, {"unit": unit.name, "year": world.day.year})


def _growing(world: World) -> Iterator[OrgUnit]:
    """Regions and cities that are being set up, or have a project that is being started."""
    setting_up, starting = (policy_values(key, world.day) for key in (CITY_SET_UP, SET_UP))
    above: set[int] = set()
    for project in world.of_kind(Kind.PROJECT):
        if project.stage in words_of(starting[project.pk]):
            above.update(project.ancestor_ids())
    for unit in world.of_kind(Kind.REGION, Kind.CITY):
        being_set_up = unit.kind == Kind.CITY and unit.stage in words_of(setting_up[unit.pk])
        if being_set_up or unit.pk in above:
            yield unit


def _gaps(world: World) -> Iterator[Breach]:
    """Planned posts with more or fewer people than planned."""
    for unit_id, planned in world.planned_posts.items():
        unit = world.by_id.get(unit_id)
        if unit is None:
            continue
        for line in planned:
            people = {
                post.user_id
                for post in world.posts.get(unit_id, [])
                if post.function_id == line.function_id
            }
            if len(people) != line.establishment:
                evidence = {
                    "unit": unit.name,
                    "year": line.year,
                    "function": line.function.name,
                    "planned": line.establishment,
                    "held": len(people),
                }
                yield Breach(unit, evidence, f"function:{line.function_id}")


@check(
    "ORG-14",
    sentence=_("Regions issue implementation rules and supervise them in every unit below."),
    source=_("Group rules on customer-relationship departments, part 5"),
    severity=Severity.LOW,
    say=lambda evidence: in_words(
        _("{unit}: nobody looked this year how the rules of the region are kept.")
        if evidence.get("supervised") is False
        else _("{unit} has no implementation rules in force."),
        evidence,
    ),
    kinds=(Kind.REGION, Kind.CITY, Kind.PROJECT),
    policies=(KEPT,),
)
def implementation_rules(world: World) -> Iterable[Breach]:
    """Regions without rules in force, and units below that were not supervised this year."""
    for unit in _keeping(world, "implementation", Kind.REGION):
        if unit.pk not in world.regions_with_rules:
            yield Breach(unit, {"unit": unit.name})
    for unit in _keeping(world, "implementation", Kind.CITY, Kind.PROJECT):
        region = unit.ancestor_ids()[1]
        if region in world.regions_with_rules and unit.pk not in world.supervised:
            evidence = {"unit": unit.name, "year": world.day.year, "supervised": False}
            yield Breach(unit, evidence, "supervision")
