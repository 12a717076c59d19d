"""The indicator tree: nodes added, changed, moved, weighed, taken out of use (SAT-10).

Nothing is deleted: figures of past waves name the nodes they were made of. A scoring keeps the
weights it used, so a change counts from the next scoring on.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused, Stale
from satisfaction.models import Indicator

CHANGE = "satisfaction.change_indicator"


@transaction.atomic
def save_indicator(
    indicator: Indicator | None = None, *, parent: Indicator | None = None, by: Any, **values: Any
) -> Indicator:
    """Change a node, or add one below `parent` (None: a field) behind its siblings.

    `values` are fields of Indicator: name, name_en, weight, touch_point, is_active. Raises Refused
    for a fourth level, a name that a sibling has, and a weight that is not above zero.
    """
    check_right(by)
    row = _held(indicator) if indicator else _new(parent)
    for name, value in values.items():
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    siblings = Indicator.objects.filter(parent=row.parent).exclude(pk=row.pk)
    if not row.name:
        raise Refused(_("Please name the indicator."))
    if siblings.filter(name=row.name).exists():
        raise Refused(_("There is an indicator of this name here already."))
    _check_weight(row.weight, row.shown_name)
    if row.level != 2:
        row.touch_point = ""
    row.save()
    record(
        "satisfaction.indicator_saved", by=by, subject=row, name=row.name, weight=str(row.weight)
    )
    return row


@transaction.atomic
def save_weights(weights: Mapping[int, Decimal], *, by: Any) -> int:
    """Give nodes, by key, their weights. Returns how many changed; unknown keys are Stale."""
    check_right(by)
    rows = {row.pk: row for row in Indicator.objects.select_for_update().filter(pk__in=weights)}
    if len(rows) < len(weights):
        raise Stale(_("Somebody has deleted this meanwhile."))
    changed = [rows[key] for key, weight in weights.items() if rows[key].weight != weight]
    for row in changed:
        _check_weight(weights[row.pk], row.shown_name)
        row.weight = weights[row.pk]
        record(
            "satisfaction.indicator_saved",
            by=by,
            subject=row,
            name=row.name,
            weight=str(row.weight),
        )
    Indicator.objects.bulk_update(changed, ["weight"])
    return len(changed)


@transaction.atomic
def step_indicator(indicator: Indicator, *, step: int, by: Any) -> None:
    """Move a node one place down (1) or up (−1) among its siblings; at the edge it stays."""
    check_right(by)
    siblings = list(
        Indicator.objects.select_for_update()
        .filter(parent=indicator.parent_id)
        .order_by("position", "pk")
    )
    row = next((one for one in siblings if one.pk == indicator.pk), None)
    if row is None:
        raise Stale(_("Somebody has deleted this meanwhile."))
    place = siblings.index(row) + step
    if not 0 <= place < len(siblings):
        return
    siblings.remove(row)
    siblings.insert(place, row)
    for position, one in enumerate(siblings, start=1):
        one.position = position
    Indicator.objects.bulk_update(siblings, ["position"])


def check_right(by: Any) -> None:
    """The tree belongs to no unit, so the right must reach the whole group."""
    if by is not None and not by.scope(CHANGE).everything:
        raise Refused(_("You may not change the indicators of the group."))


def _held(indicator: Indicator) -> Indicator:
    row = Indicator.objects.select_for_update().filter(pk=indicator.pk).first()
    if row is None:
        raise Stale(_("Somebody has deleted this meanwhile."))
    return row


def _new(parent: Indicator | None) -> Indicator:
    level = parent.level + 1 if parent else 1
    if level > Indicator.DEEPEST:
        raise Refused(_("The tree of indicators has three levels."))
    siblings = Indicator.objects.filter(parent=parent)
    last = siblings.aggregate(last=Max("position"))["last"] or 0
    row = Indicator(parent=parent, level=level, position=last + 1)
    row.code = _free_code(f"{parent.code}." if parent else "")
    return row


def _free_code(start: str) -> str:
    """A code below its parent's that nobody has: repair.new-1."""
    wanted = f"{start[:30]}new-"
    taken = set(Indicator.objects.filter(code__startswith=wanted).values_list("code", flat=True))
    return next(
        code for number in range(1, len(taken) + 2) if (code := f"{wanted}{number}") not in taken
    )


def _check_weight(weight: Decimal, name: str) -> None:
    if weight is None or weight <= 0:
        raise Refused(
            _("{name}: a weight is above zero. To count no more, take it out of use.").format(
                name=name
            )
        )
