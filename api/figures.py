"""Figures as programs get them: exact decimals as text, by dimension, by unit, month by month."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from reports.dashboard.basis import frozen_in
from reports.dashboard.others import Other
from reports.dashboard.told import STRATEGIC, Score, Told, told_by_unit, told_of
from reports.metrics.perimeter import Perimeter
from reports.metrics.periods import Period
from reports.metrics.reading import Amount, Series, by_units, series_of
from reports.metrics.registry import METRICS, Measure, Metric

SCORE = "score"  # what a survey measures
PLACES = {
    Measure.ROWS: Decimal(1),
    Measure.YUAN: Decimal("0.01"),
    Measure.SHARE: Decimal("0.000001"),
    Measure.COUNT: Decimal(1),
    Measure.RATE: Decimal("0.0001"),
}
SCORE_PLACE = Decimal("0.000001")
UNIT = "unit"
# What each metric sorts its rows by, as the fields of the other resources are called.
DIMENSIONS = {
    "customers": "level",
    "owners": "stage",
    "customers_lost": "cause",
    "contacts": "kind",
    "contacts_overdue": "level",
    "complaints_opened": "level",
    "complaints_closed": "level",
    "complaints_open": "level",
    "complaints_age": "age",
    "complaints_late": "level",
    "response_on_time": "outcome",
    "completion_on_time": "outcome",
    "expenses_paid": "category",
    "budget_used": "category",
    "log_in_rate": "reason",
    "findings": "severity",
}
CHOICES = sorted({UNIT, *DIMENSIONS.values()})
Figure = Metric | Other


def dimensions_of(figure: Figure) -> list[str]:
    """By what a figure can be told."""
    own = DIMENSIONS.get(figure.key)
    return [own, UNIT] if own else [UNIT]


@dataclass(frozen=True, slots=True)
class Question:
    """Which figures of whom, and by what: nothing, a dimension, or the units right below. Among
    other months (`of_many`) nothing stands that is known of today alone."""

    perimeter: Perimeter
    period: Period
    figures: Sequence[Figure]
    by: str = ""
    of_many: bool = False

    def knows(self, figure: Other) -> bool:
        """Whether something is told of the figure."""
        return not self.of_many or self.period.runs or figure.key != STRATEGIC


def answer_to(question: Question) -> dict[str, Any]:
    """The figures of a unit in a period, in the order of the question."""
    perimeter, period = question.perimeter, question.period
    metrics = [one for one in question.figures if isinstance(one, Metric)]
    found = series_of(perimeter, period, metrics)
    by_key = {series.metric.key: _of_series(series) for series in found}
    parts = _parts(question, found) if question.by else {}
    for one in question.figures:
        if isinstance(one, Other):
            known = question.knows(one)
            told = told_of(one.key, perimeter, period) if known else Told(one.key)
            by_key[one.key] = _of_told(told)
        by_key[one.key]["parts"] = parts.get(one.key)
    return {
        "period": period.key,
        "first": period.first,
        "last": period.last,
        "frozen_months": frozen_in(found),
        "figures": [by_key[one.key] for one in question.figures],
    }


def _of_series(series: Series) -> dict[str, Any]:
    metric = series.metric
    return {
        "metric": metric.key,
        "value": _text(series.value, PLACES[metric.measure]),
        "before": _text(series.value_before, PLACES[metric.measure]),
        "as_of": series.as_of,
        "frozen_months": len(series.frozen),
        "own_rows": series.is_own,
        "survey": None,
    }


def _of_told(told: Told) -> dict[str, Any]:
    place = SCORE_PLACE if told.score else PLACES[Measure.ROWS]
    return {
        "metric": told.key,
        "value": _text(told.value, place),
        "before": _text(told.before, place),
        "as_of": told.as_of,
        "frozen_months": 0,
        "own_rows": told.is_own,
        "survey": _survey(told.score),
    }


def _survey(score: Score | None) -> dict[str, Any] | None:
    if score is None:
        return None
    return {
        "wave": score.wave,
        "answers": score.answers,
        "low": _text(score.low, SCORE_PLACE),
        "high": _text(score.high, SCORE_PLACE),
        "hidden": score.hidden,
    }


def _text(value: Decimal | None, place: Decimal) -> str | None:
    """Exact decimals as text, so that no program rounds what it was told."""
    return None if value is None else f"{value.quantize(place):f}"


# --- parts --------------------------------------------------------------------------------------


def _parts(question: Question, found: list[Series]) -> dict[str, list[dict[str, Any]]]:
    """Metric → its parts, of those that have some for this reader."""
    if question.by != UNIT:
        return {series.metric.key: _by_dimension(series) for series in found if series.is_known}
    perimeter, period = question.perimeter, question.period
    others = [one for one in question.figures if isinstance(one, Other) and question.knows(one)]
    told = {
        other.key: [
            _part_of_told(unit, one) for unit, one in told_by_unit(other.key, perimeter, period)
        ]
        for other in others
    }
    return _by_unit(perimeter, period, found) | told


def _by_dimension(series: Series) -> list[dict[str, Any]]:
    """As the chart of the dashboard sorts it: in the order of the labels, what has none last."""
    labels = series.metric.labels()
    order = {key: place for place, key in enumerate(labels) if key}
    keys = sorted(
        series.parts,
        key=lambda key: (key == "", order.get(key, len(order)), -series.parts[key].numerator, key),
    )
    return [
        _part(series.metric, key, str(labels.get(key, key) or _("None stated")), series.parts[key])
        for key in keys
    ]


def _by_unit(
    perimeter: Perimeter, period: Period, found: list[Series]
) -> dict[str, list[dict[str, Any]]]:
    """The units right below with their branches, and what lies in none of them; own rows are not
    sorted by unit."""
    if not perimeter.below:
        return {}
    parts: dict[str, list[dict[str, Any]]] = {
        series.metric.key: [] for series in found if not series.is_own and series.is_known
    }
    for line in by_units(perimeter, period, found):
        for key, amount in line.amounts.items():
            parts[key].append(_part(METRICS[key], line.unit.code, line.unit.name, amount))
    return parts


def _part(metric: Metric, key: str, label: str, amount: Amount) -> dict[str, Any]:
    of_what = metric.is_share
    return {
        "key": key,
        "label": label,
        "value": _text(amount.value(metric), PLACES[metric.measure]),
        "numerator": _number(amount.numerator) if of_what else None,
        "denominator": _number(amount.denominator) if of_what else None,
        "survey": None,
    }


def _part_of_told(unit: Any, told: Told) -> dict[str, Any]:
    place = SCORE_PLACE if told.score else PLACES[Measure.ROWS]
    return {
        "key": unit.code,
        "label": unit.name,
        "value": _text(told.value, place),
        "numerator": None,
        "denominator": None,
        "survey": _survey(told.score),
    }


def _number(value: Decimal) -> str:
    """A sum with the decimals that are stored, at most two, without zeros at its end."""
    text = f"{value.quantize(PLACES[Measure.YUAN]):f}"
    return text.rstrip("0").rstrip(".")


def lacking(by: str, figures: Iterable[Figure]) -> list[Figure]:
    """Those of the figures that are not told by this."""
    return [one for one in figures if by and by not in dimensions_of(one)]
