"""A paper that changes after it was submitted loses its decisions."""

from typing import Any

from approvals.models import OPEN_STATES, Approval, ApprovalState, Decision, Task, Verb
from approvals.services import telling
from approvals.services.held import Held, holding
from core.locking import lock


def hold(obj: Any, kind: str) -> Approval | None:
    """Lock the open approval of a record until the transaction ends, before the record itself is
    locked: everybody takes the two locks in this order, so that nobody waits for ever."""
    rows = Approval.objects.filter(subject_kind=kind, subject_id=obj.pk)
    return lock(rows.filter(state__in=OPEN_STATES)).first()


def subject_changed(obj: Any, kind: str, *, by: Any) -> Approval | None:
    """Called after a record was changed, in the same transaction: where its content is no longer
    what was submitted, the running approval is void and must be asked for anew.

    A paper that was sent back may change. Returns the approval that became void.
    """
    running = hold(obj, kind)
    if running is None or running.state != ApprovalState.RUNNING:
        return None
    with holding(running.pk, by=by) as held:
        if held.is_unchanged():
            return None
        void(held)
        return held.approval


def void(held: Held) -> None:
    """The decisions of an approval no longer hold."""
    people = set(
        Decision.objects.filter(approval=held.approval, by__isnull=False).values_list(
            "by", flat=True
        )
    )
    people |= set(
        Task.objects.filter(step__approval=held.approval)
        .unfinished()
        .values_list("person", flat=True)
    )
    held.decide(Verb.VOID, keyed=False)
    held.end(ApprovalState.VOID)
    held.approval.steps.filter(state="open").update(state="ended", closed_at=held.now)
    held.subject.on.voided(held.obj, held.approval, by=held.by)
    people.discard(held.by.pk if held.by is not None else None)
    held.tell(lambda: telling.voided(held, people))
