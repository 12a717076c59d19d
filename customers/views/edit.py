"""Entering and changing customers and their contacts."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from core.access import requires
from core.errors import Refused
from customers.forms import ContactForm, CustomerForm
from customers.models import CustomerKind
from customers.services import add_contact, change_contact, change_customer, create_customer
from customers.views.common import crumbs, customer_crumbs, customer_or_404


@requires("customers.add_customer")
def customer_new(request: HttpRequest) -> HttpResponse:
    """A new person or organisation, as `?kind=` says."""
    kind = request.GET.get("kind", CustomerKind.PERSON)
    if kind not in CustomerKind.values:
        raise Http404("kind")
    form = CustomerForm(request.POST or None, user=request.user, kind=kind)
    if request.method == "POST" and form.is_valid():
        try:
            customer, is_new = create_customer(
                unit=form.cleaned_data["unit"],
                keeper=form.cleaned_data.get("keeper"),
                by=request.user,
                kind=kind,
                **form.values(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            sentence = (
                _("{name} was entered.")
                if is_new
                else _("{name} was already known; a place was added here.")
            )
            messages.success(request, sentence.format(name=customer.name))
            return redirect(customer.get_absolute_url())
    return _form(request, form, {"kind": kind, "crumbs": crumbs((_("New customer"), ""))})


def _form(request: HttpRequest, form: Any, context: dict[str, Any]) -> HttpResponse:
    """The form's page; 422 tells htmx that a post was refused."""
    status = 422 if request.method == "POST" else 200
    return render(request, "customers/form.html", {"form": form} | context, status=status)


@requires("customers.change_customer")
def customer_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a customer; a save in between is noticed and nothing typed is lost."""
    customer = customer_or_404(request, pk, "customers.change_customer")
    read_at = customer.updated_at
    form = CustomerForm(
        request.POST or None, user=request.user, kind=customer.kind, instance=customer
    )
    level: Any = form.fields["level"]
    if request.GET.get("level") in dict(level.choices):
        form.initial["level"] = request.GET["level"]  # proposed; whoever saves decides
    if request.method == "POST" and form.is_valid():
        unchanged_since = parse_datetime(request.POST.get("unchanged_since", "") or "")
        try:
            change_customer(
                customer, by=request.user, unchanged_since=unchanged_since, **form.values()
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The changes were saved."))
            return redirect(customer.get_absolute_url())
    context = {
        "customer": customer,
        "kind": customer.kind,
        "unchanged_since": read_at.isoformat(),
        "crumbs": customer_crumbs(customer, (_("Edit"), "")),
    }
    return _form(request, form, context)


@requires("customers.change_customer")
def contact_new(request: HttpRequest, pk: int) -> HttpResponse:
    """A new contact of an organisation."""
    customer = customer_or_404(request, pk, "customers.change_customer")
    if customer.is_person:
        raise PermissionDenied("contacts belong to organisations")
    form = ContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            add_contact(customer, by=request.user, **form.values())
        except Refused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, _("The contact was added."))
            return redirect(f"{customer.get_absolute_url()}?tab=contacts")
    context = {"customer": customer, "crumbs": customer_crumbs(customer, (_("Add a contact"), ""))}
    return _form(request, form, context | {"title": _("Add a contact")})


@requires("customers.change_customer")
def contact_edit(request: HttpRequest, pk: int, contact_pk: int) -> HttpResponse:
    """Change a contact of an organisation."""
    customer = customer_or_404(request, pk, "customers.change_customer")
    contact = customer.contacts.select_related("subject").filter(pk=contact_pk).first()
    if contact is None:
        raise Http404("contact")
    form = ContactForm(request.POST or None, instance=contact)
    if request.method == "POST" and form.is_valid():
        try:
            change_contact(contact, by=request.user, **form.values())
        except Refused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, _("The changes were saved."))
            return redirect(f"{customer.get_absolute_url()}?tab=contacts")
    context = {"customer": customer, "crumbs": customer_crumbs(customer, (_("Edit a contact"), ""))}
    return _form(request, form, context | {"title": _("Edit a contact")})
