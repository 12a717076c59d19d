"""What a change would do, found by doing it and taking it back.

A rehearsal carries the change out in the tree and in the tables that decide who sees what, looks
at the result, and rolls the transaction back. So the preview cannot differ from the change.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from core.display import listed
from core.errors import Refused
from regions.models import ChangeKind, ChangeState, OrgChange, OrgUnit, UnitVersion
from regions.services.inheritance import (
    moved_ways,
    rules_of_other_origin,
    units_of_other_hours,
)
from regions.services.surgery import Surgeon
from regions.takes_part import (
    AFTERWARDS,
    PARTICIPANTS,
    Holding,
    Warning_,
    holdings,
    warnings,
)

LOCK = "SELECT pg_advisory_xact_lock(hashtext('regions.changes'))"


class _TakeBack(Exception):
    """Ends a rehearsal."""


@dataclass(frozen=True, slots=True)
class Line:
    """A unit in a picture of the tree. `mark` is new, moved, renamed, closed or empty."""

    pk: int
    name: str
    code: str
    kind: str
    depth: int
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Sight:
    """Somebody who sees more or less after the change."""

    name: str
    employee_no: str
    units: str


@dataclass(slots=True)
class Preview:
    """What a change would do: both trees, counts, who sees what, and what must be settled."""

    before: list[Line] = field(default_factory=list)
    after: list[Line] = field(default_factory=list)
    counts: list[tuple[str, int]] = field(default_factory=list)
    gains: list[Sight] = field(default_factory=list)
    losses: list[Sight] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    warnings: list[Warning_] = field(default_factory=list)
    widened: dict[int, str] = field(default_factory=dict)
    unit_ids: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Picture:
    """Who reaches what at one moment: the way up from the home of each unit, and the holdings."""

    units: dict[int, OrgUnit]
    ways: dict[int, tuple[int, ...]]
    held: dict[int, list[Holding]]

    def reached(self, unit: int) -> Iterable[Holding]:
        """Holdings that see the rows of a unit whole."""
        way = self.ways[unit]
        for place in way:
            for holding in self.held.get(place, ()):
                if (
                    holding.reach == "subtree"
                    or holding.reach == "group"
                    or holding.reach == "unit"
                    and place == way[-1]
                ):
                    yield holding

    def sight(self, unit: int) -> dict[int, tuple[Holding, set[str]]]:
        """Who sees the rows of a unit whole, by his key: a holding, and all his rights there."""
        found: dict[int, tuple[Holding, set[str]]] = {}
        for holding in self.reached(unit):
            found.setdefault(holding.user_id, (holding, set()))[1].update(holding.rights)
        return found

    def rights(self, unit: int, user: int) -> set[str]:
        """With which rights one person reaches the rows of a unit."""
        rights = (holding.rights for holding in self.reached(unit) if holding.user_id == user)
        return set().union(*rights)


def picture() -> Picture:
    """The tree and the holdings as they are now."""
    units = OrgUnit.objects.in_bulk()
    ways = {}
    for pk, unit in units.items():
        home = unit
        while home.merged_into_id is not None:
            home = units[home.merged_into_id]
        ways[pk] = tuple(home.ancestor_ids())
    group = next((pk for pk, way in ways.items() if len(way) == 1), None)
    held: dict[int, list[Holding]] = defaultdict(list)
    for holding in holdings():
        place = group if holding.reach == "group" and group is not None else holding.unit_id
        held[place].append(holding)
    return Picture(units, ways, held)


def lock() -> None:
    """One change at a time: who comes second waits."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK)


def standing_problems(change: OrgChange) -> list[str]:
    """What forbids a change whatever it does: another one in the way, or a day too early."""
    others = OrgChange.objects.exclude(pk=change.pk)
    problems = []
    subjects = [pk for pk in (change.unit_id,) if pk is not None]
    same_day = (
        others.pending()
        .exclude(state=ChangeState.DRAFT)
        .filter(unit__in=subjects, effective_on=change.effective_on)
    )
    if other := same_day.first():
        sentence = _("Change {number} of this unit is to take effect on the same day.")
        problems.append(sentence.format(number=other.pk))
    later = others.filter(
        state=ChangeState.APPLIED,
        unit_ids__overlap=subjects,
        effective_on__gt=change.effective_on,
    )
    if other := later.order_by("effective_on").first():
        sentence = _(
            "Change {number} of {day} is later and in force already. Please undo it first."
        )
        problems.append(sentence.format(number=other.pk, day=other.effective_on))
    both = [pk for pk in (change.unit_id, change.target_id) if pk is not None]
    known = UnitVersion.objects.filter(valid_from__lte=change.effective_on, unit__in=both)
    if unknown := set(both) - set(known.values_list("unit", flat=True)):
        names = listed(OrgUnit.objects.filter(pk__in=unknown).values_list("name", flat=True))
        sentence = _("On that day {units} did not exist yet.")
        problems.append(sentence.format(units=names))
    return problems


def moving_problems(change: OrgChange) -> list[str]:
    """What forbids uniting the rows of two units."""
    merges = change.kind in (ChangeKind.MERGE, ChangeKind.CLOSE)
    if not merges or change.unit is None or change.target is None:
        return []
    return [problem for one in PARTICIPANTS for problem in one.problems(change.unit, change.target)]


