"""What is drawn, each as a table first: the chart is drawn from it."""

from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from reports.dashboard.tiles import figure_url, rows_url, written
from reports.metrics.perimeter import Perimeter
from reports.metrics.periods import Period
from reports.metrics.reading import Amount, Series, by_units
from reports.metrics.registry import Kind, Measure


@dataclass(slots=True)
class ChartRow:
    """A line of the table and a point of the chart."""

    label: str
    text: str | None
    value: float | None
    url: str = ""
    foreign: bool = False  # a name in the data's own language


@dataclass(slots=True)
class Chart:
    """A chart with its table. `kind` is line or bar."""

    key: str
    kind: str
    title: str
    head: str
    figure: str
    rows: list[ChartRow] = field(default_factory=list)

    def as_data(self) -> dict[str, Any]:
        """What the script draws."""
        return {
            "kind": self.kind,
            "title": self.title,
            "labels": [row.label for row in self.rows],
            "values": [row.value for row in self.rows],
            "texts": [row.text or "—" for row in self.rows],
        }


def charts_of(
    series: Series, perimeter: Perimeter, period: Period, address: dict[str, str]
) -> list[Chart]:
    """The drawn figure over time, by its dimension, and by the units right below."""
    charts = [_trend(series, period, address), parts_of(series, address)]
    if perimeter.below and not perimeter.is_own(series.metric.right):
        charts.append(_units(series, perimeter, period, address))
    return [chart for chart in charts if chart.rows]


def _number(series: Series, amount: Amount) -> float | None:
    value = amount.value(series.metric)
    if value is None:
        return None
    return round(float(value) * (100 if series.metric.measure == Measure.SHARE else 1), 2)


def _trend(series: Series, period: Period, address: dict[str, str]) -> Chart:
    metric = series.metric
    chart = Chart("trend", "line", _("By month"), _("Month"), str(metric.title))
    for month in period.trend:
        amount = series.months.get(month)
        if amount is None:
            if metric.kind == Kind.STOCK:
                continue
            amount = Amount()
        flow = metric.kind == Kind.FLOW
        asked = address | {"period": f"{month:%Y-%m}"}
        chart.rows.append(
            ChartRow(
                f"{month:%Y-%m}",
                written(metric, amount.value(metric)),
                _number(series, amount),
                rows_url(metric, asked) if flow else "",
            )
        )
    return chart


def parts_of(series: Series, address: dict[str, str], words: dict[str, Any] | None = None) -> Chart:
    """A figure by its dimension; `words` are its labels where they were read already."""
    metric = series.metric
    labels = metric.labels() if words is None else words
    chart = Chart("parts", "bar", _("By kind"), pgettext("chart", "Kind"), str(metric.title))
    if not labels:
        return chart
    order = {key: place for place, key in enumerate(labels) if key}
    keys = sorted(
        series.parts,
        key=lambda key: (key == "", order.get(key, len(order)), -series.parts[key].numerator, key),
    )
    for key in keys:
        amount = series.parts[key]
        chart.rows.append(
            ChartRow(
                str(labels.get(key, key) or _("None stated")),
                written(metric, amount.value(metric)),
                _number(series, amount),
                figure_url(series, address, key),
            )
        )
    return chart


def _units(series: Series, perimeter: Perimeter, period: Period, address: dict[str, str]) -> Chart:
    """The units right below, each with its branch, the highest figure first."""
    metric = series.metric
    chart = Chart("units", "bar", _("By unit"), _("Unit"), str(metric.title))
    for line in by_units(perimeter, period, [series]):
        amount = line.amounts.get(metric.key)
        if amount is None:
            continue
        asked = address | {"unit": line.unit.code}
        if line.is_own:
            asked |= {"only": "on"}
        chart.rows.append(
            ChartRow(
                line.unit.name,
                written(metric, amount.value(metric)),
                _number(series, amount),
                f"{reverse('reports:dashboard')}?{urlencode(asked | {'metric': metric.key})}",
                foreign=True,
            )
        )
    chart.rows.sort(key=lambda row: (row.value is None, -(row.value or 0), row.label))
    return chart
