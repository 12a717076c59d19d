"""Counting the owners that a wave stands for (SAT-04)."""

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from customers.models import CustomerUnit
from regions.models import Kind, OrgUnit
from satisfaction.models import Population, Wave
from satisfaction.selectors.target import with_stage


@transaction.atomic
def count_owners(wave: Wave, on: date | None = None) -> None:
    """Freeze how many owners each project of the wave has in each stage on a day.

    A project whose owners nobody has entered counts by its households, without stages. A wave
    that was counted keeps its counts: figures of a published wave must not move with the archive.
    """
    held = Wave.objects.select_for_update().get(pk=wave.pk)
    if held.counted_on is not None:
        wave.counted_on = held.counted_on
        return
    day = on or timezone.localdate()
    projects = OrgUnit.objects.below(wave.unit).filter(kind=Kind.PROJECT)
    rows = [
        Population(wave=wave, unit_id=unit, stage=stage, owners=owners)
        for unit, stage, owners in _owners(projects, day)
    ]
    counted = {row.unit_id for row in rows}
    rows += [
        Population(wave=wave, unit=unit, stage="", owners=unit.households)
        for unit in projects
        if unit.pk not in counted and unit.households
    ]
    Population.objects.bulk_create(rows, batch_size=2000)
    held.counted_on = wave.counted_on = day
    held.save(update_fields=["counted_on"])


def _owners(projects: Any, day: date) -> Any:
    """(unit, stage, owners) of places with a stage."""
    places: Any = with_stage(CustomerUnit.objects.filter(unit__in=projects), day)
    return places.order_by().values_list("unit_id", "owner_stage").annotate(owners=Count("pk"))
