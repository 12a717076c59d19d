"""Customers: lists, one, entering, changing, numbers in clear."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from api.base import (
    Answer,
    Ask,
    Resource,
    asked_page,
    changed,
    checked,
    filled,
    found_or_404,
    page_answer,
    plain,
    tag_of,
    version_asked,
    written,
)
from api.reach import CUSTOMERS_NUMBERS, CUSTOMERS_READ, CUSTOMERS_WRITE
from api.schema import KEY, MATCH, UNIT, OpenApiParameter, lists, shows, writes
from customers.forms import CustomerFilter, CustomerForm
from customers.models import Customer, CustomerKind, CustomerUnit, OwnerStage
from customers.selectors.detail import customer_file
from customers.selectors.lists import ORDERS, customer_page
from customers.services import change_customer, create_customer, reveal

VIEW = "customers.view_customer"
CHANGE = "customers.change_customer"
FILTERS = ("q", "unit", "kind", "level", "ownership_class", "stage", "keeper")
TEXTS = (
    *("gender", "level", "ownership_class", "industry", "business_type", "nature", "source"),
    *("address", "postcode", "scale", "payment_record", "remark"),
)


class PlaceRow(serializers.Serializer):
    """A customer's place in a unit."""

    unit = serializers.CharField(source="unit.code")
    unit_name = serializers.CharField(source="unit.name")
    keeper = serializers.CharField(source="keeper.employee_no", default=None, allow_null=True)
    stage = serializers.SerializerMethodField()
    last_contact_at = serializers.SerializerMethodField()
    next_contact_on = serializers.DateField(allow_null=True)

    def get_stage(self, place: CustomerUnit) -> str:
        return str(place.stage() or "")

    def get_last_contact_at(self, place: CustomerUnit) -> str | None:
        return timezone.localtime(place.last_contact_at).isoformat() if place.contacted else None


class CustomerRow(serializers.Serializer):
    """A customer as lists show him; numbers are masked."""

    id = serializers.IntegerField(source="customer_id")
    code = serializers.CharField(source="customer.code")
    kind = serializers.ChoiceField(CustomerKind.choices, source="customer.kind")
    name = serializers.CharField()
    level = serializers.CharField()
    ownership_class = serializers.CharField()
    phone = serializers.CharField(source="customer.phone_masked")
    unit = serializers.CharField(source="unit.code")
    unit_name = serializers.CharField(source="unit.name")
    keeper = serializers.CharField(source="keeper.employee_no", default=None, allow_null=True)
    last_contact_at = serializers.SerializerMethodField()

    def get_last_contact_at(self, place: CustomerUnit) -> str | None:
        return timezone.localtime(place.last_contact_at).isoformat() if place.contacted else None


class CustomerOut(serializers.Serializer):
    """One customer with his places within reach; numbers are masked."""

    id = serializers.IntegerField()
    code = serializers.CharField()
    kind = serializers.ChoiceField(CustomerKind.choices)
    name = serializers.CharField()
    gender = serializers.CharField()
    level = serializers.CharField()
    ownership_class = serializers.CharField()
    industry = serializers.CharField()
    business_type = serializers.CharField()
    nature = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # the field of that name
    address = serializers.CharField()
    postcode = serializers.CharField()
    scale = serializers.CharField()
    assets = serializers.DecimalField(max_digits=16, decimal_places=2, allow_null=True)
    first_cooperation_on = serializers.DateField(allow_null=True)
    payment_record = serializers.CharField()
    remark = serializers.CharField()
    phone = serializers.CharField(source="phone_masked")
    other_phone = serializers.CharField(source="other_phone_masked")
    identity = serializers.CharField(source="identity_masked")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    places = PlaceRow(many=True)


