"""Activities with customers: lists, one, logging and planning."""

from datetime import date
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
    found_or_404,
    page_answer,
    plain,
    unit_asked,
    written,
)
from api.reach import ACTIVITIES_READ, ACTIVITIES_WRITE
from api.schema import KEY, UNIT, OpenApiParameter, lists, shows, writes
from customers.models import Activity, ActivityKind, ActivityState, Contact, Customer, CustomerUnit
from customers.selectors.rows import LATEST, VIEW, ActivityQuery, activity_in_reach, activity_page
from customers.services import log_activity, plan_activity
from customers.visits import visit_hints

LOG = "customers.log_activity"
FIRST_YEAR, LAST_YEAR = 1980, 2100
NEW_STATES = [ActivityState.DONE.value, ActivityState.PLANNED.value]


class ActivityRow(serializers.Serializer):
    """Something done or planned with a customer."""

    id = serializers.IntegerField()
    customer = serializers.IntegerField(source="customer_id")
    contact = serializers.IntegerField(source="contact_id", allow_null=True)
    unit = serializers.CharField(source="unit.code")
    kind = serializers.ChoiceField(ActivityKind.choices)
    state = serializers.ChoiceField(ActivityState.choices)
    at = serializers.DateTimeField()
    by = serializers.CharField(source="by.employee_no")
    content = serializers.CharField()
    result = serializers.CharField()
    done_at = serializers.DateTimeField(allow_null=True)


def usual(moment: date) -> None:
    """Raises ValidationError for a year in which nobody was met, or will be: a slip of the pen."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        sentence = _("The year is not between {first} and {last}.")
        raise serializers.ValidationError(sentence.format(first=FIRST_YEAR, last=LAST_YEAR))


class ActivityOut(ActivityRow):
    """One activity."""

    hints = serializers.ListField(
        child=serializers.CharField(),
        help_text="What does not fit about a planned visit (rank, region), in sentences; it is "
        "planned all the same. Mostly there are none.",
    )


class ActivityNew(serializers.Serializer):
    """What was done with a customer, or is planned; it is the token's owner's."""

    customer = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    unit = serializers.CharField(
        max_length=30, help_text="The code of a unit in which the customer has a place."
    )
    kind = serializers.ChoiceField(ActivityKind.choices)
    state = serializers.ChoiceField(NEW_STATES, default=ActivityState.DONE.value)
    at = serializers.DateTimeField(validators=[usual])
    content = serializers.CharField(max_length=5000)
    contact = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, help_text="A contact of the customer."
    )
    result = serializers.CharField(
        max_length=5000, required=False, allow_blank=True, help_text="Of what was done."
    )
    next_on = serializers.DateField(
        required=False,
        validators=[usual],
        help_text="When he is due again, after what was done.",
    )


class ActivityFilter(serializers.Serializer):
    """What narrows the list."""

    customer = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    kind = serializers.ChoiceField(ActivityKind.choices, required=False)
    state = serializers.ChoiceField(ActivityState.choices, required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class Activities(Resource):
    """Activities within reach, the latest first."""

    asks = {  # noqa: RUF012
        "GET": Ask(ACTIVITIES_READ, VIEW),
        "POST": Ask(ACTIVITIES_WRITE, LOG),
    }

    @lists(
        ActivityRow,
        UNIT,
        OpenApiParameter("customer", int, description="The id of a customer."),
        OpenApiParameter("kind", str, enum=ActivityKind.values),
        OpenApiParameter("state", str, enum=ActivityState.values),
        OpenApiParameter("since", str, description="An instant; `at` is not before it."),
        OpenApiParameter("until", str, description="An instant; `at` is before it."),
    )
    def get(self, request: Any) -> Response:
        """List activities."""
        names = set(ActivityFilter().fields) & {
            name for name, value in request.query_params.items() if value
        }
        asked = checked(ActivityFilter, {name: request.query_params[name] for name in names})
        query = ActivityQuery(unit=unit_asked(request, VIEW), **asked)
        page = activity_page(request.user, query, **asked_page(request, LATEST))
        return page_answer(request, page, ActivityRow(page.rows, many=True).data)

    @writes(ActivityNew, ActivityOut, KEY)
    def post(self, request: Any) -> Response:
        """Log what was done with a customer, or plan it."""
        return written(request, lambda: _enter(request))


def _enter(request: Any) -> Answer:
    sent = checked(ActivityNew, request.data)
    place = _place(request.user, sent.pop("customer"), sent.pop("unit"))
    contact = _contact(place, sent.pop("contact", None))
    if sent.pop("state") == ActivityState.PLANNED:
        foreign = {"result", "next_on"} & sent.keys()
        if foreign:
            sentence = _("Only for what was done.")
            raise serializers.ValidationError({name: [sentence] for name in sorted(foreign)})
        activity = plan_activity(place, by=request.user, contact=contact, **sent)
    else:
        activity = log_activity(place, by=request.user, contact=contact, **sent)
    fresh = Activity.objects.select_related("unit", "by", "customer", "contact").get(pk=activity.pk)
    headers = {"Location": f"/api/v1/activities/{activity.pk}/"}
    return Answer(201, plain(_shown(fresh, place)), headers)


def _shown(activity: Activity, place: CustomerUnit | None) -> dict[str, Any]:
    """An activity with what does not fit about it (ACT-05), as the page says it."""
    hints = visit_hints(activity, place) if place is not None else []
    return dict(ActivityRow(activity).data) | {"hints": hints}


def _place(user: Any, customer: int, unit: str) -> CustomerUnit:
    """The customer's place in the unit, in reach of the right to log."""
    if not Customer.objects.visible_to(user, LOG).filter(pk=customer).exists():
        raise serializers.ValidationError({"customer": [_("There is no such customer.")]})
    places = CustomerUnit.objects.visible_to(user, LOG)
    place = places.filter(customer=customer, unit__code=unit).first()
    if place is None:
        raise serializers.ValidationError({"unit": [_("There is no such unit within your reach.")]})
    found: CustomerUnit = place
    return found


def _contact(place: CustomerUnit, pk: int | None) -> Contact | None:
    if pk is None:
        return None
    contact = Contact.objects.filter(pk=pk, customer=place.customer_id).first()
    if contact is None:
        raise serializers.ValidationError({"contact": [_("There is no such contact.")]})
    return contact


class OneActivity(Resource):
    """One activity."""

    asks = {"GET": Ask(ACTIVITIES_READ, VIEW)}  # noqa: RUF012

    @shows(ActivityOut)
    def get(self, request: Any, pk: int) -> Response:
        """Read an activity."""
        activity: Activity = found_or_404(activity_in_reach(request.user, pk))
        places = CustomerUnit.objects.visible_to(request.user, VIEW)
        place = places.filter(customer=activity.customer_id, unit=activity.unit_id).first()
        return Response(_shown(activity, place))
