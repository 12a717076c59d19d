"""Sheets of a customer: whole demand, credit, delivered value; losses."""

from io import BytesIO
from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from audit.services import record
from core.access import requires
from core.errors import Refused
from core.htmx import ask, leave
from core.pdf import NoPdf, render_pdf
from customers.models import CreditSheet, Customer, Demand, Loss, ValueSheet
from customers.models.value import COSTS, MOST_POINTS, VALUES
from customers.selectors.value import names_for, offers
from customers.services import (
    assess_credit,
    drop_demand,
    judge_value,
    record_loss,
    save_demand,
    win_back,
)
from customers.value_forms import CreditForm, DemandForm, LossForm, ValueForm, WonBackForm
from customers.views.common import customer_crumbs, kept_or_404, place_here
from regions.models import Kind, OrgUnit

VIEW, CHANGE = "customers.view_customer", "customers.change_customer"
ASSESS, EXPORT = "customers.assess_credit", "customers.export_customer"
SEND = require_http_methods(["GET", "HEAD", "POST"])


def _back(customer: Customer) -> str:
    return f"{customer.get_absolute_url()}?tab=value"


def _form(
    request: HttpRequest, customer: Customer, form: forms.Form, title: str, verb: str = ""
) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "question": customer.name,
        "verb": verb,
        "back": _back(customer),
        "crumbs": customer_crumbs(customer, (title, "")),
    }
    status = 422 if form.is_bound else 200
    return render(request, "components/plain_form.html", context, status=status)


def _sent(request: HttpRequest) -> Any:
    """What was sent, also when it is nothing; None while nothing was sent."""
    return request.POST if request.method == "POST" else None


def _year(request: HttpRequest) -> int:
    """The year that an address names, else this one."""
    text = request.GET.get("year", "")
    return int(text) if text.isdecimal() and len(text) == 4 else timezone.localdate().year


# --- demand ---------------------------------------------------------------------------------------


@requires(CHANGE)
@SEND
def demand_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Note what a customer buys of everybody; with year and product in the address, what was
    noted of these before stands there."""
    customer = kept_or_404(request, pk, CHANGE)
    year, product = _year(request), request.GET.get("product", "")
    known = Demand.objects.filter(customer=customer, year=year, product=product).first()
    initial: dict[str, Any] = {"year": year, "product": product}
    if known is not None:
        initial |= {"amount": known.amount, "method": known.method, "note": known.note}
    form = DemandForm(_sent(request), initial=initial)
    if form.is_valid():
        try:
            save_demand(customer, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("amount", str(refusal))
        else:
            messages.success(request, _("The demand was saved."))
            return redirect(_back(customer))
    return _form(request, customer, form, _("Whole demand of the customer"))


@requires(CHANGE)
@SEND
def demand_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then delete a line of demand."""
    demand = Demand.objects.visible_to(request.user, CHANGE).select_related("customer")
    row = demand.filter(pk=pk).first()
    if row is None:
        raise Http404("demand")
    back = _back(row.customer)
    if request.method == "POST":
        drop_demand(row, by=request.user)
        messages.success(request, _("The line was deleted."))
        return leave(request, back)
    title = _("Delete the demand of {year}?").format(year=row.year)
    context = {
        "title": title,
        "effect": _("The share of wallet is computed without this line from now on."),
        "action": request.path,
        "verb": _("Delete"),
        "danger": True,
        "cancel_url": back,
        "crumbs": customer_crumbs(row.customer, (title, "")),
    }
    return ask(request, context)


# --- losses ---------------------------------------------------------------------------------------


