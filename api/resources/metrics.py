"""Figures of the dashboard: which there are, and what they are of a unit in a period."""

from datetime import date
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from api.base import Ask, Resource, unit_asked
from api.figures import (
    CHOICES,
    SCORE,
    Figure,
    Question,
    answer_to,
    dimensions_of,
    lacking,
)
from api.reach import METRICS_READ
from api.schema import UNIT, OpenApiParameter, lists, shows
from compliance.months import month_of, months_later
from regions.models import OrgUnit
from reports.dashboard.forms import VIEW, DashboardFilter
from reports.dashboard.others import Other
from reports.dashboard.told import SATISFACTION, others_open_to
from reports.metrics.perimeter import Perimeter
from reports.metrics.periods import Period, read_period
from reports.metrics.registry import METRICS, Better, Kind, Measure
from satisfaction.selectors.sight import FEW, WITHHELD

SURVEY = "survey"
MOST_MONTHS = 24
KINDS = [*((str(one), str(one)) for one in Kind), (SURVEY, SURVEY)]
MEASURES = [*(str(one) for one in Measure), SCORE]
NUMBER = "A decimal number as text, null where there is none."


class MetricRow(serializers.Serializer):
    """What a figure counts. A flow is what happened in a period, a stock what there is, a survey
    what the latest wave found. `dimensions` are what it can be told by."""

    key = serializers.CharField()
    title = serializers.CharField()
    sentence = serializers.CharField()
    kind = serializers.ChoiceField(KINDS)
    measure = serializers.ChoiceField(MEASURES)
    better = serializers.ChoiceField([str(one) for one in Better])
    dimensions = serializers.ListField(child=serializers.ChoiceField(CHOICES))


class SurveyOut(serializers.Serializer):
    """Of which wave a score is, with its interval at 95 % and how many answered. Where `hidden`
    says why, there is no score."""

    wave = serializers.CharField()
    answers = serializers.IntegerField()
    low = serializers.CharField(allow_null=True, help_text=NUMBER)
    high = serializers.CharField(allow_null=True, help_text=NUMBER)
    hidden = serializers.ChoiceField(["", FEW, WITHHELD])


class PartRow(serializers.Serializer):
    """A part of a figure: of one value of the dimension, or of one unit with all below it (the unit
    that was asked for stands for what lies in none below). Shares and rates tell what they are
    of."""

    key = serializers.CharField(allow_blank=True)
    label = serializers.CharField()  # type: ignore[assignment]  # the field of that name
    value = serializers.CharField(allow_null=True, help_text=NUMBER)
    numerator = serializers.CharField(allow_null=True, help_text=NUMBER)
    denominator = serializers.CharField(allow_null=True, help_text=NUMBER)
    survey = SurveyOut(allow_null=True)


class ValueRow(serializers.Serializer):
    """A figure; shares are parts of 1, rates for each 1,000. `before` is that of as many days of
    the period before, counted by day where that is no whole month; `as_of` the day of a stock that
    is not of this moment. `frozen_months` closed months of the period are in it as closing left
    them: none where it is counted from own rows, and none in what there is today. `own_rows` tells
    that it is counted now from the rows of one's own. `parts` are null where nothing was asked
    `by`, where nobody knows them (a stock of a time without snapshot), and by unit for own rows."""

    metric = serializers.CharField()
    value = serializers.CharField(allow_null=True, help_text=NUMBER)
    before = serializers.CharField(allow_null=True, help_text=NUMBER)
    as_of = serializers.DateField(allow_null=True)
    frozen_months = serializers.IntegerField()
    own_rows = serializers.BooleanField()
    survey = SurveyOut(allow_null=True, help_text="Of a score: of which wave it is.")
    parts = PartRow(many=True, allow_null=True)


class PeriodOut(serializers.Serializer):
    """The figures of a period that the reader may see; `frozen_months` is the most that any of
    them holds."""

    period = serializers.CharField()
    first = serializers.DateField()
    last = serializers.DateField()
    frozen_months = serializers.IntegerField()
    figures = ValueRow(many=True)


class FiguresOut(PeriodOut):
    """The figures of a unit in a period that the reader may see."""

    unit = serializers.CharField()
    below = serializers.BooleanField()


class MonthsOut(serializers.Serializer):
    """The figures of a unit, month by month, each as the dashboard of that month shows it."""

    unit = serializers.CharField()
    below = serializers.BooleanField()
    months = PeriodOut(many=True)


class Metrics(Resource):
    """The figures that the reader sees of anything."""

    asks = {"GET": Ask(METRICS_READ, VIEW)}  # noqa: RUF012

    @lists(MetricRow, paged=False)
    def get(self, request: Any) -> Response:
        """List metrics; they are few, so there is one page."""
        rows = [_described(one) for one in _seen(request.user).values()]
        return Response({"next": None, "results": MetricRow(rows, many=True).data})


COMMON = (
    UNIT,
    OpenApiParameter("metric", str, many=True, description="Keys; left out: all."),
    OpenApiParameter(
        "by",
        str,
        enum=CHOICES,
        description="Tell the parts of each figure: by its dimension or by the units right below. "
        "Left out metrics are those that have it.",
    ),
    OpenApiParameter("only", bool, description="The unit without those below it."),
)