class CustomerChange(serializers.Serializer):
    """What may be changed; what is left out stays. Persons and organisations have some fields of
    their own; a field that the kind does not have is refused."""

    name = serializers.CharField(max_length=120, required=False)
    gender = serializers.ChoiceField(["", "男", "女"], required=False)
    level = serializers.CharField(max_length=20, required=False, allow_blank=True)
    ownership_class = serializers.CharField(max_length=20, required=False, allow_blank=True)
    industry = serializers.CharField(max_length=40, required=False, allow_blank=True)
    business_type = serializers.CharField(max_length=20, required=False, allow_blank=True)
    nature = serializers.CharField(max_length=40, required=False, allow_blank=True)
    source = serializers.CharField(max_length=40, required=False, allow_blank=True)  # type: ignore[assignment]
    address = serializers.CharField(max_length=200, required=False, allow_blank=True)
    postcode = serializers.CharField(max_length=12, required=False, allow_blank=True)
    scale = serializers.CharField(max_length=40, required=False, allow_blank=True)
    assets = serializers.DecimalField(
        max_digits=16, decimal_places=2, required=False, allow_null=True
    )
    first_cooperation_on = serializers.DateField(required=False, allow_null=True)
    payment_record = serializers.CharField(max_length=200, required=False, allow_blank=True)
    remark = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=30, required=False)
    other_phone = serializers.CharField(max_length=30, required=False)
    identity = serializers.CharField(max_length=30, required=False)


class CustomerNew(CustomerChange):
    """A new customer with his place in a unit."""

    kind = serializers.ChoiceField(CustomerKind.choices, default=CustomerKind.PERSON)
    name = serializers.CharField(max_length=120)
    unit = serializers.CharField(max_length=30, help_text="The code of the unit.")
    keeper = serializers.CharField(
        max_length=30, required=False, help_text="The employee number of who keeps him."
    )
    another = serializers.BooleanField(
        default=False,
        help_text="True where name and phone are those of a customer who is there already, and "
        "another one is meant.",
    )


class Wanted(serializers.Serializer):
    """Which number shall be shown, and why."""

    field = serializers.ChoiceField(["phone", "other_phone", "identity"])
    reason = serializers.CharField(max_length=200)


class Shown(serializers.Serializer):
    """A number in clear."""

    value = serializers.CharField()


class Customers(Resource):
    """Customers within reach, each once, the one contacted last first."""

    asks = {  # noqa: RUF012
        "GET": Ask(CUSTOMERS_READ, VIEW),
        "POST": Ask(CUSTOMERS_WRITE, "customers.add_customer"),
    }

    @lists(
        CustomerRow,
        OpenApiParameter("q", str, description="Name, pinyin, room or last four digits."),
        UNIT,
        OpenApiParameter("kind", str, enum=CustomerKind.values),
        OpenApiParameter("level", str),
        OpenApiParameter("ownership_class", str),
        OpenApiParameter("stage", str, enum=OwnerStage.values),
        OpenApiParameter("keeper", str, description="An employee number."),
        OpenApiParameter("sort", str, enum=sorted(ORDERS)),
    )
    def get(self, request: Any) -> Response:
        """List customers."""
        query = _query(request)
        page = customer_page(request.user, query, **asked_page(request, query.order))
        return page_answer(request, page, CustomerRow(page.rows, many=True).data)

    @writes(CustomerNew, CustomerOut, KEY)
    def post(self, request: Any) -> Response:
        """Enter a customer. A person whose identity number is known gets a place in the unit."""
        return written(request, lambda: _enter(request))


def _query(request: Any) -> Any:
    """The filtered list. What does not read is refused: a filter that is passed over would show
    more than was asked for."""
    asked = {name: request.query_params.get(name, "") for name in FILTERS}
    form = CustomerFilter(asked, user=request.user)
    filled(form)
    sort = request.query_params.get("sort", "")
    if sort and sort not in ORDERS:
        raise serializers.ValidationError({"sort": [", ".join(ORDERS)]})
    query = form.query(sort)
    if query.term.problem:
        raise serializers.ValidationError({"q": [str(query.term.problem)]})
    return query


