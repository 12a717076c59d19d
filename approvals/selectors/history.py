"""What has happened to a paper, and where it stands."""

from django.db.models import Prefetch

from approvals.models import Approval, Decision, PhoneSignature, Step, Task, TaskState


def history(approval: Approval) -> list[Decision]:
    """Everything that was done, the newest first. `called` of a decision is its signature after a
    call by telephone, or None."""
    rows = list(
        Decision.objects.filter(approval=approval)
        .select_related("by", "acting_for", "step")
        .prefetch_related("files")
        .order_by("-pk")
    )
    signatures = PhoneSignature.objects.filter(decision__in=rows)
    by_decision = {
        one.decision_id: one
        for one in signatures.select_related("approver", "signed_by", "witness", "recorded_by")
    }
    for row in rows:
        row.called = by_decision.get(row.pk)  # type: ignore[attr-defined]
    return rows


def steps_now(approval: Approval) -> list[Step]:
    """The steps of the present round in order, each with `asked`: its tasks that still count."""
    tasks = Task.objects.exclude(state=TaskState.CANCELLED).select_related("person")
    return list(
        Step.objects.filter(approval=approval, round=approval.round)
        .prefetch_related(Prefetch("tasks", tasks.order_by("order", "pk"), to_attr="asked"))
        .order_by("position")
    )


def unsigned(approval: Approval) -> list[PhoneSignature]:
    """Calls on this paper that were not signed yet."""
    rows = PhoneSignature.objects.unsigned().filter(decision__approval=approval)
    return list(rows.select_related("approver", "recorded_by", "witness", "decision"))


def to_sign(user: int) -> list[PhoneSignature]:
    """Calls that a person, by his key, still has to sign, the most urgent first."""
    rows = PhoneSignature.objects.unsigned().filter(approver=user)
    return list(
        rows.select_related("decision__approval__applicant", "decision__approval__unit", "witness")
    )
