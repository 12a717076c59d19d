"""The second pass over a run: intervals of the indices, drivers, comparisons (SAT-09).

It reads the single answers again, walks up the tree of units, and writes everything in one
transaction at its end: a killed analysis has written nothing and begins anew. Its seed comes from
the checksum of the run, so a second analysis of the same figures gives the same bytes.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Refused
from core.faults import fault_point
from regions.models import OrgUnit
from regions.policies import policy_values
from satisfaction.indicators import Tree
from satisfaction.models import (
    Analysis,
    Comparison,
    Driver,
    RunState,
    ScoringRun,
    UnitScore,
)
from satisfaction.resampling import Layout, People, bounds, driver_figures, resampled
from satisfaction.selectors.respondents import people_of
from satisfaction.selectors.sums import asked_in
from satisfaction.services.comparisons import compare
from satisfaction.services.scoring import EVERYONE, Progress, one_snapshot

RESAMPLES = 1000
OF_DRIVERS = 300  # the first resamples, of which each goes through all subsets of items
PER_ITEM = 5  # people a regression needs for each of its items
CLOSE = 1e-5  # how far a figure computed twice may differ: shares count in coarser parts here
INDICES = ("dual", "improved_dual", "index")
INDEX_BOUNDS = """
    UPDATE satisfaction_unitscore s
    SET dual_low = a.dual_low, dual_high = a.dual_high,
        improved_dual_low = a.improved_low, improved_dual_high = a.improved_high,
        index_low = a.index_low, index_high = a.index_high
    FROM unnest(%s::bigint[], %s::float8[], %s::float8[], %s::float8[], %s::float8[], %s::float8[],
        %s::float8[]) AS a (id, dual_low, dual_high, improved_low, improved_high, index_low,
        index_high)
    WHERE s.id = a.id
"""
INDICATOR_BOUNDS = """
    UPDATE satisfaction_indicatorscore s SET index_low = a.index_low, index_high = a.index_high
    FROM unnest(%s::int[], %s::text[], %s::bigint[], %s::float8[], %s::float8[])
        AS a (unit, stage, indicator, index_low, index_high)
    WHERE s.run_id = %s AND s.unit_id = a.unit AND s.stage = a.stage
        AND s.indicator_id = a.indicator
