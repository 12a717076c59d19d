"""What a case cost and who bears it."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from complaints.models import Case, CostLine, WorkOrder
from complaints.services.handling import pressed_twice, refuse_stranger
from complaints.services.log import log
from complaints.services.moves import hold
from complaints.states import State
from core.errors import Refused


@transaction.atomic
def add_cost(
    case: Case,
    *,
    by: Any,
    kind: str,
    amount: Decimal,
    bearer: str,
    reason: str,
    work: WorkOrder | None = None,
) -> CostLine:
    """Write down a cost in yuan. Bills come late: also when the case has ended. The same line
    pressed twice is one. Raises Refused for a merged case, without an amount or a reason, and for
    somebody who does not work on the case."""
    held = hold(case)
    refuse_stranger(held, by)
    if held.state == State.MERGED:
        raise Refused(_("This case was merged: please enter its costs in the case it goes on in."))
    if amount <= 0:
        raise Refused(_("Please enter an amount above zero."))
    if not reason.strip():
        raise Refused(_("Please write what the money was for."))
    values = {
        "kind": kind,
        "amount": amount,
        "bearer": bearer,
        "reason": reason.strip(),
        "work": work,
    }
    written = pressed_twice(held.costs.all(), "created_at", entered_by=by, **values)
    if written is not None:
        return written
    line = CostLine.objects.create(case=held, entered_by=by, **values)
    facts: dict[str, Any] = {"amount": str(line.amount), "bearer": bearer}
    log(held, "cost_added", by=by, at=timezone.now(), text=line.reason, **facts)
    record("case.cost_added", by=by, subject=held, amount=str(line.amount))
    return line


@transaction.atomic
def remove_cost(line: CostLine, *, by: Any) -> None:
    """Take a wrong line out; the log of the case keeps that it was there."""
    held = hold(line.case)
    refuse_stranger(held, by)
    gone, _rows = CostLine.objects.filter(pk=line.pk).delete()
    if not gone:
        raise Refused(_("Somebody took this line out already."))
    facts: dict[str, Any] = {"amount": str(line.amount), "bearer": line.bearer}
    log(held, "cost_removed", by=by, at=timezone.now(), text=line.reason, **facts)
    record("case.cost_removed", by=by, subject=held, amount=str(line.amount))
