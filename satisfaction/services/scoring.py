"""Scoring a wave: exact sums, figures of every unit, published at once (SAT-03, SAT-09).

A run reads sums in one snapshot, computes, writes its rows and points the wave at them, all in
one transaction: a killed run leaves the figures that were shown before. Two runs over the same
answers write the same figures and the same checksum.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.bulk import copy_rows
from core.errors import Refused
from core.faults import fault_point
from regions.models import OrgUnit
from regions.policies import policy_values
from satisfaction.figures import (
    Asked,
    Cell,
    Sums,
    indicators_of,
    item_figures,
    unit_figures,
)
from satisfaction.indicators import Tree
from satisfaction.models import Population, Response, RunState, ScoringRun, Wave
from satisfaction.models.questionnaires import SCORED_KINDS
from satisfaction.selectors.sums import asked_in, sums_of, tree_of
from satisfaction.services.population import count_owners
from satisfaction.services.withholding import Withholding
from satisfaction.weighting import WeightedFigures, weighted_figures

# Raised with every change of a formula; old runs keep theirs. 2: the indicator tree.
METHOD_VERSION = "2"
SCORING_LOCK = 7_231_004
PAUSE = 0.5  # seconds between two looks whether another run has ended
EVERYONE = ""  # all owner stages together

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
    checksum = _write(run, branches, asked, tree, weighted)
    fault_point("scoring.written")
    _publish(run, wave, branches, weighted, population, tree, checksum)


def _branches(cells: Sums) -> Sums:
    """Sums of every unit with what lies below it, per owner stage and of all."""
    units = {unit.pk: unit for unit in OrgUnit.objects.all()}
    above = {key: units[key].home().ancestor_ids() for key, _stage in cells.cells}
    return cells.grouped(
        lambda cell: [(unit, stage) for unit in above[cell[0]] for stage in {cell[1], EVERYONE}]
    )


def _write(run: ScoringRun, sums: Sums, asked: Asked, tree: Tree, weighted: WeightedFigures) -> str:
    """Copy the rows of all units, items and indicators in. Returns the checksum of figures."""
    minimum = policy_values("satisfaction.minimum_n")
    digest = hashlib.sha256(json.dumps([sums.cells, asked.keys, tree.as_json()]).encode())
    figures = unit_figures(sums, asked, tree)
    _digest(digest, figures)
    whose = [(run.pk, unit, stage) for unit, stage in sums.cells]
    hiding = Withholding(sums.cells, figures["n"].tolist(), minimum)
    shown, withheld = (np.array(marks, bool) for marks in hiding.of_units())
    _copy("satisfaction_unitscore", whose, {"shown": shown, "withheld": withheld, **figures})

    # Single figures of a stage with too few answers are nobody's to see.
    kept = shown | np.array([stage == EVERYONE for _unit, stage in sums.cells])
    items = item_figures(sums)
    _digest(digest, items)
    asked_of = (sums.rating("n") > 0) | (sums.rating("importances") > 0)
    rows, places = np.nonzero(asked_of & kept[:, None])
    marks = np.array([hiding.of_item(column) for column in sums.rating("n").T.tolist()], bool)
    marks = marks.reshape(-1, 2, len(sums.cells))  # item, shown and withheld, cell
    _copy(
        "satisfaction_itemscore",
        [whose[row] for row in rows.tolist()],
        {
            "item_id": np.array(asked.keys, np.int64)[places],
            "shown": marks[places, 0, rows],
            "withheld": marks[places, 1, rows],
            **{name: values[rows, places] for name, values in items.items()},
        },
    )
    for node, (n, index) in indicators_of(sums, asked, tree).items():
        _digest(digest, {"n": n, "index": index})
        rated = np.nonzero((n > 0) & kept)[0]
        _copy(
            "satisfaction_indicatorscore",
            [whose[row] for row in rated.tolist()],
            {
                "indicator_id": np.full(len(rated), node),
                "weight": np.full(len(rated), tree.weight_of(node), object),
                "n": n[rated],
                "index": index[rated],
            },
        )
    digest.update(json.dumps(weighted.as_json(), sort_keys=True).encode())
    return digest.hexdigest()


def _digest(digest: Any, figures: dict[str, Any]) -> None:
    for name in sorted(figures):
        digest.update(name.encode())
        if figures[name] is not None:
            digest.update(np.ascontiguousarray(figures[name]).tobytes())


def _copy(table: str, whose: Iterable[tuple[int, int, str]], columns: dict[str, Any]) -> None:
    """Copy rows in, a column an array; NULL stands for nan."""
    filled = {name: values for name, values in columns.items() if values is not None}
    lists = [
        [None if value != value else value for value in values.tolist()]
        for values in filled.values()
    ]
    rows = [(*key, *values) for key, *values in zip(whose, *lists, strict=True)]
    with connection.cursor() as cursor:
        copy_rows(cursor, table, f"run_id unit_id stage {' '.join(filled)}", rows)


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
