"""Published survey results, hidden where the pages hide them (too few answers)."""

from typing import Any

from django.db.models import Q
from django.http import Http404
from rest_framework import serializers
from rest_framework.response import Response

from api.base import Ask, Resource, asked_page, filled, found_or_404, page_answer
from api.reach import SURVEYS_READ
from api.schema import UNIT, OpenApiParameter, lists, shows
from core.keyset import Order
from core.paging import page_of_rows
from customers.models import OwnerStage
from satisfaction.forms.results import ResultsFilter
from satisfaction.models import Figure, Wave
from satisfaction.selectors.sight import FEW, VIEW, WITHHELD, Line, lines_of, waves_to_read

NEWEST = Order("-key", "pk", descending=True)


class WaveRow(serializers.Serializer):
    """A survey with published figures."""

    id = serializers.IntegerField()
    code = serializers.CharField()
    title = serializers.CharField()
    unit = serializers.CharField(source="unit.code")
    opens_on = serializers.DateField(allow_null=True)
    closes_on = serializers.DateField(allow_null=True)
    is_anonymous = serializers.BooleanField()
    is_standing = serializers.BooleanField()


class FigureRow(serializers.Serializer):
    """A figure with its interval at 95 %, null for indices until they were resampled."""

    figure = serializers.ChoiceField(Figure.choices)
    value = serializers.FloatField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class LineRow(serializers.Serializer):
    """A unit with all below it. Where `hidden` says why, there are no figures."""

    unit = serializers.CharField(source="unit.code")
    unit_name = serializers.CharField(source="unit.name")
    answers = serializers.IntegerField(source="n")
    hidden = serializers.ChoiceField(["", FEW, WITHHELD])
    figures = serializers.SerializerMethodField()

    def get_figures(self, line: Line) -> list[dict[str, Any]]:
        return [
            {"figure": str(key), "value": one.value, "low": one.low, "high": one.high}
            for key, one in line.readings.items()
        ]


class LineOut(LineRow):
    """As the rows of results."""

    figures = FigureRow(many=True)  # type: ignore[assignment]


class ResultsOut(serializers.Serializer):
    """The unit that was asked for, where anybody answered, and those directly below it."""

    wave = serializers.CharField()
    unit = serializers.CharField()
    stage = serializers.CharField()
    lines = LineOut(many=True)


def _waves(user: Any) -> Any:
    return waves_to_read(user).filter(run__isnull=False)


class SurveyWaves(Resource):
    """Surveys with published figures that concern the reader's units, the newest first."""

    asks = {"GET": Ask(SURVEYS_READ, VIEW)}  # noqa: RUF012

    @lists(WaveRow)
    def get(self, request: Any) -> Response:
        """List survey waves."""
        page = page_of_rows(_waves(request.user), NEWEST, **asked_page(request, NEWEST))
        return page_answer(request, page, WaveRow(page.rows, many=True).data)


class SurveyResults(Resource):
    """The results of a wave."""

    asks = {"GET": Ask(SURVEYS_READ, VIEW)}  # noqa: RUF012

    @shows(
        ResultsOut,
        parameters=[UNIT, OpenApiParameter("stage", str, enum=OwnerStage.values)],
    )
    def get(self, request: Any, pk: int) -> Response:
        """Read the figures of a unit, and of the units directly below it, in a wave."""
        wave: Wave = found_or_404(_waves(request.user).filter(pk=pk).first())
        asked = {name: request.query_params.get(name, "") for name in ("unit", "stage")}
        form = ResultsFilter({"wave": wave.code, **asked}, user=request.user)
        filled(form)
        question = form.question
        if question is None:
            raise Http404
        near = Q(unit=question.unit) | Q(unit__parent=question.unit)
        lines = lines_of([question.scoring], request.user, near, question.stage)
        return Response(
            {
                "wave": wave.code,
                "unit": question.unit.code,
                "stage": question.stage,
                "lines": LineRow(lines, many=True).data,
            }
        )
