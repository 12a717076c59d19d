"""What a reader may see of published figures: the one place that decides it (SAT-09, ADR 0029).

Two questions. *Whose*: figures of the units he reaches, never those of the units above them, from
which his own sibling could be computed. *Which*: only those that the run marked as shown. What is
only withheld for the sake of another unit is shown to those who do not reach the unit above:
without the whole nobody can subtract, and who answers for a project must see its figure. Rows
leave this module as `Line` and `ItemLine`: what may not be shown has no figures in them, so that
neither page nor export can print it by mistake.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from regions.models import OrgUnit
from satisfaction.models import Figure, IndicatorScore, Item, ItemScore, ScoringRun, UnitScore, Wave

VIEW = "satisfaction.view_unitscore"
FEW = "few"  # too few answers
WITHHELD = "withheld"  # would give another unit's figure away


@dataclass(frozen=True, slots=True)
class Reading:
    """A figure with its interval at 95 %, which indices lack until they were resampled."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        return None if self.low is None or self.high is None else (self.low, self.high)


@dataclass(frozen=True, slots=True)
class Line:
    """A unit as one reader sees it. `hidden` says why `readings` are empty; `n` is never secret."""

    unit: OrgUnit
    n: int
    hidden: str = ""
    readings: dict[str, Reading] = field(default_factory=dict)
    run_id: int = 0
    stage: str = ""

    def reading(self, figure: str) -> Reading | None:
        return self.readings.get(figure)


@dataclass(frozen=True, slots=True)
class ItemLine:
    """An item in a unit. `gap` is perception less expectation, where expectation was asked."""

    item: Item
    unit_id: int
    n: int
    is_shown: bool
    mean: Reading | None = None
    top2: float | None = None
    importance: float | None = None
    gap: Reading | None = None


def waves_to_read(reader: Any) -> QuerySet[Wave]:
    """Scored waves that concern a reader's units, the latest first."""
    waves = Wave.objects.visible_to(reader, VIEW).filter(run__isnull=False)
    return waves.select_related("run", "unit", "version__questionnaire").order_by(
        "is_standing", "-closes_on", "-opens_on", "-pk"
    )


def units_to_read(reader: Any) -> QuerySet[OrgUnit]:
    """Units whose figures a reader may see."""
    return OrgUnit.objects.visible_to(reader, VIEW).filter(merged_into=None)


def lines_of(
    runs: Iterable[ScoringRun | int], reader: Any, units: Q, stage: str = ""
) -> list[Line]:
    """Scores of these units (a condition on the table of scores), parents before children."""
    rows = UnitScore.objects.visible_to(reader).filter(units, run__in=list(runs), stage=stage)
    scores = list(rows.select_related("unit").order_by("unit__path"))
    wholes = _wholes(reader, {one.unit.parent_id for one in scores if one.withheld})
    return [_line(score, score.unit.parent_id in wholes) for score in scores]


def _wholes(reader: Any, parents: set[int | None]) -> set[int]:
    """Those of these units whose figures the reader sees, and could subtract from; asked for what
    is withheld from him who could."""
    known = [key for key in parents if key is not None]
    reached = OrgUnit.objects.visible_to(reader, VIEW).filter(pk__in=known)
    return set(reached.values_list("pk", flat=True))


def _line(score: UnitScore, knows_whole: bool) -> Line:
    """A score without what may not be shown. A stage's whole is its unit, which he sees too."""
    withheld = score.withheld and (knows_whole or bool(score.stage))
    hidden = FEW if not score.shown else WITHHELD if withheld else ""
    facts: dict[str, Any] = {"run_id": score.run_id, "stage": score.stage}
    if hidden:
        return Line(score.unit, score.n, hidden, **facts)
    readings = {}
    for figure in Figure.values:
        value = getattr(score, figure)
        # Who recommends answered a question of its own: it may have fewer answers.
        if value is None or (figure == Figure.NPS and score.nps_n * 2 < score.n):
            continue
        bounds = (getattr(score, f"{figure}_low"), getattr(score, f"{figure}_high"))
        readings[figure] = Reading(value, *bounds)
    return Line(score.unit, score.n, "", readings, **facts)


def items_of(run: ScoringRun | int, reader: Any, units: Q, stage: str = "") -> list[ItemLine]:
    """Scores of items in these units, in the order they were asked."""
    rows = ItemScore.objects.visible_to(reader).filter(units, run=run, stage=stage)
    scores = list(rows.select_related("item", "unit").order_by("item__position"))
    wholes = _wholes(reader, {one.unit.parent_id for one in scores if one.withheld})
    return [_item_line(one, one.unit.parent_id in wholes) for one in scores]


def _item_line(score: ItemScore, knows_whole: bool) -> ItemLine:
    """A score of an item without what may not be shown."""
    if not score.shown or (score.withheld and (knows_whole or bool(score.stage))):
        return ItemLine(score.item, score.unit_id, score.n, False)
    return ItemLine(
        score.item,
        score.unit_id,
        score.n,
        True,
        _reading(score.mean, score.mean_low, score.mean_high),
        score.top2,
        score.importance,
        _reading(score.gap, score.gap_low, score.gap_high),
    )


def indicators_of(line: Line, reader: Any, fewest: int) -> list[IndicatorScore]:
    """The indicator tree of a unit that is shown, without nodes of too few answers."""
    if line.hidden:
        return []
    scores = IndicatorScore.objects.visible_to(reader).filter(
        run=line.run_id, unit=line.unit, stage=line.stage, n__gte=fewest
    )
    return list(scores.select_related("indicator"))


def _reading(value: float | None, low: float | None, high: float | None) -> Reading | None:
    return None if value is None else Reading(value, low, high)
