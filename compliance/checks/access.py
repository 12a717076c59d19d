"""Accounts, roles and leavers (ACC-05, ACC-07, ACC-08)."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from accounts.handover import REGISTRY
from accounts.models import Reach, RoleGrant
from compliance.checks.registry import Breach, check, in_words
from compliance.checks.world import World
from compliance.states import Severity
from core.display import listed, thousands
from regions.policies import policy

CRM_3_3 = _("Group CRM-system rules, Art 3(3)")
CRM_5 = _("Group CRM-system rules, Art 5")


def _held_words(held: Mapping[str, int]) -> str:
    """What a leaver holds: "1 post, 14 × customers"."""
    parts = []
    for kind, number in held.items():
        if kind == "post":
            said = ngettext("{count} post", "{count} posts", number)
        elif kind == "grant":
            said = ngettext("{count} role", "{count} roles", number)
        else:
            work = REGISTRY.kinds.get(kind)
            parts.append(f"{work.title if work else kind} {thousands(number)}")
            continue
        parts.append(said.format(count=thousands(number)))
    return listed(parts)


def _say_leaver(evidence: Mapping[str, Any]) -> str:
    said = []
    if evidence.get("open"):
        template = gettext("The last day of {person} was {left_on}, and the account is still open.")
        said.append(template.format(**evidence))
    if evidence["held"]:
        template = gettext("{person} has left and still holds: {held}.")
        held = _held_words(evidence["held"])
        said.append(template.format(person=evidence["person"], held=held))
    return " ".join(said)


@check(
    "ACC-07",
    sentence=_("Whoever has left holds no account, no post, no open work and no role any more."),
    source=CRM_3_3,
    severity=Severity.HIGH,
    say=_say_leaver,
)
def leavers(world: World) -> Iterable[Breach]:
    """People who left and still hold something, or whose account still lets them in: one breach a
    person."""
    held_by = world.held_by_leavers
    for person_id, person in world.leavers.items():
        held = held_by.get(person_id, {})
        unit = world.home_of(person.unit_id)
        if unit is None or not (held or person.is_active):
            continue
        evidence: dict[str, Any] = {
            "person": person.name,
            "employee_no": person.employee_no,
            "left_on": person.left_on.isoformat() if person.left_on else None,
            "held": dict(sorted(held.items())),
        }
        if person.is_active:
            evidence["open"] = True
        yield Breach(unit, evidence, person.employee_no, person)


def _say_administrators(evidence: Mapping[str, Any]) -> str:
    template = ngettext(
        "The section {section} has {count} administrator; it needs {least} to {most}.",
        "The section {section} has {count} administrators; it needs {least} to {most}.",
        evidence["count"],
    )
    return template.format(**evidence)


LEAST, MOST = 1, 2


@check(
    "ACC-05",
    sentence=_("Every section has one or two administrators."),
    source=CRM_5,
    severity=Severity.MEDIUM,
    say=_say_administrators,
    responsible="administrator",
)
def section_administrators(world: World) -> Iterable[Breach]:
    """Sections with none, or with more than two."""
    for section, units in world.sections:
        count = len(world.section_administrators[section.pk])
        unit = world.home_of(units[0].pk if units else None)
        if unit is not None and not LEAST <= count <= MOST:
            evidence = {"section": section.name, "count": count, "least": LEAST, "most": MOST}
            yield Breach(unit, evidence, section.code)


def _say_dormant(evidence: Mapping[str, Any]) -> str:
    if evidence["last_log_in"] is None:
        return in_words(_("{person}, {role}, has never logged in."), evidence)
    return in_words(_("{person}, {role}, logged in last on {last_log_in}."), evidence)


@check(
    "ACC-DORMANT",
    sentence=_("Administrators use their accounts, or lose them."),
    source="GB/T 22239-2019 8.1.4.2 c",
    severity=Severity.MEDIUM,
    say=_say_dormant,
    policies=("compliance.dormant_administrator_days",),
    responsible="administrator",
)
def dormant_administrators(world: World) -> Iterable[Breach]:
    """Administrators who have not logged in for longer than the rule allows."""
    limit = world.day - dt.timedelta(days=policy("compliance.dormant_administrator_days"))
    administer = {grant.user_id: grant for grant in world.administrators}
    seen = world.last_log_ins(administer)
    for person, grant in administer.items():
        last = seen.get(person)
        since = timezone.localdate(max(last, grant.given_at) if last else grant.given_at)
        unit = world.home_of(grant.unit_id)
        if since >= limit or unit is None:
            continue
        evidence = {
            "person": grant.user.name,
            "employee_no": grant.user.employee_no,
            "role": grant.role.name,
            "last_log_in": timezone.localdate(last).isoformat() if last else None,
        }
        yield Breach(unit, evidence, grant.user.employee_no, grant.user)


@check(
    "ACC-OUTSIDE",
    sentence=_("Roles are held where the person works, or below."),
    source="GB/T 22239-2019 8.1.4.2 d",
    severity=Severity.MEDIUM,
    say=lambda evidence: in_words(
        _("{person} works in {home} and holds the role {role} in {unit}."), evidence
    ),
    responsible="administrator",
)
def roles_outside(world: World) -> Iterable[Breach]:
    """Roles in units that are neither the person's own, nor below it, nor those of a post."""
    posts = {(post.user_id, unit) for unit, held in world.posts.items() for post in held}
    for grant in world.grants:
        unit = world.by_id.get(grant.unit_id)
        if unit is None or _belongs(grant, unit.ancestor_ids(), posts):
            continue
        home = grant.user.unit
        evidence = {
            "person": grant.user.name,
            "employee_no": grant.user.employee_no,
            "home": home.name if home else pgettext("unit", "no unit"),
            "role": grant.role.name,
            "unit": unit.name,
        }
        yield Breach(unit, evidence, f"{grant.user.employee_no}:{grant.role.code}", grant.user)


def _belongs(grant: RoleGrant, chain: list[int], posts: set[tuple[int, int]]) -> bool:
    """Whether a role lies in the person's branch, or where (or below where) he holds a post.

    A role held in a section follows the section; one that reaches the whole group lies nowhere.
    """
    if grant.section_grant_id is not None or grant.role.reach == Reach.GROUP:
        return True
    return grant.user.unit_id in chain or any((grant.user_id, unit) in posts for unit in chain)
