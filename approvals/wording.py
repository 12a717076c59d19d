"""Flows in words: who decides a step, how, until when; pure, names are handed in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from approvals.conditions import words
from approvals.definitions import How, OnTimeout, StepDef, Who, WhoKind
from core.display import listed
from regions.models import Kind

Labels = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Names:
    """What keys of a definition are called: bodies, roles and people by key, fields of the paper
    with their choices, and the policies' values that hold now."""

    bodies: Labels = field(default_factory=dict)
    roles: Labels = field(default_factory=dict)
    people: Labels = field(default_factory=dict)
    fields: Labels = field(default_factory=dict)
    choices: Mapping[str, Labels] = field(default_factory=dict)
    policies: Labels = field(default_factory=dict)


# Sentences of WhoKind that need no name.
ALONE: dict[str, Promise] = {
    WhoKind.APPLICANT_CHOICE: gettext_lazy("Chosen by the applicant"),
    WhoKind.PREVIOUS_CHOICE: gettext_lazy("Chosen by the previous approver"),
    WhoKind.APPLICANT: gettext_lazy("The applicant"),
    WhoKind.SPECIALIST: gettext_lazy("Specialist of the customer"),
}
HEAD: dict[str, Promise] = {
    Kind.GROUP: gettext_lazy("Head of the group"),
    Kind.REGION: gettext_lazy("Head of the region"),
    Kind.CITY: gettext_lazy("Head of the city"),
    Kind.PROJECT: gettext_lazy("Head of the project"),
}


def place_words(who: Who) -> str:
    """Where a post or role is looked for, seen from the applying unit."""
    if who.level:
        return str(Kind(who.level).label)
    if not who.up:
        return _("applying unit")
    return ngettext("{count} level up", "{count} levels up", who.up).format(count=who.up)


def who_words(who: Who, names: Names) -> str:
    """One way to find people: “Finance audit (Group)”."""
    if who.kind in ALONE:
        return str(ALONE[who.kind])
    if who.kind == WhoKind.BODY:
        return str(names.bodies.get(who.name, who.name))
    if who.kind == WhoKind.PERSON:
        return str(names.people.get(who.name, who.name))
    if who.kind == WhoKind.HEAD:
        if who.level:
            return str(HEAD[who.level])
        return _("Head ({place})").format(place=place_words(who))
    name = names.roles.get(who.name, who.name) if who.kind == WhoKind.ROLE else who.name
    return _("{name} ({place})").format(name=name, place=place_words(who))


def people_words(people: tuple[Who, ...], names: Names) -> str:
    """All ways of a step, in a row."""
    return listed(who_words(who, names) for who in people)


def how_words(step: StepDef) -> str:
    """How many decide: “All sign”, “At least 60% of them”."""
    if step.how == How.SHARE:
        return _("At least {share}% of them").format(share=step.share)
    return str(step.how.label)


def limit_words(step: StepDef) -> str:
    """Until when, and what then; empty without a limit."""
    if step.limit is None:
        return ""
    sentence = {
        OnTimeout.REMIND: _("within {span}, then a reminder"),
        OnTimeout.PASS: _("within {span}, then it counts as approved"),
        OnTimeout.REJECT: _("within {span}, then it is rejected"),
        OnTimeout.ESCALATE: _("within {span}, then the superior is asked"),
    }[step.on_timeout]
    return sentence.format(span=step.limit)


def condition_words(step: StepDef, names: Names) -> str:
    """Under which condition the step is met: “only if Amount above ¥3,000.00”; else empty."""
    if step.condition is None:
        return ""
    said = words(
        step.condition, labels=names.fields, policies=names.policies, choices=names.choices
    )
    return pgettext("when a step is met", "if {condition}").format(condition=said)
