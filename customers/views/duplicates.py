"""Possible duplicates: the list, comparing two customers, making one of them (CUS-24)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from core.access import requires
from core.errors import Refused
from core.htmx import ask, leave, page_or_rows
from core.paging import asked_page
from customers.merge_forms import DismissForm, MergeForm, OtherForm, compare
from customers.models import Customer, CustomerMerge, DuplicatePair
from customers.models.merging import MERGE, mergeable
from customers.selectors.duplicates import (
    before_in_words,
    hanging_on,
    likely,
    moved_in_words,
    pair_page,
    unit_names,
)
from customers.selectors.lists import ListQuery, place_keys, rows_of
from customers.selectors.terms import understand
from customers.services import dismiss_pair, merge_customers
from customers.services.merging import FIELDS
from customers.views.common import crumbs, customer_crumbs

FOUND = 10
SEND = require_http_methods(["GET", "HEAD", "POST"])


@requires(MERGE)
@require_safe
def duplicate_list(request: HttpRequest) -> HttpResponse:
    """Pairs of customers who may be one, or of whom somebody said that they are two."""
    dismissed = request.GET.get("state") == "two"
    context = {
        "page": pair_page(request.user, dismissed=dismissed, **asked_page(request)),
        "dismissed": dismissed,
        "crumbs": crumbs((_("Possible duplicates"), "")),
    }
    page, rows = "customers/duplicates.html", "customers/_duplicates_rows.html"
    return page_or_rows(request, page, rows, context)


def _mergeable_or_404(request: HttpRequest, *keys: int) -> list[Customer]:
    """Customers whom the reader may merge, in the order of the keys."""
    found = mergeable(request.user).select_related("subject", "specialist", "contact_leader")
    customers = found.in_bulk(list(keys))
    if len(customers) < len(set(keys)) or len(set(keys)) < len(keys):
        raise Http404("customer")
    return [customers[key] for key in keys]


@requires(MERGE)
@SEND
def duplicate_dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask why the two are not one, then keep it."""
    pair = DuplicatePair.objects.select_related("first", "second").filter(pk=pk).first()
    if pair is None:
        raise Http404("pair")
    _mergeable_or_404(request, pair.first_id, pair.second_id)
    form = DismissForm(request.POST or None)
    refused: list[str] = []
    back = reverse("customers:duplicates")
    if request.method == "POST" and form.is_valid():
        try:
            dismiss_pair(pair, by=request.user, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            refused.append(str(refusal))
        else:
            messages.success(request, _("This pair will not be asked about again."))
            return leave(request, back)
    sentence = _("{one} ({code}) and {other} ({other_code}) stay two customers.")
    context = {
        "title": _("Are these two customers?"),
        "effect": sentence.format(
            one=pair.first.name,
            code=pair.first.code,
            other=pair.second.name,
            other_code=pair.second.code,
        ),
        "action": request.path,
        "verb": _("They are two customers"),
        "form": form,
        "refused": refused,
        "cancel_url": back,
        "crumbs": crumbs((_("Possible duplicates"), back), (_("Two customers"), "")),
    }
    return ask(request, context, 422 if request.method == "POST" else 200)


@requires(MERGE)
@require_http_methods(["GET", "HEAD", "POST"])
def merge_choose(request: HttpRequest, pk: int) -> HttpResponse:
    """Whom to merge a customer with: those who look like him, or a search. A search is posted,
    because a telephone number never stands in an address."""
    [customer] = _mergeable_or_404(request, pk)
    form = OtherForm(request.POST or None)
    found: list[Customer] = []
    problem = ""
    searched = form.is_valid() and bool(form.cleaned_data["q"].strip())
    if searched:
        term = understand(form.cleaned_data["q"])
        problem = str(term.problem)
        if term.forms:
            user: Any = request.user
            keys = place_keys(user, ListQuery(term=term), size=FOUND + 1, permission=MERGE)
            places = rows_of(user, keys, MERGE)
            same = [one.customer_id for one in places if one.customer_id != customer.pk]
            rows = mergeable(user).filter(pk__in=same, kind=customer.kind)
            found = list(rows.select_related("subject").order_by("pinyin", "pk")[:FOUND])
    names = unit_names(request.user, [one.pk for one in found])
    context = {
        "customer": customer,
        "form": form,
        "searched": searched,
        "problem": problem,
        "found": [(one, names[one.pk]) for one in found],
        "likely": likely(request.user, customer),
        "crumbs": customer_crumbs(customer, (_("Merge"), "")),
    }
    return render(request, "customers/merge_choose.html", context)


@requires(MERGE)
@require_safe
def merge_compare(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """Two customers side by side, with the choice of each value and what would move."""
    survivor, former = _mergeable_or_404(request, pk, other)
    fields = compare(survivor, former)
    names = unit_names(request.user, [pk, other])
    context = {
        "survivor": survivor,
        "former": former,
        "open": [one for one in fields if one.open],
        "settled": [one for one in fields if not one.open],
        "survivor_units": names[pk],
        "former_units": names[other],
        "moves": hanging_on(former),
        "blocked": _blocked(survivor, former),
        "seen": _seen(survivor, former),
        "crumbs": customer_crumbs(survivor, (_("Merge"), "")),
    }
    return render(request, "customers/merge_compare.html", context)


def _blocked(survivor: Customer, former: Customer) -> str:
    """Why the two can never be merged, "" when they can."""
    if survivor.kind != former.kind:
        return _("A person and an organisation are never the same customer.")
    if survivor.identity_index and former.identity_index:
        return _("The two have different identity numbers. Please correct the wrong one first.")
    return ""


def _seen(survivor: Customer, former: Customer) -> str:
    return f"{survivor.updated_at.isoformat()} {former.updated_at.isoformat()}"


@requires(MERGE)
@SEND
def merge_confirm(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """The last question before two become one, then the merge."""
    if request.method == "POST" and _merged_already(request, pk, other):
        messages.warning(request, _("One of the two has been merged already; nothing was changed."))
        return leave(request, reverse("customers:duplicates"))
    survivor, former = _mergeable_or_404(request, pk, other)
    refused: list[str] = []
    if request.method == "POST":
        form = MergeForm(request.POST)
        if form.is_valid():
            merge = _merge(request, survivor, former, form, refused)
            if merge is not None:
                return leave(request, survivor.get_absolute_url())
    else:
        take = [name for name in FIELDS if request.GET.get(name) == "theirs"]
        seen = request.GET.get("seen") or _seen(survivor, former)
        form = MergeForm(initial={"take": " ".join(take), "seen": seen})
    status = 422 if request.method == "POST" else 200
    return ask(request, _question(survivor, former, form, refused), status)


def _merged_already(request: HttpRequest, *keys: int) -> bool:
    """Whether one of these went into a customer in reach: who comes second in a race is told, and
    gets no bare 404."""
    return CustomerMerge.objects.visible_to(request.user, MERGE).filter(former_id__in=keys).exists()


def _merge(
    request: HttpRequest, survivor: Customer, former: Customer, form: MergeForm, refused: list[str]
) -> CustomerMerge | None:
    given = form.cleaned_data
    try:
        merge = merge_customers(
            survivor,
            former,
            by=request.user,
            take=given["take"],
            reason=given["reason"],
            unchanged_since=given["seen"],
        )
    except Refused as refusal:
        refused.append(str(refusal))
        return None
    sentence = _("{former} was merged into {code}; the old code and address lead here.")
    messages.success(request, sentence.format(former=merge.code, code=survivor.code))
    return merge


def _question(
    survivor: Customer, former: Customer, form: MergeForm, refused: list[str]
) -> dict[str, Any]:
    rows = sum(count for _title, count in hanging_on(former))
    sentence = ngettext(
        "{former} ({former_code}) goes; {rows} entry moves to {name} ({code}). This cannot be "
        "undone by a button; what was moved is kept.",
        "{former} ({former_code}) goes; {rows} entries move to {name} ({code}). This cannot be "
        "undone by a button; what was moved is kept.",
        rows,
    )
    back = reverse("customers:merge-compare", args=[survivor.pk, former.pk])
    return {
        "title": _("Merge these two customers?"),
        "effect": sentence.format(
            former=former.name,
            former_code=former.code,
            rows=rows,
            name=survivor.name,
            code=survivor.code,
        ),
        "action": reverse("customers:merge-confirm", args=[survivor.pk, former.pk]),
        "verb": _("Merge"),
        "danger": True,
        "form": form,
        "refused": refused,
        "cancel_url": back,
        "crumbs": customer_crumbs(
            survivor, (_("Merge"), back), (_("Merge these two customers?"), "")
        ),
    }


@requires(MERGE)
@require_safe
def merge_detail(request: HttpRequest, pk: int, merge: int) -> HttpResponse:
    """What a merge moved, and what the record was before: for whoever may merge the customer,
    because the counts are those of every branch."""
    [customer] = _mergeable_or_404(request, pk)
    rows = CustomerMerge.objects.filter(survivor=customer).select_related("by")
    found = rows.filter(pk=merge).first()
    if found is None:
        raise Http404("merge")
    context = {
        "customer": customer,
        "merge": found,
        "moved": moved_in_words(found),
        "before": before_in_words(found),
        "crumbs": customer_crumbs(customer, (_("Merged record"), "")),
    }
    return render(request, "customers/merge_detail.html", context)
