"""Targets: which holds for a unit in a year, and how far off it is (SAT-09)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from regions.models import OrgUnit
from satisfaction.models import Target
from satisfaction.selectors.sight import Reading

MET, MISSED, MAYBE_MET, MAYBE_MISSED = "met", "missed", "maybe_met", "maybe_missed"


@dataclass(frozen=True, slots=True)
class Aim:
    """The target that holds for a unit: its own, or that of the nearest unit above."""

    target: Target
    is_inherited: bool

    @property
    def value(self) -> float:
        return float(self.target.value)

    def off(self, reading: Reading | None) -> float | None:
        """The figure less the target."""
        return None if reading is None else reading.value - self.value

    def verdict(self, reading: Reading | None) -> str:
        """Met or missed for certain only when the whole interval says so."""
        if reading is None:
            return ""
        low, high = reading.interval or (None, None)
        if reading.value >= self.value:
            return MET if low is not None and low >= self.value else MAYBE_MET
        return MISSED if high is not None and high < self.value else MAYBE_MISSED


def aims_of(
    reader: Any, units: Iterable[OrgUnit], year: int, figure: str = ""
) -> dict[tuple[int, str], Aim]:
    """(unit, figure) → the target that holds there. One query."""
    known = list(units)
    lines = {unit.pk: unit.ancestor_ids() for unit in known}
    wanted = {key for line in lines.values() for key in line}
    found = Target.objects.visible_to(reader).filter(unit__in=wanted, year=year)
    if figure:
        found = found.filter(figure=figure)
    by_place = {(one.unit_id, one.figure): one for one in found.select_related("unit")}
    aims = {}
    for unit in known:
        for name in {figure for _unit, figure in by_place}:
            for key in reversed(lines[unit.pk]):
                if (key, name) in by_place:
                    aims[unit.pk, name] = Aim(by_place[key, name], key != unit.pk)
                    break
    return aims
