"""Which rules are checked: each is registered once, in the module of what it looks at."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise

from accounts.models import User
from compliance.checks.world import World
from compliance.states import Severity
from core.display import listed
from regions.models import Kind, OrgUnit

Words = str | Promise
ALL_KINDS = (Kind.GROUP, Kind.REGION, Kind.CITY, Kind.PROJECT)


@dataclass(frozen=True, slots=True)
class Breach:
    """A unit that breaks a rule, and what shows it, as plain values.

    `key` tells several breaches of one rule in one unit apart (a person's number, a record's); it
    stays the same as long as the breach lasts. `person` is who is concerned. `message` is for
    checks that register no words for their evidence.
    """

    unit: OrgUnit
    evidence: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    person: User | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A rule that is checked.

    `id` is the requirement where there is one. `sentence` says the rule, `source` the document it
    comes from, `kinds` on which levels it holds, `policies` which rules of the group it asks.
    `responsible` names who mends it: "head" of the unit, head "above" it, or "administrator".
    `say` puts evidence into words. `rows` is the address of what breaks the rule in a unit, for a
    reader; "" where he may not see it.
    """

    id: str
    sentence: Words
    source: Words
    severity: Severity
    find: Callable[[World], Iterable[Breach]]
    say: Callable[[Mapping[str, Any]], str] | None = None
    kinds: tuple[str, ...] = ALL_KINDS
    policies: tuple[str, ...] = ()
    rows: Callable[[User, OrgUnit], str] | None = None
    responsible: str = "head"


@dataclass(frozen=True, slots=True)
class Found:
    """A breach with the check that found it."""

    check: Check
    breach: Breach


CHECKS: dict[str, Check] = {}
Finder = Callable[[World], Iterable[Breach]]


def check(id: str, **about: Any) -> Callable[[Finder], Finder]:  # noqa: A002
    """Register the decorated function as the check of a rule. Raises ValueError for an id that
    another function has."""

    def register(finder: Finder) -> Finder:
        known = CHECKS.get(id)
        if known is not None and known.find is not finder:
            raise ValueError(f"the check {id} is registered twice")
        CHECKS[id] = Check(id=id, find=finder, **about)
        return finder

    return register


def find(rule: str) -> Check | None:
    """The check of a rule; None for one that no longer exists."""
    return CHECKS.get(rule)


def sentence(rule: str, evidence: Mapping[str, Any], message: str = "") -> str:
    """What was found, in the reader's language; `message` where the check has no words."""
    known = CHECKS.get(rule)
    if known is None or known.say is None:
        return message
    return str(known.say(evidence))


def in_words(template: Words, evidence: Mapping[str, Any]) -> str:
    """A sentence with the evidence in its places; lists are written out."""
    values = {
        key: listed(value) if isinstance(value, list) else value for key, value in evidence.items()
    }
    return str(template).format(**values)


def run(world: World, only: Iterable[str] | None = None) -> list[Found]:
    """Everything that the checks find, in the order of the rules, then of the tree. `only` names
    rules. Each breach comes once. A fixed number of queries."""
    wanted = CHECKS if only is None else {id: CHECKS[id] for id in only}
    found: dict[tuple[str, int, str], Found] = {}
    for id in sorted(wanted):
        one = wanted[id]
        for breach in one.find(world):
            if breach.unit.kind in one.kinds:
                found.setdefault((id, breach.unit.pk, breach.key), Found(one, breach))
    place = {unit.pk: number for number, unit in enumerate(world.units)}
    return sorted(
        found.values(),
        key=lambda one: (one.check.id, place.get(one.breach.unit.pk, -1), one.breach.key),
    )
