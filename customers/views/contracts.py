"""Contracts of customers, what falls due and what came in, and opportunities (SCH-02)."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.access import requires
from core.htmx import ask, leave, page_or_rows
from core.keyset import Order
from core.paging import asked_page, page_of_rows
from core.saving import saved, status_of
from customers import services as verbs
from customers.contract_forms import (
    ContractFilter,
    ContractForm,
    InstalmentForm,
    OpportunityForm,
    ReceiptForm,
)
from customers.models import Contract, Customer, Instalment, Opportunity, Receipt
from customers.models.contracts import CHANGE, VIEW
from customers.selectors.contracts import accounts, parts_of
from customers.views.common import customer_crumbs, kept_or_404, place_here

SEND = require_http_methods(["GET", "HEAD", "POST"])
NEWEST = Order("newest", "pk", descending=True)


def _tab(customer: Customer) -> str:
    return f"{customer.get_absolute_url()}?tab=contracts"


def _contract_or_404(request: HttpRequest, pk: int, right: str) -> Any:
    rows = Contract.objects.visible_to(request.user, right).with_sums(timezone.localdate())
    row = rows.select_related("customer", "unit", "by").filter(pk=pk).first()
    if row is None:
        raise Http404("contract")
    return row


def _form(
    request: HttpRequest,
    customer: Customer,
    form: forms.Form,
    title: str,
    save: Callable[[dict[str, Any]], Any],
    back: str = "",
) -> HttpResponse:
    """A page with one form; where it went well, back to what it is about."""
    back = back or _tab(customer)
    if saved(request, form, save, _("The changes were saved.")) is not None:
        return redirect(back)
    context = {
        "form": form,
        "title": title,
        "question": customer.name,
        "back": back,
        "crumbs": customer_crumbs(customer, (title, "")),
    }
    return render(request, "components/plain_form.html", context, status=status_of(request))


def _sent(request: HttpRequest) -> Any:
    """What was sent, also when it is nothing; None while nothing was sent."""
    return request.POST if request.method == "POST" else None


# --- contracts ------------------------------------------------------------------------------------


@requires(VIEW)
@require_safe
def contract_list(request: HttpRequest) -> HttpResponse:
    """The contracts in reach, the one entered last first."""
    form = ContractFilter(request.GET)
    rows = Contract.objects.visible_to(request.user).with_sums(timezone.localdate())
    if form.is_valid():
        rows = _filtered(rows, form.cleaned_data)
    page = page_of_rows(rows.select_related("customer", "unit"), NEWEST, **asked_page(request))
    context = {
        "filter_form": form,
        "page": page,
        "accounts": accounts(page),
        "crumbs": [(_("Contracts"), "")],
    }
    return page_or_rows(
        request, "customers/contracts.html", "customers/_contract_rows.html", context
    )


def _filtered(rows: Any, asked: dict[str, Any]) -> Any:
    if asked["status"]:
        rows = rows.filter(status=asked["status"])
    if asked["overdue"]:
        rows = rows.overdue()
    if word := asked["q"].strip():
        named = Q(number__icontains=word) | Q(title__icontains=word)
        rows = rows.filter(named | Q(customer__name__icontains=word))
    return rows


@requires(CHANGE)
@SEND
def contract_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter a contract of a customer."""
    customer = kept_or_404(request, pk, CHANGE)
    form = ContractForm(_sent(request), customer=customer, user=request.user, row=None)

    def save(data: dict[str, Any]) -> Any:
        data.pop("version")
        return verbs.save_contract(None, by=request.user, **data)

    return _form(request, customer, form, _("Enter a contract"), save)


