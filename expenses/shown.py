"""Applications as pages show them: badges, and the paper itself."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer
from expenses.models import Application, Needs
from expenses.powers import BENEFICIARY, reaches
from expenses.states import State

# state → tone and icon of its badge
TONES: dict[str, tuple[str, str]] = {
    State.DRAFT: ("off", "edit"),
    State.IN_APPROVAL: ("info", "progress"),
    State.SENT_BACK: ("warn", "arrow-back-up"),
    State.APPROVED: ("ok", "circle-check"),
    State.REJECTED: ("bad", "circle-x"),
    State.WITHDRAWN: ("off", "arrow-back-up"),
    State.PAID: ("ok", "coin"),
    State.SETTLED: ("off", "check"),
    State.VOID: ("off", "ban"),
}


def state_badge(application: Application) -> dict[str, str]:
    """Label, tone and icon of the state of an application."""
    tone, icon = TONES[application.state]
    return {"label": application.get_state_display(), "tone": tone, "icon": icon}


def evidence_badge(application: Application) -> dict[str, Any] | None:
    """How the duty of evidence stands: due, late or met; None without a duty."""
    due = application.evidence_due_on
    if due is None:
        return None
    if application.evidence_done_at is not None:
        return {"label": _("Evidence complete"), "tone": "ok", "icon": "circle-check", "due": due}
    left = (due - timezone.localdate()).days
    if left < 0:
        return {"label": _("Evidence overdue"), "tone": "bad", "icon": "clock-x", "due": due}
    tone = "warn" if left <= 1 else "off"
    return {"label": _("Evidence wanted"), "tone": tone, "icon": "clock", "due": due}


def paper_context(paper: Application, reader: Any) -> dict[str, Any]:
    """What `expenses/_paper.html` draws: on the application's page and on that of its approval."""
    rows = list(paper.customers.select_related("customer", "contact"))
    seen = set(
        Customer.objects.visible_to(reader)
        .filter(pk__in=[row.customer_id for row in rows])
        .values_list("pk", flat=True)
    )
    labels = {one["key"]: one["label"] for one in paper.category.fields}
    return {
        "paper": paper,
        "lines": list(paper.lines.all()),
        "gift_lines": list(paper.gift_lines.select_related("gift")),
        "customers": [{"row": row, "linked": row.customer_id in seen} for row in rows],
        "answers": [(labels.get(key, key), value) for key, value in paper.values.items()],
        "plans": list(paper.files.all()),
        "shows_beneficiary": paper.category.beneficiary != Needs.NO or bool(paper.beneficiary_name),
        "account": paper.account_masked,
        "phone": paper.phone_masked,
        "may_reveal": reaches(paper, reader, BENEFICIARY),
        "budget": paper.budget,
    }