"""


def analyse(
    run: ScoringRun,
    *,
    progress: Progress = lambda done, total, phase: None,
    hold: Callable[[], None] = lambda: None,
    resamples: int = RESAMPLES,
) -> Analysis:
    """Analyse a run. `hold` is called inside the transaction that writes. Raises Refused when
    answers have changed since the run: its figures and these would not belong together."""
    if run.state != RunState.DONE:
        raise Refused(_("Only a scoring that has ended can be analysed."))
    analysis, _created = Analysis.objects.update_or_create(
        run=run,
        defaults={
            "state": RunState.RUNNING,
            "seed": int(run.checksum[:15], 16),
            "resamples": resamples,
            "checksum": "",
            "started_at": timezone.now(),
            "finished_at": None,
        },
    )
    try:
        walk = _Walk(run, analysis)
        walk.go(progress)
        fault_point("analysis.computed")
        _write(walk, hold)
    except Refused:
        _give_up(analysis)
        raise
    return analysis


def _give_up(analysis: Analysis) -> None:
    analysis.state, analysis.finished_at = RunState.FAILED, timezone.now()
    analysis.save()


@dataclass
class _Branch:
    """A unit on the way from the root to where the walk is, with the sums of what lies below."""

    unit: int
    sums: dict[str, Any] = field(default_factory=dict)  # owner stage → resampled sums

    def add(self, stage: str, sums: Any) -> None:
        if stage in self.sums:
            self.sums[stage] += sums
        else:
            self.sums[stage] = sums.copy()


class _Walk:
    """Goes through the tree, units below before those above, with the sums of few at a time."""

    def __init__(self, run: ScoringRun, analysis: Analysis) -> None:
        self.run, self.analysis = run, analysis
        self.asked = asked_in(run.wave)
        homes = {int(item): node for item, node in run.inputs.get("homes", {}).items()}
        self.tree = Tree.from_json(run.inputs.get("indicators", []), homes)
        self.scores = {(one.unit_id, one.stage): one for one in UnitScore.objects.filter(run=run)}
        self.stages = sorted({stage for _unit, stage in self.scores})
        self.minimum = policy_values("satisfaction.minimum_n")
        with transaction.atomic():
            one_snapshot()
            self.people = people_of(run, self.asked, self.stages)
        self.layout = Layout(self.asked, regressed_items(self.people))
        self.digest = hashlib.sha256()
        self.indices: list[tuple[Any, ...]] = []
        self.indicators: list[tuple[Any, ...]] = []
        self.drivers: list[Driver] = []

    def go(self, progress: Progress) -> None:
        """Compute everything; raises Refused when the answers are not those of the run."""
        if len(self.people.units) != self.run.inputs["responses"]:
            raise _changed()
        rows = _rows_by_unit(self.people.units)
        units = {unit.pk: unit for unit in OrgUnit.objects.all()}
        paths = {key: _path(units, key) for key in rows}
        phase = _("Resampling the answers")
        path: list[_Branch] = []
        for done, unit in enumerate(sorted(rows, key=lambda key: paths[key])):
            progress(done, len(rows), phase)
            while path and [one.unit for one in path] != paths[unit][: len(path)]:
                self._finish(path.pop())
            path += [_Branch(key) for key in paths[unit][len(path) :]]
            for stage, sums in self._drawn(unit, rows[unit]):
                for branch in path:
                    for one in {stage, EVERYONE}:
                        branch.add(one, sums)
            fault_point("analysis.unit")
        while path:
            self._finish(path.pop())
        progress(len(rows), len(rows), phase)

    def _drawn(self, unit: int, rows: Any) -> Iterator[tuple[str, Any]]:
        """The resampled sums of those who named just this unit, stage by stage."""
        people = self.people.of(rows)
        contributions = self.layout.contributions(people)
        for place in np.unique(people.stages).tolist():
            # A stream of its own for each cell: other cells do not change what is drawn here.
            random = np.random.default_rng([self.analysis.seed, unit, place])
            mine = contributions[people.stages == place]
            yield self.stages[place], resampled(mine, self.analysis.resamples, random)

    def _finish(self, branch: _Branch) -> None:
        for stage in sorted(branch.sums):
            score = self.scores.get((branch.unit, stage))
            if score is None:
                raise _changed()
            sums = branch.sums[stage]
            self._compare_with(score, sums[0])
            if not score.shown:
                continue
            self._bound(score, sums)
            if stage == EVERYONE:
                self._find_drivers(score, sums)

    def _compare_with(self, score: UnitScore, sums: Any) -> None:
        for name, figure in self.layout.figures(sums, self.tree).items():
            known = getattr(score, name)
            if abs(float(figure) - (np.nan if known is None else known)) > CLOSE:
                raise _changed()

    def _bound(self, score: UnitScore, sums: Any) -> None:
        figures = self.layout.figures(sums, self.tree)
        nodes = self.layout.indicators(sums, self.tree)
        for name, values in figures.items():
            # The published figure stands in the middle, to its last digit.
            values[0] = np.nan if getattr(score, name) is None else getattr(score, name)
        low, high = bounds(np.column_stack([*figures.values(), *nodes.values()]))
        pairs = [(_number(one), _number(other)) for one, other in zip(low, high, strict=True)]
        found = dict(zip([*figures, *nodes], pairs, strict=True))
        line = [found.get(name, (None, None)) for name in INDICES]
        self.indices.append((score.pk, *(one for pair in line for one in pair)))
        lines = [(score.unit_id, score.stage, key, *found[key]) for key in sorted(nodes)]
        self.indicators += lines
        self._digest(score.unit_id, score.stage, line, lines)

    def _find_drivers(self, score: UnitScore, sums: Any) -> None:
        counts, matrix = self.layout.matrix(sums[: 1 + OF_DRIVERS])
        n, items = int(counts[0]), len(self.layout.regressed)
        if n < max(self.minimum[score.unit_id], PER_ITEM * items) or not items:
            return
        if np.isnan(matrix[0]).any():  # somebody's answers do not vary at all
            return
        figures = driver_figures(matrix)
        for place, at in enumerate(self.layout.regressed):
            row = {name: _number(values[place]) for name, values in figures.items()}
            item = self.asked.keys[at]
            one = Driver(run=self.run, unit_id=score.unit_id, item_id=item, n=n, **row)
            self.drivers.append(one)
            self._digest(score.unit_id, item, n, sorted(row.items()))

    def _digest(self, *parts: Any) -> None:
        self.digest.update(repr(parts).encode())


def _changed() -> Refused:
    return Refused(_("Answers have changed since the scoring. Please score the wave again."))


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)


def _path(units: dict[int, OrgUnit], key: int) -> list[int]:
    """The units from the root down to one."""
    return list(units[key].home().ancestor_ids())


def _rows_by_unit(units: Any) -> dict[int, Any]:
    order = np.argsort(units, kind="stable")
    keys, starts = np.unique(units[order], return_index=True)
    return dict(zip(keys.tolist(), np.split(order, starts[1:]), strict=True)) if len(keys) else {}


def regressed_items(people: People) -> tuple[int, ...]:
    """Places of the items that take part in the regression, the same in all units.

    A person counts who rated the overall item and all of these. So items that fewer than half of
    the people rated are left out, and then the least rated one after the other until at least a
    quarter of the people is left.
    """
    rated = people.scores[people.overall >= 0] >= 0
    if not len(rated):
        return ()
    shares = rated.mean(axis=0)
    found = [place for place in range(rated.shape[1]) if shares[place] >= 0.5]
    while found and rated[:, found].all(axis=1).mean() < 0.25:
        found.remove(min(found, key=lambda place: (shares[place], -place)))
    return tuple(found)


# --- writing --------------------------------------------------------------------------------------


@transaction.atomic
def _write(walk: _Walk, hold: Callable[[], None]) -> None:
    """All figures at once."""
    hold()
    run, analysis = walk.run, walk.analysis
    comparisons = compare(run)
    for one in comparisons:
        walk._digest(
            *(one.unit_id, one.against, one.n, one.other_n, one.difference),
            *(one.low, one.high, one.p, one.p_adjusted),
        )
    for model in (Driver, Comparison):  # those of an analysis that was done before
        model.objects.filter(run=run).delete()
    Driver.objects.bulk_create(walk.drivers, batch_size=2000)
    Comparison.objects.bulk_create(comparisons, batch_size=2000)
    _write_bounds(run, walk.indices, walk.indicators)
    fault_point("analysis.written")
    analysis.checksum = walk.digest.hexdigest()
    analysis.state, analysis.finished_at = RunState.DONE, timezone.now()
    analysis.save()


def _write_bounds(
    run: ScoringRun, indices: list[tuple[Any, ...]], indicators: list[tuple[Any, ...]]
) -> None:
    """Put the bounds beside the figures that the first pass has written."""
    with connection.cursor() as cursor:
        if indices:
            cursor.execute(INDEX_BOUNDS, _columns(indices))
        if indicators:
            cursor.execute(INDICATOR_BOUNDS, [*_columns(indicators), run.pk])


def _columns(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
