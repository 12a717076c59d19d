"""What was really spent is held against what was approved; the rest is free again (EXP-08)."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.display import money
from core.errors import Refused
from core.locking import lock
from expenses.models import Application, EntryKind, Settlement
from expenses.models.common import CENT
from expenses.services import using
from expenses.services.booking import book
from expenses.states import State


@transaction.atomic
def settle(
    application: Application, *, spent: Decimal, by: Any, explanation: str = ""
) -> Settlement:
    """Close an application with what it really cost, in yuan. What was approved beyond it goes
    back to the budget.

    Raises Refused when `spent` is not what was paid (pay the rest or record the refund first),
    when it or the receipts differ from the approved sum without an explanation, while evidence
    lacks, and for one's own application.
    """
    row = (
        lock(Application.objects.filter(pk=application.pk))
        .select_related("category", "unit", "budget")
        .get()
    )
    spent = spent.quantize(CENT)
    receipts = row.receipts.aggregate(sum=Sum("amount"))["sum"] or Decimal("0.00")
    _refuse(row, spent, receipts, explanation.strip(), by)
    rest = row.approved_amount - spent
    settlement = Settlement.objects.create(
        application=row,
        approved=row.approved_amount,
        spent=spent,
        receipts=receipts,
        explanation=explanation.strip(),
        by=by,
    )
    if rest:
        using.release(row, rest, by=by)
        book(row, EntryKind.RELEASE, by=by, approved=-rest, text=explanation)
    row.state, row.version = State.SETTLED, row.version + 1
    row.save()
    record("application.settled", by=by, subject=row, number=row.number, amount=str(spent))
    return settlement


def _refuse(row: Application, spent: Decimal, receipts: Decimal, explanation: str, by: Any) -> None:
    if by is not None and by.pk == row.applicant_id:
        raise Refused(_("Somebody else must settle one's own application."))
    if row.state not in (State.APPROVED, State.PAID):
        raise Refused(_("Only what is approved can be settled."))
    if row.event_on is not None and row.event_on > timezone.localdate():
        raise Refused(_("The event has not taken place yet; please settle it afterwards."))
    if spent != row.paid_amount:
        sentence = _("{paid} was paid: please record the payment or the refund of the rest first.")
        raise Refused(sentence.format(paid=money(row.paid_amount)))
    if row.category.wants_evidence and row.evidence_done_at is None and spent:
        raise Refused(_("The evidence lacks: please upload it first."))
    if (spent != row.approved_amount or receipts != spent) and not explanation:
        sentence = _("Approved {approved}, spent {spent}, receipts {receipts}: please explain.")
        raise Refused(
            sentence.format(
                approved=money(row.approved_amount), spent=money(spent), receipts=money(receipts)
            )
        )
