"""What the clock does: time limits of steps, tasks of people who have left, unsigned calls.

Steps that are due are found by an index and taken one by one under the lock of their approval, so
that two runs, or a run and a person, never do the same twice.
"""

from collections import Counter
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import UserState
from approvals.definitions import OnTimeout
from approvals.limits import due_at
from approvals.models import (
    Approval,
    ApprovalState,
    Origin,
    Outcome,
    Step,
    StepState,
    Task,
    TaskState,
    Verb,
)
from approvals.selectors.people import superiors
from approvals.selectors.powers import is_barred
from approvals.services import telling
from approvals.services.deciding import follow, replace
from approvals.services.held import Held, holding
from approvals.services.phone import escalate_unsigned
from approvals.services.steps import (
    advance,
    close_step,
    close_task,
    everybody_in,
    rejected,
    tell_open,
    votes_of,
)
from core.locking import lock

BATCH = 500


def run_due(now: datetime | None = None) -> dict[str, int]:
    """Do everything whose time has come. Returns how often what was done."""
    moment = now or timezone.now()
    done: Counter[str] = Counter()
    due = Step.objects.filter(state=StepState.OPEN, limit_taken_at=None, due_at__lte=moment)
    for pk in list(due.order_by("due_at").values_list("pk", flat=True)[:BATCH]):
        done[_take(pk, moment)] += 1
    done["rerouted"] = reroute_left(moment)
    done["unsigned"] = escalate_unsigned(moment)
    done.pop("", None)
    return dict(done)


def _take(pk: int, now: datetime) -> str:
    """The end of one time limit. Returns what happened, empty when nothing was to do any more."""
    with transaction.atomic():
        rows = Approval.objects.filter(steps=pk, state=ApprovalState.RUNNING)
        approval = lock(rows, skip_locked=True).first()
        if approval is None:  # somebody is deciding just now; the next run looks again
            return ""
        with holding(approval.pk, by=None, now=now) as held:
            step = Step.objects.get(pk=pk)
            step.approval = held.approval
            if step.state != StepState.OPEN or step.limit_taken_at is not None:
                return ""
            return _time_is_up(held, step)


def _time_is_up(held: Held, step: Step) -> str:
    definition = held.stepdef(step)
    if definition.limit is None or step.opened_at is None:
        return ""
    if not _was_raised(step):
        # The calendar may have changed since the step was opened.
        step.due_at = due_at(step.opened_at, definition.limit, held.approval.unit_id)
        if step.due_at > held.now:
            step.save(update_fields=["due_at"])
            Task.objects.filter(step=step).unfinished().update(due_at=step.due_at)
            return ""
    act = {
        OnTimeout.PASS: _pass,
        OnTimeout.REJECT: _reject,
        OnTimeout.ESCALATE: _escalate,
    }.get(definition.on_timeout, _remind)
    return act(held, step)


def _was_raised(step: Step) -> bool:
    """Whether the limit began anew with a superior."""
    return Task.objects.filter(step=step, origin=Origin.ESCALATED).exists()


def _remind(held: Held, step: Step) -> str:
    step.limit_taken_at = held.now
    step.save(update_fields=["limit_taken_at"])
    held.decide(Verb.TIMED_REMIND, step=step)
    people = _open_people(step)
    held.tell(lambda: telling.late(held, step, people))
    return "reminded"


def _open_people(step: Step) -> set[int]:
    tasks = Task.objects.filter(step=step, state=TaskState.OPEN)
    return set(tasks.values_list("person", flat=True))


def _pass(held: Held, step: Step) -> str:
    if not held.is_unchanged():
        return _remind(held, step)
    step.limit_taken_at = held.now
    step.save(update_fields=["limit_taken_at"])
    held.decide(Verb.TIMED_PASS, step=step)
    close_step(held, step)
    advance(held)
    return "passed"


def _reject(held: Held, step: Step) -> str:
    step.limit_taken_at = held.now
    step.save(update_fields=["limit_taken_at"])
    held.decide(Verb.TIMED_REJECT, step=step)
    rejected(held, step)
    return "rejected"


def _escalate(held: Held, step: Step) -> str:
    """Everybody who let the time pass is replaced by his superior, who has the same time; where
    nobody stands above, they are reminded."""
    raised = 0
    tasks = Task.objects.filter(step=step, state=TaskState.OPEN).select_related("person__unit")
    for task in list(tasks):
        task.step = step
        above = _superior(held, task)
        if above is None:
            continue
        held.decide(Verb.TIMED_ESCALATE, step=step, task=task, to=[above.name])
        replace(held, task, above, Origin.ESCALATED)
        raised += 1
    definition = held.stepdef(step)
    if not raised or definition.limit is None:
        return _remind(held, step)
    step.due_at = due_at(held.now, definition.limit, held.approval.unit_id)
    step.save(update_fields=["due_at"])
    Task.objects.filter(step=step).unfinished().update(due_at=step.due_at)
    tell_open(held, step)
    return "escalated"


def _superior(held: Held, task: Task) -> Any:
    there = everybody_in(task.step)
    for one in superiors(task.person, held.approval.unit):
        if one.pk not in there and not is_barred(held.approval, one.pk, held.definition):
            return one
    return None


# --- people who left ------------------------------------------------------------------------------


def reroute_left(now: datetime, person: Any = None, by: Any = None) -> int:
    """Give open tasks of people who can no longer log in to others, by the rule of their flow.
    Returns how many."""
    rows = Task.objects.unfinished().exclude(person__state=UserState.ACTIVE)
    if person is not None:
        rows = rows.filter(person=person)
    keys = sorted(set(rows.values_list("step__approval", flat=True)))
    return sum(_reroute(pk, now, by) for pk in keys[:BATCH])


def _reroute(pk: int, now: datetime, by: Any) -> int:
    with holding(pk, by=by, now=now) as held:
        tasks = (
            Task.objects.unfinished()
            .filter(step__approval=pk)
            .exclude(person__state=UserState.ACTIVE)
            .select_related("person__unit", "step")
        )
        moved = 0
        for task in list(tasks):
            task.step.approval = held.approval
            moved += _put_another(held, task)
        return moved


def _put_another(held: Held, task: Task) -> int:
    there = everybody_in(task.step)
    people = [*held.router.instead_of(task.person), *held.router.last_resort()]
    fresh = next((one for one in people if one.pk not in there), None)
    if fresh is not None:
        held.decide(Verb.REROUTE, step=task.step, task=task, to=[fresh.name])
        replace(held, task, fresh, Origin.LEFT)
        tell_open(held, task.step)
        return 1
    if any(one.pk in there for one in people):
        _fall_away(held, task)
        return 1
    return 0


def _fall_away(held: Held, task: Task) -> None:
    """Whoever would take the place decides in this step already: there is one vote less."""
    held.decide(Verb.REROUTE, step=task.step, task=task, to=[])
    close_task(held, task, Outcome.HANDED_ON)
    votes = len(votes_of(task.step))
    if task.step.needed > votes > 0:
        task.step.needed = votes
        task.step.save(update_fields=["needed"])
    follow(held, task)
