"""Scoring a wave: exact sums, figures of every unit, published at once (SAT-03, SAT-09).

A run reads sums in one snapshot, computes, writes its rows and points the wave at them, all in
one transaction: a killed run leaves the figures that were shown before. Two runs over the same
answers write the same figures and the same checksum.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused
from core.faults import fault_point
from regions.models import OrgUnit
from regions.policies import policy_values
from satisfaction.figures import (
    ItemFigures,
    Sums,
    UnitFigures,
    item_figures,
    together,
    unit_figures,
)
from satisfaction.models import (
    ItemScore,
    Population,
    RunState,
    ScoringRun,
    UnitScore,
    Wave,
)
from satisfaction.models.questionnaires import SCORED_KINDS
from satisfaction.selectors.sums import scales_of, sums_of
from satisfaction.services.population import count_owners
from satisfaction.services.withholding import mark_withheld
from satisfaction.weighting import Cell, WeightedFigures, weighted_figures

METHOD_VERSION = "1"
SCORING_LOCK = 7_231_004
EVERYONE = ""  # all owner stages together


def score_wave(wave: Wave, *, by: Any) -> ScoringRun:
    """Score a wave and publish the figures. Raises Refused for what is never scored, and while
    another run is under way."""
    if wave.version.questionnaire.kind not in SCORED_KINDS:
        raise Refused(_("What this wave asks never enters satisfaction, so it is not scored."))
    with _alone(wave):
        # Whoever holds the lock knows that no other run lives: what still says so was killed.
        ScoringRun.objects.filter(wave=wave, state=RunState.RUNNING).update(
            state=RunState.FAILED, finished_at=timezone.now()
        )
        count_owners(wave)
        run = ScoringRun.objects.create(wave=wave, method_version=METHOD_VERSION, by=by)
        try:
            _score(run, wave)
        except BaseException:
            ScoringRun.objects.filter(pk=run.pk).update(
                state=RunState.FAILED, finished_at=timezone.now()
            )
            raise
    return run


@contextmanager
def _alone(wave: Wave) -> Iterator[None]:
    """Hold the wave's scoring; a process that is killed lets go with its connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [SCORING_LOCK, wave.pk])
        if not cursor.fetchone()[0]:
            sentence = _("The wave {code} is being scored right now. Please wait for its end.")
            raise Refused(sentence.format(code=wave.code))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [SCORING_LOCK, wave.pk])


@transaction.atomic
def _score(run: ScoringRun, wave: Wave) -> None:
    if not connection.savepoint_ids:  # the outermost transaction may still choose what it sees
        # One snapshot for people and ratings: an answer that comes in between enters both or none.
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    cells = sums_of(wave)
    fault_point("scoring.summed")
    scales = scales_of(wave)
    population = {
        (unit, stage): owners
        for unit, stage, owners in Population.objects.filter(wave=wave).values_list(
            "unit_id", "stage", "owners"
        )
    }
    minimum = policy_values("satisfaction.minimum_n")
    branches = _branches(cells)
    units, items = [], []
    digest = hashlib.sha256()
    for unit, stage in sorted(branches):
        sums = branches[unit, stage]
        found = unit_figures(sums, scales)
        units.append(_unit_row(run, unit, stage, found, found.n >= minimum[unit]))
        digest.update(_bytes(unit, stage, asdict(found)))
        for item in sorted(sums.items):
            one = item_figures(sums.items[item])
            items.append(_item_row(run, unit, stage, item, one))
            digest.update(_bytes(unit, stage, item, asdict(one)))
    weighted = weighted_figures(cells, population, scales)
    digest.update(_bytes(weighted.as_json()))
    mark_withheld(units, items, minimum)
    UnitScore.objects.bulk_create(units, batch_size=1000)
    ItemScore.objects.bulk_create(items, batch_size=1000)
    fault_point("scoring.written")
    _publish(run, wave, branches, weighted, population, digest.hexdigest())


def _publish(
    run: ScoringRun,
    wave: Wave,
    branches: dict[Cell, Sums],
    weighted: WeightedFigures,
    population: dict[Cell, int],
    checksum: str,
) -> None:
    top = branches.get((wave.unit_id, EVERYONE), Sums())
    run.inputs = {
        "responses": top.people.responses,
        "ratings": sum(sums.n for sums in top.items.values()),
        "owners": sum(population.values()),
        "counted_on": wave.counted_on.isoformat() if wave.counted_on else None,
        "version": wave.version_id,
    }
    run.weighted, run.checksum = weighted.as_json(), checksum
    run.state, run.finished_at = RunState.DONE, timezone.now()
    run.save()
    wave.run = run
    wave.save(update_fields=["run"])
    record("satisfaction.scored", by=run.by, subject=wave, checksum=checksum)


def _branches(cells: dict[Cell, Sums]) -> dict[Cell, Sums]:
    """Sums of every unit with what lies below it, per owner stage and of all."""
    units = {unit.pk: unit for unit in OrgUnit.objects.all()}
    parts: dict[Cell, list[Sums]] = {}
    for (unit, stage), sums in cells.items():
        for above in units[unit].home().ancestor_ids():
            for one in {stage, EVERYONE}:
                parts.setdefault((above, one), []).append(sums)
    return {cell: together(sums) for cell, sums in parts.items()}


def _bytes(*parts: Any) -> bytes:
    return json.dumps(parts, sort_keys=True, default=str).encode() + b"\n"


def _unit_row(run: ScoringRun, unit: int, stage: str, found: UnitFigures, shown: bool) -> UnitScore:
    return UnitScore(
        run=run,
        unit_id=unit,
        stage=stage,
        shown=shown,
        responses=found.responses,
        n=found.n,
        nps_n=found.nps_n,
        dual=found.dual,
        improved_dual=found.improved_dual,
        **_bounds("mean", found.mean, found.mean_ci),
        **_bounds("top2", found.top2, found.top2_ci),
        **_bounds("nps", found.nps, found.nps_ci),
    )


def _item_row(run: ScoringRun, unit: int, stage: str, item: int, found: ItemFigures) -> ItemScore:
    return ItemScore(
        run=run,
        unit_id=unit,
        stage=stage,
        item_id=item,
        n=found.n,
        top2=found.top2,
        importance=found.importance,
        weight=found.weight,
        **_bounds("mean", found.mean, found.mean_ci),
        **_bounds("gap", found.gap, found.gap_ci),
    )


def _bounds(name: str, value: float | None, interval: Iterable[float] | None) -> dict[str, Any]:
    low, high = interval if interval is not None else (None, None)
    return {name: value, f"{name}_low": low, f"{name}_high": high}
