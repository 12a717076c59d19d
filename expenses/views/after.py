"""After the approval: paying, proving, settling, and taking back (EXP-08, EXP-11)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import requires
from core.attachments import send
from core.attachments.store import clean_name
from core.display import money
from core.errors import Refused
from core.htmx import ask, leave, wants_rows
from core.saving import saved, status_of
from expenses.forms.after import (
    EvidenceForm,
    PaymentForm,
    ReasonForm,
    ReceiptForm,
    RefundForm,
    SettlementForm,
)
from expenses.models import Application, ApplicationFile, Evidence, Payment, Receipt
from expenses.powers import PAY, may_prove, may_write
from expenses.services import applications, evidence, files, gifts, payments, receipts, settlements
from expenses.services.papers import MOST_BYTES
from expenses.shown import evidence_badge
from expenses.states import VIEW
from expenses.views.common import application_or_404, paper_crumbs

SEND = require_http_methods(["GET", "HEAD", "POST"])
TABLES: dict[str, type[Any]] = {"plan": ApplicationFile, "receipt": Receipt, "evidence": Evidence}


def _page(
    request: HttpRequest, paper: Application, form: Any, *, title: str, question: str, verb: str
) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "question": question,
        "verb": verb,
        "back": paper.get_absolute_url(),
        "crumbs": paper_crumbs(paper, (title, "")),
    }
    return render(request, "components/plain_form.html", context, status=status_of(request))


@requires(PAY)
@SEND
def payment_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Record a payment; what is still owed is proposed."""
    paper = application_or_404(request, pk, PAY)
    form = PaymentForm(request.POST or None, amount=paper.still_owed)
    words = {
        "title": _("Record a payment"),
        "question": _("Still owed: {amount}.").format(amount=money(paper.still_owed)),
        "verb": _("Save payment"),
    }
    return _booking(request, paper, form, payments.pay, _("The payment is recorded."), words)


