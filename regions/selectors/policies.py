"""What holds in a unit and why, and what a change would do: for pages and the command."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from core.scope import scope_of
from regions.models import Kind, OrgUnit, PolicyValue
from regions.policies import (
    Below,
    Effective,
    Policy,
    effective,
    one_reading,
    policies,
    policy_values,
)
from regions.policies.touches import Change, Touch, touched

VIEW = "regions.view_policyvalue"
CHANGE = "regions.change_policyvalue"
WORKING = "active"  # accounts.UserState.ACTIVE
VERSIONS_SHOWN = 50


@dataclass(frozen=True)
class Line:
    """One rule as it holds in a unit: its value and where it comes from (None: the default)."""

    rule: Policy
    found: Effective
    source: OrgUnit | None
    own: bool

    @property
    def words(self) -> str:
        """The value as a reader sees it."""
        return self.rule.words(self.found.value)


def lines_of(
    unit: OrgUnit,
    *,
    topic: str = "",
    text: str = "",
    own_only: bool = False,
    on: date | None = None,
) -> list[Line]:
    """Every rule as it holds in a unit on a day (None: today), narrowed by topic and text."""
    above = {one.pk: one for one in OrgUnit.objects.filter(pk__in=unit.ancestor_ids())}
    lines = []
    with one_reading():
        for rule in policies():
            if (topic and rule.group != topic) or not _matches(rule, text):
                continue
            found = effective(rule.key, unit, on)
            own = found.source_id == unit.pk
            if own or not own_only:
                source = above[found.source_id] if found.source_id else None
                lines.append(Line(rule, found, source, own))
    return lines


def _matches(rule: Policy, text: str) -> bool:
    wanted = text.casefold()
    return any(wanted in str(word).casefold() for word in (rule.title, rule.meaning, rule.key))


@dataclass(frozen=True)
class Link:
    """A step of the way down to a unit: what it says by itself, and whether that decides."""

    unit: OrgUnit | None
    words: str
    own: PolicyValue | None
    decides: bool


def chain(rule: Policy, unit: OrgUnit, on: date | None = None) -> list[Link]:
    """From the default over the group down to the unit; the last one with a value decides."""
    day = on or timezone.localdate()
    line = OrgUnit.objects.filter(pk__in=unit.ancestor_ids()).in_tree_order()
    own = own_values(rule, line, day)
    found = effective(rule.key, unit, day)
    links = [Link(None, rule.words(rule.default), None, found.source_id is None)]
    for one in line:
        value = own.get(one.pk)
        decides = found.source_id == one.pk
        links.append(Link(one, _own_words(rule, value), value, decides))
    return links


def _own_words(rule: Policy, value: PolicyValue | None) -> str:
    return stored_words(rule, value) if value is not None else ""


def stored_words(rule: Policy, version: PolicyValue) -> str:
    """A stored version in words; JSON of a type that has changed since is shown as it is."""
    if version.value is None:
        return ""
    try:
        return rule.words(rule.type.from_json(version.value))
    except (TypeError, ValueError):
        return str(version.value)


def own_values(rule: Policy, units: Iterable[OrgUnit] | Any, day: date) -> dict[int, PolicyValue]:
    """Unit → its own version in force on a day; units without one, or that took it back, lack."""
    if not rule.differs_below:
        units = OrgUnit.objects.filter(pk__in=[one.pk for one in units], kind=Kind.GROUP)
    rows = PolicyValue.objects.filter(key=rule.key, unit__in=units).in_force(day)
    return {row.unit_id: row for row in rows.select_related("unit") if row.value is not None}


def may_take_back(rule: Policy, unit: OrgUnit) -> bool:
    """Whether a unit has a value of its own to take back: one in force, or one that is planned."""
    if own_values(rule, [unit], timezone.localdate()):
        return True
    planned = PolicyValue.objects.of(rule.key, unit).filter(effective_from__gt=timezone.localdate())
    latest = planned.order_by("effective_from", "-version").distinct("effective_from")
    return any(version.value is not None for version in latest)


def values_below(
    rule: Policy, unit: OrgUnit, reader: Any, on: date | None = None
) -> list[PolicyValue]:
    """What units below a unit say for themselves, as far as the reader sees those units."""
    seen = OrgUnit.objects.visible_to(reader, VIEW).below(unit, include_self=False)
    own = own_values(rule, seen, on or timezone.localdate())
    return sorted(own.values(), key=lambda value: value.unit.path)


def versions(rule: Policy, unit: OrgUnit) -> list[PolicyValue]:
    """The latest versions of a unit and of those above it, newest first."""
    rows = PolicyValue.objects.filter(key=rule.key, unit__in=unit.ancestor_ids())
    return list(rows.select_related("unit", "author").order_by("-pk")[:VERSIONS_SHOWN])


def latest_version(rule: Policy, unit: OrgUnit) -> int:
    """The number of the newest version of a unit's value; 0 before the first."""
    numbers = PolicyValue.objects.of(rule.key, unit).values_list("version", flat=True)
    return numbers.first() or 0


def changeable_units(user: Any) -> Any:
    """Units whose rules a user may set: the branches he reaches whole with the right."""
    scope = scope_of(user, CHANGE)
    return OrgUnit.objects.visible_to(replace(scope, own=frozenset()), CHANGE)


def may_set(user: Any, rule: Policy, unit: OrgUnit) -> bool:
    """Whether a user may say what a rule is in a unit; None is the operator."""
    if unit.kind != Kind.GROUP and rule.who_may is Below.NOBODY:
        return False
    if user is None:
        return True
    if unit.kind == Kind.GROUP or rule.who_may is Below.GROUP:
        return scope_of(user, CHANGE).everything
    return changeable_units(user).filter(pk=unit.pk).exists()


@dataclass(frozen=True)
class Preview:
    """What a new value would do on its first day."""

    before: str
    after: str
    changed: list[OrgUnit]
    kept: list[PolicyValue]
    until: PolicyValue | None = None
    touches: list[Touch] = field(default_factory=list)
    people: int = 0


def preview(rule: Policy, unit: OrgUnit, value: Any, *, on: date, reader: Any) -> Preview:
    """Which units a value of a unit (None: back to what is inherited) would change on a day.

    Units below with a value of their own keep it, and so do those under them.
    """
    before = policy_values(rule.key, on)
    branch = list(OrgUnit.objects.below(unit).in_tree_order())
    own = own_values(rule, [one for one in branch if one.pk != unit.pk], on)
    after = _inherited(rule, unit, on) if value is None else value
    changed = [
        one
        for one in branch
        if own.keys().isdisjoint(one.ancestor_ids()) and before[one.pk] != after
    ]
    keys = [one.pk for one in changed]
    change = Change(rule, keys, after, on, reader)
    later = PolicyValue.objects.of(rule.key, unit).filter(effective_from__gt=on)
    return Preview(
        before=rule.words(before[unit.pk]),
        after=rule.words(after),
        changed=changed,
        kept=sorted(own.values(), key=lambda row: row.unit.path),
        until=later.order_by("effective_from", "-version").first(),
        touches=touched(change),
        people=_people_in(keys),
    )


def _inherited(rule: Policy, unit: OrgUnit, on: date) -> Any:
    """What would hold in a unit without a value of its own."""
    if unit.parent_id is None:
        return rule.default
    return effective(rule.key, unit.parent, on).value


def _people_in(unit_ids: list[int]) -> int:
    """Active people who work in units themselves; they stand to the right of this app."""
    units = OrgUnit.objects.filter(pk__in=unit_ids)
    return units.aggregate(n=Count("people", filter=Q(people__state=WORKING), distinct=True))["n"]
