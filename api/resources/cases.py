"""Cases: lists, one, taking in."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from api.base import (
    Answer,
    Ask,
    Resource,
    asked_page,
    checked,
    filled,
    found_or_404,
    page_answer,
    plain,
    written,
)
from api.reach import CASES_READ, CASES_WRITE
from api.schema import KEY, UNIT, OpenApiParameter, lists, shows, writes
from complaints.forms.filters import CaseFilter
from complaints.models import Case, CaseKind, Channel
from complaints.selectors.lists import ORDERS, case_in_reach, case_page
from complaints.services import register_case
from complaints.states import REGISTER, VIEW, State
from regions.models import OrgUnit

FILTERS = ("q", "unit", "kind", "state", "channel", "handler")
# What a mail box hands in by itself is not chosen by a caller either.
CHANNELS = [one for one in Channel.values if one != Channel.MAIL]


class CaseRow(serializers.Serializer):
    """A case."""

    id = serializers.IntegerField()
    number = serializers.CharField()
    kind = serializers.ChoiceField(CaseKind.choices)
    channel = serializers.ChoiceField(Channel.choices)
    state = serializers.ChoiceField(State.choices)
    unit = serializers.CharField(source="unit.code")
    unit_name = serializers.CharField(source="unit.name")
    category = serializers.CharField(source="category.name", default=None, allow_null=True)
    level = serializers.CharField(source="level.name", default=None, allow_null=True)
    handler = serializers.CharField(source="handler.employee_no", default=None, allow_null=True)
    complainant_name = serializers.CharField()
    room = serializers.CharField()
    content = serializers.CharField()
    taken_in_at = serializers.DateTimeField()
    next_due_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


class CaseNew(serializers.Serializer):
    """A matter to take in; it goes to whoever's turn it is in the unit."""

    unit = serializers.CharField(max_length=30, help_text="The code of the unit.")
    kind = serializers.ChoiceField(CaseKind.choices, default=CaseKind.COMPLAINT)
    channel = serializers.ChoiceField(CHANNELS, default=Channel.PORTAL)
    content = serializers.CharField(max_length=5000)
    name = serializers.CharField(max_length=60)
    phone = serializers.CharField(max_length=30, required=False, default="")
    room = serializers.CharField(max_length=60, required=False, default="")


class Cases(Resource):
    """Cases within reach, the newest first."""

    asks = {  # noqa: RUF012
        "GET": Ask(CASES_READ, VIEW),
        "POST": Ask(CASES_WRITE, REGISTER),
    }

    @lists(
        CaseRow,
        OpenApiParameter("q", str, description="Number, name, room, content, last four digits."),
        UNIT,
        OpenApiParameter("kind", str, enum=CaseKind.values),
        OpenApiParameter("state", str, description="A state, `open` or `waiting`."),
        OpenApiParameter("channel", str, enum=Channel.values),
        OpenApiParameter("handler", str, description="An employee number."),
        OpenApiParameter("sort", str, enum=sorted(ORDERS)),
    )
    def get(self, request: Any) -> Response:
        """List cases."""
        asked = {name: request.query_params.get(name, "") for name in FILTERS}
        form = CaseFilter(asked, user=request.user)
        filled(form)
        sort = request.query_params.get("sort", "")
        if sort and sort not in ORDERS:
            raise serializers.ValidationError({"sort": [", ".join(ORDERS)]})
        query = form.query(sort)
        if query.term.problem:
            raise serializers.ValidationError({"q": [str(query.term.problem)]})
        page = case_page(request.user, query, **asked_page(request, query.order))
        return page_answer(request, page, CaseRow(page.rows, many=True).data)

    @writes(CaseNew, CaseRow, KEY)
    def post(self, request: Any) -> Response:
        """Take a case in: its limits begin to run."""
        return written(request, lambda: _take_in(request))


def _take_in(request: Any) -> Answer:
    sent = checked(CaseNew, request.data)
    units = OrgUnit.objects.visible_to(request.user, REGISTER).active()
    unit = units.filter(code=sent.pop("unit")).first()
    if unit is None:
        raise serializers.ValidationError({"unit": [_("There is no such unit within your reach.")]})
    case: Case = register_case(unit=unit, by=request.user, **sent)
    headers = {"Location": f"/api/v1/cases/{case.pk}/"}
    return Answer(201, plain(CaseRow(case).data), headers)


class OneCase(Resource):
    """One case."""

    asks = {"GET": Ask(CASES_READ, VIEW)}  # noqa: RUF012

    @shows(CaseRow)
    def get(self, request: Any, pk: int) -> Response:
        """Read a case."""
        return Response(CaseRow(found_or_404(case_in_reach(request.user, pk))).data)