@requires(PAY)
@SEND
def refund_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Record money that came back."""
    paper = application_or_404(request, pk, PAY)
    form = RefundForm(request.POST or None, amount=paper.paid_amount)
    words = {
        "title": _("Record a refund"),
        "question": _("Paid so far: {amount}.").format(amount=money(paper.paid_amount)),
        "verb": _("Save refund"),
    }
    return _booking(request, paper, form, payments.refund, _("The refund is recorded."), words)


def _booking(
    request: HttpRequest,
    paper: Application,
    form: Any,
    book: Callable[..., Any],
    done: str,
    words: dict[str, str],
) -> HttpResponse:
    """A page whose form books something of an application; then the application."""
    booked = saved(request, form, lambda data: book(paper, by=request.user, **data), done)
    return redirect(paper) if booked is not None else _page(request, paper, form, **words)


@requires(PAY)
@SEND
def payment_reverse(request: HttpRequest, pk: int, payment_pk: int) -> HttpResponse:
    """Take a wrong payment back by a line against it; both stay in the ledger."""
    paper = application_or_404(request, pk, PAY)
    payment = Payment.objects.filter(application=paper, pk=payment_pk).first()
    if payment is None:
        raise Http404("payment")
    form = ReasonForm(request.POST or None)
    done = saved(
        request,
        form,
        lambda data: payments.reverse(payment, by=request.user, **data),
        _("The reversing entry is booked."),
    )
    if done is not None:
        return leave(request, paper.get_absolute_url())
    context = {
        "title": _("Reverse the payment of {amount}?").format(amount=money(payment.amount)),
        "effect": _("A reversing entry is added to the ledger; the payment itself stays there."),
        "action": request.path,
        "verb": _("Reverse"),
        "form": form,
        "danger": True,
        "cancel_url": paper.get_absolute_url(),
    }
    return ask(request, context, status_of(request))


@requires(VIEW)
@SEND
def proof(request: HttpRequest, pk: int) -> HttpResponse:
    """Evidence and receipts of an application: what is wanted, what is there, what is added."""
    paper = application_or_404(request, pk)
    if not may_prove(paper, request.user):
        raise PermissionDenied(VIEW)
    form = ReceiptForm(request.POST or None, request.FILES or None)

    def add(data: dict[str, Any]) -> Receipt:
        upload = data.pop("file")
        return receipts.add(paper, upload, clean_name(upload.name), by=request.user, **data)

    if saved(request, form, add, _("The receipt is kept.")) is not None:
        return redirect("expenses:proof", pk)
    context = _proof_context(paper) | {
        "receipt_form": form,
        # Two forms on one page: their fields must not share ids.
        "evidence_form": EvidenceForm(auto_id="evidence_%s"),
        "most_bytes": MOST_BYTES,
        "crumbs": paper_crumbs(paper, (_("Evidence and receipts"), "")),
    }
    return render(request, "expenses/proof.html", context, status=status_of(request))


def _proof_context(paper: Application) -> dict[str, Any]:
    return {
        "paper": paper,
        "evidence": list(paper.evidence.all()),
        "receipts": list(paper.receipts.all()),
        "receipt_sum": receipt_sum(paper),
        "duty": evidence_badge(paper),
        "wanted": wanted_kinds(paper),
        "may_remove": True,
    }


def receipt_sum(paper: Application) -> Decimal:
    """The sum of the receipts, in yuan."""
    return paper.receipts.aggregate(total=Sum("amount"))["total"] or Decimal("0.00")


def wanted_kinds(paper: Application) -> list[dict[str, Any]]:
    """The kinds of evidence that the category wants, and whether each is there."""
    kinds = dict(Evidence._meta.get_field("kind").flatchoices)
    there = set(paper.evidence.values_list("kind", flat=True))
    return [
        {"label": kinds.get(kind, kind), "there": kind in there}
        for kind in paper.category.evidence_kinds
    ]


@requires(VIEW)
@require_POST
def evidence_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep uploaded evidence; each refused file has its sentence, the others are kept."""
    paper = application_or_404(request, pk)
    if not may_prove(paper, request.user):
        raise PermissionDenied(VIEW)
    refused = _add_evidence(request, paper)
    if wants_rows(request):
        paper = application_or_404(request, pk)
        context = _proof_context(paper) | {"refused": refused}
        return render(request, "expenses/_evidence.html", context)
    for sentence in refused:
        messages.error(request, sentence)
    return redirect("expenses:proof", pk)


