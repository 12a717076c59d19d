"""One application: the paper, its way through approval, money, proof, and the next step."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext
from django.views.decorators.http import require_POST, require_safe

from approvals.models import Approval
from approvals.selectors.history import history, steps_now
from approvals.selectors.inbox import waiting
from approvals.services import last_approval
from approvals.shown import drawing_of_approval
from core.access import requires
from core.display import money
from customers.views.detail import reveal_answer
from expenses.models import Application
from expenses.powers import BENEFICIARY, PAY, may_prove, may_write, reaches
from expenses.services.applications import KIND
from expenses.services.files import may_attach
from expenses.shown import evidence_badge, paper_context, state_badge
from expenses.states import GRANTED, VIEW, State
from expenses.views.after import receipt_sum, wanted_kinds
from expenses.views.common import application_or_404, paper_crumbs

STOCK = "expenses.change_gift"
STEPS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({State.DRAFT, State.SENT_BACK}), gettext_noop("Filling in")),
    (frozenset({State.IN_APPROVAL}), gettext_noop("Approval")),
    (frozenset({State.APPROVED}), gettext_noop("Payment")),
    (frozenset({State.PAID}), gettext_noop("Proof and settlement")),
    (frozenset({State.SETTLED}), gettext_noop("Done")),
)


def steps_of(paper: Application) -> list[dict[str, str]]:
    """How far the application has come; nothing for what ended on the way."""
    place = next((n for n, (states, _label) in enumerate(STEPS) if paper.state in states), None)
    if place is None:
        return []
    return [
        {
            "label": _(label),
            "state": "done"
            if n < place or paper.state == State.SETTLED
            else "current"
            if n == place
            else "todo",
        }
        for n, (_states, label) in enumerate(STEPS)
    ]


def _button(paper: Application, name: str, label: str, icon: str) -> dict[str, str]:
    return {"label": label, "icon": icon, "url": reverse(f"expenses:{name}", args=[paper.pk])}


def buttons(
    paper: Application, user: Any, approval: Approval | None, receipts: Any
) -> dict[str, Any]:
    """The next step as the filled button, other acts outlined, rare ones in a menu."""
    pays = reaches(paper, user, PAY)
    mine = may_write(paper, user)
    leading: list[dict[str, str]] = []
    rare: list[dict[str, str]] = []
    if paper.is_editable and mine:
        leading.append(_button(paper, "edit", pgettext("application", "Go on writing"), "edit"))
        if paper.state == State.DRAFT:
            rare.append(_button(paper, "cancel", _("Throw the draft away"), "trash"))
    if paper.state == State.IN_APPROVAL and mine:
        rare.append(_button(paper, "withdraw", _("Withdraw"), "arrow-back-up"))
    if approval is not None and waiting(user).filter(step__approval=approval).exists():
        decide = {"label": _("Decide"), "icon": "checklist", "url": approval.get_absolute_url()}
        leading.insert(0, decide)
    if pays and paper.state == State.APPROVED and paper.still_owed:
        leading.append(_button(paper, "payment", _("Record a payment"), "coin"))
        if not paper.paid_amount:
            rare.append(_button(paper, "call-off", _("Call off"), "ban"))
    if may_prove(paper, user) and paper.state != State.SETTLED:
        label = _("Evidence and receipts")
        leading.append(_button(paper, "proof", label, "upload"))
    if pays and paper.state in (State.PAID, State.APPROVED) and paper.paid_amount:
        leading.append(_button(paper, "settlement", pgettext("expense", "Settle"), "check"))
        rare.append(_button(paper, "refund", _("Record a refund"), "arrow-back-up"))
    return {"primary": leading[0] if leading else None, "others": leading[1:], "rare": rare}


@requires(VIEW)
@require_safe
def application_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything about one application, and what the reader may do with it now."""
    paper = application_or_404(request, pk)
    user: Any = request.user
    approval = last_approval(paper, KIND)
    receipts = list(paper.receipts.all())
    context = paper_context(paper, user) | {
        "state": state_badge(paper),
        "steps": steps_of(paper),
        "buttons": buttons(paper, user, approval, receipts),
        "approval": approval,
        "drawing": drawing_of_approval(approval, steps_now(approval), user) if approval else None,
        "decisions": history(approval) if approval else [],
        "payments": list(paper.payments.select_related("by")),
        "ledger": list(paper.ledger.select_related("by").order_by("pk")),
        "receipts": receipts,
        "receipt_sum": receipt_sum(paper),
        "evidence": list(paper.evidence.all()),
        "duty": evidence_badge(paper),
        "wanted": wanted_kinds(paper) if paper.state in GRANTED else [],
        "settlement": getattr(paper, "settlement", None),
        "is_granted": paper.state in GRANTED,
        "may_pay": reaches(paper, user, PAY),
        "may_give": paper.state in GRANTED and reaches(paper, user, STOCK),
        "gifts_wait": paper.gift_lines.filter(given_at=None).exists(),
        "may_remove_plans": may_attach(paper, user),
        "crumbs": paper_crumbs(paper),
        "question": _question(paper),
    }
    return render(request, "expenses/detail.html", context)


def _question(paper: Application) -> str:
    """How the money stands, in one sentence."""
    if paper.state not in GRANTED:
        return _("{amount} asked for").format(amount=money(paper.amount))
    if paper.still_owed:
        words = _("{amount} approved, {owed} still to be paid")
        return words.format(amount=money(paper.approved_amount), owed=money(paper.still_owed))
    return _("{amount} approved and paid").format(amount=money(paper.approved_amount))


@requires(BENEFICIARY)
@require_POST
def beneficiary_reveal(request: HttpRequest, pk: int, field: str) -> HttpResponse:
    """Show account or telephone number of the beneficiary for a minute, recorded with its
    reason."""
    paper = application_or_404(request, pk, BENEFICIARY)
    address = reverse("expenses:reveal", args=[pk, field])
    return reveal_answer(request, paper, field, address)
