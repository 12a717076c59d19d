"""Scoring a wave: exact sums, figures of every unit, published at once (SAT-03, SAT-09).

A run reads sums in one snapshot, computes, writes its rows and points the wave at them, all in
one transaction: a killed run leaves the figures that were shown before. Two runs over the same
answers write the same figures and the same checksum.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused
from core.faults import fault_point
from core.notices import Happening, announce
from regions.models import OrgUnit
from satisfaction.figures import (
    Cell,
    Sums,
)
from satisfaction.indicators import Tree
from satisfaction.models import Population, Response, RunState, ScoringRun, Wave
from satisfaction.models.questionnaires import SCORED_KINDS
from satisfaction.selectors.sums import asked_in, sums_of, tree_of
from satisfaction.services.population import count_owners
from satisfaction.services.score_rows import EVERYONE, write_scores
from satisfaction.weighting import WeightedFigures, weighted_figures

# Raised with every change of a formula; old runs keep theirs. 2: the indicator tree.
METHOD_VERSION = "2"
SCORING_LOCK = 7_231_004
PAUSE = 0.5  # seconds between two looks whether another run has ended

Progress = Callable[[int, int, str], None]


def score_wave(
    wave: Wave,
    *,
    by: Any,
    progress: Progress = lambda done, total, phase: None,
    patience: float = 0,
) -> ScoringRun:
    """Score a wave and publish the figures. `progress` is called outside the transaction.

    Raises Refused for what is never scored, and while another run is under way, for whose end it
    waits `patience` seconds."""
    if wave.version.questionnaire.kind not in SCORED_KINDS:
        raise Refused(_("What this wave asks never enters satisfaction, so it is not scored."))
    with _alone(wave, patience):
        # Whoever holds the lock knows that no other run lives: what still says so was killed.
        ScoringRun.objects.filter(wave=wave, state=RunState.RUNNING).update(
            state=RunState.FAILED, finished_at=timezone.now()
        )
        count_owners(wave)
        run = ScoringRun.objects.create(wave=wave, method_version=METHOD_VERSION, by=by)
        try:
            progress(0, 1, _("Adding up the answers"))
            _score(run, wave)
        except BaseException:
            ScoringRun.objects.filter(pk=run.pk).update(
                state=RunState.FAILED, finished_at=timezone.now()
            )
            raise
    return run


@contextmanager
def _alone(wave: Wave, patience: float) -> Iterator[None]:
    """Hold the wave's scoring; a process that is killed lets go with its connection."""
    end = time.monotonic() + patience
    while not _held(wave):
        if time.monotonic() >= end:
            sentence = _("The wave {code} is being scored right now. Please wait for its end.")
            raise Refused(sentence.format(code=wave.code))
        time.sleep(PAUSE)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [SCORING_LOCK, wave.pk])


def _held(wave: Wave) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [SCORING_LOCK, wave.pk])
        return bool(cursor.fetchone()[0])


def one_snapshot() -> None:
    """Let the transaction that has just begun see people and ratings at one moment: an answer
    that comes in between enters both or none."""
    if not connection.savepoint_ids:  # the outermost transaction may still choose what it sees
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


@transaction.atomic
def _score(run: ScoringRun, wave: Wave) -> None:
    one_snapshot()
    fault_point("scoring.begun")
    asked, tree = asked_in(wave), tree_of(wave)
    cells = sums_of(wave, asked)
    fault_point("scoring.summed")
    population = {
        (unit, stage): owners
        for unit, stage, owners in Population.objects.filter(wave=wave).values_list(
            "unit_id", "stage", "owners"
        )
    }
    branches = _branches(cells)
    weighted = weighted_figures(cells, population, asked, tree)
    checksum = write_scores(run, branches, asked, tree, weighted)
    fault_point("scoring.written")
    _publish(run, wave, branches, weighted, population, tree, checksum)


def _branches(cells: Sums) -> Sums:
    """Sums of every unit with what lies below it, per owner stage and of all."""
    units = {unit.pk: unit for unit in OrgUnit.objects.all()}
    above = {key: units[key].home().ancestor_ids() for key, _stage in cells.cells}
    return cells.grouped(
        lambda cell: [(unit, stage) for unit in above[cell[0]] for stage in {cell[1], EVERYONE}]
    )


def _publish(
    run: ScoringRun,
    wave: Wave,
    sums: Sums,
    weighted: WeightedFigures,
    population: dict[Cell, int],
    tree: Tree,
    checksum: str,
) -> None:
    totals: Any = {"responses": 0, "ratings": 0}
    if (wave.unit_id, EVERYONE) in sums.cells:
        top = sums.cells.index((wave.unit_id, EVERYONE))
        totals["responses"] = int(sums.person("responses")[top])
        totals["ratings"] = int(sums.rating("n")[top].sum())
    run.inputs = {
        **totals,
        "owners": sum(population.values()),
        "counted_on": wave.counted_on.isoformat() if wave.counted_on else None,
        "version": wave.version_id,
        # Answers that come in later do not belong to this run.
        "last_response": Response.objects.filter(wave=wave).aggregate(last=Max("pk"))["last"],
        "indicators": tree.as_json(),
        "homes": tree.homes,
    }
    run.weighted, run.checksum = weighted.as_json(), checksum
    run.state, run.finished_at = RunState.DONE, timezone.now()
    run.save()
    wave.run = run
    wave.save(update_fields=["run"])
    record("satisfaction.scored", by=run.by, subject=wave, checksum=checksum)
    announce(
        Happening(
            "survey.scored",
            f"{wave.pk}:{run.pk}",
            wave.pk,
            [wave.unit],
            f"{reverse('satisfaction:results')}?{urlencode({'wave': wave.code})}",
            f"survey-waves/{wave.pk}/results/",
            {"code": wave.code},
            covers=True,
        )
    )
