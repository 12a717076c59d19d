"""Shares of customers, and who may see one."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import requires
from core.errors import Refused
from core.htmx import page_or_rows
from customers.forms import ShareFilter, ShareForm
from customers.models import CustomerShare
from customers.selectors.access import people_who_see, reasons_of
from customers.selectors.shares import SHARE, colleagues_offered, shares_in_reach, shares_of
from customers.services import end_shares, may_share, share_customer
from customers.services.shares import endable, longest_share
from customers.views.common import customer_crumbs, customer_or_404

VIEW = "customers.view_customer"
REVIEW = "accounts.review_grants"
PAGE_SIZE = 50
SHOWN = 30
REFUSED_FORM = 422


@requires(SHARE)
@require_http_methods(["GET", "HEAD", "POST"])
def customer_share(request: HttpRequest, pk: int) -> HttpResponse:
    """Share one customer with a colleague, and see with whom he is shared."""
    customer = customer_or_404(request, pk, SHARE)
    if not may_share(request.user, customer):
        raise PermissionDenied("only keepers and heads share")
    form = ShareForm(
        request.POST or None,
        customer=customer,
        by=request.user,
        latest=longest_share(request.user, customer),
    )
    if form.is_bound and form.is_valid():
        try:
            share_customer(customer, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            sentence = _("The customer is shared with {person} now.")
            messages.success(request, sentence.format(person=form.cleaned_data["to"].name))
            return redirect("customers:share", pk)
    context = {
        "customer": customer,
        "form": form,
        "shares": shares_of(customer, request.user),
        "today": timezone.localdate(),
        "crumbs": customer_crumbs(customer, (_("Share"), "")),
    }
    status = REFUSED_FORM if form.is_bound else 200
    return render(request, "customers/share.html", context, status=status)


@requires(SHARE)
@require_safe
def share_people(request: HttpRequest, pk: int) -> JsonResponse:
    """Colleagues with whom this customer may be shared."""
    customer = customer_or_404(request, pk, SHARE)
    text = request.GET.get("q", "").strip()[:40]
    allowed = may_share(request.user, customer)
    people = colleagues_offered(request.user, customer, text)[:SHOWN] if allowed else ()
    return JsonResponse(
        [{"value": user.employee_no, "text": f"{user.name} {user.employee_no}"} for user in people],
        safe=False,
    )


@requires(VIEW)
@require_safe
def share_list(request: HttpRequest) -> HttpResponse:
    """The shares that I gave, received or answer for."""
    form = ShareFilter(request.GET)
    found: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    rows = shares_in_reach(
        request.user,
        side=found.get("side") or "all",
        ended=found.get("state") == "ended",
        sort=request.GET.get("sort", "until"),
        text=(found.get("q") or "").strip(),
    )
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    mine = set(
        endable(request.user).filter(pk__in=[row.pk for row in page]).values_list("pk", flat=True)
    )
    today = timezone.localdate()
    for row in page:
        row.endable = row.pk in mine  # type: ignore[attr-defined]
        row.ends_soon = row.until is not None and (row.until - today).days <= 7  # type: ignore[attr-defined]
    context = {
        "page": page,
        "filter_form": form,
        "today": today,
        "bulk_actions": [(_("End the shares"), reverse("shares-end"), "x")],
        "crumbs": [(_("Shares"), "")],
    }
    return page_or_rows(request, "customers/shares.html", "customers/_shares_rows.html", context)


@requires(VIEW)
@require_POST
def share_end(request: HttpRequest) -> HttpResponse:
    """End the ticked shares, those that are the reader's to end."""
    keys = [int(key) for key in request.POST.getlist("pick")[:500] if key.isdecimal()]
    count = end_shares(keys, by=request.user)
    if count:
        sentence = ngettext("{count} share was ended.", "{count} shares were ended.", count)
        messages.success(request, sentence.format(count=count))
    else:
        messages.warning(request, _("No share was ended: none was chosen that is yours to end."))
    back = request.POST.get("back", "")
    share = CustomerShare.objects.visible_to(request.user, SHARE).filter(pk__in=keys).first()
    if back == "customer" and share is not None:
        return redirect("customers:share", share.content_object_id)
    return redirect("shares")


@requires(REVIEW)
@require_safe
def customer_access(request: HttpRequest, pk: int) -> HttpResponse:
    """Everybody who may see this customer, each with every reason."""
    customer = customer_or_404(request, pk, REVIEW)
    people = people_who_see(request.user, customer)
    page = Paginator(people, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = list(page)
    reasons = reasons_of(request.user, customer, rows)
    context = {
        "customer": customer,
        "page": page,
        "rows": [(person, reasons[person.pk]) for person in rows],
        "count": page.paginator.count,
        "may_share": may_share(request.user, customer) and request.user.has_perm(SHARE),
        "crumbs": customer_crumbs(customer, (_("Who may see this customer"), "")),
    }
    return render(request, "customers/access.html", context)