@requires(VIEW)
@require_safe
def contract_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A contract with what falls due and what came in."""
    row = _contract_or_404(request, pk, VIEW)
    may_write = (
        request.user.has_perm(CHANGE)
        and Contract.objects.visible_to(request.user, CHANGE).filter(pk=pk).exists()
    )
    context = {
        "contract": row,
        "account": accounts([row])[0],
        "parts": parts_of(row, row.received),
        "receipts": row.receipts.all(),
        "may_write": may_write,
        # Whoever sees the contract of a unit need not see the customer's other places.
        "sees_customer": place_here(request, row.customer, "customers.view_customer") is not None,
        "crumbs": [(_("Contracts"), reverse("customers:contracts")), (row.number, "")],
    }
    return render(request, "customers/contract.html", context)


@requires(CHANGE)
@SEND
def contract_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a contract; a save in between is noticed and nothing typed is lost."""
    row = _contract_or_404(request, pk, CHANGE)
    form = ContractForm(_sent(request), customer=row.customer, user=request.user, row=row)
    return _form(
        request,
        row.customer,
        form,
        _("Edit the contract"),
        lambda data: verbs.save_contract(row, by=request.user, **data),
        row.get_absolute_url(),
    )


# --- what falls due and what came in --------------------------------------------------------------


@requires(CHANGE)
@SEND
def instalment_new(request: HttpRequest, pk: int) -> HttpResponse:
    """A further part of the amount that falls due."""
    row = _contract_or_404(request, pk, CHANGE)
    form = InstalmentForm(_sent(request))
    return _form(
        request,
        row.customer,
        form,
        _("Enter an instalment"),
        lambda data: verbs.add_instalment(row, by=request.user, **data),
        row.get_absolute_url(),
    )


@requires(CHANGE)
@SEND
def receipt_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Money that came in."""
    row = _contract_or_404(request, pk, CHANGE)
    form = ReceiptForm(_sent(request))
    return _form(
        request,
        row.customer,
        form,
        _("Note a payment"),
        lambda data: verbs.add_receipt(row, by=request.user, **data),
        row.get_absolute_url(),
    )


def _part_or_404(request: HttpRequest, model: Any, pk: int) -> Any:
    within = Contract.objects.visible_to(request.user, CHANGE).values("pk")
    row = model.objects.filter(pk=pk, contract__in=within).select_related("contract__customer")
    found = row.first()
    if found is None:
        raise Http404("part")
    return found


def _drop(request: HttpRequest, row: Any, drop: Any, title: str, effect: str) -> HttpResponse:
    """Ask, then delete."""
    contract = row.contract
    back = contract.get_absolute_url()
    if request.method == "POST":
        drop(row, by=request.user)
        messages.success(request, _("The line was deleted."))
        return leave(request, back)
    context = {
        "title": title,
        "effect": effect,
        "action": request.path,
        "verb": _("Delete"),
        "danger": True,
        "cancel_url": back,
        "crumbs": customer_crumbs(contract.customer, (title, "")),
    }
    return ask(request, context)


@requires(CHANGE)
@SEND
def instalment_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then delete an instalment."""
    row = _part_or_404(request, Instalment, pk)
    effect = _("It falls due no more; the amount of the contract stays.")
    return _drop(request, row, verbs.drop_instalment, _("Delete the instalment?"), effect)


@requires(CHANGE)
@SEND
def receipt_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then delete a receipt."""
    row = _part_or_404(request, Receipt, pk)
    effect = _("The money counts as not received. The records of the audit keep it.")
    return _drop(request, row, verbs.drop_receipt, _("Delete the payment?"), effect)


# --- opportunities --------------------------------------------------------------------------------


@requires(CHANGE)
@SEND
def opportunity_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter an opportunity of a customer."""
    customer = kept_or_404(request, pk, CHANGE)
    form = OpportunityForm(_sent(request), customer=customer, user=request.user, row=None)

    def save(data: dict[str, Any]) -> Any:
        data.pop("version")
        return verbs.save_opportunity(None, by=request.user, **data)

    return _form(request, customer, form, _("Enter an opportunity"), save)


@requires(CHANGE)
@SEND
def opportunity_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Move an opportunity to another stage, or change what is said of it."""
    rows = Opportunity.objects.visible_to(request.user, CHANGE)
    row = rows.select_related("customer").filter(pk=pk).first()
    if row is None:
        raise Http404("opportunity")
    form = OpportunityForm(_sent(request), customer=row.customer, user=request.user, row=row)
    return _form(
        request,
        row.customer,
        form,
        _("Edit the opportunity"),
        lambda data: verbs.save_opportunity(row, by=request.user, **data),
    )
