"""Figures as tiles: how they are written, what they are compared with, where their rows are."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from compliance.models import Target
from core import display
from regions.policies import policy
from reports.metrics.perimeter import Perimeter
from reports.metrics.periods import Period
from reports.metrics.reading import Series, series_of
from reports.metrics.registry import METRICS, Better, Kind, Measure, Metric
from reports.policies import TARGETS


@dataclass(slots=True)
class Tile:
    """A figure on the dashboard, written out."""

    key: str
    label: str
    value: str | None
    url: str
    change: str = ""
    target: str = ""
    state: str = ""
    as_of: Any = None
    spark: list[float] = field(default_factory=list)
    number: float | int | None = None  # of figures that no series holds

    def as_args(self) -> dict[str, Any]:
        """As `stat_tile` takes it."""
        return {
            "label": self.label,
            "value": self.value,
            "url": self.url,
            "change": self.change,
            "target": self.target,
            "state": self.state,
            "as_of": self.as_of,
            "spark": self.spark,
        }


def written(metric: Metric, value: Decimal | None, *, short: bool = False) -> str | None:
    """A figure as a page shows it; None where there is none."""
    if value is None:
        return None
    if metric.measure == Measure.SHARE:
        return display.share(value)
    if metric.measure == Measure.RATE:
        return display.fixed(value, 2)
    if metric.measure == Measure.YUAN:
        return display.money_short(value) if short else display.money(value)
    return f"{value:,.0f}"


def added(metric: Metric, value: Decimal) -> str:
    """What a row adds as a page shows it: decimals where it has some, and for money."""
    if metric.measure == Measure.YUAN or value % 1:
        return display.money(value, symbol=metric.measure == Measure.YUAN)
    return f"{value:,.0f}"


def changed(series: Series, period: Period) -> str:
    """How far the figure is from what it is compared with, in words."""
    value, before = series.value, series.value_before
    if value is None or before is None:
        return ""
    difference = value - before
    if series.metric.measure == Measure.SHARE:
        text = _("{points} points").format(points=minus(display.signed(difference * 100)))
    elif series.metric.measure == Measure.RATE:
        text = minus(display.signed(difference))
    else:
        text = signed(series.metric, difference)
    if series.metric.kind == Kind.FLOW and period.is_cut:
        # Single days stay open, whatever was closed.
        sentence = _("{change} against the same days of {period}, counted by day")
    elif series.metric.kind == Kind.FLOW and period.compared[1] != period.before.last:
        sentence = _("{change} against the same months of {period}")
    else:
        sentence = _("{change} against {period}")
    return sentence.format(change=text, period=period.before.words)


def minus(text: str) -> str:
    """The sign of less as all tiles write it, no hyphen."""
    return text.replace("-", "−")


def later_words(series: Series) -> str:
    """What arrived after closing, with its sign; of a share, how many rows it is of."""
    of_rows = series.metric.is_share and not series.metric.once
    amount = series.later.denominator if of_rows else series.later.numerator
    return signed(series.metric, amount)


def signed(metric: Metric, value: Decimal) -> str:
    """An amount with its sign; shares count rows."""
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    if metric.measure == Measure.YUAN:
        return sign + display.money(abs(value))
    return f"{sign}{abs(value):,.0f}"


def spark(series: Series, period: Period) -> list[float]:
    """The trend as numbers; a stock begins with its first snapshot."""
    metric = series.metric
    known = [month for month in period.trend if month in series.months]
    if metric.kind == Kind.STOCK or metric.is_share:
        values = [series.months[month].value(metric) for month in known]
        return [float(value) for value in values if value is not None]
    if not known:
        return []
    return [float(series.months[month].numerator) if month in series.months else 0.0
            for month in period.trend]  # fmt: skip


def rows_url(metric: Metric, address: dict[str, str], dimension: str | None = None) -> str:
    """Where exactly the rows of a figure are."""
    query = address if dimension is None else address | {"part": dimension}
    return f"{reverse('reports:metric-rows', args=[metric.key])}?{urlencode(query)}"


def figure_url(series: Series, address: dict[str, str], dimension: str | None = None) -> str:
    """Where the rows of a figure are; nowhere where nobody can give them any more."""
    return "" if series.is_past else rows_url(series.metric, address, dimension)


def tile_of(
    series: Series, period: Period, address: dict[str, str], targets: dict[str, Decimal]
) -> Tile:
    """A metric as a tile."""
    metric = series.metric
    tile = Tile(
        metric.key,
        str(metric.title),
        written(metric, series.value, short=True),
        figure_url(series, address),
        change=changed(series, period),
        as_of=series.as_of if series.is_known else None,
        spark=spark(series, period),
    )
    target = targets.get(metric.key)
    if target is not None and series.value is not None:
        tile.target = _("target {target}").format(target=written(metric, target))
        tile.state = verdict_on(metric, series.value, target, period)
    elif metric.better == Better.DOWN and metric.key in ALARMS and series.value:
        tile.state = "alarm"
    return tile


ALARMS = frozenset({"complaints_late"})


def verdict_on(metric: Metric, value: Decimal, target: Decimal, period: Period) -> str:
    """Whether a target is met; while the period runs none is missed yet, and of what should be
    little it is only kept so far."""
    down = metric.better == Better.DOWN
    met = value <= target if down else value >= target
    if period.runs:
        return "" if not met else "so_far" if down else "met"
    return "met" if met else "missed"


def targets_of(perimeter: Perimeter, period: Period) -> dict[str, Decimal]:
    """Metric → its target: the share that is wanted in the unit, and the monthly target of the
    unit, or of the reader where he sees only his own."""
    monthly = _monthly_targets(perimeter, period)
    named = {key: one.target for key, one in METRICS.items() if one.target in monthly}
    shares = shares_wanted(perimeter.unit, period)
    return shares | {key: monthly[target] for key, target in named.items()}


def shares_wanted(unit: Any, period: Period) -> dict[str, Decimal]:
    """Metric → the share that is wanted of a unit on the last day of a period, as a part of 1."""
    table = policy(TARGETS, unit, period.end)
    return {row["metric"]: row["share"] / 100 for row in table}


def _monthly_targets(perimeter: Perimeter, period: Period) -> dict[str, Decimal]:
    """Those of a month and with the units below, as targets are set."""
    if period.kind != "month" or not perimeter.below:
        return {}
    rows = Target.objects.filter(month=period.first)
    own = perimeter.is_own("customers.view_customer")
    if own:
        rows = rows.filter(person=perimeter.reader)
    else:
        rows = rows.visible_to(perimeter.reader).filter(person=None, unit=perimeter.unit)
    return dict(rows.values_list("metric", "value"))


def all_series(perimeter: Perimeter, period: Period) -> list[Series]:
    """Every registered figure the reader sees."""
    return series_of(perimeter, period, METRICS.values())