def _enter(request: Any) -> Answer:
    sent = checked(CustomerNew, request.data)
    kind = sent.pop("kind")
    form = CustomerForm(_as_form(sent), user=request.user, kind=kind)
    _refuse_foreign(form, sent)
    data = filled(form)
    customer, is_new = create_customer(
        unit=data["unit"], keeper=data.get("keeper"), by=request.user, kind=kind, **form.values()
    )
    customer = Customer.objects.select_related("subject").get(pk=customer.pk)
    return _answer(request.user, customer, 201 if is_new else 200)


def _as_form(sent: dict[str, Any]) -> dict[str, Any]:
    return {name: "" if value is None else value for name, value in sent.items()}


def _refuse_foreign(form: Any, sent: dict[str, Any]) -> None:
    """Raise ValidationError for fields that customers of this kind do not have."""
    foreign = set(sent) - set(form.fields) - {"another"}
    if foreign:
        sentence = _("Customers of this kind have no such field.")
        raise serializers.ValidationError({name: [sentence] for name in sorted(foreign)})


def _answer(user: Any, customer: Customer, status: int = 200) -> Answer:
    """A customer as his reader may see him; who entered one without reach sees his key alone."""
    customer.places_shown = customer_file(user, customer).places  # type: ignore[attr-defined]
    body = plain(CustomerOut(_Seen(customer)).data)
    headers = {"ETag": tag_of(customer.updated_at)}
    if status == 201:
        headers["Location"] = f"/api/v1/customers/{customer.pk}/"
    return Answer(status, body, headers)


class _Seen:
    """A customer whose `places` are those the reader reaches."""

    def __init__(self, customer: Any) -> None:
        self.customer = customer
        self.places = customer.places_shown

    def __getattr__(self, name: str) -> Any:
        return getattr(self.customer, name)


def customer_in_reach(user: Any, pk: int, right: str) -> Customer:
    """The customer. Raises Http404."""
    rows = Customer.objects.visible_to(user, right).select_related("subject")
    customer: Customer = found_or_404(rows.filter(pk=pk).first())
    return customer


class OneCustomer(Resource):
    """One customer."""

    asks = {  # noqa: RUF012
        "GET": Ask(CUSTOMERS_READ, VIEW),
        "PATCH": Ask(CUSTOMERS_WRITE, CHANGE),
    }

    @shows(CustomerOut)
    def get(self, request: Any, pk: int) -> Response:
        """Read a customer. The ETag is his version."""
        answer = _answer(request.user, customer_in_reach(request.user, pk, VIEW))
        return Response(answer.body, headers=answer.headers)

    @writes(CustomerChange, CustomerOut, KEY, MATCH, status=200)
    def patch(self, request: Any, pk: int) -> Response:
        """Change plain fields of a customer; nothing is changed where somebody else was first."""
        customer = customer_in_reach(request.user, pk, CHANGE)
        since = version_asked(request)
        return written(request, lambda: _change(request, customer, since))


def _change(request: Any, customer: Customer, since: Any) -> Answer:
    sent = checked(CustomerChange, request.data)
    kept = {name: getattr(customer, name) for name in CustomerForm.Meta.fields}
    form = CustomerForm(
        _as_form(kept | sent), user=request.user, kind=customer.kind, instance=customer
    )
    _refuse_foreign(form, sent)
    filled(form)
    values = {name: value for name, value in form.values().items() if name in sent}
    fresh = changed(
        lambda: change_customer(customer, by=request.user, unchanged_since=since, **values)
    )
    return _answer(request.user, Customer.objects.select_related("subject").get(pk=fresh.pk))


class Numbers(Resource):
    """A number of a customer in clear."""

    asks = {"POST": Ask(CUSTOMERS_NUMBERS, "customers.reveal_customer")}  # noqa: RUF012

    @extend_schema(request=Wanted, responses={(200, "application/json"): Shown})
    def post(self, request: Any, pk: int) -> Response:
        """Show a number. It is recorded with its reason, and counts towards the day's allowance."""
        customer = customer_in_reach(request.user, pk, "customers.reveal_customer")
        sent = checked(Wanted, request.data)
        value = reveal(customer, field=sent["field"], by=request.user, reason=sent["reason"])
        return Response({"value": value})