@requires(CHANGE)
@SEND
def loss_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that a unit lost the customer."""
    customer = kept_or_404(request, pk, CHANGE)
    form = LossForm(_sent(request), customer=customer, user=request.user)
    if form.is_valid():
        try:
            record_loss(by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("lost_on", str(refusal))
        else:
            messages.success(request, _("The customer was recorded as lost."))
            return redirect(_back(customer))
    return _form(request, customer, form, _("Record the customer as lost"))


@requires(CHANGE)
@SEND
def loss_won_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that a lost customer came back."""
    rows = Loss.objects.visible_to(request.user, CHANGE).still()
    loss = rows.select_related("customer").filter(pk=pk).first()
    if loss is None:
        raise Http404("loss")
    form = WonBackForm(_sent(request))
    if form.is_valid():
        try:
            win_back(loss, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("on", str(refusal))
        else:
            messages.success(request, _("The customer was recorded as won back."))
            return redirect(_back(loss.customer))
    return _form(request, loss.customer, form, _("Record the customer as won back"))


# --- credit ---------------------------------------------------------------------------------------


@requires(ASSESS)
@SEND
def credit_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Assess the credit of a business customer; a sheet of the year is shown to be changed."""
    customer = kept_or_404(request, pk, ASSESS)
    if customer.is_person:
        raise Http404("credit")
    year = _year(request)
    known = CreditSheet.objects.filter(customer=customer, year=year).first()
    given: dict[str, str] = {}
    initial: dict[str, Any] = {"year": year}
    if known is not None:
        given = {line["word"]: line["points"] for line in known.lines}
        initial |= {"reason": known.reason, "remark": known.remark}
        if known.limit != known.proposed:
            initial["limit"] = known.limit
    form = CreditForm(_sent(request), initial=initial, given=given)
    if form.is_valid():
        data = form.cleaned_data
        try:
            sheet = assess_credit(
                customer,
                by=request.user,
                year=data["year"],
                points=form.points(),
                limit=data["limit"],
                reason=data["reason"],
                remark=data["remark"],
            )
        except Refused as refusal:
            form.add_error("limit", str(refusal))
        else:
            messages.success(request, _("The assessment was saved."))
            return redirect("customers:credit", customer.pk, sheet.year)
    return _form(request, customer, form, _("Credit assessment"))


def _credit_context(request: HttpRequest, pk: int, year: int) -> dict[str, Any]:
    rows = CreditSheet.objects.visible_to(request.user).select_related("customer")
    sheet = rows.filter(customer=pk, year=year).first()
    if sheet is None:
        raise Http404("credit")
    before = rows.filter(customer=pk, year__lt=year).order_by("-year").first()
    return _sheet_context(request, sheet) | {"before": before}


def _sheet_context(request: HttpRequest, sheet: Any) -> dict[str, Any]:
    """What every sheet says of itself, on screen and on paper."""
    return {
        "sheet": sheet,
        "customer": sheet.customer,
        "who": names_for(request.user, [sheet]).get(sheet.pk, ""),
        "group": OrgUnit.objects.filter(kind=Kind.GROUP).values_list("name", flat=True).first(),
        "printed_at": timezone.now(),
        "printed_by": request.user,
    }


@requires(VIEW)
@require_safe
def credit_sheet(request: HttpRequest, pk: int, year: int) -> HttpResponse:
    """The credit assessment of a customer in a year."""
    return _credit_page(request, _credit_context(request, pk, year))


def _credit_page(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    customer, user = context["customer"], request.user
    context |= {
        "may_export": user.has_perm(EXPORT),
        "may_assess": user.has_perm(ASSESS) and place_here(request, customer, ASSESS) is not None,
        "crumbs": customer_crumbs(customer, (_("Credit assessment"), "")),
    }
    return render(request, "customers/credit.html", context, status=status)


@requires(EXPORT)
@require_safe
def credit_paper(request: HttpRequest, pk: int, year: int) -> HttpResponse | FileResponse:
    """The credit assessment as a PDF file."""
    context = _credit_context(request, pk, year)
    try:
        pdf = render_pdf("customers/credit_paper.html", context)
    except NoPdf as refusal:
        return _credit_page(request, context | {"problem": str(refusal)}, status=503)
    return _taken(request, context["customer"], _("Credit assessment"), year, pdf)


def _taken(
    request: HttpRequest, customer: Customer, title: str, year: int, pdf: bytes
) -> FileResponse:
    record("customer.sheet_taken", by=request.user, subject=customer, sheet=f"{title} {year}")
    name = f"{title} {customer.code} {year}.pdf"
    return FileResponse(BytesIO(pdf), as_attachment=True, filename=name)


# --- delivered value ------------------------------------------------------------------------------


@requires(CHANGE)
@SEND
def value_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Note how a customer judges our offer or a competitor's in a year."""
    customer = kept_or_404(request, pk, CHANGE)
    year, offer = _year(request), request.GET.get("offer", "")
    other = "competitor" in request.GET
    rows = ValueSheet.objects.filter(customer=customer, year=year, offer=offer)
    known = None if other else rows.first()
    initial: dict[str, Any] = {"year": year, "offer": offer}
    if known is not None:
        initial |= {part: getattr(known, part) for part in (*VALUES, *COSTS, "note")}
    form = ValueForm(_sent(request), initial=initial)
    form.fields["offer"].required = other
    if form.is_valid():
        data = form.cleaned_data
        try:
            sheet = judge_value(
                customer,
                by=request.user,
                year=data["year"],
                offer=data["offer"],
                points=form.points(),
                note=data["note"],
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The sheet was saved."))
            return redirect("customers:value", customer.pk, sheet.year)
    return _form(request, customer, form, _("Delivered value"))


def _value_context(request: HttpRequest, pk: int, year: int) -> dict[str, Any]:
    found = list(offers(request.user, Customer(pk=pk)).filter(year=year).select_related("customer"))
    if not found:
        raise Http404("value")
    return _sheet_context(request, found[0]) | {
        "offers": found,
        "rows": _rows_of_offers(found),
        "most": MOST_POINTS,
    }


def _rows_of_offers(found: list[ValueSheet]) -> list[dict[str, Any]]:
    """The sheet line by line: four values and their sum, four costs and theirs, the difference."""

    def row(label: str, cells: list[Any], total: bool = False) -> dict[str, Any]:
        return {"label": label, "cells": cells, "total": total}

    rows = []
    for parts, total, label in (
        (VALUES, "value", pgettext("delivered value", "Total customer value")),
        (COSTS, "cost", pgettext("delivered value", "Total customer cost")),
    ):
        for part in parts:
            name = str(ValueSheet._meta.get_field(part).verbose_name)  # type: ignore[union-attr]
            rows.append(row(name, [getattr(one, part) for one in found]))
        rows.append(row(label, [getattr(one, total) for one in found], total=True))
    delivered = [f"{one.delivered:+d}" for one in found]
    rows.append(row(pgettext("delivered value", "Delivered value"), delivered, total=True))
    return rows


@requires(VIEW)
@require_safe
def value_sheet(request: HttpRequest, pk: int, year: int) -> HttpResponse:
    """What a customer gets for what he gives up in a year, beside the offers of competitors."""
    return _value_page(request, _value_context(request, pk, year))


def _value_page(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    customer, user = context["customer"], request.user
    context |= {
        "may_export": user.has_perm(EXPORT),
        "may_note": user.has_perm(CHANGE) and place_here(request, customer, CHANGE) is not None,
        "crumbs": customer_crumbs(customer, (_("Delivered value"), "")),
    }
    return render(request, "customers/value.html", context, status=status)


@requires(EXPORT)
@require_safe
def value_paper(request: HttpRequest, pk: int, year: int) -> HttpResponse | FileResponse:
    """The sheet of delivered value as a PDF file."""
    context = _value_context(request, pk, year)
    try:
        pdf = render_pdf("customers/value_paper.html", context)
    except NoPdf as refusal:
        return _value_page(request, context | {"problem": str(refusal)}, status=503)
    return _taken(request, context["customer"], _("Delivered value"), year, pdf)
