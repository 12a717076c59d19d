"""What is drawn, each as a table first: the chart is drawn from it."""

from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from regions.models import OrgUnit
from reports.dashboard.tiles import rows_url, written
from reports.metrics.perimeter import Perimeter
from reports.metrics.periods import Period
from reports.metrics.reading import Amount, Series, by_unit
from reports.metrics.registry import Kind


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
    charts = [_trend(series, period, address), _parts(series, address)]
    if perimeter.below and not perimeter.is_own(series.metric.right):
        charts.append(_units(series, perimeter, period, address))
    return [chart for chart in charts if chart.rows]


def _number(series: Series, amount: Amount) -> float | None:
    value = amount.value(series.metric)
    if value is None:
        return None
    return round(float(value) * (100 if series.metric.is_share else 1), 2)


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


def _parts(series: Series, address: dict[str, str]) -> Chart:
    metric = series.metric
    labels = metric.labels()
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
                rows_url(metric, address, key),
            )
        )
    return chart


def _units(series: Series, perimeter: Perimeter, period: Period, address: dict[str, str]) -> Chart:
    """The units right below, each with its branch, the highest figure first."""
    metric = series.metric
    chart = Chart("units", "bar", _("By unit"), _("Unit"), str(metric.title))
    alone = by_unit(perimeter, period, series)
    here = len(perimeter.paths.get(perimeter.unit.pk, ()))
    sums: dict[int, Amount] = {}
    for own, amount in alone.items():
        path = perimeter.paths[own]
        key = path[here] if len(path) > here else perimeter.unit.pk
        sums.setdefault(key, Amount()).add(amount.numerator, amount.denominator)
    names = OrgUnit.objects.in_bulk(list(sums))
    for key, amount in sums.items():
        unit = names[key]
        asked = address | {"unit": unit.code}
        if key == perimeter.unit.pk:
            asked |= {"only": "on"}
        chart.rows.append(
            ChartRow(
                unit.name,
                written(metric, amount.value(metric)),
                _number(series, amount),
                f"{reverse('reports:dashboard')}?{urlencode(asked | {'metric': metric.key})}",
                foreign=True,
            )
        )
    chart.rows.sort(key=lambda row: (row.value is None, -(row.value or 0), row.label))
    return chart
