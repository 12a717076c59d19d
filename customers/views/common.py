"""What the pages of one customer share: fetching within scope, breadcrumbs, choices of moves."""

from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from core.scope import scope_of
from customers.models import Customer, CustomerShare, CustomerUnit
from customers.services import may_share


def customer_or_404(
    request: HttpRequest, pk: int, permission: str = "customers.view_customer", **more: Any
) -> Customer:
    """The customer in reach of a right, annotated with `more`. Foreign and missing ones look the
    same: 404."""
    rows = Customer.objects.visible_to(request.user, permission).select_related("subject")
    customer = rows.filter(pk=pk).annotate(**more).first()
    if customer is None:
        raise Http404("customer")
    return customer


def place_here(request: HttpRequest, customer: Customer, permission: str) -> CustomerUnit | None:
    """The reader's freshest place of a customer in reach of a right, None when only shared."""
    places = CustomerUnit.objects.visible_to(request.user, permission).filter(customer=customer)
    return places.order_by("-last_contact_at").select_related("unit").first()


def kept_or_404(request: HttpRequest, pk: int, right: str) -> Customer:
    """The customer, by a place of his in reach of a right: a share opens no sheet."""
    customer = Customer.objects.filter(pk=pk).first()
    if customer is None or place_here(request, customer, right) is None:
        raise Http404("customer")
    return customer


def may_act_on(request: HttpRequest, customer: Customer, file: Any, permission: str) -> bool:
    """Whether the reader has a place of the customer in reach of a right. Where the right reaches
    as far as seeing does, the places already read answer it."""
    user: Any = request.user
    if scope_of(user, permission) == scope_of(user, "customers.view_customer"):
        return bool(file.places)
    return place_here(request, customer, permission) is not None


def may_edit(request: HttpRequest, customer: Customer, file: Any) -> bool:
    """Whether the reader may change a customer: by a place of his, or by a share that says so."""
    user: Any = request.user
    right = "customers.change_customer"
    if not user.has_perm(right):
        return False
    return may_act_on(request, customer, file, right) or (
        CustomerShare.objects.live(user, right).filter(content_object=customer).exists()
    )


def may_share_file(request: HttpRequest, customer: Customer, file: Any) -> bool:
    """Whether the reader may share a customer; where the right reaches as far as seeing does, the
    places already read answer it."""
    user: Any = request.user
    scope = scope_of(user, "customers.share_customer")
    if scope.nothing:
        return False
    if scope != scope_of(user, "customers.view_customer") or (scope.branches and scope.own):
        return may_share(user, customer)
    if scope.branches:
        return bool(file.places)
    return any(place.keeper_id == user.pk for place in file.places)


def crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    """Customers › list › …; the last one has no address."""
    return [(_("Customer list"), reverse("customers:list")), *more]


def customer_crumbs(customer: Customer, *more: tuple[str, str]) -> list[tuple[str, str]]:
    address = customer.get_absolute_url() if more else ""
    return crumbs((customer.name, address), *more)


def may(request: HttpRequest, *rights: str) -> dict[str, bool]:
    """Rights by their last word, for templates: {"change_customer": True, …}."""
    user: Any = request.user
    return {right.split(".")[1]: user.has_perm(right) for right in rights}
