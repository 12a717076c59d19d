"""The organisation: units, and who works in them. No telephone numbers, no e-mail addresses."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from accounts.selectors.people import BY_NUMBER, PeopleQuery, people_page
from api.base import Ask, Resource, asked_page, found_or_404, page_answer, unit_asked
from api.reach import ORGANISATION_READ
from api.schema import UNIT, OpenApiParameter, lists, shows
from core.keyset import Order
from core.paging import page_of_rows
from regions.models import Kind, OrgUnit

VIEW_UNIT, VIEW_STAFF = "regions.view_orgunit", "accounts.view_user"
IN_TREE = Order("path", "path")


class UnitRow(serializers.Serializer):
    """A unit of the group."""

    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(Kind.choices)
    parent = serializers.SerializerMethodField(  # type: ignore[assignment]  # the field of that name
        help_text="The code, null for one out of reach."
    )
    is_active = serializers.BooleanField()
    department = serializers.CharField(source="department_name")
    opened_on = serializers.DateField(allow_null=True)
    closed_on = serializers.DateField(allow_null=True)
    households = serializers.IntegerField(allow_null=True)

    def get_parent(self, unit: OrgUnit) -> str | None:
        known: dict[int, str] = self.context["parents"]
        return known.get(unit.parent_id or 0)


class StaffRow(serializers.Serializer):
    """Somebody who works in a unit in reach."""

    employee_no = serializers.CharField()
    name = serializers.CharField()
    unit = serializers.CharField(source="unit.code")
    unit_name = serializers.CharField(source="unit.name")
    functions = serializers.SerializerMethodField()
    is_active = serializers.BooleanField()

    def get_functions(self, person: Any) -> list[str]:
        return [post.function.name for post in person.held_posts]


def _answer(user: Any, units: list[OrgUnit]) -> Any:
    """The rows, with the codes of those parents that the reader reaches."""
    seen = OrgUnit.objects.visible_to(user, VIEW_UNIT)
    above = seen.filter(pk__in={unit.parent_id for unit in units if unit.parent_id})
    parents = dict(above.values_list("pk", "code"))
    return UnitRow(units, many=True, context={"parents": parents}).data


class Units(Resource):
    """Units within reach, each before those below it."""

    asks = {"GET": Ask(ORGANISATION_READ, VIEW_UNIT)}  # noqa: RUF012

    @lists(UnitRow, UNIT, OpenApiParameter("kind", str, enum=Kind.values))
    def get(self, request: Any) -> Response:
        """List units."""
        rows = OrgUnit.objects.visible_to(request.user, VIEW_UNIT)
        top = unit_asked(request, VIEW_UNIT)
        if top is not None:
            rows = rows.filter(path__startswith=top.path)
        if kind := request.query_params.get("kind", ""):
            if kind not in Kind.values:
                raise serializers.ValidationError({"kind": [", ".join(Kind.values)]})
            rows = rows.filter(kind=kind)
        page = page_of_rows(rows, IN_TREE, **asked_page(request, IN_TREE))
        return page_answer(request, page, _answer(request.user, page.rows))


class OneUnit(Resource):
    """One unit."""

    asks = {"GET": Ask(ORGANISATION_READ, VIEW_UNIT)}  # noqa: RUF012

    @shows(UnitRow)
    def get(self, request: Any, pk: int) -> Response:
        """Read a unit."""
        rows = OrgUnit.objects.visible_to(request.user, VIEW_UNIT)
        unit = found_or_404(rows.filter(pk=pk).first())
        return Response(_answer(request.user, [unit])[0])


class Staff(Resource):
    """People within reach, by employee number."""

    asks = {"GET": Ask(ORGANISATION_READ, VIEW_STAFF)}  # noqa: RUF012

    @lists(StaffRow, UNIT)
    def get(self, request: Any) -> Response:
        """List staff."""
        asked = asked_page(request, BY_NUMBER)
        query = PeopleQuery(unit=unit_asked(request, VIEW_STAFF), after=asked["after"])
        page = people_page(request.user, query, size=asked["size"])
        return page_answer(request, page, StaffRow(page.rows, many=True).data)
