"""Keeping the history of units: one version a span, written by every verb that changes a unit."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from django.utils import timezone

from regions.models import VERSIONED, OrgUnit, UnitVersion


def values_of(unit: OrgUnit) -> dict[str, Any]:
    """What a version repeats of a unit, by column."""
    fields = (OrgUnit._meta.get_field(name) for name in VERSIONED)
    return {field.attname: getattr(unit, field.attname) for field in fields}  # type: ignore[union-attr]


def remember(units: OrgUnit | Iterable[OrgUnit], day: date) -> None:
    """Open the history of new units."""
    many = [units] if isinstance(units, OrgUnit) else units
    UnitVersion.objects.bulk_create(
        UnitVersion(unit=unit, valid_from=day, **values_of(unit)) for unit in many
    )


def amend(changes: Mapping[int, Collection[str]], day: date) -> None:
    """Write into the history what units have become from a day on.

    `changes` names the changed columns (`attname`) by unit; the values are the present ones. The
    version in force on the day is split there, and later versions take the values too: a day in
    the past corrects the history from that day. A unit without history on the day gets its first
    version on it.
    """
    units = OrgUnit.objects.in_bulk(changes)
    _split(units, day)
    now = timezone.now()
    later: dict[int, list[UnitVersion]] = {}
    for version in UnitVersion.objects.filter(unit__in=units, valid_from__gte=day):
        later.setdefault(version.unit_id, []).append(version)
    rows: list[UnitVersion] = []
    for pk, columns in changes.items():
        present = values_of(units[pk])
        for version in later.get(pk, ()):
            for name in set(columns) & present.keys():
                setattr(version, name, present[name])
            version.recorded_at = now
            rows.append(version)
    columns = [UnitVersion._meta.get_field(name).name for name in VERSIONED]
    UnitVersion.objects.bulk_update(rows, [*columns, "recorded_at"], batch_size=500)
    remember((unit for pk, unit in units.items() if pk not in later), day)


def _split(units: Collection[int], day: date) -> None:
    """End the versions that hold on the day before and on the day, and begin equal ones on it."""
    running = UnitVersion.objects.filter(unit__in=units, valid_from__lt=day)
    split = list(running.on(day))
    ends = {version.pk: version.valid_until for version in split}
    UnitVersion.objects.filter(pk__in=ends).update(valid_until=day)
    for version in split:
        version.valid_from, version.valid_until = day, ends[version.pk]
        version.pk = None
    UnitVersion.objects.bulk_create(split)


def changed_columns(before: OrgUnit, after: OrgUnit) -> list[str]:
    """The versioned columns in which two states of a unit differ."""
    old, new = values_of(before), values_of(after)
    return [name for name in old if old[name] != new[name]]
