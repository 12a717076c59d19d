"""Units against themselves in the last wave, and against the others of their parent (SAT-09)."""

from collections.abc import Iterable
from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce, TruncDate

from regions.models import OrgUnit
from regions.policies import policy_values
from satisfaction.comparing import Ratings, holm, welch
from satisfaction.models import Against, Comparison, ItemRole, ScoringRun, UnitScore, Wave


def compare(run: ScoringRun) -> list[Comparison]:
    """The comparisons of a run, unsaved, with the p-values of each sort corrected together.

    Only units with enough answers are compared, and only with enough answers of others.
    """
    scores = _scores(run)
    minimum = policy_values("satisfaction.minimum_n")
    before = _last_scores(run)
    found: dict[str, list[Comparison]] = {Against.LAST_WAVE: [], Against.REST: []}
    parents = dict(OrgUnit.objects.filter(pk__in=scores).values_list("pk", "parent_id"))
    for unit, (score, ratings) in sorted(scores.items()):
        if not score.shown:
            continue
        if unit in before and before[unit][0].shown:
            earlier, theirs = before[unit]
            found[Against.LAST_WAVE] += _one(run, unit, ratings, theirs, earlier.run_id)
        parent = scores.get(parents[unit] or 0)
        if parent is not None:
            rest = parent[1].without(ratings)
            if rest.n >= minimum[unit]:
                found[Against.REST] += _one(run, unit, ratings, rest, None)
    for against, comparisons in found.items():
        adjusted = holm([one.p for one in comparisons])
        for one, p in zip(comparisons, adjusted, strict=True):
            one.against, one.p_adjusted = against, p
    return [one for comparisons in found.values() for one in comparisons]


def _one(
    run: ScoringRun, unit: int, mine: Ratings, theirs: Ratings, other: int | None
) -> list[Comparison]:
    """One comparison; none where a side has fewer than two ratings."""
    if mine.n < 2 or theirs.n < 2:
        return []
    tested = welch(mine, theirs)
    return [
        Comparison(
            run=run,
            unit_id=unit,
            other_id=other,
            n=mine.n,
            other_n=theirs.n,
            other_mean=theirs.mean,
            difference=mine.mean - theirs.mean,
            low=tested.low if tested else None,
            high=tested.high if tested else None,
            p=tested.p if tested else None,
        )
    ]


def _scores(run: ScoringRun) -> dict[int, tuple[UnitScore, Ratings]]:
    """Unit → its figures and the sums behind them."""
    found = {}
    for score in UnitScore.objects.filter(run=run, stage=""):
        ratings = Ratings.of_figures(score.n, score.mean, score.mean_low)
        if ratings is not None:
            found[score.unit_id] = (score, ratings)
    return found


def _last_scores(run: ScoringRun) -> dict[int, tuple[UnitScore, Ratings]]:
    """Unit → its figures in the last wave before that it took part in."""
    found: dict[int, tuple[UnitScore, Ratings]] = {}
    for wave in waves_before(run.wave):
        scores = _scores(wave.run) if wave.run else {}
        for unit, score in scores.items():
            found.setdefault(unit, score)
    return found


def waves_before(wave: Wave) -> Iterable[Wave]:
    """Scored waves before this one that ask the same kind of people for the same overall rating,
    the latest first. Standing waves have no before."""
    overall = wave.version.items.filter(role=ItemRole.OVERALL).first()
    if overall is None or wave.is_standing:
        return []
    began: Any = Coalesce("opens_on", TruncDate("created_at"))
    mine = Wave.objects.annotate(began=began).get(pk=wave.pk).began
    return (
        Wave.objects.annotate(began=began)
        .filter(
            version__questionnaire__kind=wave.version.questionnaire.kind,
            version__items__role=ItemRole.OVERALL,
            version__items__low=overall.low,
            version__items__high=overall.high,
            run__isnull=False,
            is_standing=False,
        )
        .filter(began__lte=mine)
        .exclude(pk=wave.pk)
        .exclude(began=mine, pk__gt=wave.pk)
        .select_related("run")
        .order_by(F("began").desc(), F("pk").desc())[:8]
    )
