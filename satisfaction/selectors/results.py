"""The published figures of a wave."""

from typing import Any

from regions.models import OrgUnit
from satisfaction.models import ItemScore, ScoringRun, UnitScore


def results_of(run: ScoringRun, unit: OrgUnit | None = None) -> dict[str, Any]:
    """All figures of a run, unrounded, of every unit that got answers (or of one branch).

    `units` is unweighted; `mean` stands on the scale of the overall item, `top2` is a share,
    `nps` −100…100, `dual` and `improved_dual` 0–100, intervals are [low, high]. `items` are those
    of the unit, else of the wave's. `shown` is False below the policy's minimum. `index` is that of
    the indicator tree; intervals of the three indices are there once the run has been analysed.
    """
    top = unit or run.wave.unit
    scores = UnitScore.objects.filter(run=run, stage="", unit__in=OrgUnit.objects.below(top))
    # Parents before their children, as the tree is read everywhere.
    units = sorted(scores.select_related("unit"), key=lambda score: score.unit.ancestor_ids())
    items = (
        ItemScore.objects.filter(run=run, stage="", unit=top)
        .select_related("item")
        .order_by("item__position")
    )
    return {
        "wave": run.wave.code,
        "method_version": run.method_version,
        "units": [_unit(score) for score in units],
        "items": [_item(score) for score in items],
        "group_weighted": run.weighted,
        "checksum": run.checksum,
    }


def _unit(score: UnitScore) -> dict[str, Any]:
    return {
        "code": score.unit.code,
        "kind": score.unit.kind,
        "n": score.n,
        "shown": score.shown,
        "mean": score.mean,
        "mean_ci": _interval(score.mean_low, score.mean_high),
        "top2": score.top2,
        "top2_ci": _interval(score.top2_low, score.top2_high),
        "nps": score.nps,
        "nps_ci": _interval(score.nps_low, score.nps_high),
        "dual": score.dual,
        "dual_ci": _interval(score.dual_low, score.dual_high),
        "improved_dual": score.improved_dual,
        "improved_dual_ci": _interval(score.improved_dual_low, score.improved_dual_high),
        "index": score.index,
        "index_ci": _interval(score.index_low, score.index_high),
    }


def _item(score: ItemScore) -> dict[str, Any]:
    return {
        "name": score.item.name,
        "n": score.n,
        "mean": score.mean,
        "mean_ci": _interval(score.mean_low, score.mean_high),
        "top2": score.top2,
        "importance": score.importance,
        "gap": score.gap,
        "gap_ci": _interval(score.gap_low, score.gap_high),
    }


def _interval(low: float | None, high: float | None) -> list[float] | None:
    return None if low is None or high is None else [low, high]
