"""Time limits of open steps worked out anew when the working calendar has changed.

Who changes a calendar leaves a job in his transaction. The job walks through the open steps of the
branch in batches; a day off moves a limit back, a day that is worked after all brings it forward.
A limit whose end had its effect already stays.
"""

from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from approvals.limits import due_at
from approvals.models import Approval, ApprovalState, Decision, Step, StepState, Task, Verb
from approvals.selectors.powers import definition_of, stepdef_of
from core.display import thousands
from core.faults import fault_point
from core.jobs import Running, enqueue, handles
from core.locking import lock
from regions.calendars import CalendarChange, WorkTime, on_calendar_change, worktime_of
from regions.models import OrgUnit

JOB = "approvals.recompute_limits"
BATCH = 200


@on_calendar_change
def after_calendar_change(change: CalendarChange) -> None:
    """A job of its own for each change: one that runs already may be past what this one touches."""
    payload = {"unit": change.unit_id}
    if touched_by(payload).exists():
        enqueue(JOB, key=f"{JOB}:{uuid4()}", by=None, payload=payload)


def touched_by(payload: dict[str, Any]) -> QuerySet[Step]:
    """Open steps with a limit that still runs, in the branch of a change."""
    steps = Step.objects.filter(
        state=StepState.OPEN,
        due_at__isnull=False,
        limit_taken_at=None,
        approval__state=ApprovalState.RUNNING,
    )
    if payload.get("unit") is None:
        return steps
    unit = OrgUnit.objects.filter(pk=payload["unit"]).first()
    if unit is None:
        return steps.none()
    return steps.filter(approval__unit__in=OrgUnit.objects.below(unit))


@handles(JOB, title=_("Work out time limits of approvals anew"))
def recompute_limits(running: Running) -> str:
    """Walk through the steps that a change touches, a batch a transaction."""
    steps = touched_by(running.payload)
    total, done, last = steps.count(), 0, 0
    clocks: dict[int, WorkTime] = {}
    while keys := list(
        steps.filter(approval__gt=last)
        .order_by("approval")
        .values_list("approval", flat=True)[:BATCH]
    ):
        with transaction.atomic():
            running.hold()
            _recompute(keys, clocks)
            fault_point("approvals.recompute_batch")
        done, last = done + len(keys), keys[-1]
        running.progress(done, max(total, done))
    sentence = ngettext(
        "The time limit of {count} approval was worked out anew.",
        "The time limits of {count} approvals were worked out anew.",
        done,
    )
    return sentence.format(count=thousands(done))


def _recompute(keys: list[int], clocks: dict[int, WorkTime]) -> None:
    """Locked in the order of their keys; an approval has one open step."""
    held = lock(Approval.objects.filter(pk__in=keys), no_key=True).filter(
        state=ApprovalState.RUNNING
    )
    approvals = {one.pk: one for one in held.select_related("flow_version").order_by("pk")}
    steps = Step.objects.filter(
        approval__in=approvals, state=StepState.OPEN, limit_taken_at=None, due_at__isnull=False
    )
    raised = dict(
        Decision.objects.filter(step__in=steps, verb=Verb.TIMED_ESCALATE)
        .order_by("pk")
        .values_list("step", "at")
    )
    changed = []
    for step in list(steps):
        step.approval = approvals[step.approval_id]
        limit = stepdef_of(definition_of(step.approval.flow_version), step).limit
        begun = raised.get(step.pk) or step.opened_at  # a superior has the same time anew
        if limit is None or begun is None:
            continue
        unit = step.approval.unit_id
        due = due_at(begun, limit, clocks.setdefault(unit, worktime_of(unit)))
        if due != step.due_at:
            step.due_at = due
            changed.append(step)
    Step.objects.bulk_update(changed, ["due_at"])
    tasks = list(Task.objects.unfinished().filter(step__in=changed))
    dues = {step.pk: step.due_at for step in changed}
    for task in tasks:
        task.due_at = dues[task.step_id]
    Task.objects.bulk_update(tasks, ["due_at"])
