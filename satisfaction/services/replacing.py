"""Reserves step in for those who drop out of a sample (SAT-04).

A reserve belongs to the quota it was drawn for and steps in for one person, once, in the random
order of the draw. Whoever moves reserves holds the row of their quota, so that two interviewers
never move the same one.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused
from satisfaction.models import (
    OUT_OF_SAMPLE,
    Quota,
    Response,
    Sample,
    SampleState,
    Wave,
    WaveState,
)

Cell = tuple[int, str]


@transaction.atomic
def drop(sample: Sample, state: str, *, by: Any) -> Sample | None:
    """Somebody is asked no more: he refused, was not reached, or is dropped. Returns the reserve
    who steps in for him; None where none is left, none is needed, or nobody is asked any more.

    `state` is one of OUT_OF_SAMPLE. Doing it again changes nothing. Raises Refused for somebody
    who has answered, and ValueError for another state.
    """
    if state not in OUT_OF_SAMPLE:
        raise ValueError(f"{state!r} does not end the asking of somebody")
    held = Sample.objects.select_for_update(of=("self",)).select_related("wave").get(pk=sample.pk)
    if held.state == SampleState.ANSWERED:
        raise Refused(_("This person has answered already."))
    if held.state in OUT_OF_SAMPLE:
        sample.state = held.state
        return None
    was_reserve = held.state == SampleState.RESERVE
    held.state = sample.state = SampleState(state)
    held.held_by = held.held_until = None
    held.save(update_fields=["state", "held_by", "held_until"])
    record("satisfaction.sample_ended", by=by, subject=held, state=str(state))
    if was_reserve:
        return None
    moved = _step_in(held.wave, [held])
    return moved[0] if moved else None


@transaction.atomic
def replace_dropped(wave: Wave, *, by: Any) -> int:
    """Let reserves step in for everybody who dropped out and was not replaced yet. Returns how
    many did. Safe to run twice, and beside `drop`."""
    replaced = Sample.objects.filter(wave=wave, replaces__isnull=False).values("replaces")
    gone = Sample.objects.filter(wave=wave, state__in=OUT_OF_SAMPLE).exclude(pk__in=replaced)
    moved = _step_in(wave, list(gone.order_by("position", "pk")))
    if moved:
        record("satisfaction.reserves_moved", by=by, subject=wave, count=len(moved))
    return len(moved)


def _step_in(wave: Wave, gone: Sequence[Sample]) -> list[Sample]:
    """Move the next reserves of the quotas of those who are gone. The quotas stay locked until
    the transaction ends; who was replaced meanwhile is left out."""
    if not gone or wave.state == WaveState.CLOSED:
        return []
    quotas = _locked_quotas(wave, {one.unit_id for one in gone})
    done = set(
        Sample.objects.filter(replaces__in=[one.pk for one in gone]).values_list(
            "replaces", flat=True
        )
    )
    wanting: dict[Cell, list[Sample]] = defaultdict(list)
    for one in gone:
        cell = _cell(one, quotas)
        if cell is not None and one.pk not in done:
            wanting[cell].append(one)
    moved: list[Sample] = []
    for cell, reserves in _reserves(wave, wanting, quotas).items():
        for one, reserve in zip(wanting[cell], reserves, strict=False):
            reserve.state, reserve.replaces = SampleState.DRAWN, one
            moved.append(reserve)
    Sample.objects.bulk_update(moved, ["state", "replaces"], batch_size=500)
    return moved


def _locked_quotas(wave: Wave, units: set[int]) -> dict[Cell, Quota]:
    """Quotas of these units, held in one order so that two never wait for each other."""
    rows = Quota.objects.filter(wave=wave, unit__in=units).order_by("pk").select_for_update()
    return {(row.unit_id, row.stage): row for row in rows}


def _cell(sample: Sample, quotas: dict[Cell, Quota]) -> Cell | None:
    """The quota for which somebody was drawn: his stage's, or the one of any stage."""
    for cell in ((sample.unit_id, sample.stage), (sample.unit_id, "")):
        if cell in quotas:
            return cell
    return None


def _reserves(
    wave: Wave, wanting: dict[Cell, list[Sample]], quotas: dict[Cell, Quota]
) -> dict[Cell, list[Sample]]:
    """The reserves of each quota that still wants answers, in the order of the draw."""
    units = {unit for unit, _stage in wanting}
    answered = _answered(wave, units, quotas)
    rows = Sample.objects.filter(wave=wave, unit__in=units, state=SampleState.RESERVE)
    found: dict[Cell, list[Sample]] = defaultdict(list)
    for row in rows.order_by("position", "pk"):
        cell = _cell(row, quotas)
        if cell in wanting and answered[cell] < quotas[cell].wanted:
            found[cell].append(row)
    return found


def _answered(wave: Wave, units: Iterable[int], quotas: dict[Cell, Quota]) -> dict[Cell, int]:
    """Complete answers by quota, those without a place on the list included."""
    counts: dict[Cell, int] = defaultdict(int)
    rows = Response.objects.counted().filter(wave=wave, unit__in=units, is_partial=False)
    for unit, stage, answers in rows.values_list("unit", "stage").annotate(answers=Count("pk")):
        counts[(unit, stage) if (unit, stage) in quotas else (unit, "")] += answers
    return counts
