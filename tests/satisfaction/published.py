"""Published figures without the answers behind them: pages are about what a run says."""

import math
from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

from regions.models import OrgUnit
from regions.policies import policy
from satisfaction.intervals import mean_interval, nps_interval, share_interval
from satisfaction.models import (
    Comparison,
    Item,
    ItemRole,
    ItemScore,
    RunState,
    ScoringRun,
    UnitScore,
    Wave,
)
from satisfaction.services.withholding import Withholding
from tests.factories import make_wave

ITEMS = ("维修服务", "物业服务", "社区活动")
SPREAD = 1.0  # variance of all ratings


def publish(
    code: str,
    answers: Mapping[OrgUnit, tuple[int, float]],
    *,
    year: int = 2026,
    month: int = 6,
    unit: OrgUnit | None = None,
    title: str = "",
    stages: Mapping[tuple[OrgUnit, str], tuple[int, float]] | None = None,
) -> Wave:
    """A scored wave: of each project how many answered and their mean, added up the tree. With
    `stages`, also of each project and owner stage."""
    wave = make_wave(code, **({"unit": unit} if unit else {}), title=title or code)
    wave.opens_on = wave.closes_on = date(year, month, 1)
    run = ScoringRun.objects.create(
        wave=wave, state=RunState.DONE, method_version="1", checksum="c" * 64
    )
    minimum: dict[int, int] = defaultdict(lambda: policy("satisfaction.minimum_n"))
    cells: dict[tuple[int, str], list[float]] = defaultdict(lambda: [0, 0.0])
    told = {(project, ""): value for project, value in answers.items()} | dict(stages or {})
    for (project, stage), (n, mean) in told.items():
        for key in project.ancestor_ids():
            cells[key, stage][0] += n
            cells[key, stage][1] += n * mean
    places = sorted(cells)
    answers_of = [int(cells[place][0]) for place in places]
    hiding = Withholding(places, answers_of, minimum)
    units = [_score(run, *place, *cells[place]) for place in places]
    items = []
    _mark(units, hiding.of_units())
    for item in _items(wave):
        scores = [_item(run, item, score) for score in units]
        _mark(scores, hiding.of_item(answers_of))
        items += scores
    UnitScore.objects.bulk_create(units)
    ItemScore.objects.bulk_create(items)
    wave.run = run
    wave.save()
    return wave


def _mark(scores: list[Any], marks: tuple[list[bool], list[bool]]) -> None:
    for score, shown, withheld in zip(scores, *marks, strict=True):
        score.shown, score.withheld = shown, withheld


def _items(wave: Wave) -> list[Item]:
    found = []
    for position, name in enumerate(ITEMS, 1):
        known, _made = Item.objects.get_or_create(
            version=wave.version,
            role=ItemRole.ITEM,
            name=name,
            defaults={"position": 100 + position, "low": 1, "high": 5},
        )
        found.append(known)
    return found


def _score(run: ScoringRun, key: int, stage: str, count: float, total: float) -> UnitScore:
    n, mean = int(count), total / count
    share = min(max((mean - 1) / 4, 0), 1)
    promoters, detractors = n // 2, n // 4
    return UnitScore(
        run=run,
        unit_id=key,
        stage=stage,
        responses=n,
        n=n,
        nps_n=n,
        **_bounds("mean", mean, mean_interval(mean, SPREAD, n)),
        **_bounds("top2", share, share_interval(share, n)),
        **_bounds(
            "nps", 100 * (promoters - detractors) / n, nps_interval(promoters, detractors, n)
        ),
        dual=mean * 20,
    )


def _item(run: ScoringRun, item: Item, score: UnitScore) -> ItemScore:
    mean = (score.mean or 0) - item.position % 10 / 10
    return ItemScore(
        run=run,
        unit_id=score.unit_id,
        stage=score.stage,
        item=item,
        n=score.n,
        importance=4.0 - item.position % 10 / 10,
        top2=0.5,
        **_bounds("mean", mean, mean_interval(mean, SPREAD, score.n)),
    )


def _bounds(name: str, value: float, interval: tuple[float, float] | None) -> dict[str, Any]:
    low, high = interval or (None, None)
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def compare_with(wave: Wave, before: Wave, unit: OrgUnit, *, p: float) -> Comparison:
    """The difference to the last wave, as the second pass writes it."""
    mine = UnitScore.objects.get(run=wave.run, unit=unit, stage="")
    its = UnitScore.objects.get(run=before.run, unit=unit, stage="")
    difference = mine.mean - its.mean
    half = 2 * math.sqrt(SPREAD / mine.n + SPREAD / its.n)
    return Comparison.objects.create(
        run=wave.run,
        unit=unit,
        against="last_wave",
        other=before.run,
        n=mine.n,
        other_n=its.n,
        other_mean=its.mean,
        difference=difference,
        low=difference - half,
        high=difference + half,
        p=p,
        p_adjusted=p,
    )
