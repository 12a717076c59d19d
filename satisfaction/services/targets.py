"""Setting and taking back targets (SAT-09)."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused
from core.scope import scope_of
from regions.models import OrgUnit
from satisfaction.models import Figure, Target
from satisfaction.selectors.targets import scale_of_mean

CHANGE = "satisfaction.change_target"
# The ends of each figure's measure; a mean has that of its questionnaire.
ENDS: dict[str, tuple[int, int]] = {
    Figure.TOP2: (0, 1),
    Figure.NPS: (-100, 100),
}


def settable(by: Any, units: Iterable[OrgUnit]) -> set[int]:
    """Those of these units whose targets somebody sets: his right must reach the unit above too,
    for nobody sets the mark that he is measured by."""
    known = list(units)
    if by is None or scope_of(by, CHANGE).everything:
        return {unit.pk for unit in known}
    above = {unit.parent_id for unit in known if unit.parent_id}
    reached = set(
        OrgUnit.objects.visible_to(by, CHANGE).filter(pk__in=above).values_list("pk", flat=True)
    )
    return {unit.pk for unit in known if unit.parent_id in reached}


@transaction.atomic
def set_target(unit: OrgUnit, *, year: int, figure: str, value: Decimal | None, by: Any) -> None:
    """Set the target of a unit for a year; None takes it back, so that the one above holds again.

    Raises Refused out of reach, and for a value outside the figure's measure.
    """
    if unit.pk not in settable(by, [unit]):
        sentence = _("The targets of {unit} are set by the level above it.")
        raise Refused(sentence.format(unit=unit.name))
    facts = {"code": unit.code, "year": year, "figure": figure}
    if value is None:
        gone, _rows = Target.objects.filter(unit=unit, year=year, figure=figure).delete()
        if gone:
            record("satisfaction.target_taken_back", by=by, subject=unit, **facts)
        return
    low, high = scale_of_mean(unit) if figure == Figure.MEAN else ENDS.get(figure, (0, 100))
    if not low <= value <= high:
        raise Refused(_out_of_measure(figure, low, high))
    Target.objects.update_or_create(
        unit=unit, year=year, figure=figure, defaults={"value": value, "set_by": by}
    )
    record("satisfaction.target_set", by=by, subject=unit, value=str(value), **facts)


def _out_of_measure(figure: str, low: int, high: int) -> str:
    """What may be written, as people write it: shares in per cent."""
    if figure == Figure.TOP2:
        return _("Please write a percentage from 0 to 100.")
    return _("Please write a value from {low} to {high}.").format(low=low, high=high)