def rehearse(change: OrgChange) -> Preview:
    """What the change would do now. Nothing stays written."""
    preview = Preview(problems=[*standing_problems(change), *moving_problems(change)])
    unit, target, payload = change.unit, change.target, dict(change.payload)
    units = change.unit_ids
    try:
        with transaction.atomic():
            lock()
            was = picture()
            surgeon = Surgeon(change, rehearsal=True)
            surgeon.operate()
            for follow in AFTERWARDS:
                follow()
            now = picture()
            _describe(preview, change, was, now, surgeon)
            raise _TakeBack
    except _TakeBack:
        pass
    except (ValidationError, Refused, IntegrityError) as problem:
        preview.problems += sentences(problem)
    finally:
        change.unit, change.target, change.payload = unit, target, payload
        change.unit_ids = units
    return preview


def sentences(problem: Exception) -> list[str]:
    """What an error says to people."""
    if isinstance(problem, ValidationError):
        return [str(message) for message in problem.messages]
    if isinstance(problem, Refused):
        return [str(problem)]
    return [_("Newer records stand in the way of this change.")]


def _describe(
    preview: Preview, change: OrgChange, was: Picture, now: Picture, surgeon: Surgeon
) -> None:
    touched = set(change.unit_ids)
    preview.unit_ids = sorted(touched)
    preview.before, preview.after = _excerpts(change, was, now, touched)
    branch = {pk for pk in was.ways if touched & set(was.ways[pk]) and _is_moved(pk, was, now)}
    branch |= {pk for pk in surgeon.before if not _is_only_parent(pk, change, was, now)}
    preview.counts = [(str(one.title), one.current(branch)) for one in PARTICIPANTS]
    preview.counts += _inherited(was, now, change.effective_on)
    preview.warnings = warnings(change.effective_on, touched)
    _sights(preview, was, now)


def _inherited(was: Picture, now: Picture, day: date) -> list[tuple[str, int]]:
    """How many policies and calendars come from elsewhere afterwards."""
    split = {pk: unit.split_from_id for pk, unit in now.units.items() if unit.split_from_id}
    pairs = moved_ways(was.ways, now.ways, split)
    return [
        (_("policies from another origin"), len(rules_of_other_origin(pairs, day))),
        (_("units with another working calendar"), units_of_other_hours(pairs)),
    ]


def _is_moved(pk: int, was: Picture, now: Picture) -> bool:
    return was.ways[pk] != now.ways[pk]


def _is_only_parent(pk: int, change: OrgChange, was: Picture, now: Picture) -> bool:
    """Units that a change only hangs others under are not changed themselves."""
    return pk != change.unit_id and not _is_moved(pk, was, now)


def _sights(preview: Preview, was: Picture, now: Picture) -> None:
    """Who sees units he did not see, and who no longer sees units he saw (reliability 33)."""
    more: dict[int, list[int]] = defaultdict(list)
    less: dict[int, list[int]] = defaultdict(list)
    people: dict[int, Holding] = {}
    same_roles = was.held == now.held
    for pk in was.ways:
        if same_roles and was.ways[pk] == now.ways[pk]:
            continue
        before, after = was.sight(pk), now.sight(pk)
        people |= {user: holding for user, (holding, _rights) in (before | after).items()}
        for user in after.keys() - before.keys():
            more[user].append(pk)
        for user in before.keys() - after.keys():
            less[user].append(pk)
        for user in after.keys() & before.keys():
            if after[user][1] - before[user][1]:
                preview.widened.setdefault(user, was.units[pk].name)
    for user, units in more.items():
        preview.widened.setdefault(user, was.units[units[0]].name)
    preview.gains = _listed(more, people, was)
    preview.losses = _listed(less, people, was)


def _listed(found: dict[int, list[int]], people: dict[int, Holding], tree: Picture) -> list[Sight]:
    return [
        Sight(
            people[user].name,
            people[user].employee_no,
            listed(tree.units[pk].name for pk in sorted(units)[:5])
            + ("…" if len(units) > 5 else ""),
        )
        for user, units in sorted(found.items(), key=lambda item: people[item[0]].employee_no)
    ]


def _excerpts(
    change: OrgChange, was: Picture, now: Picture, touched: set[int]
) -> tuple[list[Line], list[Line]]:
    """What the change touches in both trees: the way up, and what hangs directly below."""
    shown: set[int] = set()
    for state in (was, now):
        for pk in touched & state.units.keys():
            shown |= set(state.units[pk].ancestor_ids())
            if pk != change.target_id or change.kind in (ChangeKind.MERGE, ChangeKind.SPLIT):
                shown |= {one.pk for one in state.units.values() if one.parent_id == pk}
    return _lines(was, shown, None), _lines(now, shown, was)


def _lines(state: Picture, shown: set[int], former: Picture | None) -> list[Line]:
    units = sorted((state.units[pk] for pk in shown if pk in state.units), key=OrgUnit.ancestor_ids)
    return [
        Line(unit.pk, unit.name, unit.code, unit.kind, unit.depth, _mark(unit, former))
        for unit in units
        if unit.is_active or (former is not None and former.units[unit.pk].is_active)
    ]


def _mark(unit: OrgUnit, former: Picture | None) -> str:
    if former is None:
        return ""
    was: Any = former.units.get(unit.pk)
    if was is None:
        return "new"
    if was.is_active != unit.is_active:
        return "opened" if unit.is_active else "closed"
    if was.kind != unit.kind:
        return "level"
    if was.parent_id != unit.parent_id:
        return "moved"
    names = (was.name, was.code, was.department_name, was.department_level)
    if names != (unit.name, unit.code, unit.department_name, unit.department_level):
        return "renamed"
    return ""
