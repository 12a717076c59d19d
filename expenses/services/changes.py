"""Asking for a transfer between budgets or for more; approved, it is carried out (EXP-09)."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import services as approvals
from audit.services import record
from core.display import money
from core.errors import Refused
from core.locking import lock
from expenses.models import Budget, BudgetChange, ChangeKind, ChangeState
from expenses.models.common import CENT
from expenses.services.budgets import supplement, transfer

KIND = "expenses.budget_change"


@transaction.atomic
def ask_change(
    *,
    kind: str,
    target: Budget,
    amount: Decimal,
    reason: str,
    by: Any,
    source: Budget | None = None,
    request_key: str = "",
) -> BudgetChange:
    """Ask for a change and submit it for approval. Raises Refused without a reason or amount, and
    when the source has less left."""
    if not reason.strip():
        raise Refused(_("Please say why."))
    if amount <= 0 or amount != amount.quantize(CENT):
        raise Refused(_("Please enter an amount above zero."))
    if (kind == ChangeKind.TRANSFER) != (source is not None) or source == target:
        raise Refused(_("Please choose the budget that gives."))
    if source is not None:
        _refuse_too_little(source, amount)
    change = BudgetChange(
        kind=kind, target=target, source=source, amount=amount, reason=reason.strip(), asked_by=by
    )
    change.place_in(target.unit)
    change.save()
    approvals.submit(change, kind=KIND, by=by, request_key=request_key)
    change.refresh_from_db()
    return change


def _refuse_too_little(source: Budget, amount: Decimal) -> None:
    if amount > source.left:
        sentence = _("The {category} budget of {unit} has only {left} left.")
        raise Refused(
            sentence.format(category=source.category, unit=source.unit, left=money(source.left))
        )


def submitted(change: BudgetChange, approval: Any, *, by: Any) -> None:
    """It waits for its decision."""
    _go(change, ChangeState.IN_APPROVAL, by)


def approved(change: BudgetChange, approval: Any, *, by: Any) -> None:
    """Carry it out. Raises Refused when the source has less left by now."""
    row = _go(change, ChangeState.APPROVED, by)
    reason = row.reason[:200]
    if row.source is not None:
        transfer(row.source, row.target, amount=row.amount, by=by, reason=reason)
    else:
        supplement(row.target, amount=row.amount, by=by, reason=reason)


def rejected(change: BudgetChange, approval: Any, *, by: Any) -> None:
    """Nothing changes."""
    _go(change, ChangeState.REJECTED, by)


def sent_back(change: BudgetChange, approval: Any, *, by: Any) -> None:
    """Nothing changes yet."""
    _go(change, ChangeState.SENT_BACK, by)


def withdrawn(change: BudgetChange, approval: Any, *, by: Any) -> None:
    """Nothing changes."""
    _go(change, ChangeState.WITHDRAWN, by)


def voided(change: BudgetChange, approval: Any, *, by: Any) -> None:
    """Nothing changes."""
    _go(change, ChangeState.VOID, by)


def _go(change: BudgetChange, state: str, by: Any) -> BudgetChange:
    row = (
        lock(BudgetChange.objects.filter(pk=change.pk))
        .select_related("source__unit", "target__unit")
        .get()
    )
    row.state = state
    if state not in (ChangeState.IN_APPROVAL, ChangeState.SENT_BACK):
        row.ended_at = timezone.now()
    row.save()
    record("budget.change", by=by, subject=row, state=str(state), amount=str(row.amount))
    return row
