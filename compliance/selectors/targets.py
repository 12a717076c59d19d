"""Targets of a month with what was reached (CAL-04)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from accounts.models import User
from compliance.actuals import METRICS, Metric, of_people, of_units
from compliance.models import Target
from compliance.selectors.reach import whole_units
from regions.models import OrgUnit

VIEW = "compliance.view_target"
CHANGE = "compliance.change_target"


@dataclass(frozen=True, slots=True)
class Cell:
    """A target, if there is one, and what was reached."""

    metric: Metric
    target: Decimal | None
    actual: int

    @property
    def share(self) -> Decimal | None:
        """Reached of the target: 1 is all of it."""
        return Decimal(self.actual) / self.target if self.target else None

    @property
    def missed(self) -> bool:
        return self.target is not None and self.actual < self.target


@dataclass(frozen=True, slots=True)
class Line:
    """A unit or a person with a cell for each metric."""

    what: Any
    person: bool
    cells: list[Cell]


def units_to_read(user: Any) -> Any:
    """Units whose page of targets somebody may open."""
    return OrgUnit.objects.visible_to(user, VIEW).in_tree_order()


def lines_of(user: Any, unit: OrgUnit, month: date) -> list[Line]:
    """The unit, the units right below it, and its people; of own reach only the reader himself.

    A fixed number of queries: one for the targets, two for each metric.
    """
    whole = whole_units(user, VIEW).filter(pk=unit.pk).exists()
    units = [unit, *unit.children.active().in_tree_order()] if whole else []  # type: ignore[attr-defined]
    people = User.objects.active().filter(unit=unit).order_by("name", "employee_no")
    if not whole:
        people = people.filter(pk=user.pk)
    rows = Target.objects.visible_to(user).filter(month=month)
    found = {
        (row.person_id, row.person_id is None and row.unit_id, row.metric): row.value
        for row in rows.filter(unit__in=[unit, *units])
    }
    shown = list(people)
    reached = {
        key: of_people(one, [who.pk for who in shown], month) for key, one in METRICS.items()
    }
    summed = {key: of_units(one, units, month) for key, one in METRICS.items()}
    return [
        Line(
            one,
            False,
            [
                Cell(metric, found.get((None, one.pk, key)), summed[key].get(one.pk, 0))
                for key, metric in METRICS.items()
            ],
        )
        for one in units
    ] + [
        Line(
            who,
            True,
            [
                Cell(metric, found.get((who.pk, False, key)), reached[key].get(who.pk, 0))
                for key, metric in METRICS.items()
            ],
        )
        for who in shown
    ]
