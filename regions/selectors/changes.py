"""Changes of the organisation for pages: lists, and what a unit went through."""

from typing import Any

from django.db.models import Q, QuerySet

from regions.models import ChangeState, OrgChange, OrgUnit, UnitAlias, UnitVersion


def changes_for(
    reader: Any,
    *,
    text: str = "",
    state: str = "",
    kind: str = "",
    late: bool = False,
    failed: bool = False,
) -> QuerySet[OrgChange]:
    """Changes a reader may see, the latest day first."""
    rows = OrgChange.objects.visible_to(reader).select_related("unit", "target", "author")
    if text:
        named = Q(unit__name__icontains=text) | Q(unit__code__istartswith=text)
        rows = rows.filter(named | Q(reason__icontains=text) | Q(payload__name__icontains=text))
    if state:
        rows = rows.filter(state=state)
    if kind:
        rows = rows.filter(kind=kind)
    if late:
        rows = rows.filter(late_by__gt=0)
    if failed:
        rows = rows.filter(state=ChangeState.APPROVED).exclude(problem="")
    return rows.order_by("-effective_on", "-pk")


def changes_of(reader: Any, unit: OrgUnit) -> QuerySet[OrgChange]:
    """Changes that a unit is named in or was touched by, the latest first."""
    rows = OrgChange.objects.visible_to(reader)
    named = Q(unit=unit) | Q(target=unit) | Q(unit_ids__contains=[unit.pk])
    return rows.filter(named).select_related("unit").order_by("-effective_on", "-pk")


def versions_of(unit: OrgUnit) -> QuerySet[UnitVersion]:
    """What a unit was from when to when, the latest first."""
    return unit.versions.select_related("parent", "merged_into").order_by("-valid_from")  # type: ignore[attr-defined]


def units_seen(reader: Any) -> set[int]:
    """Keys of the units in reach, and of those merged into one of them."""
    seen = set(OrgUnit.objects.visible_to(reader).values_list("pk", flat=True))
    merged = OrgUnit.objects.exclude(merged_into=None).select_related("merged_into")
    return seen | {unit.pk for unit in merged if unit.home().pk in seen}


def unit_by_code(reader: Any, code: str, *, right: str = "regions.view_orgunit") -> OrgUnit | None:
    """The unit that a code leads to today, old codes and codes of merged units included."""
    return code_today(OrgUnit.objects.visible_to(reader, right), code)


def code_today(units: QuerySet[OrgUnit], code: str) -> OrgUnit | None:
    """The one of some units that a code leads to today, as `unit_by_code`."""
    if (unit := units.filter(code=code, merged_into=None).first()) is not None:
        return unit
    alias = UnitAlias.objects.filter(code=code).select_related("unit__merged_into").first()
    return units.filter(pk=alias.unit.home().pk).first() if alias else None
