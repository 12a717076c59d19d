"""Categories, levels and ladders as their pages show them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from complaints.limits import COMMITTEE_ROWS
from complaints.models import Category, Level, LimitKind, Relation
from complaints.policies import AFTER, BEFORE
from regions.models import Kind, OrgUnit
from regions.policies import effective, policy

LADDER, EXCEPTIONS = "complaints.ladder", "complaints.limit_exceptions"


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A category with what the group's rules say of it; `own` limits go before the general."""

    category: Category
    is_top: bool
    limits: list[str]


def category_rows() -> list[CategoryRow]:
    """The whole tree, words of former files too: a first level, then its second."""
    rows = list(Category.objects.select_related("parent", "level", "function"))
    below: dict[int | None, list[Category]] = defaultdict(list)
    for one in rows:
        below[one.parent_id].append(one)
    limits = _limits_by("category")
    return [
        CategoryRow(one, one.parent_id is None, limits[one.name])
        for top in below[None]
        for one in (top, *below[top.pk])
    ]


def level_rows() -> list[tuple[Level, list[str]]]:
    """Levels, the least grave first, with limits of their own."""
    limits = _limits_by("level")
    return [(level, limits[level.name]) for level in Level.objects.all()]


def _limits_by(column: str) -> dict[str, list[str]]:
    """Name → "Resolution: 4 working hours", as the group itself says."""
    found: dict[str, list[str]] = defaultdict(list)
    group = OrgUnit.objects.filter(kind=Kind.GROUP).first()
    for row in policy(EXCEPTIONS, group) if group else ():
        if row[column]:
            found[row[column]].append(f"{LimitKind(row['limit']).label}: {row['span']}")
    return found


@dataclass(frozen=True, slots=True)
class Ladder:
    """The steps that hold for some levels of a unit, limit by limit."""

    levels: list[str]
    limits: list[tuple[str, list[dict[str, Any]]]]


def ladders_of(unit: OrgUnit) -> tuple[list[Ladder], OrgUnit | None]:
    """The ladders in force in a unit today: the general one with the levels that follow it, then
    those of single levels; and the unit whose rule it is, None for the product's own."""
    found = effective(LADDER, unit)
    rows = [dict(row) for row in found.value]
    names = list(Level.objects.filter(is_offered=True).values_list("name", flat=True))
    own = {row["level"] for row in rows if row["level"]}
    general = [name for name in names if name not in own]
    ladders = [Ladder(general, _by_limit(row for row in rows if not row["level"]))]
    ladders += [
        Ladder([name], _by_limit(row for row in rows if row["level"] == name))
        for name in (*(one for one in names if one in own), *sorted(own - set(names)))
    ]
    source = OrgUnit.objects.filter(pk=found.source_id).first() if found.source_id else None
    return ladders, source


def _by_limit(rows: Iterable[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Steps in the order in which they come: the farthest before first, the farthest after last."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["limit"]].append(row)
    if LimitKind.COMMITTEE not in found:
        found[LimitKind.COMMITTEE] = [dict(row) for row in COMMITTEE_ROWS]
    return [
        (str(LimitKind(limit).label), [_step(row) for row in sorted(found[limit], key=_place)])
        for limit in LimitKind.values
        if limit in found
    ]


def _place(row: dict[str, Any]) -> float:
    minutes = (
        float(row["span"].minutes)
        if row["span"].unit != "working_days"
        else 480.0 * float(row["span"].amount)
    )
    return -minutes if row["side"] == BEFORE else minutes


def _step(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "span": row["span"],
        "is_before": row["side"] == BEFORE,
        "at_once": row["side"] == AFTER and not row["span"].amount,
        "relation": str(Relation(row["relation"]).label),
    }
