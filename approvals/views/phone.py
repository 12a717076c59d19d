"""Approvals by telephone: what waits for a signature, until when, and signing (EXP-07)."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from approvals.forms.phone import PhoneFilter
from approvals.models import PhoneSignature
from approvals.selectors.powers import persons_of
from approvals.services import sign
from approvals.views.common import crumbs
from core.access import fresh_if, signed_in
from core.errors import Refused
from core.htmx import ask, leave, page_or_rows
from core.keyset import Order
from core.paging import asked_page, page_of_rows
from core.saving import status_of
from regions.calendars.left import time_left

ORDER = Order("due", "sign_by", kind="time")
LATEST = Order("latest", "sign_by", descending=True, kind="time")
JOINS = (
    "approver",
    "recorded_by",
    "witness",
    "signed_by",
    "decision__approval__applicant",
    "decision__approval__unit",
)


@signed_in
@require_safe
def phone_list(request: HttpRequest) -> HttpResponse:
    """Calls on approvals the reader sees: the most urgent signature first."""
    form = PhoneFilter(request.GET)
    rows = PhoneSignature.objects.visible_to(request.user)
    everything = form.wants_all()
    if not everything:
        rows = rows.unsigned()
    page = page_of_rows(
        rows.select_related(*JOINS), LATEST if everything else ORDER, **asked_page(request)
    )
    acting = persons_of(request.user) | {request.user.pk}
    shown = [_row(one, acting) for one in page.rows]
    mine = sum(row["may_sign"] for row in shown)
    context = {
        "filter_form": form,
        "is_filtered": everything,
        "page": page,
        "rows": shown,
        "answer": ngettext(
            "{count} approval on this page waits for your signature.",
            "{count} approvals on this page wait for your signature.",
            mine,
        ).format(count=mine)
        if mine
        else "",
        "crumbs": crumbs((_("Phone approvals"), "")),
    }
    return page_or_rows(request, "approvals/phone.html", "approvals/_phone_rows.html", context)


def _row(one: PhoneSignature, acting: set[Any]) -> dict[str, Any]:
    approval = one.decision.approval
    row: dict[str, Any] = {
        "signature": one,
        "approval": approval,
        "may_sign": one.signed_at is None and one.approver_id in acting,
    }
    if one.signed_at is None:
        left = time_left(one.called_at, one.sign_by, timezone.now(), approval.unit_id)
        row["left"] = left
    return row


def _signature_or_404(request: HttpRequest, pk: int) -> PhoneSignature:
    rows = PhoneSignature.objects.visible_to(request.user).filter(pk=pk)
    found: PhoneSignature | None = rows.select_related(*JOINS).first()
    if found is None:
        raise Http404("signature")
    return found


@fresh_if(lambda request, **arguments: request.method == "POST")
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def phone_sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign what was written down of a call, after a question. A signature is always given by who
    has just proved who he is."""
    one = _signature_or_404(request, pk)
    refused: list[str] = []
    if request.method == "POST":
        try:
            sign(one, by=request.user, request_key=request.POST.get("request_key", uuid4().hex))
        except Refused as refusal:
            refused = [str(refusal)]
        else:
            messages.success(request, _("The approval by telephone is signed."))
            return leave(request, reverse("approvals:phone"))
    approval = one.decision.approval
    context = {
        "title": _("Sign “{title}” afterwards?").format(title=approval.title),
        "effect": _(
            "{verb} by telephone at {time}, written down by {recorder}, witnessed by {witness}: "
            "“{words}”. With your signature you confirm it."
        ).format(
            verb=one.decision.get_verb_display(),
            time=timezone.localtime(one.called_at).strftime("%Y-%m-%d %H:%M"),
            recorder=one.recorded_by.name,
            witness=one.witness.name,
            words=one.decision.comment,
        ),
        "action": request.path,
        "verb": _("Sign afterwards"),
        "refused": refused,
        "cancel_url": reverse("approvals:phone"),
    }
    return ask(request, context, status_of(request))
