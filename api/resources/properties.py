"""Properties: flats, shops, parking spaces, and the keys of who owns them."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from api.base import Ask, Resource, asked_page, found_or_404, page_answer, unit_asked
from api.reach import PROPERTIES_READ
from api.schema import UNIT, OpenApiParameter, lists, shows
from core.values.rooms import parse_room_label
from customers.selectors.rows import BY_KEY, VIEW, PropertyQuery, property_in_reach, property_page


class PropertyRow(serializers.Serializer):
    """A flat, shop or parking space."""

    id = serializers.IntegerField()
    unit = serializers.CharField(source="unit.code")
    unit_name = serializers.CharField(source="unit.name")
    building = serializers.CharField()
    building_unit = serializers.CharField()
    room = serializers.CharField()
    label = serializers.CharField(help_text="The normalised address in the project.")  # type: ignore[assignment]
    area = serializers.DecimalField(max_digits=10, decimal_places=2, allow_null=True)


class OwnerRow(serializers.Serializer):
    """Who owns a property now, as far as he is within reach."""

    customer = serializers.IntegerField(source="customer_id", help_text="The id of the customer.")
    is_primary = serializers.BooleanField()
    share = serializers.DecimalField(max_digits=5, decimal_places=2, allow_null=True)
    signed_on = serializers.DateField(allow_null=True)
    handed_over_on = serializers.DateField(allow_null=True)


class PropertyOut(PropertyRow):
    """A property with its present owners within reach."""

    owners = OwnerRow(many=True)


class Properties(Resource):
    """Properties within reach, the first entered first."""

    asks = {"GET": Ask(PROPERTIES_READ, VIEW)}  # noqa: RUF012

    @lists(
        PropertyRow,
        UNIT,
        OpenApiParameter("label", str, description="A room as people write it: `3-2-1201`."),
    )
    def get(self, request: Any) -> Response:
        """List properties."""
        label = request.query_params.get("label", "")
        room = parse_room_label(label) if label else None
        query = PropertyQuery(unit_asked(request, VIEW), room.label if room else label)
        page = property_page(request.user, query, **asked_page(request, BY_KEY))
        return page_answer(request, page, PropertyRow(page.rows, many=True).data)


class OneProperty(Resource):
    """One property."""

    asks = {"GET": Ask(PROPERTIES_READ, VIEW)}  # noqa: RUF012

    @shows(PropertyOut)
    def get(self, request: Any, pk: int) -> Response:
        """Read a property with who owns it now."""
        flat, owned = found_or_404(property_in_reach(request.user, pk))
        owners = OwnerRow(owned, many=True).data
        return Response(PropertyRow(flat).data | {"owners": owners})
