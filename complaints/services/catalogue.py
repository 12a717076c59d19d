"""Categories and levels of cases, kept by administrators: data of the group, not code.

Only who holds the right over the whole group writes them. What cases bear is never deleted, only
no longer offered. A new name or weight may change the time limits of open cases: one job works
them out anew.
"""

from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError, Q
from django.utils.translation import gettext as _

from audit.services import record
from complaints.models import Case, Category, Level
from complaints.services.recompute import class_changed
from core.errors import Refused, Stale

DELETED, RETIRED = "deleted", "retired"


@transaction.atomic
def save_category(category: Category | None, *, by: Any, **values: Any) -> Category:
    """Write a category; None makes a new one. `values` are fields of Category.

    Raises Refused without the right, for a name that stands there twice, and for a place in the
    tree that would make a third level or move former cases into another group.
    """
    _check_by(by, "category", category)
    held = _hold(Category, category) or Category()
    before = (held.name, held.parent_id)
    for name, value in values.items():
        setattr(held, name, value)
    held.name = held.name.strip()
    _check_place(held, before[1])
    _save(held, _("There is a category of this name here already."))
    if category is not None and held.name != before[0]:
        class_changed(category=held.pk)
    record("category.saved", by=by, subject=held, name=str(held))
    return held


@transaction.atomic
def save_level(level: Level | None, *, by: Any, **values: Any) -> Level:
    """Write a level; None makes a new one. `values` are fields of Level.

    Raises Refused without the right, for a name that exists, and for a second level for many
    complainants.
    """
    _check_by(by, "level", level)
    held = _hold(Level, level) or Level()
    before = (held.name, held.is_serious)
    for name, value in values.items():
        setattr(held, name, value)
    held.name = held.name.strip()
    others = Level.objects.exclude(pk=held.pk)
    if held.is_mass and others.filter(is_mass=True).exists():
        raise Refused(_("Another level is the one for many complainants already."))
    _save(held, _("There is a level of this name already."))
    if level is not None and (held.name, held.is_serious) != before:
        class_changed(level=held.pk)
    record("level.saved", by=by, subject=held, name=held.name)
    return held


@transaction.atomic
def remove_category(category: Category, *, by: Any) -> str:
    """Take a category out of use, with those below it. Returns DELETED when no case ever bore it,
    else RETIRED."""
    _check_by(by, "category", category)
    held = _hold(Category, category)
    assert held is not None  # noqa: S101  it was given
    done = _delete(held, Category.objects.filter(parent=held).exists())
    if done == RETIRED:
        Category.objects.filter(Q(pk=held.pk) | Q(parent=held.pk)).update(is_offered=False)
    record(f"category.{done}", by=by, subject=category, name=str(category))
    return done


@transaction.atomic
def remove_level(level: Level, *, by: Any) -> str:
    """Take a level out of use. Returns DELETED when nothing ever bore it, else RETIRED."""
    _check_by(by, "level", level)
    held = _hold(Level, level)
    assert held is not None  # noqa: S101  it was given
    done = _delete(held, False)
    if done == RETIRED:
        Level.objects.filter(pk=held.pk).update(is_offered=False)
    record(f"level.{done}", by=by, subject=level, name=level.name)
    return done


def _check_by(by: Any, kind: str, row: Any) -> None:
    act = "add" if row is None else "change"
    if by is not None and not by.scope(f"complaints.{act}_{kind}").everything:
        raise Refused(_("You may not change the categories and levels of cases."))


def _hold(model: Any, row: Any) -> Any:
    """The row as it is now, locked; None for a new one. Raises Stale when it is gone."""
    if row is None:
        return None
    held = model.objects.select_for_update().filter(pk=row.pk).first()
    if held is None:
        raise Stale(_("Somebody has deleted this meanwhile."))
    return held


def _check_place(category: Category, former: int | None) -> None:
    parent = category.parent
    if parent is not None and (parent.pk == category.pk or parent.parent_id is not None):
        raise Refused(_("Categories have two levels: please choose one of the first level above."))
    if category.pk is None or category.parent_id == former:
        return
    if parent is not None and category.children.exists():
        raise Refused(_("This category has others below it and stays on the first level."))
    if Case.objects.filter(category=category).exists():
        raise Refused(_("A category that cases bear stays where it is. Please add a new one."))


def _save(row: Any, taken: str) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Refused(taken) from error


def _delete(row: Any, keep: bool) -> str:
    """Delete a row that nothing points to; who registers a case meanwhile keeps it."""
    if keep:
        return RETIRED
    try:
        with transaction.atomic():
            row.delete()
            # What points to it is asked now, not at the end, where nobody could answer.
            connection.check_constraints()
    except (ProtectedError, IntegrityError):
        return RETIRED
    return DELETED
