"""Verbs of the tree: create, change, move. Each is one transaction and keeps the history."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Value
from django.db.models.functions import Concat, Length, Right
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused
from core.scope import LEVELS, Scoped
from regions.calendars.changes import CalendarChange, tell
from regions.calendars.loading import forget
from regions.models import OrgUnit, UnitAlias
from regions.services.history import amend, changed_columns, remember

# What the path of each unit must be by the parents.
PATHS = """
    WITH RECURSIVE tree AS (
        SELECT id, '/' || id || '/' AS path FROM regions_orgunit WHERE parent_id IS NULL
        UNION ALL
        SELECT u.id, tree.path || u.id || '/' FROM regions_orgunit u
        JOIN tree ON u.parent_id = tree.id
    ) SELECT * FROM tree"""


@transaction.atomic
def create_unit(*, by: Any, opened_on: date | None = None, **fields: Any) -> OrgUnit:
    """A new unit under its parent. Raises ValidationError when it breaks a rule of the tree."""
    unit = OrgUnit(opened_on=opened_on, **fields)
    unit.full_clean()
    refuse_taken_code(unit.code)
    unit.save()
    remember(unit, opened_on or timezone.localdate())
    record("unit.created", subject=unit, by=by, code=unit.code, name=unit.name)
    return unit


@transaction.atomic
def change_unit(unit: OrgUnit, *, by: Any) -> OrgUnit:
    """Save changed fields of a unit, moving its branch and its rows when the parent changed."""
    before = OrgUnit.objects.select_for_update(of=("self",)).get(pk=unit.pk)
    if before.kind != unit.kind:
        raise Refused(_("The level of an existing unit cannot be changed here."))
    unit.full_clean()
    if before.code != unit.code:
        refuse_taken_code(unit.code)
    if before.parent_id != unit.parent_id:
        move_unit(unit, before=before, by=by)
    unit.save()
    remember_change(unit, before)
    record("unit.changed", subject=unit, by=by, code=unit.code, name=unit.name)
    return unit


def move_unit(unit: OrgUnit, *, before: OrgUnit, by: Any, on: date | None = None) -> None:
    """Hang a unit under another parent: paths below it, parent history and scope columns follow."""
    if unit.parent and unit.parent.path.startswith(before.path):
        raise ValidationError({"parent": _("A unit cannot hang under itself.")})
    day = on or timezone.localdate()
    base = unit.parent.path if unit.parent else "/"
    new_path = f"{base}{unit.pk}/"
    tail = Right("path", Length("path") - len(before.path))
    OrgUnit.objects.below(before, include_self=False).update(path=Concat(Value(new_path), tail))
    OrgUnit.objects.filter(pk=unit.pk).update(path=new_path, parent=unit.parent)
    amend({unit.pk: ["parent_id"]}, day)
    move_rows(OrgUnit.objects.below(OrgUnit(pk=unit.pk, path=new_path)))
    tell_calendars([unit.pk])
    record("unit.moved", subject=unit, by=by, code=unit.code, to=unit.parent and unit.parent.code)


def mend_paths() -> list[int]:
    """Let paths follow the parents in the whole tree. Returns the keys of units mended."""
    sql = f"""
        UPDATE regions_orgunit t SET path = paths.path FROM ({PATHS}) paths
        WHERE paths.id = t.id AND t.path <> paths.path RETURNING t.id"""  # noqa: S608  no user text
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [pk for (pk,) in cursor.fetchall()]


def tell_calendars(units: Iterable[int]) -> None:
    """Tell owners of stored deadlines that rows of these units may now follow the calendar of other
    units above them, as far back as the tree goes."""
    forget()
    for pk in sorted(units):
        tell(CalendarChange(pk))


def remember_change(unit: OrgUnit, before: OrgUnit) -> None:
    """Write what an edit of a unit changed into its history, from today on."""
    columns = changed_columns(before, unit)
    if columns:
        amend({unit.pk: columns}, timezone.localdate())


def refuse_taken_code(code: str, *, of: int | None = None) -> None:
    """Raise ValidationError for a code by which another unit is or was known."""
    if UnitAlias.objects.filter(code=code).exclude(unit=of).exists():
        sentence = _("The code {code} leads to another unit since a change of the organisation.")
        raise ValidationError({"code": sentence.format(code=code)})


def scoped_models() -> list[type[Scoped]]:
    """Every model with scope columns, of every installed app."""
    from django.apps import apps

    return [model for model in apps.get_models() if issubclass(model, Scoped)]


def move_rows(units: Any) -> int:
    """Set the scope columns of all rows of these units from the tree. Returns rows changed."""
    found = {unit.pk: unit for unit in units}
    columns = {unit.pk: unit.scope_columns() for unit in [*found.values(), *_merged_into(found)]}
    return sum(_set_columns(model, columns) for model in scoped_models())


def _merged_into(units: dict[int, OrgUnit]) -> list[OrgUnit]:
    """Units that were merged into these, at any remove: their rows follow."""
    found: dict[int, OrgUnit] = {}
    level = OrgUnit.objects.filter(merged_into__in=units).exclude(pk__in=units)
    while level:
        found |= {unit.pk: unit for unit in level}
        level = OrgUnit.objects.filter(merged_into__in=[unit.pk for unit in level])
        level = level.exclude(pk__in=[*found, *units])
    return list(found.values())


def _set_columns(
    model: type[Scoped], columns: dict[int, tuple[int | None, int | None, int | None]]
) -> int:
    """One set UPDATE a table; rows that are right already are not rewritten."""
    table = connection.ops.quote_name(model._meta.db_table)
    sql = f"""
        UPDATE {table} AS t SET region_id = v.region, city_id = v.city, project_id = v.project
        FROM unnest(%s::int[], %s::int[], %s::int[], %s::int[]) AS v(unit, region, city, project)
        WHERE t.unit_id = v.unit
          AND (t.region_id, t.city_id, t.project_id)
              IS DISTINCT FROM (v.region, v.city, v.project)"""  # noqa: S608  no user text
    units = list(columns)
    with connection.cursor() as cursor:
        cursor.execute(
            sql, [units, *([columns[unit][i] for unit in units] for i in range(len(LEVELS)))]
        )
        return cursor.rowcount


@transaction.atomic
def mend_scope_columns() -> int:
    """Compare every scoped row with the tree and mend what differs. Returns rows mended."""
    return move_rows(OrgUnit.objects.all())
