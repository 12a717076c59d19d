"""Figures of the dashboard: which there are, and what they are of a unit in a period."""

from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from api.base import Ask, Resource, unit_asked
from api.reach import METRICS_READ
from api.schema import UNIT, OpenApiParameter, lists, shows
from reports.dashboard.basis import frozen_in
from reports.dashboard.forms import VIEW, DashboardFilter
from reports.metrics.perimeter import Perimeter
from reports.metrics.periods import read_period
from reports.metrics.reading import Series, series_of
from reports.metrics.registry import METRICS, Better, Kind, Measure, Metric

PLACES = {
    Measure.ROWS: Decimal(1),
    Measure.YUAN: Decimal("0.01"),
    Measure.SHARE: Decimal("0.000001"),
    Measure.COUNT: Decimal(1),
    Measure.RATE: Decimal("0.0001"),
}
KINDS = [(str(one), str(one)) for one in Kind]
NUMBER = "A decimal number as text, null where there is none."


class MetricRow(serializers.Serializer):
    """What a figure counts. A flow is what happened in a period, a stock what there is."""

    key = serializers.CharField()
    title = serializers.CharField()
    sentence = serializers.CharField()
    kind = serializers.ChoiceField(KINDS)
    measure = serializers.ChoiceField([str(one) for one in Measure])
    better = serializers.ChoiceField([str(one) for one in Better])


class ValueRow(serializers.Serializer):
    """A figure; shares are parts of 1, rates for each 1,000. `before` is that of as many days of
    the period before, counted by day where that is no whole month; `as_of` the day of a stock that
    is not of this moment. `frozen_months` closed months of the period are in it as closing left
    them: none where it is counted from own rows, and none in what there is today. `own_rows` tells
    that it is counted now from the rows of one's own."""

    metric = serializers.CharField()
    value = serializers.CharField(allow_null=True, help_text=NUMBER)
    before = serializers.CharField(allow_null=True, help_text=NUMBER)
    as_of = serializers.DateField(allow_null=True)
    frozen_months = serializers.IntegerField()
    own_rows = serializers.BooleanField()


class FiguresOut(serializers.Serializer):
    """The figures of a unit in a period that the reader may see; `frozen_months` is the most that
    any of them holds."""

    unit = serializers.CharField()
    below = serializers.BooleanField()
    period = serializers.CharField()
    first = serializers.DateField()
    last = serializers.DateField()
    frozen_months = serializers.IntegerField()
    figures = ValueRow(many=True)


class Metrics(Resource):
    """The figures that the reader sees of anything."""

    asks = {"GET": Ask(METRICS_READ, VIEW)}  # noqa: RUF012

    @lists(MetricRow, paged=False)
    def get(self, request: Any) -> Response:
        """List metrics; they are few, so there is one page."""
        seen = [metric for metric in METRICS.values() if metric.opens_to(request.user)]
        return Response({"next": None, "results": MetricRow(seen, many=True).data})


class Figures(Resource):
    """Figures of a unit in a period."""

    asks = {"GET": Ask(METRICS_READ, VIEW)}  # noqa: RUF012

    @shows(
        FiguresOut,
        parameters=[
            UNIT,
            OpenApiParameter("period", str, description="`2026-11`, `2026-Q4` or `2026`."),
            OpenApiParameter("metric", str, many=True, description="Keys; left out: all."),
            OpenApiParameter("only", bool, description="The unit without those below it."),
        ],
    )
    def get(self, request: Any) -> Response:
        """Read figures: without a unit those of one's own, without a period of this month."""
        asked = _asked(request)
        form = DashboardFilter(asked, user=request.user, today=timezone.localdate())
        unit = unit_asked(request, VIEW) or form.unit_asked()
        if unit is None:
            raise serializers.ValidationError({"unit": [_("Please name a unit.")]})
        period = form.period_asked()
        perimeter = Perimeter(request.user, unit, below=form.below(), day=period.end)
        found = series_of(perimeter, period, _metrics(request))
        answer = {
            "unit": unit.code,
            "below": form.below(),
            "period": period.key,
            "first": period.first,
            "last": period.last,
            "frozen_months": frozen_in(found),
            "figures": [_figure(one) for one in found],
        }
        return Response(FiguresOut(answer).data)


def _asked(request: Any) -> QueryDict:
    """The question as the dashboard reads it. Raises ValidationError for what it would pass over:
    another period than was asked for would be a wrong answer."""
    asked = QueryDict(mutable=True)
    asked["unit"] = request.query_params.get("unit", "")
    key = request.query_params.get("period", "")
    if key and read_period(key, timezone.localdate()).key != key:
        raise serializers.ValidationError({"period": [_("There are no figures of this period.")]})
    asked["period"] = key
    only = request.query_params.get("only", "")
    if only not in ("", "true", "false"):
        raise serializers.ValidationError({"only": ["true, false"]})
    if only == "true":
        asked["only"] = "on"
    return asked


def _metrics(request: Any) -> list[Metric]:
    """The metrics that were asked for. Raises ValidationError for keys that the reader has none."""
    seen = {key: one for key, one in METRICS.items() if one.opens_to(request.user)}
    wanted = request.query_params.getlist("metric") or list(seen)
    if set(wanted) - seen.keys():
        raise serializers.ValidationError({"metric": [_("There is no such metric for you.")]})
    return [seen[key] for key in dict.fromkeys(wanted)]


def _figure(series: Series) -> dict[str, Any]:
    """Exact decimals as text, so that no program rounds what it was told."""
    place = PLACES[series.metric.measure]

    def said(value: Decimal | None) -> str | None:
        return None if value is None else f"{value.quantize(place):f}"

    return {
        "metric": series.metric.key,
        "value": said(series.value),
        "before": said(series.value_before),
        "as_of": series.as_of,
        "frozen_months": len(series.frozen),
        "own_rows": series.is_own,
    }
