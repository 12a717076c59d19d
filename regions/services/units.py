"""Verbs of the tree: create, change, move. Each is one transaction and keeps the parent history."""

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
from regions.models import OrgUnit, UnitParent


@transaction.atomic
def create_unit(*, by: Any, opened_on: date | None = None, **fields: Any) -> OrgUnit:
    """A new unit under its parent. Raises ValidationError when it breaks a rule of the tree."""
    unit = OrgUnit(opened_on=opened_on, **fields)
    unit.full_clean()
    unit.save()
    remember_parent(unit, opened_on or timezone.localdate())
    record("unit.created", subject=unit, by=by, code=unit.code, name=unit.name)
    return unit


@transaction.atomic
def change_unit(unit: OrgUnit, *, by: Any) -> OrgUnit:
    """Save changed fields of a unit, moving its branch and its rows when the parent changed."""
    before = OrgUnit.objects.select_for_update().get(pk=unit.pk)
    if before.kind != unit.kind:
        raise Refused(_("The level of an existing unit cannot be changed here."))
    unit.full_clean()
    if before.parent_id != unit.parent_id:
        move_unit(unit, before=before, by=by)
    unit.save()
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
    UnitParent.objects.filter(unit=unit, valid_until=None).update(valid_until=day)
    UnitParent.objects.create(unit=unit, parent=unit.parent, valid_from=day)
    OrgUnit.objects.filter(pk=unit.pk).update(path=new_path, parent=unit.parent)
    move_rows(OrgUnit.objects.below(OrgUnit(pk=unit.pk, path=new_path)))
    record("unit.moved", subject=unit, by=by, code=unit.code, to=unit.parent and unit.parent.code)


def remember_parent(unit: OrgUnit, day: date) -> None:
    """Open the parent history of a new unit."""
    UnitParent.objects.create(unit=unit, parent=unit.parent, valid_from=day)


def scoped_models() -> list[type[Scoped]]:
    """Every model with scope columns, of every installed app."""
    from django.apps import apps

    return [model for model in apps.get_models() if issubclass(model, Scoped)]


def move_rows(units: Any) -> int:
    """Set the scope columns of all rows of these units from the tree. Returns rows changed."""
    columns = {unit.pk: unit.scope_columns() for unit in units}
    return sum(_set_columns(model, columns) for model in scoped_models())


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
