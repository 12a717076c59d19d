"""Names and levels of departments (ORG-02, ORG-03, ORG-04)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts import staffing
from compliance.checks.registry import Breach, check
from compliance.checks.world import World
from compliance.states import Severity
from regions.models import Kind

HD_2 = _("Group rules on customer-relationship departments, part 2")
HD_3_1 = _("Group rules on customer-relationship departments, 3.1")
HD_3_2 = _("Group rules on customer-relationship departments, 3.2")


def says(rule: str) -> Callable[[Mapping[str, Any]], str]:
    """The words of a rule that `accounts.staffing` checks."""
    return lambda evidence: staffing.sentence(rule, evidence)


def found(world: World, rule: str) -> Iterable[Breach]:
    """What `accounts.staffing` found of a rule."""
    for one in world.staffing:
        if one.rule == rule:
            person = one.user
            yield Breach(one.unit, one.evidence, person.employee_no if person else "", person)


@check(
    "ORG-02",
    sentence=_("Departments are called as their level prescribes."),
    source=HD_2,
    severity=Severity.MEDIUM,
    say=says("ORG-02"),
)
def department_name(world: World) -> Iterable[Breach]:
    """Names that the level does not allow."""
    return found(world, "ORG-02")


@check(
    "ORG-03",
    sentence=_("Every region and every city has a customer relationship department."),
    source=HD_3_1,
    severity=Severity.HIGH,
    say=says("ORG-03"),
    kinds=(Kind.REGION, Kind.CITY),
    responsible="above",
)
def department_missing(world: World) -> Iterable[Breach]:
    """Units without the department their level must have."""
    return found(world, "ORG-03")


@check(
    "ORG-04",
    sentence=_("The department of a region is a centre, a first-level or second-level department."),
    source=HD_3_2,
    severity=Severity.LOW,
    say=says("ORG-04"),
    kinds=(Kind.REGION,),
)
def department_level(world: World) -> Iterable[Breach]:
    """Departments of regions without a level."""
    return found(world, "ORG-04")
