"""Telling people about approvals: in the bell and by mail, with a link to the paper.

Called at the end of the transaction of a verb (approvals.services.held). A notice has the key of
the task or decision it is about, so that nobody is told twice. Whoever is away gets his notice,
and his stand-in a copy.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from accounts.selectors.stand_ins import StandIns
from approvals.models import (
    Approval,
    ApprovalState,
    Decision,
    PhoneSignature,
    Step,
    Task,
    TaskState,
)
from core.notices import Happening, announce, notify

if TYPE_CHECKING:
    from approvals.services.held import Held


def _facts(approval: Approval) -> dict[str, Any]:
    return {
        "title": approval.title,
        "applicant": approval.applicant.name,
        "unit": approval.unit.name,
        "amount": approval.amount,
    }


def tell(people: Iterable[Any], kind: str, approval: Approval, *, key: str, **facts: Any) -> int:
    """Tell people, and the stand-ins of those who are away, about an approval."""
    keys = StandIns().with_deputies(getattr(one, "pk", one) for one in people)
    url = approval.get_absolute_url()
    return notify(keys, kind, key=key, url=url, **_facts(approval), **facts)


def to_decide(held: "Held", step: Step) -> None:
    """Tell everybody whose turn it is in a step, once each turn."""
    for task in Task.objects.filter(step=step, state=TaskState.OPEN):
        turn = task.opened_at.isoformat() if task.opened_at else ""
        tell(
            [task.person_id],
            "approvals.to_decide",
            held.approval,
            key=f"approval-task:{task.pk}:{turn}",
            step=step.name,
            due_at=task.due_at,
        )


def ended(held: "Held") -> None:
    """Tell the applicant how it ended, and other systems."""
    approval = held.approval
    announce(
        Happening(
            "approval.decided",
            f"{approval.pk}:{approval.round}",
            approval.pk,
            [approval.unit],
            approval.get_absolute_url(),
            facts={"state": str(approval.state), "subject": approval.subject_kind},
        )
    )
    by = held.by.name if held.by is not None else ""
    if held.by is None or held.by.pk != approval.applicant_id:
        tell(
            [approval.applicant_id],
            "approvals.ended",
            approval,
            key=f"approval:{approval.pk}:ended",
            state=str(ApprovalState(approval.state)),
            by=by,
        )


def sent_back(held: "Held", decision: Decision) -> None:
    """Tell the applicant that he is to mend his paper."""
    tell(
        [held.approval.applicant_id],
        "approvals.sent_back",
        held.approval,
        key=f"approval-decision:{decision.pk}",
        by=held.by.name,
        reason=decision.comment,
    )


def copied(held: "Held", people: Iterable[Any]) -> None:
    """Tell those who may read it for knowledge."""
    tell(people, "approvals.copied", held.approval, key=f"approval:{held.approval.pk}:copy")


def urged(held: "Held", people: Iterable[int], decision: Decision) -> None:
    """Tell those who are to decide that the applicant waits."""
    tell(
        people,
        "approvals.urged",
        held.approval,
        key=f"approval-decision:{decision.pk}",
        by=held.by.name,
        reason=decision.comment,
    )


def late(held: "Held", step: Step, people: Iterable[int]) -> None:
    """Remind those who let a time limit pass."""
    tell(
        people,
        "approvals.late",
        held.approval,
        key=f"approval-step:{step.pk}:late",
        step=step.name,
        due_at=step.due_at,
    )


def remarked(held: "Held", people: Iterable[int], decision: Decision) -> None:
    """Tell those who have a part in it of a comment."""
    tell(
        people,
        "approvals.remarked",
        held.approval,
        key=f"approval-decision:{decision.pk}",
        by=held.by.name,
        comment=decision.comment[:200],
    )


def voided(held: "Held", people: Iterable[int]) -> None:
    """Tell those who decided, or were to, that the paper has changed under their decisions."""
    tell(people, "approvals.voided", held.approval, key=f"approval:{held.approval.pk}:void")


def to_sign(signature: PhoneSignature, approval: Approval) -> None:
    """Tell an approver what was written down of his telephone call, and until when he signs."""
    tell(
        [signature.approver_id],
        "approvals.to_sign",
        approval,
        key=f"approval-call:{signature.pk}",
        recorded_by=signature.recorded_by.name,
        witness=signature.witness.name,
        called_at=signature.called_at,
        sign_by=signature.sign_by,
    )


def unsigned(
    signature: PhoneSignature, approval: Approval, people: Iterable[int], now: datetime
) -> None:
    """Tell the superior, and whoever wrote it down, that a call was not signed in time."""
    tell(
        people,
        "approvals.unsigned",
        approval,
        key=f"approval-call:{signature.pk}:unsigned",
        approver=signature.approver.name,
        called_at=signature.called_at,
        sign_by=signature.sign_by,
    )


def withdrawn(held: "Held", people: Iterable[int]) -> None:
    """Tell those who were to decide that they need not any more."""
    tell(people, "approvals.withdrawn", held.approval, key=f"approval:{held.approval.pk}:withdrawn")
