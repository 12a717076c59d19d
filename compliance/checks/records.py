"""Records that nobody looks after, and rules that nobody reviewed in time."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.scopes import narrow
from compliance.checks.registry import Breach, check, in_words
from compliance.checks.world import World
from compliance.states import Severity
from core.display import thousands
from core.scope import scope_of
from customers.selectors.lists import PERMISSION as CUSTOMERS
from regions.models import OrgUnit


def _say_without_unit(evidence: Mapping[str, Any]) -> str:
    people, customers = evidence["people"], evidence["customers"]
    parts = []
    if people:
        said = ngettext(
            "{count} person belongs to no unit.", "{count} people belong to no unit.", people
        )
        parts.append(said.format(count=thousands(people)))
    if customers:
        said = ngettext(
            "{count} customer has no place in any unit.",
            "{count} customers have no place in any unit.",
            customers,
        )
        parts.append(said.format(count=thousands(customers)))
    return " ".join(parts)


@check(
    "UNIT-MISSING",
    sentence=_("Every person and every customer belongs to a unit."),
    source=_("Group CRM-system rules, Art 4"),
    severity=Severity.MEDIUM,
    say=_say_without_unit,
    responsible="administrator",
)
def without_unit(world: World) -> Iterable[Breach]:
    """People and customers that lie in no unit; they are reported at the group."""
    people, customers = world.people_without_unit, world.customers_without_place
    if world.group is not None and (people or customers):
        evidence = {
            "people": len(people),
            "customers": customers,
            "employee_nos": [person.employee_no for person in people[:20]],
        }
        yield Breach(world.group, evidence)


def _say_keeper(evidence: Mapping[str, Any]) -> str:
    said = ngettext(
        "{unit}: {count} customer has no keeper.",
        "{unit}: {count} customers have no keeper.",
        evidence["count"],
    )
    return said.format(unit=evidence["unit"], count=thousands(evidence["count"]))


def _unkept(reader: User, unit: OrgUnit) -> str:
    """The list of customers whom nobody keeps in the unit itself, as the check counts them."""
    if narrow(scope_of(reader, CUSTOMERS), unit, below=False).nothing:
        return ""
    asked = urlencode({"unkept": "on", "unit": unit.code, "only": "on"})
    return f"{reverse('customers:list')}?{asked}"


@check(
    "KEEPER-MISSING",
    sentence=_("Every customer has a keeper in each of his units."),
    source=_("CRM guide, part 2"),
    severity=Severity.LOW,
    say=_say_keeper,
    rows=_unkept,
)
def without_keeper(world: World) -> Iterable[Breach]:
    """Customers without a keeper: one breach a unit, with their number."""
    for unit_id, count in world.places_without_keeper.items():
        unit = world.by_id.get(unit_id)
        if unit is not None:
            yield Breach(unit, {"unit": unit.name, "count": count})


@check(
    "GOV-05",
    sentence=_("Every rule in force is reviewed each year."),
    source=_("Rules on account managers, Art 8"),
    severity=Severity.MEDIUM,
    say=lambda evidence: in_words(
        _("{title}: the yearly review of {day} has not taken place."), evidence
    ),
)
def review_overdue(world: World) -> Iterable[Breach]:
    """Rules in force whose yearly review was due; their keeper is concerned."""
    for rule in world.rules_overdue:
        unit = world.home_of(rule.unit_id)
        if unit is not None:
            evidence = {"title": rule.title, "day": rule.next_review_on.isoformat()}
            yield Breach(unit, evidence, f"rule:{rule.pk}", rule.keeper)