def _add_evidence(request: HttpRequest, paper: Application) -> list[str]:
    """Keep the uploaded files; what speaks against the form or one of them."""
    form = EvidenceForm(request.POST)
    uploads = request.FILES.getlist("files")
    if not form.is_valid():
        return [str(sentence) for found in form.errors.values() for sentence in found]
    if not uploads:
        return [_("Please choose a file.")]
    refused = []
    for upload in uploads:
        name = clean_name(upload.name or "")
        try:
            evidence.add(paper, upload, name, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refused.append(_("{file}: {problem}").format(file=name, problem=refusal.message))
    return refused


@requires(PAY)
@SEND
def settlement_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Settle: what was really spent against what was approved."""
    paper = application_or_404(request, pk, PAY)
    shown = receipt_sum(paper)
    form = SettlementForm(request.POST or None, paper=paper, receipts=shown)
    question = _("Approved {approved}, paid {paid}, receipts {receipts}.").format(
        approved=money(paper.approved_amount), paid=money(paper.paid_amount), receipts=money(shown)
    )
    settle = pgettext("expense", "Settle")
    words = {"title": settle, "question": question, "verb": settle}
    done = _("The application is settled.")
    return _booking(request, paper, form, settlements.settle, done, words)


@requires(VIEW)
@SEND
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """The applicant takes a running application back."""
    paper = application_or_404(request, pk)
    return _take_back(
        request,
        paper,
        title=_("Withdraw {number}?"),
        effect=_("The approval ends and the reserved budget is free again."),
        verb=_("Withdraw"),
        act=lambda: applications.withdraw(paper, by=request.user),
        done=_("{number} is withdrawn."),
    )


@requires(VIEW)
@SEND
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw a draft away; its number stays used."""
    paper = application_or_404(request, pk)
    return _take_back(
        request,
        paper,
        title=_("Throw the draft {number} away?"),
        effect=_("It cannot be submitted any more. The number stays used."),
        verb=_("Throw it away"),
        act=lambda: applications.cancel(paper, by=request.user),
        done=_("{number} is thrown away."),
    )


@requires(PAY)
@SEND
def call_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up what was approved and not paid; the ledger gets a line against it."""
    paper = application_or_404(request, pk, PAY)
    form = ReasonForm(request.POST or None)
    done = saved(
        request,
        form,
        lambda data: applications.call_off(paper, by=request.user, **data),
        _("{number} is called off.").format(number=paper.number),
    )
    if done is not None:
        return leave(request, paper.get_absolute_url())
    context = {
        "title": _("Call {number} off?").format(number=paper.number),
        "effect": _("The approval is reversed in the ledger and the budget is free again."),
        "action": request.path,
        "verb": _("Call off"),
        "form": form,
        "danger": True,
        "cancel_url": paper.get_absolute_url(),
    }
    return ask(request, context, status_of(request))


def _take_back(
    request: HttpRequest,
    paper: Application,
    *,
    title: str,
    effect: str,
    verb: str,
    act: Any,
    done: str,
) -> HttpResponse:
    if not may_write(paper, request.user):
        raise PermissionDenied(VIEW)
    refused = []
    if request.method == "POST":
        try:
            act()
        except Refused as refusal:
            refused.append(str(refusal))
        else:
            messages.success(request, done.format(number=paper.number))
            return leave(request, paper.get_absolute_url())
    context = {
        "title": title.format(number=paper.number),
        "effect": effect,
        "action": request.path,
        "verb": verb,
        "danger": True,
        "refused": refused,
        "cancel_url": paper.get_absolute_url(),
    }
    return ask(request, context, 422 if refused else 200)


@requires("expenses.change_gift")
@require_POST
def gifts_give(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out the gifts that were approved; they leave the stock."""
    paper = application_or_404(request, pk, "expenses.change_gift")
    try:
        gifts.give(paper, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The gifts left the stock."))
    return redirect(paper)


def _file_or_404(request: HttpRequest, pk: int, kind: str, file_pk: int) -> Any:
    if kind not in TABLES:
        raise Http404
    rows: Any = TABLES[kind].objects.visible_to(request.user, VIEW)
    file = rows.filter(application=pk, pk=file_pk).select_related("application").first()
    if file is None:
        raise Http404("file")
    return file


@requires(VIEW)
@require_safe
def file_show(request: HttpRequest, pk: int, kind: str, file_pk: int) -> HttpResponseBase:
    """A file itself: shown if it is a picture or a PDF, downloaded otherwise."""
    return send(request, _file_or_404(request, pk, kind, file_pk))


@requires(VIEW)
@require_safe
def file_thumb(request: HttpRequest, pk: int, kind: str, file_pk: int) -> HttpResponseBase:
    """The thumbnail of a picture."""
    return send(request, _file_or_404(request, pk, kind, file_pk), thumb=True)


@requires(VIEW)
@require_POST
def file_remove(request: HttpRequest, pk: int, kind: str, file_pk: int) -> HttpResponse:
    """Remove a file, a receipt or evidence, as long as that is allowed."""
    file = _file_or_404(request, pk, kind, file_pk)
    remove: Any = {"plan": files, "receipt": receipts, "evidence": evidence}[kind].remove
    try:
        remove(file, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("{file} was removed.").format(file=file.name))
    back = "expenses:detail" if kind == "plan" else "expenses:proof"
    return redirect(reverse(back, args=[pk]))
