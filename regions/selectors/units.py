"""Queries about the tree made for pages. People and posts lie to the right of this app, so they are
read through the names their models give the relations of a unit."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Refused
from regions.models import OrgUnit, UnitAlias

WORKING = "active"  # accounts.UserState.ACTIVE


@dataclass(frozen=True, slots=True)
class Head:
    """Who heads a department: number and name of the person."""

    employee_no: str
    name: str


def held_today(prefix: str) -> Q:
    """Posts whose span contains today, seen through the relation `prefix`."""
    today = timezone.localdate()
    begun = Q(**{f"{prefix}valid_from__isnull": True}) | Q(**{f"{prefix}valid_from__lte": today})
    open_end = Q(**{f"{prefix}valid_until__isnull": True}) | Q(
        **{f"{prefix}valid_until__gt": today}
    )
    return begun & open_end


def known_as(text: str) -> Q:
    """Units that had a code beginning with a text, or swallowed a unit that had it."""
    return Q(pk__in=UnitAlias.objects.filter(code__istartswith=text).values("unit"))


def branch_of_code(code: str) -> OrgUnit | None:
    """The branch that an operator names; None, the whole group, for an empty code. Raises Refused
    for a unit that does not exist."""
    if not code:
        return None
    unit = OrgUnit.objects.filter(code=code.upper()).first()
    if unit is None:
        raise Refused(_("There is no unit with the code {code}.").format(code=code))
    return unit


def units_in_tree(reader: Any, *, text: str = "") -> list[OrgUnit]:
    """The units a reader sees in tree order, with `people_count` and `heads`. Two queries."""
    working = Count("people", filter=Q(people__state=WORKING), distinct=True)
    units = OrgUnit.objects.visible_to(reader).annotate(people_count=working).in_tree_order()
    if text:
        units = units.filter(Q(name__icontains=text) | Q(code__istartswith=text) | known_as(text))
    found: list[OrgUnit] = list(units)
    heads = heads_of([unit.pk for unit in found])
    for unit in found:
        unit.heads = heads.get(unit.pk, [])  # type: ignore[attr-defined]
    return found


def heads_of(unit_ids: list[int]) -> dict[int, list[Head]]:
    """The heads of departments and leads of projects by unit, today."""
    posts = OrgUnit.objects.filter(
        held_today("posts__"),
        Q(posts__function__is_head=True) | Q(posts__function__is_project_lead=True),
        pk__in=unit_ids,
        posts__user__state=WORKING,
    )
    rows = posts.order_by("posts__pk").values_list(
        "pk", "posts__user__employee_no", "posts__user__name"
    )
    heads: dict[int, list[Head]] = defaultdict(list)
    for pk, number, name in rows:
        heads[pk].append(Head(number, name))
    return heads


def children_of(reader: Any, parent: OrgUnit | None) -> QuerySet[OrgUnit]:
    """The units below one, or a reader's topmost units, with `has_children`."""
    visible = OrgUnit.objects.visible_to(reader)
    below = visible.filter(parent=OuterRef("pk"))
    units = visible.annotate(has_children=Exists(below)).in_tree_order()
    if parent is not None:
        return units.filter(parent=parent)
    seen_above = Exists(visible.filter(pk=OuterRef("parent")))
    return units.filter(~seen_above)


def search_units(reader: Any, text: str, *, limit: int = 30) -> list[OrgUnit]:
    """Units whose name or code contains a text, flat; with `has_children` False, as leaves."""
    found = OrgUnit.objects.visible_to(reader).filter(
        Q(name__icontains=text) | Q(code__icontains=text) | known_as(text)
    )
    units = list(found.in_tree_order()[:limit])
    for unit in units:
        unit.has_children = False  # type: ignore[attr-defined]
    return units


def posts_of(unit: OrgUnit) -> Any:
    """The posts of a unit held today, heads first, with person and function."""
    posts = unit.posts.now().select_related("user", "function")  # type: ignore[attr-defined]
    return posts.order_by("-function__is_head", "-function__is_project_lead", "function", "user")
