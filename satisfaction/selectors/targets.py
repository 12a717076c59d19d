"""Targets: which holds for a unit in a year, and how far off it is (SAT-09)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet

from regions.models import OrgUnit
from satisfaction.models import ItemRole, Target, Wave
from satisfaction.selectors.sight import Reading

LIBRARY_SCALE = (1, 5)
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
    return _nearest(Target.objects.visible_to(reader), units, year, figure)


def kept_aims(units: Iterable[OrgUnit], year: int) -> list[dict[str, Any]]:
    """The targets that hold for these units now, in a form that can be stored."""
    return [
        {"unit": unit, "figure": name, "value": str(aim.target.value), "of": aim.target.unit_id}
        for (unit, name), aim in _nearest(Target.objects.all(), units, year).items()
    ]


def aims_from(
    kept: Sequence[Mapping[str, Any]], year: int, figure: str
) -> dict[tuple[int, str], Aim]:
    """The same as `aims_of`, of targets that were kept. One query."""
    rows = [row for row in kept if row["figure"] == figure]
    units = OrgUnit.objects.in_bulk({row["of"] for row in rows})
    return {
        (row["unit"], figure): Aim(
            Target(unit=units[row["of"]], year=year, figure=figure, value=Decimal(row["value"])),
            row["of"] != row["unit"],
        )
        for row in rows
    }


def scale_of_mean(unit: OrgUnit) -> tuple[int, int]:
    """The ends of the scale on which owners of a unit rate the whole: that of the latest wave held
    there, or around it; 1 to 5 before the first, as the library asks."""
    held = Q(unit__in=unit.ancestor_ids()) | Q(unit__path__startswith=unit.path)
    waves = Wave.objects.filter(held, is_standing=False).select_related("version")
    latest = (F("closes_on").desc(nulls_last=True), F("opens_on").desc(nulls_last=True), "-pk")
    wave = waves.filter(version__items__role=ItemRole.OVERALL).order_by(*latest).first()
    if wave is None:
        return LIBRARY_SCALE
    item = wave.version.items.get(role=ItemRole.OVERALL)
    return item.low or LIBRARY_SCALE[0], item.high or LIBRARY_SCALE[1]


def _nearest(
    rows: QuerySet[Target], units: Iterable[OrgUnit], year: int, figure: str = ""
) -> dict[tuple[int, str], Aim]:
    """Each unit's own target, or that of the nearest unit above."""
    known = list(units)
    lines = {unit.pk: unit.ancestor_ids() for unit in known}
    wanted = {key for line in lines.values() for key in line}
    found = rows.filter(unit__in=wanted, year=year)
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