class Figures(Resource):
    """Figures of a unit in a period."""

    asks = {"GET": Ask(METRICS_READ, VIEW)}  # noqa: RUF012

    @shows(
        FiguresOut,
        parameters=[
            *COMMON,
            OpenApiParameter("period", str, description="`2026-11`, `2026-Q4` or `2026`."),
        ],
    )
    def get(self, request: Any) -> Response:
        """Read figures: without a unit those of one's own, without a period of this month."""
        key = request.query_params.get("period", "")
        period = _period(key) if key else read_period("", timezone.localdate())
        unit, below = _unit(request, period), not _only(request)
        by, figures = _figures(request)
        perimeter = Perimeter(request.user, unit, below=below, day=period.end)
        answer = answer_to(Question(perimeter, period, figures, by))
        return Response(FiguresOut(answer | {"unit": unit.code, "below": below}).data)


class Series(Resource):
    """Figures of a unit month by month."""

    asks = {"GET": Ask(METRICS_READ, VIEW)}  # noqa: RUF012

    @shows(
        MonthsOut,
        parameters=[
            *COMMON,
            OpenApiParameter("since", str, description="The first month; left out: the 12th."),
            OpenApiParameter("until", str, description="The last month; left out: this one."),
        ],
    )
    def get(self, request: Any) -> Response:
        """Read figures of up to 24 months, each in the tree of its month. What is only known of
        today has no value in other months."""
        months = _months(request)
        unit, below = _unit(request, months[-1]), not _only(request)
        by, figures = _figures(request)
        answers = []
        for month in months:
            perimeter = Perimeter(request.user, unit, below=below, day=month.end)
            answers.append(answer_to(Question(perimeter, month, figures, by, of_many=True)))
        answer = {"unit": unit.code, "below": below, "months": answers}
        return Response(MonthsOut(answer).data)


def _described(figure: Figure) -> dict[str, Any]:
    named = {"key": figure.key, "title": figure.title, "sentence": figure.sentence}
    if isinstance(figure, Other):
        is_score = figure.key == SATISFACTION
        named["kind"] = SURVEY if is_score else Kind.STOCK
        named["measure"] = SCORE if is_score else Measure.ROWS
        named["better"] = Better.UP if is_score else Better.DOWN
    else:
        named |= {"kind": figure.kind, "measure": figure.measure, "better": figure.better}
    return named | {"dimensions": dimensions_of(figure)}


def _seen(user: Any) -> dict[str, Figure]:
    """Key → each figure that the reader sees of anything."""
    seen: dict[str, Figure] = {key: one for key, one in METRICS.items() if one.opens_to(user)}
    return seen | {one.key: one for one in others_open_to(user)}


def _unit(request: Any, period: Period) -> OrgUnit:
    """The unit of the question, else the one that the reader's dashboard begins with. Raises
    ValidationError where he has none."""
    asked = QueryDict(mutable=True)
    asked["period"] = period.key
    form = DashboardFilter(asked, user=request.user, today=timezone.localdate())
    unit = unit_asked(request, VIEW) or form.unit_asked()
    if unit is None:
        raise serializers.ValidationError({"unit": [_("Please name a unit.")]})
    return unit


def _only(request: Any) -> bool:
    only = request.query_params.get("only", "false")
    if only not in ("true", "false"):
        raise serializers.ValidationError({"only": ["true, false"]})
    return bool(only == "true")


def _period(key: str, name: str = "period", kind: str = "") -> Period:
    """The period of a key. Raises ValidationError for what the dashboard would pass over: another
    period than was asked for would be a wrong answer."""
    period = read_period(key, timezone.localdate())
    if period.key != key or kind not in ("", period.kind):
        raise serializers.ValidationError({name: [_("There are no figures of this period.")]})
    return period


def _months(request: Any) -> list[Period]:
    """The months of a series. Raises ValidationError where they are none, or too many."""
    until = request.query_params.get("until", "")
    last = _period(until, "until", "month").first if until else month_of(timezone.localdate())
    since = request.query_params.get("since", "")
    first = _period(since, "since", "month").first if since else months_later(last, -11)
    count = _months_between(first, last) + 1
    if not 1 <= count <= MOST_MONTHS:
        sentence = _("Please ask for 1 to {most} months.").format(most=MOST_MONTHS)
        raise serializers.ValidationError({"since": [sentence]})
    return [
        Period("month", months_later(first, number), timezone.localdate())
        for number in range(count)
    ]


def _months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def _figures(request: Any) -> tuple[str, list[Figure]]:
    """By what the figures shall be told, and which. Raises ValidationError for keys that the reader
    has none of, and for figures that are not told by this."""
    seen = _seen(request.user)
    by = request.query_params.get("by", "")
    if by and by not in CHOICES:
        raise serializers.ValidationError({"by": [", ".join(CHOICES)]})
    keys = request.query_params.getlist("metric")
    if set(keys) - seen.keys():
        raise serializers.ValidationError({"metric": [_("There is no such metric for you.")]})
    wanted = [seen[key] for key in dict.fromkeys(keys)] or list(seen.values())
    without = lacking(by, wanted)
    if without and keys:
        sentence = _("“{metric}” is not told by that. It is told by: {dimensions}.")
        said = [
            sentence.format(metric=one.key, dimensions=", ".join(dimensions_of(one)))
            for one in without
        ]
        raise serializers.ValidationError({"by": said})
    return by, [one for one in wanted if one not in without]
